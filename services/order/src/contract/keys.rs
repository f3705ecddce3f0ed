//! Idempotency keys.

use std::time::Duration;

use futures::future::join_all;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Harness, START, at, id};
use crate::ports::{Claim, KeptAnswer, KeyRef, NewClaim};

fn key(user: u128, route: &str) -> KeyRef {
    KeyRef {
        user_uuid: id(user),
        route: route.to_owned(),
        key: "k-1".to_owned(),
    }
}

fn claim(holder: u128, now: OffsetDateTime) -> NewClaim {
    NewClaim {
        request_hash: [7; 32],
        holder: id(holder),
        operation: id(holder + 1_000),
        now,
        until: now + Duration::from_secs(30),
    }
}

fn answer(status: u16) -> KeptAnswer {
    KeptAnswer {
        status,
        content_type: "application/json".to_owned(),
        body: b"{\"a\":1}".to_vec(),
    }
}

impl Harness {
    async fn claim(&self, key: &KeyRef, claim: NewClaim) -> Claim {
        let claimed = self.keys.claim(key, claim).await;
        claimed.expect("the store is there")
    }
}

fn fresh(operation: u128) -> Claim {
    Claim::Granted {
        operation: id(operation),
        resumed: false,
    }
}

fn resumed(operation: u128) -> Claim {
    Claim::Granted {
        operation: id(operation),
        resumed: true,
    }
}

/// The same request hears the answer, another request is refused.
pub async fn a_key_answers_the_same_again(h: Harness) {
    let key = key(10, "POST /a");
    assert_eq!(h.claim(&key, claim(1, START)).await, fresh(1_001));
    let kept = h.keys.keep(&key, id(1), &answer(201)).await;
    assert!(kept.is_ok(), "{kept:?}");
    let again = h.claim(&key, claim(2, at(3_600))).await;
    assert_eq!(again, Claim::Done(answer(201)));
    let other = NewClaim {
        request_hash: [8; 32],
        ..claim(3, at(3_600))
    };
    assert_eq!(h.claim(&key, other).await, Claim::Reused);
}

/// Fifty at once: one is granted.
pub async fn a_key_in_flight_is_not_granted_twice(h: Harness) {
    let claims = (1..=50).map(|holder| {
        let keys = h.keys.clone();
        async move { keys.claim(&key(10, "POST /a"), claim(holder, START)).await }
    });
    let mut granted = 0;
    for outcome in join_all(claims).await {
        match outcome.expect("the store is there") {
            Claim::Granted { resumed: false, .. } => granted += 1,
            Claim::InFlight => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(granted, 1);
}

/// After the lease, the next one goes on with the same operation.
pub async fn a_crashed_claim_is_resumed_with_its_operation(h: Harness) {
    let key = key(10, "POST /a");
    assert_eq!(h.claim(&key, claim(1, START)).await, fresh(1_001));
    assert_eq!(h.claim(&key, claim(2, at(29))).await, Claim::InFlight);
    assert_eq!(h.claim(&key, claim(3, at(30))).await, resumed(1_001));
    assert_eq!(h.claim(&key, claim(4, at(31))).await, Claim::InFlight);
}

/// A wall clock set back by a day does not block a key for a day.
pub async fn a_clock_set_back_ends_a_claim(h: Harness) {
    let key = key(10, "POST /a");
    let back = START - Duration::from_hours(24);
    assert_eq!(h.claim(&key, claim(1, START)).await, fresh(1_001));
    assert_eq!(h.claim(&key, claim(2, back)).await, resumed(1_001));
    assert_eq!(h.claim(&key, claim(3, back)).await, Claim::InFlight);
}

/// Who lost the claim cannot end the next one's.
pub async fn a_lost_claim_cannot_answer(h: Harness) {
    let key = key(10, "POST /a");
    assert_eq!(h.claim(&key, claim(1, START)).await, fresh(1_001));
    assert_eq!(h.claim(&key, claim(2, at(60))).await, resumed(1_001));
    let late: [_; 3] = [
        h.keys.keep(&key, id(1), &answer(500)).await,
        h.keys.reopen(&key, id(1)).await,
        h.keys.forget(&key, id(1)).await,
    ];
    assert!(late.iter().all(Result::is_ok), "{late:?}");
    assert_eq!(h.claim(&key, claim(3, at(61))).await, Claim::InFlight);
    let kept = h.keys.keep(&key, id(2), &answer(200)).await;
    assert!(kept.is_ok(), "{kept:?}");
    let done = h.claim(&key, claim(4, at(62))).await;
    assert_eq!(done, Claim::Done(answer(200)));
}

/// At once, without waiting for the lease.
pub async fn a_reopened_key_keeps_its_operation(h: Harness) {
    let key = key(10, "POST /a");
    assert_eq!(h.claim(&key, claim(1, START)).await, fresh(1_001));
    let reopened = h.keys.reopen(&key, id(1)).await;
    assert!(reopened.is_ok(), "{reopened:?}");
    assert_eq!(h.claim(&key, claim(2, at(1))).await, resumed(1_001));
}

/// With an operation of its own.
pub async fn a_forgotten_key_starts_anew(h: Harness) {
    let key = key(10, "POST /a");
    assert_eq!(h.claim(&key, claim(1, START)).await, fresh(1_001));
    let forgotten = h.keys.forget(&key, id(1)).await;
    assert!(forgotten.is_ok(), "{forgotten:?}");
    assert_eq!(h.claim(&key, claim(2, at(1))).await, fresh(1_002));
}

/// The same text names other requests for other users and routes.
pub async fn keys_are_per_user_and_route(h: Harness) {
    let keys = [key(10, "POST /a"), key(11, "POST /a"), key(10, "POST /b")];
    for (holder, key) in (1..).zip(&keys) {
        let granted = h.claim(key, claim(holder, START)).await;
        assert_eq!(granted, fresh(holder + 1_000), "{key:?}");
    }
}

/// Old ones go, at most so many at once; younger ones stay.
pub async fn old_keys_are_swept(h: Harness) {
    for number in 1..=3_u32 {
        let key = key(number.into(), "POST /a");
        h.claim(&key, claim(number.into(), at(number.into()))).await;
        let holder: Uuid = id(number.into());
        let kept = h.keys.keep(&key, holder, &answer(200)).await;
        assert!(kept.is_ok(), "{kept:?}");
    }
    let mut dropped = Vec::new();
    for _ in 0..3 {
        dropped.push(h.keys.sweep(at(3), 1).await.expect("the store is there"));
    }
    assert_eq!(dropped, [1, 1, 0]);
    let old = h.claim(&key(1, "POST /a"), claim(9, at(60))).await;
    assert_eq!(old, fresh(1_009));
    let young = h.claim(&key(3, "POST /a"), claim(9, at(60))).await;
    assert_eq!(young, Claim::Done(answer(200)));
}
