//! The end of an order, and who hears of changes.

use std::time::Duration;

use super::{Harness, START, at, guard, id, order};
use crate::{
    domain::{Assembly, OrderStatus},
    ports::{Assembled, ShipAssembled},
};

fn ship(event: u128, order: u128) -> ShipAssembled {
    ShipAssembled {
        event_uuid: id(event),
        order_uuid: id(order),
        build_time: Duration::from_millis(10_250),
    }
}

/// Neither the same event nor another one changes it again.
pub async fn a_ship_makes_a_paid_order_assembled_once(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.pay(id(1), id(10), id(50)).await;
    let done = h.orders.mark_assembled(ship(500, 1), at(20)).await;
    assert!(matches!(done, Ok(Assembled::Done)), "{done:?}");
    let assembled = h.get(id(1)).await;
    assert_eq!(assembled.status, OrderStatus::Assembled);
    assert_eq!(assembled.updated_at, at(20));
    let assembly = Assembly {
        build_time: Duration::from_millis(10_250),
        assembled_at: at(20),
    };
    assert_eq!(assembled.assembly, Some(assembly));
    assert!(assembled.payment.is_some());
    for event in [500, 501] {
        let again = h.orders.mark_assembled(ship(event, 1), at(30)).await;
        assert!(matches!(again, Ok(Assembled::Already)), "{again:?}");
    }
    assert_eq!(h.get(id(1)).await, assembled);
}

/// The event stays unknown, so that it can be replayed.
pub async fn a_ship_without_paid_order_writes_nothing(h: Harness) {
    let missing = h.orders.mark_assembled(ship(500, 1), at(20)).await;
    assert!(matches!(missing, Ok(Assembled::NotFound)), "{missing:?}");
    h.insert(&order(id(1), id(10), START)).await;
    let unpaid = h.orders.mark_assembled(ship(500, 1), at(20)).await;
    let pending = OrderStatus::PendingPayment;
    assert!(
        matches!(unpaid, Ok(Assembled::NotPaid(status)) if status == pending),
        "{unpaid:?}"
    );
    h.pay(id(1), id(10), id(50)).await;
    let done = h.orders.mark_assembled(ship(500, 1), at(20)).await;
    assert!(matches!(done, Ok(Assembled::Done)), "{done:?}");
}

/// PAID, ASSEMBLED, CANCELLED by the user and by time.
pub async fn every_status_change_wakes_its_watchers(h: Harness) {
    for number in 1..=3 {
        h.insert(&order(id(number), id(10), START)).await;
    }
    let mut watches: Vec<_> = (1..=3).map(|number| h.feed.watch(id(number))).collect();
    let wait = Duration::from_secs(10);
    h.pay(id(1), id(10), id(50)).await;
    let woken = tokio::time::timeout(wait, watches[0].changed()).await;
    assert!(woken.is_ok(), "PAID wakes");
    assert_eq!(h.get(id(1)).await.status, OrderStatus::Paid);
    let done = h.orders.mark_assembled(ship(500, 1), at(20)).await;
    assert!(done.is_ok(), "{done:?}");
    let woken = tokio::time::timeout(wait, watches[0].changed()).await;
    assert!(woken.is_ok(), "ASSEMBLED wakes");
    let cancelled = h.orders.cancel(id(2), id(10), at(5)).await;
    assert!(cancelled.is_ok(), "{cancelled:?}");
    let woken = tokio::time::timeout(wait, watches[1].changed()).await;
    assert!(woken.is_ok(), "CANCELLED wakes");
    let expired = h.orders.expire(at(60), at(60), 10).await;
    assert!(expired.is_ok(), "{expired:?}");
    let woken = tokio::time::timeout(wait, watches[2].changed()).await;
    assert!(woken.is_ok(), "expiry wakes");
    // What changes no status need not wake, and a guard changes none.
    h.insert(&order(id(4), id(10), START)).await;
    h.begin(id(4), id(10), guard(id(60), START)).await;
}
