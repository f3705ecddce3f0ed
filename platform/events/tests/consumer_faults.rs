//! The consumer when the log or the handler misbehaves: lost subscriptions,
//! refused dead letters, transient failures.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::Ordering;

use support::{Say, delivery, partition, start};

#[tokio::test]
async fn only_the_finished_prefix_is_ever_committed() {
    let f = start(16);
    for offset in 0..5 {
        f.log.deliver(delivery(0, offset, &format!("k{offset}")));
    }
    f.until("all are at work", |f| f.handler.started().len() == 5)
        .await;
    for key in ["k1", "k3", "k4"] {
        f.handler.release(key);
    }
    // Partition 1 shows that commits do happen meanwhile.
    f.log.deliver(delivery(1, 7, "other"));
    f.handler.release("other");
    f.until("partition 1 is committed", |f| {
        f.log.committed(1) == Some(8)
    })
    .await;
    assert_eq!(f.log.committed(0), None, "0 is not finished");
    f.handler.release("k0");
    f.until("0 and 1 are committed", |f| f.log.committed(0) == Some(2))
        .await;
    f.running.stop().await;
    assert_eq!(f.log.committed(0), Some(2), "2 was never finished");
}

#[tokio::test]
async fn no_more_than_the_bound_is_taken() {
    let f = start(3);
    for offset in 0..10 {
        f.log.deliver(delivery(0, offset, &format!("k{offset}")));
    }
    f.until("three are at work", |f| f.handler.started().len() == 3)
        .await;
    f.handler.release("k0");
    f.until("one more is taken", |f| f.handler.started().len() == 4)
        .await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(f.handler.started().len(), 4);
    f.running.stop().await;
}

#[tokio::test]
async fn a_transient_failure_pauses_its_partition_until_it_passes() {
    let f = start(16);
    f.handler.away.store(true, Ordering::SeqCst);
    f.log.deliver(delivery(0, 0, "away-1"));
    f.log.deliver(delivery(0, 1, "away-2"));
    f.until("partition 0 is paused", |f| {
        *f.log.seen.paused.lock().unwrap() == [partition(0)]
    })
    .await;
    f.log.deliver(delivery(1, 0, "fine"));
    f.handler.release("fine");
    f.until("partition 1 goes on", |f| f.log.committed(1) == Some(1))
        .await;
    f.until("it is tried again and again", |f| {
        f.handler.started().len() > 10
    })
    .await;
    assert_eq!(f.log.committed(0), None);
    f.handler.open.store(true, Ordering::SeqCst);
    f.handler.away.store(false, Ordering::SeqCst);
    f.until("both are done", |f| f.log.committed(0) == Some(2))
        .await;
    assert!(f.log.seen.paused.lock().unwrap().is_empty());
    f.running.stop().await;
}

#[tokio::test]
async fn a_dead_letter_that_is_refused_is_kept_until_it_is_taken() {
    let f = start(16);
    f.log.seen.refuse_appends.store(true, Ordering::SeqCst);
    f.log.deliver(delivery(2, 41, "poison"));
    f.until("it is offered again", |f| {
        *f.log.seen.refused_appends.lock().unwrap() > 3
    })
    .await;
    assert_eq!(f.log.committed(2), None, "the record would be lost");
    f.log.seen.refuse_appends.store(false, Ordering::SeqCst);
    f.until("it is parked", |f| f.log.committed(2) == Some(42))
        .await;
    f.running.stop().await;
    let letters = f.log.seen.appended.lock().unwrap().clone();
    let [letter] = letters.as_slice() else {
        panic!("parked once, not {letters:?}");
    };
    assert_eq!(letter.topic, "t.dlq");
    assert_eq!(letter.key, "poison");
    assert_eq!(letter.payload, "41");
    for (header, value) in [
        ("dlq_error", "malformed"),
        ("dlq_topic", "t"),
        ("dlq_partition", "2"),
        ("dlq_offset", "41"),
        ("dlq_group", "g"),
    ] {
        assert_eq!(letter.header(header), Some(value), "{header}");
    }
}

#[tokio::test]
async fn a_lost_subscription_is_joined_again_and_its_work_dropped() {
    let f = start(16);
    f.log.deliver(delivery(0, 0, "a"));
    f.until("it is at work", |f| f.handler.started().len() == 1)
        .await;
    f.log.say(Say::Error);
    f.until("its work is dropped", |f| f.handler.dropped() == [(0, 0)])
        .await;
    f.log.deliver(delivery(0, 0, "a"));
    f.handler.release("a");
    f.until("it is done after all", |f| f.log.committed(0) == Some(1))
        .await;
    assert_eq!(*f.log.seen.subscriptions.lock().unwrap(), 2);
    f.running.stop().await;
}

#[tokio::test]
async fn a_refused_commit_is_repeated_and_stops_no_work() {
    let f = start(16);
    f.log.seen.refuse_commits.store(true, Ordering::SeqCst);
    f.log.deliver(delivery(0, 0, "done"));
    f.log.deliver(delivery(0, 1, "waits"));
    f.handler.release("done");
    f.until("the commit is refused", |f| {
        *f.log.seen.refused_commits.lock().unwrap() > 3
    })
    .await;
    f.log.seen.refuse_commits.store(false, Ordering::SeqCst);
    f.until("it is committed", |f| f.log.committed(0) == Some(1))
        .await;
    assert!(f.handler.dropped().is_empty(), "a wait was started anew");
    assert_eq!(*f.log.seen.subscriptions.lock().unwrap(), 1);
    f.running.stop().await;
}

#[tokio::test]
async fn a_failing_partition_leaves_room_for_the_others() {
    let f = start(4);
    f.handler.away.store(true, Ordering::SeqCst);
    for offset in 0..4 {
        f.log
            .deliver(delivery(0, offset, &format!("away-{offset}")));
    }
    f.log.deliver(delivery(1, 0, "fine"));
    f.handler.release("fine");
    f.until("partition 1 goes on", |f| f.log.committed(1) == Some(1))
        .await;
    f.running.stop().await;
}
