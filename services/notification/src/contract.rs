//! What every store of marks and messages must do, as tests that an adapter's tests
//! call.
//!
//! Panics where a test should fail.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod marks;
mod messages;

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{Kind, Message},
    ports::{Claim, ClaimToken, DeliveryMarks, Messages},
};

/// A store under test. Each call of the methods may give another replica's handle on
/// the same store.
pub trait StoreUnderTest: Send + Sync {
    /// Its marks.
    fn marks(&self) -> Arc<dyn DeliveryMarks>;

    /// Its messages.
    fn messages(&self) -> Arc<dyn Messages>;
}

/// Runs the whole suite. Each part uses users and events of its own, except for
/// forgetting, which comes last as it empties the store.
pub async fn suite(store: &dyn StoreUnderTest) {
    marks::suite(store).await;
    messages::suite(store).await;
    marks::forgetting(store).await;
}

const LEASE: Duration = Duration::from_secs(30);

/// A time that every store keeps exactly: whole microseconds.
fn noon() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap() + Duration::from_micros(7)
}

/// A message about a new event of a new user.
pub fn a_message() -> Message {
    message_to(Uuid::new_v4(), noon())
}

fn message_to(user_uuid: Uuid, occurred_at: OffsetDateTime) -> Message {
    Message {
        event_uuid: Uuid::new_v4(),
        user_uuid,
        order_uuid: Uuid::new_v4(),
        kind: Kind::OrderPaid,
        text: "Order paid\n<b>ÄÖ & 🚀</b>".to_owned(),
        occurred_at,
    }
}

fn token(claim: Claim) -> ClaimToken {
    match claim {
        Claim::Claimed(token) => token,
        other => panic!("expected the claim, got {other:?}"),
    }
}
