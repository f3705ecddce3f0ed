//! What the sweepers rely on.

use std::time::Duration;

use futures::future::join_all;

use super::{Harness, START, at, guard, id, order};
use crate::domain::{Blocked, OrderStatus, Step};

/// Before: nothing. After: reserving rows are freed, charging rows change hands.
pub async fn guards_are_taken_over_only_after_their_lease(h: Harness) {
    for number in 1..=3 {
        h.insert(&order(id(number), id(10), START)).await;
    }
    h.begin(id(1), id(10), guard(id(50), START)).await;
    h.begin_charging(id(2), id(10), id(51)).await;
    let early = h.orders.take_over(id(90), at(9), at(30), 10).await;
    let early = early.expect("the store is there");
    assert_eq!((early.unguarded, early.charging.len()), (0, 0));
    let taken = h.orders.take_over(id(90), at(10), at(30), 10).await;
    let taken = taken.expect("the store is there");
    assert_eq!((taken.unguarded, taken.charging.len()), (1, 1));
    assert_eq!(h.get(id(1)).await.blocked(), None);
    let row = h.get(id(2)).await;
    assert_eq!(taken.charging, std::slice::from_ref(&row));
    let held = row.guard.expect("still charging");
    assert_eq!((held.token, held.step), (id(90), Step::Charging));
    assert_eq!((held.since, held.until, row.attempt), (START, at(30), 1));
    // The old holder has lost the row, the new one has it.
    let old = h.orders.settle_paid(id(2), id(51), id(77), at(11)).await;
    assert!(matches!(old, Ok(false)), "{old:?}");
    let new = h.orders.settle_paid(id(2), id(90), id(77), at(11)).await;
    assert!(matches!(new, Ok(true)), "{new:?}");
}

/// Ten sweepers at once, five rows: each row goes to one.
pub async fn one_sweeper_takes_a_guard(h: Harness) {
    for number in 1..=5 {
        h.insert(&order(id(number), id(10), START)).await;
        h.begin_charging(id(number), id(10), id(50 + number)).await;
    }
    let sweeps = (1..=10).map(|sweeper| {
        let orders = h.orders.clone();
        async move { orders.take_over(id(90 + sweeper), at(20), at(60), 3).await }
    });
    let mut taken = Vec::new();
    for outcome in join_all(sweeps).await {
        let outcome = outcome.expect("the store is there");
        assert!(outcome.charging.len() <= 3);
        taken.extend(outcome.charging.into_iter().map(|order| order.uuid));
    }
    taken.sort();
    assert_eq!(taken, [id(1), id(2), id(3), id(4), id(5)]);
}

/// A holder without an answer hands its row over.
pub async fn a_lease_can_be_ended_early(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.begin_charging(id(1), id(10), id(50)).await;
    let set = h.orders.set_lease(id(1), id(50), at(2)).await;
    assert!(matches!(set, Ok(true)), "{set:?}");
    let taken = h.orders.take_over(id(90), at(2), at(30), 10).await;
    assert_eq!(taken.expect("the store is there").charging.len(), 1);
}

/// A wall clock set back by a day does not stop a payment for a day.
pub async fn a_clock_set_back_ends_leases(h: Harness) {
    for number in 1..=2 {
        h.insert(&order(id(number), id(10), START)).await;
    }
    h.begin(id(1), id(10), guard(id(50), START)).await;
    h.begin_charging(id(2), id(10), id(51)).await;
    let back = START - Duration::from_hours(24);
    let until = back + Duration::from_secs(30);
    let taken = h.orders.take_over(id(90), back, until, 10).await;
    let taken = taken.expect("the store is there");
    assert_eq!((taken.unguarded, taken.charging.len()), (1, 1));
    let again = h.orders.take_over(id(91), back, until, 10).await;
    let again = again.expect("the store is there");
    assert_eq!((again.unguarded, again.charging.len()), (0, 0));
}

/// Oldest first, at most so many, each with its release.
pub async fn old_unpaid_orders_expire(h: Harness) {
    for number in 1..=4_u32 {
        let created = at(number.into());
        h.insert(&order(id(number.into()), id(10), created)).await;
    }
    let first = h.orders.expire(at(3), at(100), 2).await;
    assert_eq!(first.expect("the store is there").orders, [id(1), id(2)]);
    let second = h.orders.expire(at(3), at(101), 2).await;
    assert_eq!(second.expect("the store is there").orders, [id(3)]);
    let third = h.orders.expire(at(3), at(102), 2).await;
    assert!(third.expect("the store is there").orders.is_empty());
    let expired = h.get(id(1)).await;
    assert_eq!(
        (expired.status, expired.updated_at),
        (OrderStatus::Cancelled, at(100))
    );
    assert_eq!(h.get(id(4)).await.blocked(), None);
    let release = ("inventory".to_owned(), "release_reservation".to_owned());
    assert_eq!(h.topics().await, vec![release; 3]);
}

/// However old: a payment under way protects an order, and so does PAID.
pub async fn a_guarded_order_does_not_expire(h: Harness) {
    for number in 1..=3 {
        h.insert(&order(id(number), id(10), START)).await;
    }
    h.begin(id(1), id(10), guard(id(50), START)).await;
    h.begin_charging(id(2), id(10), id(51)).await;
    h.pay(id(3), id(10), id(52)).await;
    let expired = h.orders.expire(at(5_000), at(5_000), 10).await;
    assert!(expired.expect("the store is there").orders.is_empty());
    assert_eq!(h.get(id(1)).await.blocked(), Some(Blocked::Paying));
    assert_eq!(h.get(id(2)).await.blocked(), Some(Blocked::Paying));
    assert_eq!(h.get(id(3)).await.status, OrderStatus::Paid);
}
