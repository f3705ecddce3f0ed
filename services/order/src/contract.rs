//! What every adapter of the store's ports must pass, whatever it is made of.
//!
//! An adapter's tests make a [`Harness`] over an empty store and call
//! [`order_store_contract!`](crate::order_store_contract).
#![allow(
    clippy::missing_panics_doc,
    reason = "a rule that is broken panics: that is what these functions are for"
)]

pub mod assembling;
pub mod keys;
pub mod model;
pub mod orders;
pub mod payments;
pub mod properties;
pub mod sweeps;

use std::{any::Any, sync::Arc, time::Duration};

use async_trait::async_trait;
use rocket_runtime::money::{Currency, Money};
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::{
    domain::{Order, OrderStatus, PaymentMethod},
    ports::{Begin, IdempotencyKeys, Insert, NewGuard, OrderRepository, StatusFeed},
};

/// One empty store under test.
pub struct Harness {
    /// The orders.
    pub orders: Arc<dyn OrderRepository>,
    /// The keys.
    pub keys: Arc<dyn IdempotencyKeys>,
    /// The changes.
    pub feed: Arc<dyn StatusFeed>,
    /// The outbox.
    pub outbox: Arc<dyn OutboxView>,
    /// Whatever must live as long as the store.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// What waits in the outbox.
#[async_trait]
pub trait OutboxView: Send + Sync {
    /// All messages, in the order of writing.
    async fn messages(&self) -> Vec<OutboxMessage>;
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Where it goes.
    pub destination: String,
    /// What it is.
    pub topic: String,
    /// The order, as text.
    pub key: String,
    /// Its content.
    pub payload: Vec<u8>,
}

/// The beginning of time in these tests.
pub const START: OffsetDateTime = datetime!(2026-01-02 03:04:05.678901 UTC);

/// `seconds` after [`START`].
pub fn at(seconds: u64) -> OffsetDateTime {
    START + Duration::from_secs(seconds)
}

/// A small, readable id.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A new order of `user`, created at `created_at`.
pub fn order(uuid: Uuid, user: Uuid, created_at: OffsetDateTime) -> Order {
    Order {
        uuid,
        user_uuid: user,
        part_uuids: vec![id(901), id(902), id(901)],
        total: Money::from_minor(12_345).unwrap_or_default(),
        currency: Currency::USD,
        status: OrderStatus::PendingPayment,
        attempt: 1,
        guard: None,
        operation: None,
        payment: None,
        assembly: None,
        created_at,
        updated_at: created_at,
    }
}

/// A guard with this token, from `since` on for ten seconds.
pub fn guard(token: Uuid, since: OffsetDateTime) -> NewGuard {
    NewGuard {
        token,
        operation: id(token.as_u128() + 1_000_000),
        method: PaymentMethod::Sbp,
        since,
        until: since + Duration::from_secs(10),
    }
}

impl Harness {
    async fn insert(&self, order: &Order) {
        let inserted = self.orders.insert(order, 100).await;
        assert!(matches!(inserted, Ok(Insert::Inserted)), "{inserted:?}");
    }

    async fn get(&self, order: Uuid) -> Order {
        let found = self.orders.get(order).await;
        found.ok().flatten().expect("the test inserted this order")
    }

    async fn begin(&self, order: Uuid, user: Uuid, guard: NewGuard) -> Order {
        match self.orders.begin_payment(order, user, guard).await {
            Ok(Begin::Begun(order)) => *order,
            other => panic!("the guard was free, but: {other:?}"),
        }
    }

    async fn begin_charging(&self, order: Uuid, user: Uuid, token: Uuid) {
        self.begin(order, user, guard(token, START)).await;
        let charging = self.orders.begin_charging(order, token, at(10)).await;
        assert!(matches!(charging, Ok(true)), "{charging:?}");
    }

    async fn pay(&self, order: Uuid, user: Uuid, token: Uuid) {
        self.begin_charging(order, user, token).await;
        let paid = self.orders.settle_paid(order, token, id(77), at(1)).await;
        assert!(matches!(paid, Ok(true)), "{paid:?}");
    }

    async fn topics(&self) -> Vec<(String, String)> {
        let messages = self.outbox.messages().await;
        messages
            .into_iter()
            .map(|message| (message.destination, message.topic))
            .collect()
    }
}

/// Makes one test of each rule. The argument is an expression that makes a
/// [`Harness`] over an empty store; it may await.
#[macro_export]
macro_rules! order_store_contract {
    ($harness:expr) => {
        $crate::order_store_contract! { @tests $harness;
            orders: an_order_reads_back, an_id_is_inserted_once, an_unpaid_order_counts_until_it_ends,
                concurrent_inserts_keep_the_limit, pages_hold_every_own_order_once_newest_first,
                a_filter_holds_across_pages;
            payments: a_payment_goes_through_its_steps, a_guard_has_one_holder,
                only_the_token_moves_the_row, an_abandoned_attempt_keeps_its_number,
                a_decline_frees_the_row_for_the_next_attempt, a_charged_row_cannot_be_abandoned,
                settling_writes_event_and_commit_with_the_status, another_users_order_is_not_found,
                cancelling_writes_the_release_with_the_status, a_guarded_order_is_not_cancelled;
            sweeps: guards_are_taken_over_only_after_their_lease, one_sweeper_takes_a_guard,
                a_lease_can_be_ended_early, a_clock_set_back_ends_leases, old_unpaid_orders_expire,
                a_guarded_order_does_not_expire;
            assembling: a_ship_makes_a_paid_order_assembled_once, a_ship_without_paid_order_writes_nothing,
                every_status_change_wakes_its_watchers;
            keys: a_key_answers_the_same_again, a_key_in_flight_is_not_granted_twice,
                a_crashed_claim_is_resumed_with_its_operation, a_clock_set_back_ends_a_claim, a_lost_claim_cannot_answer,
                a_reopened_key_keeps_its_operation, a_forgotten_key_starts_anew, keys_are_per_user_and_route,
                old_keys_are_swept;
            properties: random_calls_do_as_the_model_does;
        }
    };
    (@tests $harness:expr; $($module:ident: $($test:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::contract::$module::$test($harness).await;
            }
        )+)+
    };
}
