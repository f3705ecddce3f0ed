//! What every outbox table must do, embedded or not.

use std::{collections::HashSet, future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use rocket_db::outbox::{Leased, NewMessage, OutboxStore};
use rocket_runtime::{Clock as _, SystemClock};
use time::OffsetDateTime;
use uuid::Uuid;

const TO: &str = "suite";
const ELSEWHERE: &str = "suite-elsewhere";
const LEASE: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(20);

/// An empty outbox to be tested.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Commits these messages in one transaction, and does what a service does
    /// after that, such as waking the relay.
    async fn insert(&self, messages: Vec<NewMessage>);

    /// Inserts a message in a transaction that is rolled back.
    async fn insert_and_roll_back(&self, message: NewMessage);

    /// A handle of the outbox; two handles are two replicas' relays.
    fn store(&self) -> Arc<dyn OutboxStore>;
}

/// Checks the whole contract; `fresh` makes an empty outbox for each check.
pub async fn suite<S, F, Fut>(fresh: F)
where
    S: Subject + 'static,
    F: Fn() -> Fut,
    Fut: Future<Output = S>,
{
    a_message_comes_back_as_it_was_inserted(&fresh().await).await;
    only_the_oldest_of_a_key_is_leased(&fresh().await).await;
    destinations_do_not_wait_for_each_other(&fresh().await).await;
    a_lease_excludes_others_until_it_ends(&fresh().await).await;
    a_lost_lease_settles_nothing(&fresh().await).await;
    a_retry_waits_and_holds_back_its_key_alone(&fresh().await).await;
    a_parked_message_is_kept_and_out_of_the_way(&fresh().await).await;
    the_limit_takes_the_oldest(&fresh().await).await;
    what_was_rolled_back_is_not_there(&fresh().await).await;
    the_numbers_tell_what_waits(&fresh().await).await;
    an_insert_wakes_who_waits(fresh().await).await;
    relays_at_once_share_the_messages(fresh().await).await;
}

/// A message for the suite's destination.
pub fn message(key: &str, body: &str) -> NewMessage {
    NewMessage {
        id: Uuid::now_v7(),
        destination: TO,
        key: key.to_owned(),
        topic: "order.paid".to_owned(),
        payload: body.as_bytes().to_vec(),
        traceparent: None,
        created_at: SystemClock.now(),
    }
}

async fn lease_at(store: &dyn OutboxStore, limit: usize, now: OffsetDateTime) -> Vec<Leased> {
    store.lease(TO, limit, now, LEASE).await.unwrap()
}

async fn lease(store: &dyn OutboxStore) -> Vec<Leased> {
    lease_at(store, 100, SystemClock.now()).await
}

fn bodies(leases: &[Leased]) -> Vec<&str> {
    leases
        .iter()
        .map(|lease| std::str::from_utf8(&lease.payload).unwrap())
        .collect()
}

async fn a_message_comes_back_as_it_was_inserted(subject: &dyn Subject) {
    let mut sent = message("ключ/1", "body");
    sent.payload = vec![0, 255, 10];
    sent.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    subject.insert(vec![sent.clone()]).await;
    let leased = lease(&*subject.store()).await;
    let [leased] = leased.as_slice() else {
        panic!("one message was inserted, leased: {leased:?}");
    };
    assert_eq!(leased.id, sent.id);
    assert_eq!(leased.key, sent.key);
    assert_eq!(leased.topic, sent.topic);
    assert_eq!(leased.payload, sent.payload);
    assert_eq!(leased.traceparent, sent.traceparent);
    assert_eq!(leased.created_at, sent.created_at);
    assert_eq!(leased.attempts, 0);
}

