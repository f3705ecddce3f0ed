//! A log that does what a test says, and a handler whose records a test holds.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use rocket_events::{
    ConsumerConfig, Delivery, EventLog, HandleError, Handler, LogError, Partition, Record, Signal,
    Subscription, consumer,
};
use rocket_runtime::{backoff::Backoff, shutdown::CancellationToken};
use rocket_testkit::eventually;
use time::OffsetDateTime;
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
};

pub(crate) const TOPIC: &str = "t";
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) fn record(key: &str, n: i64) -> Record {
    Record {
        topic: TOPIC.to_owned(),
        key: key.to_owned(),
        payload: Bytes::from(n.to_string()),
        headers: Vec::new(),
    }
}

pub(crate) fn delivery(partition: i32, offset: i64, key: &str) -> Delivery {
    Delivery {
        record: record(key, offset),
        partition,
        offset,
        appended_at: OffsetDateTime::UNIX_EPOCH,
    }
}

pub(crate) fn partition(number: i32) -> Partition {
    Partition {
        topic: TOPIC.to_owned(),
        number,
    }
}

/// Short pauses, no grace: what is at work at a stop is dropped.
pub(crate) fn config(max_in_flight: usize) -> ConsumerConfig {
    ConsumerConfig {
        max_in_flight,
        backoff: Backoff {
            base: Duration::from_millis(1),
            max: Duration::from_millis(5),
        },
        commit_every: Duration::from_millis(1),
        grace: Duration::ZERO,
        ..ConsumerConfig::new("g", &[TOPIC])
    }
}

/// What a test sends to a subscription.
pub(crate) enum Say {
    Signal(Signal),
    Error,
}

/// A log with one subscription at a time, fed by the test.
pub(crate) struct ScriptedLog {
    pub(crate) say: mpsc::UnboundedSender<Say>,
    said: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Say>>>,
    pub(crate) seen: Arc<Seen>,
}

/// What the consumer did to the log.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) appended: Mutex<Vec<Record>>,
    pub(crate) committed: Mutex<Vec<(Partition, i64)>>,
    pub(crate) paused: Mutex<Vec<Partition>>,
    pub(crate) subscriptions: Mutex<usize>,
    pub(crate) refuse_appends: AtomicBool,
    pub(crate) refused_appends: Mutex<usize>,
    pub(crate) refuse_commits: AtomicBool,
    pub(crate) refused_commits: Mutex<usize>,
    /// Revoked, and the member may still commit.
    pub(crate) revoking: Mutex<Vec<Partition>>,
    /// Revoked, and given away. They never come back.
    pub(crate) let_go: Mutex<Vec<Partition>>,
}

impl ScriptedLog {
    pub(crate) fn new() -> Self {
        let (say, said) = mpsc::unbounded_channel();
        Self {
            say,
            said: Arc::new(tokio::sync::Mutex::new(said)),
            seen: Arc::default(),
        }
    }

    pub(crate) fn deliver(&self, delivery: Delivery) {
        self.say(Say::Signal(Signal::Delivery(delivery)));
    }

    pub(crate) fn say(&self, what: Say) {
        assert!(self.say.send(what).is_ok());
    }

    /// The last commit of a partition.
    pub(crate) fn committed(&self, number: i32) -> Option<i64> {
        let commits = self.seen.committed.lock().unwrap();
        let mut commits = commits.iter().rev();
        commits
            .find(|(p, _)| p.number == number)
            .map(|(_, next)| *next)
    }
}

#[async_trait]
impl EventLog for ScriptedLog {
    async fn append(&self, records: Vec<Record>) -> Result<(), LogError> {
        if self.seen.refuse_appends.load(Ordering::SeqCst) {
            *self.seen.refused_appends.lock().unwrap() += 1;
            return Err(LogError::new("append", "on purpose"));
        }
        self.seen.appended.lock().unwrap().extend(records);
        Ok(())
    }

    async fn subscribe(&self, _: &str, _: &[&str]) -> Result<Box<dyn Subscription>, LogError> {
        *self.seen.subscriptions.lock().unwrap() += 1;
        Ok(Box::new(Scripted {
            said: self.said.clone(),
            seen: self.seen.clone(),
            kept: VecDeque::new(),
        }))
    }
}

struct Scripted {
    said: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Say>>>,
    seen: Arc<Seen>,
    /// Records that came while the member had no room.
    kept: VecDeque<Delivery>,
}

impl Scripted {
    async fn hear(&mut self) -> Result<Signal, LogError> {
        match self.said.lock().await.recv().await {
            Some(Say::Signal(signal)) => Ok(signal),
            Some(Say::Error) => Err(LogError::new("read", "on purpose")),
            None => std::future::pending().await,
        }
    }

    /// The member asks for more, so it has let go.
    fn let_go(&self) {
        let mut revoking = self.seen.revoking.lock().unwrap();
        self.seen.let_go.lock().unwrap().append(&mut revoking);
    }

    fn revoking(&mut self, partitions: &[Partition]) {
        self.kept.retain(|kept| !partitions.contains(&kept.from()));
        let mut revoking = self.seen.revoking.lock().unwrap();
        revoking.extend_from_slice(partitions);
    }
}

