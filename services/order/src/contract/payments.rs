//! The guarded way from `PENDING_PAYMENT` to PAID, and to CANCELLED.

use futures::future::join_all;
use prost::Message as _;
use rocket_proto::events::v1::OrderPaid;

use super::{Harness, START, at, guard, id, order};
use crate::{
    domain::{Blocked, OrderStatus, Payment, PaymentMethod, Step},
    ports::{Begin, Cancel},
};

/// Reserving, charging, PAID: each step shows in the row.
pub async fn a_payment_goes_through_its_steps(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    let begun = h.begin(id(1), id(10), guard(id(50), at(1))).await;
    assert_eq!(begun, h.get(id(1)).await);
    let held = begun.guard.expect("the payment was begun");
    assert_eq!(
        (held.token, held.step, held.method),
        (id(50), Step::Reserving, PaymentMethod::Sbp)
    );
    assert_eq!((held.since, held.until), (at(1), at(11)));
    assert_eq!(begun.operation, Some(guard(id(50), at(1)).operation));
    let charging = h.orders.begin_charging(id(1), id(50), at(20)).await;
    assert!(matches!(charging, Ok(true)), "{charging:?}");
    let held = h.get(id(1)).await.guard.expect("still guarded");
    assert_eq!(
        (held.step, held.since, held.until),
        (Step::Charging, at(1), at(20))
    );
    let settled = h.orders.settle_paid(id(1), id(50), id(77), at(3)).await;
    assert!(matches!(settled, Ok(true)), "{settled:?}");
    let paid = h.get(id(1)).await;
    assert_eq!((paid.status, paid.guard.clone()), (OrderStatus::Paid, None));
    assert_eq!((paid.attempt, paid.updated_at), (1, at(3)));
    let payment = Payment {
        transaction_uuid: id(77),
        method: PaymentMethod::Sbp,
        paid_at: at(3),
    };
    assert_eq!(paid.payment, Some(payment));
}

