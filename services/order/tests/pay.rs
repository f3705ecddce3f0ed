//! Paying: each answer, and what each failure leaves behind.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::future::join_all;
use rocket_order::{
    domain::{Blocked, OrderStatus, PaymentMethod},
    service::{CancelError, PayError, PayRequest},
};

use rocket_runtime::Clock as _;
use support::{
    audit,
    bank::Mood,
    id,
    stock::Hold,
    world::{LEASE, World, pay},
};

#[tokio::test]
async fn paying_charges_the_exact_amount_once_and_keeps_the_parts() {
    let world = World::new();
    let order = world.order().await;
    let request = PayRequest {
        method: PaymentMethod::InvestorMoney,
        ..pay(order)
    };
    let transaction = world.instance().pay.run(request).await.unwrap();
    let charge = world.bank.last_charge(order);
    assert_eq!(charge.amount.minor(), 600);
    assert_eq!(charge.method, PaymentMethod::InvestorMoney);
    assert_eq!((charge.attempt, charge.user_uuid), (1, id(10)));
    assert_eq!(world.stock.hold_of(order), Some(Hold::Kept));
    let payment = world.get(order).await.payment.unwrap();
    assert_eq!(payment.transaction_uuid, transaction);
    audit::at_rest(&world, order).await;
    let again = world.instance().pay.run(pay(order)).await;
    assert!(matches!(again, Err(PayError::AlreadyPaid)), "{again:?}");
    let cancel = world.instance().cancel.run(order, id(10), false).await;
    assert!(
        matches!(cancel, Err(CancelError::AlreadyPaid)),
        "{cancel:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_1_a_hundred_pays_at_once_charge_once() {
    for mood in [Mood::Charge, Mood::FailAfter, Mood::FailBefore] {
        let world = World::new();
        let order = world.order().await;
        world.bank.next(mood);
        let instance = world.instance();
        let pays = (0..100).map(|_| {
            let use_case = Arc::clone(&instance.pay);
            tokio::spawn(async move { use_case.run(pay(order)).await })
        });
        let outcomes = join_all(pays).await;
        let paid = outcomes.iter().filter(|o| matches!(o, Ok(Ok(_)))).count();
        assert!(paid <= 1, "{mood:?}");
        audit::always(&world, order).await;
        world.settle_down().await;
        audit::at_rest(&world, order).await;
        assert_eq!(world.bank.charges_of(order), 1, "{mood:?}");
        assert_eq!(world.get(order).await.status, OrderStatus::Paid);
        let events = audit::outbox(&world).await;
        let events = events.iter().filter(|(to, _, _)| to == "events").count();
        assert_eq!(events, 1, "{mood:?}");
    }
}

#[tokio::test]
async fn a_decline_is_final_for_its_attempt_only() {
    let world = World::new();
    let order = world.order().await;
    world.bank.next(Mood::Decline);
    let declined = world.instance().pay.run(pay(order)).await;
    assert!(
        matches!(&declined, Err(PayError::Declined { reason }) if reason == "limit_exceeded"),
        "{declined:?}"
    );
    audit::at_rest(&world, order).await;
    assert_eq!(world.get(order).await.blocked(), None);
    world.instance().pay.run(pay(order)).await.unwrap();
    assert_eq!(world.bank.attempts_of(order), [1, 2]);
    audit::at_rest(&world, order).await;
}

#[tokio::test]
async fn a_bank_that_charges_without_answering_still_ends_in_paid_with_one_charge() {
    let world = World::new();
    let order = world.order().await;
    world.bank.next(Mood::FailAfter);
    let pending = world.instance().pay.run(pay(order)).await;
    assert!(matches!(pending, Err(PayError::Pending)), "{pending:?}");
    assert_eq!(world.bank.charges_of(order), 1);
    // Until the answer is known, nobody else may touch the order.
    let again = world.instance().pay.run(pay(order)).await;
    assert!(matches!(again, Err(PayError::InProgress)), "{again:?}");
    let cancel = world.instance().cancel.run(order, id(10), false).await;
    assert!(
        matches!(cancel, Err(CancelError::PaymentInProgress)),
        "{cancel:?}"
    );
    world.clock.advance(Duration::from_secs(2));
    let swept = world.instance().settle.run().await.unwrap();
    assert_eq!((swept.paid, swept.pending), (1, 0));
    assert_eq!(world.bank.attempts_of(order), [1, 1]);
    audit::at_rest(&world, order).await;
    assert_eq!(world.get(order).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_payment_is_taken_over_although_the_clock_was_set_back() {
    let world = World::new();
    let order = world.order().await;
    world.bank.next(Mood::FailAfter);
    let pending = world.instance().pay.run(pay(order)).await;
    assert!(matches!(pending, Err(PayError::Pending)), "{pending:?}");
    world
        .clock
        .set(world.clock.now() - Duration::from_hours(24));
    let swept = world.instance().settle.run().await.unwrap();
    assert_eq!((swept.paid, swept.pending), (1, 0));
    audit::at_rest(&world, order).await;
}

#[tokio::test]
async fn an_outage_of_payment_is_waited_out_with_growing_pauses() {
    let world = World::new();
    let order = world.order().await;
    world.bank.always(Mood::FailBefore);
    let pending = world.instance().pay.run(pay(order)).await;
    assert!(matches!(pending, Err(PayError::Pending)), "{pending:?}");
    let sweeper = world.instance().settle;
    for _ in 0..600 {
        world.clock.advance(Duration::from_secs(1));
        sweeper.run().await.unwrap();
    }
    let tries = world.bank.attempts_of(order);
    assert!(tries.iter().all(|attempt| *attempt == 1), "{tries:?}");
    assert!((15..60).contains(&tries.len()), "{} tries", tries.len());
    // However old, a payment under way keeps the order from expiring.
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(world.instance().expire.run().await.unwrap(), 0);
    world.bank.always(Mood::Charge);
    world.settle_down().await;
    audit::at_rest(&world, order).await;
    assert_eq!(world.get(order).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_decline_whose_answer_got_lost_frees_the_order_for_attempt_two() {
    let world = World::new();
    let order = world.order().await;
    world.bank.next(Mood::FailAfterDecline);
    let pending = world.instance().pay.run(pay(order)).await;
    assert!(matches!(pending, Err(PayError::Pending)), "{pending:?}");
    world.settle_down().await;
    assert_eq!(world.get(order).await.blocked(), None);
    world.instance().pay.run(pay(order)).await.unwrap();
    assert_eq!(world.bank.last_charge(order).attempt, 2);
    audit::at_rest(&world, order).await;
}

#[tokio::test]
async fn parts_that_expired_are_taken_anew_or_the_payment_does_not_begin() {
    let world = World::new();
    let order = world.order().await;
    world.stock.expire_holds();
    world.stock.sold_out.store(true, Ordering::SeqCst);
    let refused = world.instance().pay.run(pay(order)).await;
    assert!(matches!(refused, Err(PayError::OutOfStock)), "{refused:?}");
    audit::at_rest(&world, order).await;
    assert!(world.bank.attempts_of(order).is_empty());
    world.stock.sold_out.store(false, Ordering::SeqCst);
    world.instance().pay.run(pay(order)).await.unwrap();
    assert_eq!(world.bank.attempts_of(order), [1]);
    audit::at_rest(&world, order).await;
}

#[tokio::test]
async fn inventory_away_means_not_started_and_free_again() {
    let world = World::new();
    let order = world.order().await;
    world.stock.away.store(true, Ordering::SeqCst);
    let refused = world.instance().pay.run(pay(order)).await;
    assert!(
        matches!(refused, Err(PayError::NotStarted(Some(_)))),
        "{refused:?}"
    );
    assert_eq!(world.get(order).await.blocked(), None);
    assert!(world.bank.attempts_of(order).is_empty());
    world.stock.away.store(false, Ordering::SeqCst);
    world
        .instance()
        .cancel
        .run(order, id(10), false)
        .await
        .unwrap();
    audit::at_rest(&world, order).await;
    let late = world.instance().pay.run(pay(order)).await;
    assert!(matches!(late, Err(PayError::Cancelled)), "{late:?}");
}

#[tokio::test]
async fn a_reservation_that_is_gone_is_never_charged_for() {
    let world = World::new();
    let order = world.order().await;
    let inventory = world.stock.clone();
    rocket_order::ports::Inventory::release(&*inventory, order)
        .await
        .unwrap();
    let refused = world.instance().pay.run(pay(order)).await;
    assert!(
        matches!(refused, Err(PayError::ReservationGone)),
        "{refused:?}"
    );
    assert!(world.bank.attempts_of(order).is_empty());
    audit::at_rest(&world, order).await;
}

#[tokio::test]
async fn the_repetition_of_a_request_hears_what_became_of_it() {
    let world = World::new();
    let order = world.order().await;
    let request = pay(order);
    world.bank.next(Mood::FailAfter);
    let first = world.instance().pay.run(request).await;
    assert!(matches!(first, Err(PayError::Pending)), "{first:?}");
    let second = world.instance().pay.run(request).await;
    assert!(matches!(second, Err(PayError::Pending)), "{second:?}");
    world.settle_down().await;
    let third = world.instance().pay.run(request).await.unwrap();
    let payment = world.get(order).await.payment.unwrap();
    assert_eq!(payment.transaction_uuid, third);
    audit::at_rest(&world, order).await;
}

#[tokio::test]
async fn a_holder_that_lost_its_guard_before_charging_does_not_charge() {
    let world = World::new();
    let order = world.order().await;
    // Dies after the guard is on, before parts are asked for.
    let fuse = support::fuse::Fuse::at(2);
    let doomed = world.doomed(&fuse).pay;
    let task = tokio::spawn(async move { doomed.run(pay(order)).await });
    fuse.blown.notified().await;
    assert_eq!(world.get(order).await.blocked(), Some(Blocked::Paying));
    world.clock.advance(LEASE);
    let swept = world.instance().settle.run().await.unwrap();
    assert_eq!(swept.unguarded, 1);
    task.abort();
    world
        .instance()
        .cancel
        .run(order, id(10), false)
        .await
        .unwrap();
    audit::at_rest(&world, order).await;
}

#[tokio::test]
async fn invariant_6_another_users_order_is_as_if_it_were_not_there() {
    let world = World::new();
    let order = world.order().await;
    let stranger = PayRequest {
        user_uuid: id(11),
        ..pay(order)
    };
    let refused = world.instance().pay.run(stranger).await;
    assert!(matches!(refused, Err(PayError::NotFound)), "{refused:?}");
    let cancel = world.instance().cancel.run(order, id(11), false).await;
    assert!(matches!(cancel, Err(CancelError::NotFound)), "{cancel:?}");
    assert_eq!(world.get(order).await.blocked(), None);
    assert!(world.bank.attempts_of(order).is_empty());
}