async fn only_the_oldest_of_a_key_is_leased(subject: &dyn Subject) {
    let store = subject.store();
    let (a1, b1, a2) = (message("a", "a1"), message("b", "b1"), message("a", "a2"));
    subject.insert(vec![a1, b1, a2]).await;
    let first = lease(&*store).await;
    assert_eq!(bodies(&first), ["a1", "b1"]);
    assert!(
        lease(&*store).await.is_empty(),
        "a2 was leased while a1 is unsent"
    );
    store.sent(&first).await.unwrap();
    let second = lease(&*store).await;
    assert_eq!(bodies(&second), ["a2"]);
    store.sent(&second).await.unwrap();
    let later = SystemClock.now() + LEASE * 10;
    assert!(
        lease_at(&*store, 100, later).await.is_empty(),
        "a sent message came back"
    );
}

async fn destinations_do_not_wait_for_each_other(subject: &dyn Subject) {
    let store = subject.store();
    let mut other = message("a", "elsewhere");
    other.destination = ELSEWHERE;
    subject.insert(vec![other, message("a", "here")]).await;
    assert_eq!(bodies(&lease(&*store).await), ["here"]);
    let elsewhere = store.lease(ELSEWHERE, 100, SystemClock.now(), LEASE).await;
    assert_eq!(bodies(&elsewhere.unwrap()), ["elsewhere"]);
}

async fn a_lease_excludes_others_until_it_ends(subject: &dyn Subject) {
    let (one, other) = (subject.store(), subject.store());
    subject.insert(vec![message("a", "a1")]).await;
    let now = SystemClock.now();
    assert_eq!(lease_at(&*one, 100, now).await.len(), 1);
    let almost = now + LEASE - Duration::from_millis(1);
    assert!(
        lease_at(&*other, 100, almost).await.is_empty(),
        "a message was leased twice at once"
    );
    // The first relay has died: its message comes back.
    let taken_over = lease_at(&*other, 100, now + LEASE).await;
    assert_eq!(bodies(&taken_over), ["a1"]);
}

async fn a_lost_lease_settles_nothing(subject: &dyn Subject) {
    let store = subject.store();
    subject.insert(vec![message("a", "a1")]).await;
    let now = SystemClock.now();
    let lost = lease_at(&*store, 100, now).await;
    let held = lease_at(&*store, 100, now + LEASE).await;
    assert_eq!(held.len(), 1);
    store.sent(&lost).await.unwrap();
    store.retry_at(&lost, now).await.unwrap();
    store.park(&lost[0], "too late").await.unwrap();
    let stats = store.stats(TO).await.unwrap();
    assert_eq!((stats.unsent, stats.parked), (1, 0));
    assert!(
        lease_at(&*store, 100, now + LEASE).await.is_empty(),
        "a lost lease ended the one that followed it"
    );
    store.sent(&held).await.unwrap();
    assert_eq!(store.stats(TO).await.unwrap().unsent, 0);
}

async fn a_retry_waits_and_holds_back_its_key_alone(subject: &dyn Subject) {
    let store = subject.store();
    subject
        .insert(vec![message("a", "a1"), message("a", "a2")])
        .await;
    let now = SystemClock.now();
    let failed = lease_at(&*store, 100, now).await;
    let again = now + Duration::from_secs(5);
    store.retry_at(&failed, again).await.unwrap();
    subject.insert(vec![message("b", "b1")]).await;
    let early = lease_at(&*store, 100, again - Duration::from_millis(1)).await;
    assert_eq!(bodies(&early), ["b1"], "a2 must not overtake a1");
    let due = lease_at(&*store, 100, again).await;
    assert_eq!(bodies(&due), ["a1"]);
    assert_eq!(due[0].attempts, 1);
}

async fn a_parked_message_is_kept_and_out_of_the_way(subject: &dyn Subject) {
    let store = subject.store();
    subject
        .insert(vec![message("a", "poison"), message("a", "a2")])
        .await;
    let poison = lease(&*store).await;
    store.park(&poison[0], "nobody takes it").await.unwrap();
    let next = lease(&*store).await;
    assert_eq!(bodies(&next), ["a2"]);
    let stats = store.stats(TO).await.unwrap();
    assert_eq!((stats.unsent, stats.parked), (1, 1));
    store.sent(&next).await.unwrap();
    let later = SystemClock.now() + LEASE * 10;
    assert!(
        lease_at(&*store, 100, later).await.is_empty(),
        "a parked message was leased"
    );
}

