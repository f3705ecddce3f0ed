//! Marks.

use std::{sync::Arc, time::Duration};

use super::{LEASE, StoreUnderTest, a_message, message_to, noon, token};
use crate::{
    domain::Delivery,
    ports::{Claim, ClaimToken},
};

pub(super) async fn suite(store: &dyn StoreUnderTest) {
    a_claim_is_exclusive_until_its_lease_is_over(store).await;
    a_claim_ends_when_the_clock_is_set_back(store).await;
    of_many_claims_at_once_one_wins(store).await;
    what_is_done_stays_done(store).await;
    done_holds_without_a_claim_and_after_its_lease(store).await;
    a_released_claim_is_free_at_once(store).await;
    a_claim_that_was_taken_over_cannot_be_released(store).await;
    a_done_mark_cannot_be_released(store).await;
}

async fn a_claim_is_exclusive_until_its_lease_is_over(store: &dyn StoreUnderTest) {
    let (message, now) = (a_message(), noon());
    let (marks, other) = (store.marks(), store.marks());
    token(marks.claim(&message, now, LEASE).await.unwrap());
    let until = now + LEASE;
    let just_before = until - Duration::from_micros(1);
    for at in [now, just_before] {
        let held = other.claim(&message, at, LEASE).await.unwrap();
        assert_eq!(held, Claim::HeldByOther { until });
    }
    token(other.claim(&message, until, LEASE).await.unwrap());
    let until = until + LEASE;
    let held = marks.claim(&message, just_before, LEASE).await.unwrap();
    assert_eq!(held, Claim::HeldByOther { until });
    // Another event is another mark.
    token(marks.claim(&a_message(), now, LEASE).await.unwrap());
}

async fn a_claim_ends_when_the_clock_is_set_back(store: &dyn StoreUnderTest) {
    let (message, now, marks) = (a_message(), noon(), store.marks());
    token(marks.claim(&message, now, LEASE).await.unwrap());
    let before = now - Duration::from_hours(1);
    token(marks.claim(&message, before, LEASE).await.unwrap());
}

async fn of_many_claims_at_once_one_wins(store: &dyn StoreUnderTest) {
    let message = Arc::new(a_message());
    let claims: Vec<_> = (0..32)
        .map(|_| {
            let (marks, message) = (store.marks(), Arc::clone(&message));
            tokio::spawn(async move { marks.claim(&message, noon(), LEASE).await.unwrap() })
        })
        .collect();
    let mut won = 0;
    for claim in claims {
        match claim.await.unwrap() {
            Claim::Claimed(_) => won += 1,
            Claim::HeldByOther { .. } => {}
            Claim::AlreadyDone => panic!("nobody has done it"),
        }
    }
    assert_eq!(won, 1);
}

async fn what_is_done_stays_done(store: &dyn StoreUnderTest) {
    let (message, now, marks) = (a_message(), noon(), store.marks());
    let event = message.event_uuid;
    token(marks.claim(&message, now, LEASE).await.unwrap());
    for _ in 0..2 {
        marks.done(event, Delivery::Sent, now).await.unwrap();
    }
    for at in [now, now + LEASE, now + LEASE * 1_000] {
        let claim = store.marks().claim(&message, at, LEASE).await.unwrap();
        assert_eq!(claim, Claim::AlreadyDone);
    }
}

async fn done_holds_without_a_claim_and_after_its_lease(store: &dyn StoreUnderTest) {
    let (never_claimed, taken_over) = (a_message(), a_message());
    let (now, marks) = (noon(), store.marks());
    token(marks.claim(&taken_over, now, LEASE).await.unwrap());
    token(marks.claim(&taken_over, now + LEASE, LEASE).await.unwrap());
    for message in [never_claimed, taken_over] {
        let event = message.event_uuid;
        marks
            .done(event, Delivery::Sent, now + LEASE)
            .await
            .unwrap();
        let claim = marks.claim(&message, now + LEASE, LEASE).await.unwrap();
        assert_eq!(claim, Claim::AlreadyDone);
    }
}

async fn a_released_claim_is_free_at_once(store: &dyn StoreUnderTest) {
    let (message, now, marks) = (a_message(), noon(), store.marks());
    let claim = token(marks.claim(&message, now, LEASE).await.unwrap());
    marks.release(message.event_uuid, claim).await.unwrap();
    let again = token(marks.claim(&message, now, LEASE).await.unwrap());
    assert_ne!(claim, again);
}

async fn a_claim_that_was_taken_over_cannot_be_released(store: &dyn StoreUnderTest) {
    let (message, now, marks) = (a_message(), noon(), store.marks());
    let event = message.event_uuid;
    let old = token(marks.claim(&message, now, LEASE).await.unwrap());
    token(marks.claim(&message, now + LEASE, LEASE).await.unwrap());
    let nobodys = ClaimToken(uuid::Uuid::new_v4());
    for not_mine in [old, nobodys] {
        marks.release(event, not_mine).await.unwrap();
        let claim = marks.claim(&message, now + LEASE, LEASE).await.unwrap();
        assert!(matches!(claim, Claim::HeldByOther { .. }), "{claim:?}");
    }
}

async fn a_done_mark_cannot_be_released(store: &dyn StoreUnderTest) {
    let (message, now, marks) = (a_message(), noon(), store.marks());
    let claim = token(marks.claim(&message, now, LEASE).await.unwrap());
    let event = message.event_uuid;
    marks.done(event, Delivery::Sent, now).await.unwrap();
    marks.release(event, claim).await.unwrap();
    let claim = marks.claim(&message, now + LEASE, LEASE).await.unwrap();
    assert_eq!(claim, Claim::AlreadyDone);
}

pub(super) async fn forgetting(store: &dyn StoreUnderTest) {
    let marks = store.marks();
    let old = noon() + LEASE * 10_000;
    let young = old + LEASE;
    let everything = young + LEASE;
    while marks.forget(everything, 1_000).await.unwrap() > 0 {}

    let told = message_to(uuid::Uuid::new_v4(), old);
    let kept = message_to(told.user_uuid, old);
    let under_way = message_to(told.user_uuid, old);
    let recent = message_to(told.user_uuid, young);
    marks
        .done(told.event_uuid, Delivery::Sent, old)
        .await
        .unwrap();
    marks.keep(&kept, old).await.unwrap();
    token(marks.claim(&under_way, old, LEASE * 10).await.unwrap());
    marks.keep(&recent, young).await.unwrap();

    let mut steps = 0;
    while marks.forget(young, 1).await.unwrap() > 0 {
        steps += 1;
    }
    assert!(steps > 1, "a step of one forgot {steps} times");
    // What is forgotten may be told again; what is under way or recent is as it was.
    token(marks.claim(&told, young, LEASE).await.unwrap());
    let claim = marks.claim(&under_way, young, LEASE).await.unwrap();
    assert!(matches!(claim, Claim::HeldByOther { .. }), "{claim:?}");
    let latest = store.messages().latest(told.user_uuid).await.unwrap();
    assert!(latest.iter().any(|it| it.message == recent), "{latest:?}");
    assert!(latest.iter().all(|it| it.message != kept), "{latest:?}");
}
