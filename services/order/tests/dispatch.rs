//! Messages to Inventory: which answers end one, which make the relay call again, and
//! which park it for a person.
#![allow(clippy::unwrap_used)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use rocket_db::outbox::Leased;
use rocket_events::relay::{Dispatch as _, DispatchError};
use rocket_order::{
    adapters::InventoryDispatch,
    domain::{PartPrice, PartQuantity},
    ports::{Inventory, InventoryError},
};
use rocket_rpc::session::SessionToken;
use time::OffsetDateTime;
use uuid::Uuid;

type Answer = fn() -> Result<(), InventoryError>;

/// Gives one answer and notes what it was asked.
struct Scripted {
    answer: Answer,
    asked: Mutex<Vec<(&'static str, Uuid)>>,
}

#[async_trait]
impl Inventory for Scripted {
    async fn prices(&self, _: &[Uuid], _: &SessionToken) -> Result<Vec<PartPrice>, InventoryError> {
        panic!("a relay asks for no prices");
    }

    async fn reserve(
        &self,
        _: Uuid,
        _: &[PartQuantity],
        _: Option<Duration>,
    ) -> Result<(), InventoryError> {
        panic!("a relay reserves nothing");
    }

    async fn commit(&self, order: Uuid) -> Result<(), InventoryError> {
        self.asked.lock().unwrap().push(("commit", order));
        (self.answer)()
    }

    async fn release(&self, order: Uuid) -> Result<(), InventoryError> {
        self.asked.lock().unwrap().push(("release", order));
        (self.answer)()
    }
}

const ORDER: Uuid = Uuid::from_u128(7);
const COMMIT: &str = "commit_reservation";
const RELEASE: &str = "release_reservation";

#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Sent,
    Again,
    Parked,
}

fn message(topic: &str, key: &str) -> Leased {
    Leased {
        row: 1,
        token: Uuid::nil(),
        id: Uuid::nil(),
        key: key.to_owned(),
        topic: topic.to_owned(),
        payload: Vec::new(),
        traceparent: None,
        created_at: OffsetDateTime::UNIX_EPOCH,
        attempts: 0,
    }
}

async fn send(answer: Answer, messages: &[Leased]) -> (Vec<Fate>, Vec<(&'static str, Uuid)>) {
    let inventory = Arc::new(Scripted {
        answer,
        asked: Mutex::default(),
    });
    let dispatch = InventoryDispatch::new(inventory.clone());
    let fates = dispatch.dispatch(messages).await;
    let fates = fates.into_iter().map(|outcome| match outcome {
        Ok(()) => Fate::Sent,
        Err(DispatchError::Transient(_)) => Fate::Again,
        Err(DispatchError::Permanent(_)) => Fate::Parked,
    });
    let asked = inventory.asked.lock().unwrap().clone();
    (fates.collect(), asked)
}

#[tokio::test]
async fn each_answer_of_inventory_has_its_consequence() {
    let away: Answer = || Err(InventoryError::Unavailable("away".into()));
    let cases: [(&str, Answer, Fate); 8] = [
        (COMMIT, || Ok(()), Fate::Sent),
        (RELEASE, || Ok(()), Fate::Sent),
        (COMMIT, || Err(InventoryError::Released), Fate::Parked),
        (RELEASE, || Err(InventoryError::Released), Fate::Sent),
        (
            COMMIT,
            || Err(InventoryError::Impossible("gone".into())),
            Fate::Parked,
        ),
        (
            RELEASE,
            || Err(InventoryError::Impossible("sold".into())),
            Fate::Parked,
        ),
        (COMMIT, away, Fate::Again),
        (RELEASE, away, Fate::Again),
    ];
    for (topic, answer, fate) in cases {
        let (fates, asked) = send(answer, &[message(topic, &ORDER.to_string())]).await;
        let call = if topic == COMMIT { "commit" } else { "release" };
        assert_eq!((fates, asked), (vec![fate], vec![(call, ORDER)]), "{topic}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_parked_and_the_rest_of_the_batch_is_sent() {
    let batch = [
        message(COMMIT, "no id"),
        message("refund", &ORDER.to_string()),
        message(RELEASE, &ORDER.to_string()),
    ];
    let (fates, asked) = send(|| Ok(()), &batch).await;
    assert_eq!(fates, [Fate::Parked, Fate::Parked, Fate::Sent]);
    assert_eq!(asked, [("release", ORDER)]);
}
