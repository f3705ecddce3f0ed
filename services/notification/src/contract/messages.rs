//! Messages.

use std::time::Duration;

use uuid::Uuid;

use super::{LEASE, StoreUnderTest, a_message, message_to, noon, token};
use crate::{
    domain::{Delivery, KeptMessage, Kind, Message},
    ports::KEPT_PER_USER,
};

pub(super) async fn suite(store: &dyn StoreUnderTest) {
    a_message_is_kept_from_its_first_claim_on(store).await;
    a_message_without_a_channel_is_kept_once(store).await;
    messages_come_newest_first_and_only_the_readers_own(store).await;
    only_the_newest_are_kept_and_the_rest_does_not_return(store).await;
}

async fn latest(store: &dyn StoreUnderTest, user: Uuid) -> Vec<KeptMessage> {
    store.messages().latest(user).await.unwrap()
}

async fn a_message_is_kept_from_its_first_claim_on(store: &dyn StoreUnderTest) {
    let (marks, now) = (store.marks(), noon());
    for end in [Delivery::Sent, Delivery::Undeliverable] {
        let message = Message {
            kind: Kind::ShipAssembled,
            ..a_message()
        };
        let user = message.user_uuid;
        let expect = |delivery| {
            let message = message.clone();
            vec![KeptMessage { message, delivery }]
        };
        let claim = token(marks.claim(&message, now, LEASE).await.unwrap());
        assert_eq!(latest(store, user).await, expect(Delivery::Pending));
        marks.release(message.event_uuid, claim).await.unwrap();
        assert_eq!(latest(store, user).await, expect(Delivery::Pending));
        token(marks.claim(&message, now, LEASE).await.unwrap());
        marks.done(message.event_uuid, end, now).await.unwrap();
        assert_eq!(latest(store, user).await, expect(end));
    }
}

async fn a_message_without_a_channel_is_kept_once(store: &dyn StoreUnderTest) {
    let message = a_message();
    for _ in 0..2 {
        store.marks().keep(&message, noon()).await.unwrap();
    }
    let kept = latest(store, message.user_uuid).await;
    let delivery = Delivery::Kept;
    assert_eq!(kept, [KeptMessage { message, delivery }]);
}

async fn messages_come_newest_first_and_only_the_readers_own(store: &dyn StoreUnderTest) {
    let (user, other) = (Uuid::new_v4(), Uuid::new_v4());
    let at = |seconds| noon() + Duration::from_secs(seconds);
    // The log may bring them out of order.
    let mut expected = Vec::new();
    for seconds in [5, 1, 9, 3] {
        let message = message_to(user, at(seconds));
        store.marks().keep(&message, noon()).await.unwrap();
        let strangers = message_to(other, at(seconds));
        store.marks().keep(&strangers, noon()).await.unwrap();
        expected.push(message);
    }
    expected.sort_by_key(|message| std::cmp::Reverse(message.occurred_at));
    let found = latest(store, user).await;
    let found: Vec<_> = found.into_iter().map(|kept| kept.message).collect();
    assert_eq!(found, expected);
    assert!(latest(store, Uuid::new_v4()).await.is_empty());
}

async fn only_the_newest_are_kept_and_the_rest_does_not_return(store: &dyn StoreUnderTest) {
    let (user, other) = (Uuid::new_v4(), Uuid::new_v4());
    let marks = store.marks();
    marks
        .keep(&message_to(other, noon()), noon())
        .await
        .unwrap();
    let all: Vec<_> = (0..KEPT_PER_USER + 7)
        .map(|second| message_to(user, noon() + Duration::from_secs(second as u64)))
        .collect();
    for message in &all {
        marks.keep(message, noon()).await.unwrap();
    }
    // Read again by the log, as after a crash.
    marks.keep(&all[0], noon()).await.unwrap();
    let found = latest(store, user).await;
    let found: Vec<_> = found.into_iter().map(|kept| kept.message).collect();
    let mut newest = all[7..].to_vec();
    newest.reverse();
    assert_eq!(found, newest);
    assert_eq!(latest(store, other).await.len(), 1);
}
