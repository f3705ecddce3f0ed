//! Kills between any two steps, races, and storms of both.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use rocket_order::{
    domain::OrderStatus,
    service::{CreateError, PayError},
};
use uuid::Uuid;

use support::{
    audit,
    bank::Mood,
    fuse::Fuse,
    id,
    stock::Hold,
    world::{TTL, World, pay, wish},
};

/// Runs `work` until it ends (true) or its fuse blows (false), and then kills it.
async fn until_killed<T: Send + 'static>(
    fuse: &Arc<Fuse>,
    work: impl Future<Output = T> + Send + 'static,
) -> bool {
    let mut task = tokio::spawn(work);
    tokio::select! {
        ended = &mut task => ended.map(|_| true).unwrap(),
        () = fuse.blown.notified() => {
            task.abort();
            false
        }
    }
}

#[tokio::test]
async fn invariant_1_and_2_hold_whatever_step_a_payment_dies_at() {
    let moods = [
        Mood::Charge,
        Mood::Decline,
        Mood::FailBefore,
        Mood::FailAfter,
        Mood::FailAfterDecline,
    ];
    for mood in moods {
        let mut kills = 0;
        loop {
            let world = World::new();
            let order = world.order().await;
            world.bank.next(mood);
            let fuse = Fuse::at(kills);
            let doomed = world.doomed(&fuse).pay;
            let ended = until_killed(&fuse, async move { doomed.run(pay(order)).await }).await;
            audit::always(&world, order).await;
            world.settle_down().await;
            audit::at_rest(&world, order).await;
            finish(&world, order).await;
            if ended {
                break;
            }
            kills += 1;
        }
        assert!(kills >= 8, "{mood:?}: only {kills} places to die at");
    }
}