/// A hundred at once: one begins, the others see its guard.
pub async fn a_guard_has_one_holder(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    let begins = (1..=100).map(|token| {
        let orders = h.orders.clone();
        async move {
            orders
                .begin_payment(id(1), id(10), guard(id(token), START))
                .await
        }
    });
    let outcomes = join_all(begins).await;
    let mut begun = 0;
    for outcome in outcomes {
        match outcome {
            Ok(Begin::Begun(_)) => begun += 1,
            Ok(Begin::Blocked(order)) => assert_eq!(order.blocked(), Some(Blocked::Paying)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(begun, 1);
}

/// With another token nothing moves.
pub async fn only_the_token_moves_the_row(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.begin(id(1), id(10), guard(id(50), START)).await;
    let stranger = id(51);
    let before = h.get(id(1)).await;
    let tries = [
        h.orders.begin_charging(id(1), stranger, at(9)).await,
        h.orders.abandon_payment(id(1), stranger).await,
        h.orders.set_lease(id(1), stranger, at(99)).await,
    ];
    assert!(
        tries.iter().all(|moved| matches!(moved, Ok(false))),
        "{tries:?}"
    );
    assert_eq!(h.get(id(1)).await, before);
    let charging = h.orders.begin_charging(id(1), id(50), at(9)).await;
    assert!(matches!(charging, Ok(true)), "{charging:?}");
    let before = h.get(id(1)).await;
    let tries = [
        h.orders.begin_charging(id(1), stranger, at(9)).await,
        h.orders.settle_paid(id(1), stranger, id(77), at(9)).await,
        h.orders.record_decline(id(1), stranger).await,
        h.orders.set_lease(id(1), stranger, at(99)).await,
    ];
    assert!(
        tries.iter().all(|moved| matches!(moved, Ok(false))),
        "{tries:?}"
    );
    assert_eq!(h.get(id(1)).await, before);
    assert!(h.outbox.messages().await.is_empty());
}

/// Payment never heard of it, so the number is free.
pub async fn an_abandoned_attempt_keeps_its_number(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.begin(id(1), id(10), guard(id(50), START)).await;
    let dropped = h.orders.abandon_payment(id(1), id(50)).await;
    assert!(matches!(dropped, Ok(true)), "{dropped:?}");
    let free = h.get(id(1)).await;
    assert_eq!((free.blocked(), free.attempt), (None, 1));
    let again = h.orders.abandon_payment(id(1), id(50)).await;
    assert!(matches!(again, Ok(false)), "{again:?}");
    // A late holder must not move on to charging.
    let late = h.orders.begin_charging(id(1), id(50), at(9)).await;
    assert!(matches!(late, Ok(false)), "{late:?}");
}

/// The next payment is attempt 2.
pub async fn a_decline_frees_the_row_for_the_next_attempt(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.begin_charging(id(1), id(10), id(50)).await;
    let declined = h.orders.record_decline(id(1), id(50)).await;
    assert!(matches!(declined, Ok(true)), "{declined:?}");
    let free = h.get(id(1)).await;
    assert_eq!((free.blocked(), free.attempt), (None, 2));
    let again = h.orders.record_decline(id(1), id(50)).await;
    assert!(matches!(again, Ok(false)), "{again:?}");
    let begun = h.begin(id(1), id(10), guard(id(51), START)).await;
    assert_eq!(begun.attempt, 2);
    // A decline needs an answer, which a payment that only reserves cannot have.
    let early = h.orders.record_decline(id(1), id(51)).await;
    assert!(matches!(early, Ok(false)), "{early:?}");
}

/// Payment may have charged: only its answer frees the row.
pub async fn a_charged_row_cannot_be_abandoned(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.begin(id(1), id(10), guard(id(50), START)).await;
    let early = h.orders.settle_paid(id(1), id(50), id(77), at(1)).await;
    assert!(matches!(early, Ok(false)), "{early:?}");
    let charging = h.orders.begin_charging(id(1), id(50), at(9)).await;
    assert!(matches!(charging, Ok(true)), "{charging:?}");
    let dropped = h.orders.abandon_payment(id(1), id(50)).await;
    assert!(matches!(dropped, Ok(false)), "{dropped:?}");
    assert_eq!(h.get(id(1)).await.blocked(), Some(Blocked::Paying));
}

/// One step: status, event, commit; once.
pub async fn settling_writes_event_and_commit_with_the_status(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.pay(id(1), id(10), id(50)).await;
    let again = h.orders.settle_paid(id(1), id(50), id(78), at(2)).await;
    assert!(matches!(again, Ok(false)), "{again:?}");
    let messages = h.outbox.messages().await;
    let mut topics = h.topics().await;
    topics.sort();
    let expected = [
        ("events", "order.paid"),
        ("inventory", "commit_reservation"),
    ];
    assert_eq!(topics, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert!(messages.iter().all(|m| m.key == id(1).to_string()));
    let event = messages.iter().find(|m| m.topic == "order.paid");
    let event = event.map(|m| OrderPaid::decode(m.payload.as_slice()));
    let event = event.and_then(Result::ok).expect("the event was written");
    assert_eq!(event.order_uuid, id(1).to_string());
    assert_eq!(event.user_uuid, id(10).to_string());
    assert_eq!(event.transaction_uuid, id(77).to_string());
    assert_eq!((event.amount, event.currency.as_str()), (12_345, "USD"));
    assert_eq!(event.payment_method, 2);
    let occurred = event.occurred_at.expect("an event says when it occurred");
    assert_eq!(occurred.seconds, at(1).unix_timestamp());
}

/// Paying and cancelling another's order: as if it were not there.
pub async fn another_users_order_is_not_found(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    let begin = h
        .orders
        .begin_payment(id(1), id(11), guard(id(50), START))
        .await;
    assert!(matches!(begin, Ok(Begin::NotFound)), "{begin:?}");
    let cancel = h.orders.cancel(id(1), id(11), at(1)).await;
    assert!(matches!(cancel, Ok(Cancel::NotFound)), "{cancel:?}");
    let unknown = h
        .orders
        .begin_payment(id(2), id(10), guard(id(50), START))
        .await;
    assert!(matches!(unknown, Ok(Begin::NotFound)), "{unknown:?}");
    assert_eq!(h.get(id(1)).await, order(id(1), id(10), START));
}

/// One step: status and release; once.
pub async fn cancelling_writes_the_release_with_the_status(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    let cancelled = h.orders.cancel(id(1), id(10), at(4)).await;
    assert!(matches!(cancelled, Ok(Cancel::Cancelled)), "{cancelled:?}");
    let now = h.get(id(1)).await;
    assert_eq!(
        (now.status, now.updated_at),
        (OrderStatus::Cancelled, at(4))
    );
    match h.orders.cancel(id(1), id(10), at(5)).await {
        Ok(Cancel::Blocked(order)) => assert_eq!(order.blocked(), Some(Blocked::Cancelled)),
        other => panic!("{other:?}"),
    }
    match h
        .orders
        .begin_payment(id(1), id(10), guard(id(50), START))
        .await
    {
        Ok(Begin::Blocked(order)) => assert_eq!(order.blocked(), Some(Blocked::Cancelled)),
        other => panic!("{other:?}"),
    }
    let expected = [("inventory".to_owned(), "release_reservation".to_owned())];
    assert_eq!(h.topics().await, expected);
}

/// A payment under way, or done, keeps an order from being cancelled.
pub async fn a_guarded_order_is_not_cancelled(h: Harness) {
    h.insert(&order(id(1), id(10), START)).await;
    h.begin_charging(id(1), id(10), id(50)).await;
    match h.orders.cancel(id(1), id(10), at(5)).await {
        Ok(Cancel::Blocked(order)) => assert_eq!(order.blocked(), Some(Blocked::Paying)),
        other => panic!("{other:?}"),
    }
    let paid = h.orders.settle_paid(id(1), id(50), id(77), at(6)).await;
    assert!(matches!(paid, Ok(true)), "{paid:?}");
    match h.orders.cancel(id(1), id(10), at(7)).await {
        Ok(Cancel::Blocked(order)) => assert_eq!(order.blocked(), Some(Blocked::Paid)),
        other => panic!("{other:?}"),
    }
}
