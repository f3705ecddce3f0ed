//! Telling once: every place where a process may be killed, and every way in which
//! Telegram may refuse.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::Arc, time::Duration};

use rocket_notification::{
    NotifyError,
    domain::Delivery,
    ports::{Messages as _, SendError},
};
use support::{Kill, LEASE, Step, World};
use tokio::time::Instant;

fn alive() -> Arc<Kill> {
    Arc::default()
}

/// Invariant 5 and its one window: how often a user is told when the process is killed
/// at each step and the event is read again by the next one.
#[tokio::test]
async fn invariant_5_a_kill_tells_twice_only_between_telegrams_answer_and_the_mark() {
    let table = [
        (Step::BeforeContact, 1),
        (Step::AfterContact, 1),
        (Step::BeforeClaim, 1),
        (Step::AfterClaim, 1),
        (Step::BeforeSend, 1),
        // Telegram has the message and the mark does not know: the window.
        (Step::AfterSend, 2),
        (Step::BeforeDone, 2),
        (Step::AfterDone, 1),
    ];
    for (step, told) in table {
        let world = World::new();
        let notice = world.notice();
        let kill = Kill::at(step);
        let process = world.process(&kill);
        let killed = tokio::spawn(async move { process.run(&notice).await });
        kill.reached().await;
        killed.abort();

        // The next process starts when the killed one's lease is over.
        world.clock.advance(LEASE);
        world.tell(&notice).await.unwrap();
        assert_eq!(world.telegram.taken().len(), told, "{step:?}");
        assert_eq!(world.delivery(&notice).await, Some(Delivery::Sent));

        // From then on it stays told, however often the log brings it.
        world.clock.advance(LEASE);
        world.tell(&notice).await.unwrap();
        assert_eq!(world.telegram.taken().len(), told, "{step:?}");
    }
}

#[tokio::test]
async fn replicas_that_read_the_same_event_tell_it_once() {
    let world = World::new();
    let notice = world.notice();
    let replicas: Vec<_> = (0..8)
        .map(|_| {
            let process = world.process(&alive());
            tokio::spawn(async move { process.run(&notice).await })
        })
        .collect();
    rocket_testkit::eventually("told", Duration::from_secs(10), || async {
        (world.delivery(&notice).await == Some(Delivery::Sent)).then_some(())
    })
    .await;
    // Those that lost wait for a lease that is void by now.
    for replica in replicas {
        replica.abort();
    }
    world.tell(&notice).await.unwrap();
    assert_eq!(world.telegram.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_killed_ones_lease_is_waited_out() {
    let world = World::new();
    let notice = world.notice();
    let kill = Kill::at(Step::AfterClaim);
    let process = world.process(&kill);
    let killed = tokio::spawn(async move { process.run(&notice).await });
    kill.reached().await;
    killed.abort();
    let clock = world.clock.clone();
    tokio::spawn(async move {
        tokio::time::sleep(LEASE).await;
        clock.advance(LEASE);
    });
    let started = Instant::now();
    world.process(&alive()).run(&notice).await.unwrap();
    assert!(started.elapsed() >= LEASE);
    assert_eq!(world.telegram.taken().len(), 1);
}

#[tokio::test]
async fn after_429_the_whole_bot_is_silent_for_as_long_as_telegram_asked() {
    let world = World::new();
    let retry_after = Duration::from_millis(700);
    world.telegram.fail_next(SendError::TooMany { retry_after });
    let process = world.process(&alive());
    let (refused, other) = (world.notice(), world.notice());
    let under_way = process.telegram.as_ref().unwrap().under_way.clone();
    let first = {
        let process = process.clone();
        tokio::spawn(async move { process.run(&refused).await })
    };
    rocket_testkit::eventually("refused", Duration::from_secs(10), || async {
        (world.telegram.calls().len() == 1 && under_way.is_empty()).then_some(())
    })
    .await;
    process.run(&other).await.unwrap();
    first.await.unwrap().unwrap();
    let calls = world.telegram.calls();
    assert_eq!((calls.len(), world.telegram.taken().len()), (3, 2));
    assert!(calls[1] - calls[0] >= retry_after, "{calls:?}");
}

#[tokio::test]
async fn a_chat_that_is_gone_is_recorded_and_not_tried_again() {
    let world = World::new();
    let notice = world.notice();
    world.telegram.fail_next(SendError::Undeliverable {
        reason: "chat not found".to_owned(),
    });
    for _ in 0..3 {
        world.tell(&notice).await.unwrap();
    }
    assert!(world.telegram.taken().is_empty());
    assert_eq!(world.delivery(&notice).await, Some(Delivery::Undeliverable));
}

#[tokio::test]
async fn a_transient_failure_frees_the_claim_for_the_next_try() {
    let world = World::new();
    let notice = world.notice();
    world.telegram.fail_next(SendError::Transient("502".into()));
    let outcome = world.tell(&notice).await;
    assert!(matches!(outcome, Err(NotifyError::Send(_))), "{outcome:?}");
    assert_eq!(world.delivery(&notice).await, Some(Delivery::Pending));
    // No time has passed: the claim was given back, not left to its lease.
    world.tell(&notice).await.unwrap();
    assert_eq!(world.telegram.taken().len(), 1);
}

#[tokio::test]
async fn a_consumer_that_stops_does_not_stop_a_message_on_its_way() {
    let world = World::new();
    let notice = world.notice();
    let sending = Kill::at(Step::BeforeSend);
    let process = world.process(&sending);
    let under_way = process.telegram.as_ref().unwrap().under_way.clone();
    let handler = tokio::spawn(async move { process.run(&notice).await });
    sending.reached().await;
    // As at shutdown, or when a partition is revoked.
    handler.abort();
    assert!(handler.await.unwrap_err().is_cancelled());
    sending.go_on();
    under_way.close();
    under_way.wait().await;
    assert_eq!(world.telegram.taken().len(), 1);
    assert_eq!(world.delivery(&notice).await, Some(Delivery::Sent));
    world.tell(&notice).await.unwrap();
    assert_eq!(world.telegram.taken().len(), 1);
}

#[tokio::test]
async fn without_a_bot_or_a_chat_the_message_is_kept() {
    let world = World::new();
    let without_chat = world.notice();
    world
        .contacts
        .lock()
        .unwrap()
        .insert(without_chat.user_uuid, "@channel");
    world.tell(&without_chat).await.unwrap();
    let without_bot = world.notice();
    let mut process = world.process(&alive());
    process.telegram = None;
    for _ in 0..2 {
        process.run(&without_bot).await.unwrap();
    }
    for notice in [without_chat, without_bot] {
        let kept = world.store.latest(notice.user_uuid).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].delivery, Delivery::Kept);
        assert!(kept[0].message.text.starts_with("Ship assembled\n"));
    }
    assert!(world.telegram.taken().is_empty());
}