/// After any crash the user gets on: the order is paid, or can be paid now.
async fn finish(world: &World, order: Uuid) {
    world.bank.always(Mood::Charge);
    match world.instance().pay.run(pay(order)).await {
        Ok(_) | Err(PayError::AlreadyPaid) => {}
        Err(error) => panic!("the order is stuck: {error}"),
    }
    audit::at_rest(world, order).await;
    assert_eq!(world.get(order).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn invariant_1_and_2_hold_whatever_step_the_sweeper_dies_at() {
    for mood in [Mood::Charge, Mood::Decline, Mood::FailAfter] {
        let mut kills = 0;
        loop {
            let world = World::new();
            let order = world.order().await;
            world.bank.next(Mood::FailBefore);
            let pending = world.instance().pay.run(pay(order)).await;
            assert!(matches!(pending, Err(PayError::Pending)), "{pending:?}");
            world.bank.next(mood);
            world.clock.advance(Duration::from_mins(1));
            let fuse = Fuse::at(kills);
            let doomed = world.doomed(&fuse).settle;
            let ended = until_killed(&fuse, async move { doomed.run().await.unwrap() }).await;
            audit::always(&world, order).await;
            world.settle_down().await;
            audit::at_rest(&world, order).await;
            finish(&world, order).await;
            if ended {
                break;
            }
            kills += 1;
        }
        assert!(kills >= 6, "{mood:?}: only {kills} places to die at");
    }
}

/// What others do while a payment stalls.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Cancel,
    Expire,
    Pay,
}

#[tokio::test]
async fn a_payment_that_stalls_anywhere_beyond_its_lease_does_no_harm_when_it_goes_on() {
    let cases = [Meanwhile::Cancel, Meanwhile::Expire, Meanwhile::Pay];
    for meanwhile in cases {
        for mood in [Mood::Charge, Mood::Decline] {
            let mut stop = 0;
            while stall(stop, meanwhile, mood).await {
                stop += 1;
            }
            assert!(
                stop >= 8,
                "{meanwhile:?}, {mood:?}: only {stop} places to stall at"
            );
        }
    }
}

/// False when the payment had no such moment.
async fn stall(stop: i64, meanwhile: Meanwhile, mood: Mood) -> bool {
    let world = World::new();
    let order = world.order().await;
    world.bank.next(mood);
    let fuse = Fuse::at(stop);
    let stalling = world.doomed(&fuse).pay;
    let mut task = tokio::spawn(async move { stalling.run(pay(order)).await });
    let stalled = tokio::select! {
        _ = &mut task => false,
        () = fuse.blown.notified() => true,
    };
    if stalled {
        world.settle_down().await;
        let other = world.instance();
        match meanwhile {
            Meanwhile::Cancel => drop(other.cancel.run(order, id(10), false).await),
            Meanwhile::Pay => drop(other.pay.run(pay(order)).await),
            Meanwhile::Expire => {
                world.clock.advance(TTL);
                other.expire.run().await.unwrap();
            }
        }
        audit::at_rest(&world, order).await;
        fuse.go_on.notify_one();
        let _ = task.await.unwrap();
    }
    world.settle_down().await;
    audit::at_rest(&world, order).await;
    stalled
}

#[tokio::test]
async fn a_create_that_dies_anywhere_can_be_repeated_into_one_order() {
    let mut kills = 0;
    loop {
        let world = World::new();
        let order = Uuid::now_v7();
        let fuse = Fuse::at(kills);
        let doomed = world.doomed(&fuse).create;
        let ended =
            until_killed(&fuse, async move { doomed.run(wish(order)).await.unwrap() }).await;
        let mut again = wish(order);
        again.resumed = true;
        let created = world.instance().create.run(again).await.unwrap();
        assert_eq!(created.order_uuid, order);
        assert_eq!(created.total.minor(), 600);
        assert_eq!(world.stock.orders(), [order]);
        assert!(matches!(world.stock.hold_of(order), Some(Hold::Held(ttl)) if ttl > TTL));
        if ended {
            break;
        }
        kills += 1;
    }
    assert_eq!(kills, 6, "prices, reserve and insert, before and after");
}

#[tokio::test]
async fn a_repeated_create_hears_of_its_order_whatever_became_of_it() {
    let world = World::new();
    let order = world.order().await;
    world
        .instance()
        .cancel
        .run(order, id(10), false)
        .await
        .unwrap();
    let stock = Arc::clone(&world.stock);
    rocket_order::ports::Inventory::release(&*stock, order)
        .await
        .unwrap();
    stock.away.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut again = wish(order);
    again.resumed = true;
    let created = world.instance().create.run(again).await.unwrap();
    assert_eq!((created.order_uuid, created.total.minor()), (order, 600));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pay_races_cancel_500_times_and_never_leaves_a_charged_cancelled_order() {
    let world = World::new();
    let instance = world.instance();
    let (mut paid, mut cancelled) = (0, 0);
    for round in 0..500 {
        let order = world.order().await;
        world.clock.advance(Duration::from_secs(2));
        if round % 5 == 0 {
            world.bank.next(Mood::FailAfter);
        }
        let (payer, stopper) = (Arc::clone(&instance.pay), Arc::clone(&instance.cancel));
        let sweeper = Arc::clone(&instance.settle);
        let payment = tokio::spawn(async move { payer.run(pay(order)).await });
        let cancel = tokio::spawn(async move {
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            stopper.run(order, id(10), false).await
        });
        let sweep = tokio::spawn(async move { sweeper.run().await.unwrap() });
        let (payment, cancel) = (payment.await.unwrap(), cancel.await.unwrap());
        sweep.await.unwrap();
        assert!(!(payment.is_ok() && cancel.is_ok()), "round {round}");
        audit::always(&world, order).await;
        match world.get(order).await.status {
            OrderStatus::Cancelled => cancelled += 1,
            _ => paid += 1,
        }
    }
    world.settle_down().await;
    for order in world.stock.orders() {
        audit::at_rest(&world, order).await;
    }
    assert!(
        paid > 0 && cancelled > 0,
        "{paid} paid, {cancelled} cancelled: no race"
    );
}

/// A linear congruential generator (Knuth, MMIX).
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_payments_cancels_sweeps_and_kills_ends_in_order() {
    for seed in 0..12 {
        let mut state = seed * 7_919 + 1;
        let world = World::new();
        let mut orders = Vec::new();
        for _ in 0..4 {
            orders.push(world.order().await);
        }
        for _ in 0..12 {
            let mut tasks = Vec::new();
            for _ in 0..6 {
                let order = orders[usize::try_from(random(&mut state, 4)).unwrap()];
                let moods = [
                    Mood::Decline,
                    Mood::FailBefore,
                    Mood::FailAfter,
                    Mood::Charge,
                ];
                world
                    .bank
                    .next(moods[usize::try_from(random(&mut state, 4)).unwrap()]);
                let kill_at = i64::try_from(random(&mut state, 16)).unwrap();
                let doomed = world.doomed(&Fuse::at(kill_at));
                let choice = random(&mut state, 5);
                tasks.push(tokio::spawn(async move {
                    let work = async {
                        match choice {
                            0 | 1 => drop(doomed.pay.run(pay(order)).await),
                            2 => drop(doomed.cancel.run(order, id(10), false).await),
                            3 => drop(doomed.settle.run().await),
                            _ => drop(doomed.expire.run().await),
                        }
                    };
                    // A blown fuse waits for ever; the timeout is the kill.
                    let _ = tokio::time::timeout(Duration::from_millis(60), work).await;
                }));
            }
            join_all(tasks).await;
            let step = random(&mut state, 120);
            world.clock.advance(Duration::from_secs(step));
            for order in &orders {
                audit::always(&world, *order).await;
            }
        }
        world.bank.always(Mood::Charge);
        world.settle_down().await;
        for order in &orders {
            audit::at_rest(&world, *order).await;
        }
    }
}

#[tokio::test]
async fn an_insert_that_is_refused_gives_the_parts_back() {
    let world = World::new();
    let create = world.instance().create;
    for _ in 0..100 {
        create.run(wish(Uuid::now_v7())).await.unwrap();
    }
    let refused = Uuid::now_v7();
    let outcome = create.run(wish(refused)).await;
    assert!(
        matches!(outcome, Err(CreateError::TooManyUnpaid)),
        "{outcome:?}"
    );
    assert_eq!(world.stock.hold_of(refused), Some(Hold::Released));
    assert!(world.orders.get(refused).await.unwrap().is_none());
}

#[tokio::test]
async fn a_lost_answer_to_a_reservation_gives_the_parts_back() {
    let world = World::new();
    world
        .stock
        .deaf
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let order = Uuid::now_v7();
    let outcome = world.instance().create.run(wish(order)).await;
    assert!(
        matches!(outcome, Err(CreateError::Inventory(_))),
        "{outcome:?}"
    );
    assert_eq!(world.stock.hold_of(order), Some(Hold::Released));
}

#[tokio::test]
async fn unpaid_orders_expire_and_their_parts_are_released() {
    let world = World::new();
    let mut orders = Vec::new();
    for _ in 0..130 {
        let wish = rocket_order::service::NewOrder {
            user_uuid: Uuid::new_v4(),
            ..wish(Uuid::now_v7())
        };
        orders.push(world.instance().create.run(wish).await.unwrap().order_uuid);
    }
    world
        .clock
        .advance(TTL.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(world.instance().expire.run().await.unwrap(), 0);
    world.clock.advance(Duration::from_secs(1));
    let (first, second) = (world.instance().expire, world.instance().expire);
    let both = tokio::join!(first.run(), second.run());
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 130);
    for order in orders {
        assert_eq!(world.get(order).await.status, OrderStatus::Cancelled);
        audit::at_rest(&world, order).await;
    }
}