#[async_trait]
impl Subscription for Scripted {
    async fn next(&mut self) -> Result<Signal, LogError> {
        self.let_go();
        if let Some(kept) = self.kept.pop_front() {
            return Ok(Signal::Delivery(kept));
        }
        let signal = self.hear().await?;
        if let Signal::Revoked(partitions) = &signal {
            self.revoking(partitions);
        }
        Ok(signal)
    }

    async fn revoked(&mut self) -> Result<Vec<Partition>, LogError> {
        self.let_go();
        loop {
            match self.hear().await? {
                Signal::Delivery(delivery) => self.kept.push_back(delivery),
                Signal::Revoked(partitions) => {
                    self.revoking(&partitions);
                    return Ok(partitions);
                }
            }
        }
    }

    fn pause(&mut self, partition: &Partition) -> Result<(), LogError> {
        self.seen.paused.lock().unwrap().push(partition.clone());
        Ok(())
    }

    fn resume(&mut self, partition: &Partition) -> Result<(), LogError> {
        let mut paused = self.seen.paused.lock().unwrap();
        paused.retain(|other| other != partition);
        Ok(())
    }

    async fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), LogError> {
        if self.seen.refuse_commits.load(Ordering::SeqCst) {
            *self.seen.refused_commits.lock().unwrap() += 1;
            return Err(LogError::new("commit", "on purpose"));
        }
        let let_go = self.seen.let_go.lock().unwrap();
        if offsets.iter().any(|(of, _)| let_go.contains(of)) {
            return Err(LogError::new("commit", "the partition is somebody else's"));
        }
        self.seen
            .committed
            .lock()
            .unwrap()
            .extend_from_slice(offsets);
        Ok(())
    }
}

/// Holds every record until the test answers for its key.
#[derive(Default)]
pub(crate) struct Held {
    started: Mutex<Vec<(i32, i64)>>,
    dropped: Mutex<Vec<(i32, i64)>>,
    gates: Mutex<HashMap<String, Arc<Notify>>>,
    /// Keys that are not held.
    pub(crate) open: AtomicBool,
    /// Keys that begin with `away` fail transiently while this is set.
    pub(crate) away: AtomicBool,
}

impl Held {
    pub(crate) fn started(&self) -> Vec<(i32, i64)> {
        self.started.lock().unwrap().clone()
    }

    pub(crate) fn dropped(&self) -> Vec<(i32, i64)> {
        self.dropped.lock().unwrap().clone()
    }

    /// Lets one record of this key end, now or when it comes.
    pub(crate) fn release(&self, key: &str) {
        self.gate(key).notify_one();
    }

    fn gate(&self, key: &str) -> Arc<Notify> {
        let mut gates = self.gates.lock().unwrap();
        gates.entry(key.to_owned()).or_default().clone()
    }
}

/// Notes that a record was stopped half-way.
struct Watch<'a>(&'a Held, Option<(i32, i64)>);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Some(which) = self.1 {
            self.0.dropped.lock().unwrap().push(which);
        }
    }
}

#[async_trait]
impl Handler for Held {
    async fn handle(&self, delivery: &Delivery) -> Result<(), HandleError> {
        let which = (delivery.partition, delivery.offset);
        self.started.lock().unwrap().push(which);
        let key = delivery.record.key.as_str();
        if key.starts_with("away") && self.away.load(Ordering::SeqCst) {
            return Err(HandleError::Transient("store is away".into()));
        }
        if key.starts_with("poison") {
            return Err(HandleError::Permanent("malformed".into()));
        }
        let mut watch = Watch(self, Some(which));
        if !self.open.load(Ordering::SeqCst) {
            self.gate(key).notified().await;
        }
        watch.1 = None;
        Ok(())
    }
}

/// A consumer at work.
pub(crate) struct Running {
    pub(crate) shutdown: CancellationToken,
    ended: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(
        log: Arc<dyn EventLog>,
        handler: &Arc<Held>,
        config: ConsumerConfig,
    ) -> Self {
        let shutdown = CancellationToken::new();
        let run = consumer::run(log, handler.clone(), config, shutdown.clone());
        Self {
            shutdown,
            ended: tokio::spawn(run),
        }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(SOON, self.ended)
            .await
            .expect("a consumer ends when asked")
            .unwrap();
    }

    /// Ends as a kill does: nothing more is done.
    pub(crate) async fn kill(self) {
        self.ended.abort();
        assert!(self.ended.await.unwrap_err().is_cancelled());
    }
}

/// A consumer at work on a log that the test speaks for.
pub(crate) struct Fixture {
    pub(crate) log: Arc<ScriptedLog>,
    pub(crate) handler: Arc<Held>,
    pub(crate) running: Running,
}

pub(crate) fn start(max_in_flight: usize) -> Fixture {
    start_with(config(max_in_flight))
}

pub(crate) fn start_with(config: ConsumerConfig) -> Fixture {
    let log = Arc::new(ScriptedLog::new());
    let handler = Arc::new(Held::default());
    let running = Running::start(log.clone(), &handler, config);
    Fixture {
        log,
        handler,
        running,
    }
}

impl Fixture {
    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        eventually(what, SOON, || async { condition(self).then_some(()) }).await;
    }
}
