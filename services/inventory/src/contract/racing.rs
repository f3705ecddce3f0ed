//! Calls that run at once.

use std::iter;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Stores, at, in_time, items, until};
use crate::{
    domain::{CommitRefusal, Expiry, ReserveRefusal},
    ports::{CommitError, ReserveError},
};

pub async fn invariant_3_the_last_part_has_one_winner(stores: Stores) {
    let [part] = stores.stocked([1]).await;
    let mut buyers = JoinSet::new();
    for _ in 0..64 {
        let stores = stores.clone();
        buyers.spawn(async move {
            let wanted = items(&[(part, 1)]);
            stores
                .reservations
                .reserve(Uuid::new_v4(), &wanted, until(60), at(1))
                .await
        });
    }
    let outcomes = in_time(buyers.join_all()).await;
    let winners = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let losers = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(ReserveError::OutOfStock { left: 0, .. })))
        .count();
    assert_eq!((winners, losers), (1, 63));
    stores.expect(part, 0, 1, 0).await;
}

pub async fn invariant_3_crossing_reservations_never_oversell(stores: Stores) {
    let parts = stores.stocked([7, 5, 6, 40]).await;
    let mut buyers = JoinSet::new();
    for buyer in 0..60_usize {
        let stores = stores.clone();
        buyers.spawn(async move {
            let (one, other) = (parts[buyer % 3], parts[(buyer + 1 + buyer / 3 % 2) % 3]);
            let wanted = items(&[(one, 1), (other, 1), (parts[3], 1)]);
            let order = Uuid::new_v4();
            let reserved = stores
                .reservations
                .reserve(order, &wanted, until(60), at(1))
                .await;
            match reserved {
                Ok(()) if buyer % 4 == 0 => {
                    stores.reservations.release(order, at(2)).await.unwrap();
                    0
                }
                Ok(()) => {
                    stores.reservations.commit(order, at(2)).await.unwrap();
                    1
                }
                Err(ReserveError::OutOfStock { .. }) => 0,
                Err(error) => panic!("{error}"),
            }
        });
    }
    let sold: i64 = in_time(buyers.join_all()).await.into_iter().sum();
    stores.expect(parts[3], 40 - sold, 0, sold).await;
    let mut others = 0;
    for (part, stocked) in iter::zip(parts, [7, 5, 6]) {
        let audit = stores.audit(part).await;
        assert!(audit.is_sound() && audit.stocked == stocked, "{audit:?}");
        others += audit.sold;
    }
    assert_eq!(others, 2 * sold);
}

pub async fn invariant_3_concurrent_calls_for_one_order_take_once(stores: Stores) {
    let [part] = stores.stocked([100]).await;
    let order = Uuid::new_v4();
    let mut calls = JoinSet::new();
    for call in 0..32 {
        let stores = stores.clone();
        calls.spawn(async move {
            let expiry = if call % 2 == 0 {
                until(60)
            } else {
                Expiry::Never
            };
            let wanted = items(&[(part, 3)]);
            stores
                .reservations
                .reserve(order, &wanted, expiry, at(1))
                .await
                .unwrap();
        });
    }
    in_time(calls.join_all()).await;
    stores.expect(part, 97, 3, 0).await;
    stores.sweep(at(61)).await;
    stores.expect(part, 97, 3, 0).await;
}

pub async fn invariant_3_the_sweeper_and_a_commit_race(stores: Stores) {
    let [part] = stores.stocked([100]).await;
    let mut races = JoinSet::new();
    for _ in 0..20 {
        let order = Uuid::new_v4();
        let wanted = items(&[(part, 2)]);
        stores
            .reservations
            .reserve(order, &wanted, until(10), at(1))
            .await
            .unwrap();
        let stores = stores.clone();
        races.spawn(async move {
            let store = &stores.reservations;
            let (commit, one, two) = tokio::join!(
                store.commit(order, at(11)),
                store.settle(order, at(11)),
                store.settle(order, at(11)),
            );
            let settled = u8::from(one.unwrap()) + u8::from(two.unwrap());
            match commit {
                Ok(()) => assert_eq!(settled, 0),
                Err(CommitError::Refused(CommitRefusal::Expired)) => assert_eq!(settled, 1),
                Err(error) => panic!("{error}"),
            }
            2 * i64::from(settled == 0)
        });
    }
    let sold: i64 = in_time(races.join_all()).await.into_iter().sum();
    stores.expect(part, 100 - sold, 0, sold).await;
}

pub async fn what_happened_since_due_wins_over_the_sweeper(stores: Stores) {
    let [part] = stores.stocked([10]).await;
    let [paid, paying, left, extended] = [(); 4].map(|()| Uuid::new_v4());
    let store = &stores.reservations;
    let wanted = items(&[(part, 1)]);
    for order in [paid, paying, left, extended] {
        store
            .reserve(order, &wanted, until(10), at(1))
            .await
            .unwrap();
    }
    let due = store.due(at(11), 10).await.unwrap();
    assert_eq!(due.len(), 4);
    store.commit(paid, at(11)).await.unwrap();
    store
        .reserve(paying, &wanted, Expiry::Never, at(11))
        .await
        .unwrap();
    store
        .reserve(extended, &wanted, until(20), at(11))
        .await
        .unwrap();
    for order in due {
        assert_eq!(store.settle(order, at(11)).await.unwrap(), order == left);
    }
    stores.expect(part, 7, 2, 1).await;
}

pub async fn a_release_races_its_reservation(stores: Stores) {
    let [part] = stores.stocked([100]).await;
    let mut races = JoinSet::new();
    for _ in 0..20 {
        let stores = stores.clone();
        races.spawn(async move {
            let order = Uuid::new_v4();
            let wanted = items(&[(part, 2)]);
            let store = &stores.reservations;
            let (reserve, release) = tokio::join!(
                store.reserve(order, &wanted, until(60), at(1)),
                store.release(order, at(1)),
            );
            release.unwrap();
            match reserve {
                Ok(()) | Err(ReserveError::Refused(ReserveRefusal::Released)) => {}
                Err(error) => panic!("{error}"),
            }
        });
    }
    in_time(races.join_all()).await;
    stores.expect(part, 100, 0, 0).await;
}
