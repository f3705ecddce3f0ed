//! What a consumer does when its partitions go to another member.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::Ordering;

use rocket_events::Signal;
use support::{Fixture, Say, config, delivery, partition, start, start_with};

fn revoke(f: &Fixture, number: i32) {
    f.log
        .say(Say::Signal(Signal::Revoked(vec![partition(number)])));
}

#[tokio::test]
async fn a_revoked_partition_loses_its_work_and_its_late_answers() {
    let f = start(16);
    f.log.deliver(delivery(0, 0, "a"));
    f.log.deliver(delivery(0, 1, "b"));
    f.log.deliver(delivery(1, 0, "c"));
    f.until("all are at work", |f| f.handler.started().len() == 3)
        .await;
    revoke(&f, 0);
    f.until("its work is dropped", |f| f.handler.dropped().len() == 2)
        .await;
    // It comes back, from the start, as after a rebalance.
    f.log.seen.let_go.lock().unwrap().clear();
    f.log.deliver(delivery(0, 0, "a"));
    f.until("it starts anew", |f| f.handler.started().len() == 4)
        .await;
    f.handler.release("c");
    f.until("the other goes on", |f| f.log.committed(1) == Some(1))
        .await;
    assert_eq!(f.log.committed(0), None);
    f.handler.release("a");
    f.until("the new one counts", |f| f.log.committed(0) == Some(1))
        .await;
    f.running.stop().await;
}

#[tokio::test]
async fn revoked_work_makes_room() {
    let f = start(3);
    f.log.deliver(delivery(0, 0, "same"));
    f.log.deliver(delivery(0, 1, "same"));
    revoke(&f, 0);
    for offset in 0..4 {
        f.log.deliver(delivery(1, offset, &format!("k{offset}")));
    }
    f.until("three others are at work", |f| {
        f.handler.started().iter().filter(|(p, _)| *p == 1).count() == 3
    })
    .await;
    f.running.stop().await;
    assert!(!f.handler.started().contains(&(1, 3)));
    assert!(!f.handler.started().contains(&(0, 1)));
}

/// A member at its bound takes no records, and hears all the same.
#[tokio::test]
async fn a_member_without_room_lets_go_at_once() {
    let f = start(2);
    f.log.deliver(delivery(0, 0, "a"));
    f.log.deliver(delivery(0, 1, "b"));
    f.until("it has no room", |f| f.handler.started().len() == 2)
        .await;
    f.log.deliver(delivery(0, 2, "c"));
    f.log.deliver(delivery(1, 0, "d"));
    revoke(&f, 0);
    f.until("its work is dropped", |f| f.handler.dropped().len() == 2)
        .await;
    f.until("the other partition has the room", |f| {
        f.handler.started().contains(&(1, 0))
    })
    .await;
    assert!(!f.handler.started().contains(&(0, 2)), "it is not ours");
    f.running.stop().await;
}

/// What is done is not repeated by the next member, however lazily commits go.
#[tokio::test]
async fn what_is_done_is_committed_before_letting_go() {
    let lazy = rocket_events::ConsumerConfig {
        commit_every: std::time::Duration::from_hours(1),
        ..config(3)
    };
    let f = start_with(lazy);
    for (offset, key) in [(0, "a"), (1, "b"), (2, "c")] {
        f.log.deliver(delivery(0, offset, key));
    }
    f.until("it has no room", |f| f.handler.started().len() == 3)
        .await;
    for done in ["a", "c"] {
        f.handler.release(done);
    }
    f.log.deliver(delivery(1, 0, "x"));
    f.log.deliver(delivery(1, 1, "y"));
    f.until("both are done", |f| f.handler.started().len() == 5)
        .await;
    revoke(&f, 0);
    f.until("the first is committed", |f| f.log.committed(0) == Some(1))
        .await;
    f.until("the second is dropped", |f| f.handler.dropped() == [(0, 1)])
        .await;
    assert_eq!(f.log.committed(1), None, "only what goes");
    f.running.stop().await;
    assert_eq!(f.log.committed(0), Some(1));
}

/// The next member repeats what could not be committed; this one goes on.
#[tokio::test]
async fn a_refused_last_commit_holds_nothing_up() {
    let f = start(3);
    f.log.seen.refuse_commits.store(true, Ordering::SeqCst);
    f.log.deliver(delivery(0, 0, "a"));
    f.log.deliver(delivery(1, 0, "b"));
    f.until("both are at work", |f| f.handler.started().len() == 2)
        .await;
    f.handler.release("a");
    f.until("the commit is refused", |f| {
        *f.log.seen.refused_commits.lock().unwrap() > 0
    })
    .await;
    revoke(&f, 0);
    f.until("it has let go", |f| {
        f.log.seen.let_go.lock().unwrap().contains(&partition(0))
    })
    .await;
    f.log.seen.refuse_commits.store(false, Ordering::SeqCst);
    f.handler.release("b");
    f.until("the other goes on", |f| f.log.committed(1) == Some(1))
        .await;
    assert_eq!(f.log.committed(0), None);
    f.running.stop().await;
}

/// A stop that waits for work hears that it need not wait any more.
#[tokio::test]
async fn a_revocation_while_stopping_ends_the_wait() {
    let patient = rocket_events::ConsumerConfig {
        grace: support::SOON * 10,
        ..config(3)
    };
    let f = start_with(patient);
    f.log.deliver(delivery(0, 0, "never released"));
    f.until("it is at work", |f| f.handler.started().len() == 1)
        .await;
    f.running.shutdown.cancel();
    revoke(&f, 0);
    f.running.stop().await;
    assert_eq!(f.handler.dropped(), [(0, 0)]);
}