async fn the_limit_takes_the_oldest(subject: &dyn Subject) {
    let store = subject.store();
    let keys = ["a", "b", "c", "d", "e"];
    for key in keys {
        subject.insert(vec![message(key, key)]).await;
    }
    let now = SystemClock.now();
    assert_eq!(bodies(&lease_at(&*store, 2, now).await), ["a", "b"]);
    assert_eq!(bodies(&lease_at(&*store, 2, now).await), ["c", "d"]);
    assert_eq!(bodies(&lease_at(&*store, 2, now).await), ["e"]);
}

async fn what_was_rolled_back_is_not_there(subject: &dyn Subject) {
    subject.insert_and_roll_back(message("a", "never")).await;
    assert!(lease(&*subject.store()).await.is_empty());
    assert_eq!(subject.store().stats(TO).await.unwrap().unsent, 0);
}

async fn the_numbers_tell_what_waits(subject: &dyn Subject) {
    let store = subject.store();
    let stats = store.stats(TO).await.unwrap();
    assert_eq!((stats.unsent, stats.oldest, stats.parked), (0, None, 0));
    let (mut old, young) = (message("a", "old"), message("b", "young"));
    old.created_at = young.created_at - Duration::from_mins(1);
    subject.insert(vec![young.clone(), old.clone()]).await;
    let stats = store.stats(TO).await.unwrap();
    assert_eq!((stats.unsent, stats.oldest), (2, Some(old.created_at)));
    // A leased message is still unsent.
    let leased = lease(&*store).await;
    assert_eq!(store.stats(TO).await.unwrap().unsent, 2);
    let old: Vec<_> = leased
        .into_iter()
        .filter(|lease| lease.key == "a")
        .collect();
    store.sent(&old).await.unwrap();
    let stats = store.stats(TO).await.unwrap();
    assert_eq!((stats.unsent, stats.oldest), (1, Some(young.created_at)));
    assert_eq!(store.stats(ELSEWHERE).await.unwrap().unsent, 0);
}

async fn an_insert_wakes_who_waits<S: Subject>(subject: S) {
    let store = subject.store();
    // It may complete for nothing, so what counts is that the message gets found.
    let found = async {
        loop {
            let leased = lease(&*store).await;
            if !leased.is_empty() {
                return leased;
            }
            store.changed().await;
        }
    };
    let inserted = async {
        tokio::task::yield_now().await;
        subject.insert(vec![message("a", "a1")]).await;
    };
    let both = async { tokio::join!(found, inserted) };
    let (leased, ()) = tokio::time::timeout(DEADLINE, both)
        .await
        .expect("an insert must wake who waits for it");
    assert_eq!(bodies(&leased), ["a1"]);
}

async fn relays_at_once_share_the_messages<S: Subject>(subject: S) {
    const MESSAGES: usize = 200;
    let messages = (0..MESSAGES).map(|n| message(&format!("key {n}"), &n.to_string()));
    subject.insert(messages.collect()).await;
    let relays = (0..4).map(|_| {
        let store = subject.store();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let leased = lease_at(&*store, 7, SystemClock.now()).await;
                if leased.is_empty() {
                    return taken;
                }
                taken.extend(leased.iter().map(|lease| lease.id));
                store.sent(&leased).await.unwrap();
            }
        })
    });
    let mut taken = Vec::new();
    for relay in relays.collect::<Vec<_>>() {
        taken.extend(relay.await.unwrap());
    }
    let distinct: HashSet<_> = taken.iter().collect();
    assert_eq!(taken.len(), distinct.len(), "a message went to two relays");
    assert_eq!(distinct.len(), MESSAGES);
}
