//! Adapters that a test can stop, as a kill would, at a named step.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use rocket_notification::{
    NotifyError, NotifyUser, Pacer, SqliteStore, Telegram,
    domain::{ChatId, Delivery, Event, Message, Notice},
    ports::{
        Claim, ClaimToken, Contacts, ContactsError, DeliveryMarks, Messages as _, Messenger,
        SendError, StoreError,
    },
};
use rocket_runtime::backoff::Backoff;
use rocket_testkit::ManualClock;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// A step of telling a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    BeforeContact,
    AfterContact,
    BeforeClaim,
    AfterClaim,
    BeforeSend,
    AfterSend,
    BeforeDone,
    AfterDone,
}

/// Where a process stops: for good, unless it is told to go on.
#[derive(Default)]
pub(crate) struct Kill {
    at: Option<Step>,
    reached: Notify,
    go_on: Notify,
}

impl Kill {
    pub(crate) fn at(step: Step) -> Arc<Self> {
        Arc::new(Self {
            at: Some(step),
            ..Self::default()
        })
    }

    /// Completes when the process has stopped.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the process go on after all.
    pub(crate) fn go_on(&self) {
        self.go_on.notify_one();
    }

    async fn pass(&self, step: Step) {
        if self.at == Some(step) {
            self.reached.notify_one();
            self.go_on.notified().await;
        }
    }
}

/// What outlives a process: the store, Telegram, the wall clock, IAM.
pub(crate) struct World {
    pub(crate) store: SqliteStore,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) telegram: Arc<FakeTelegram>,
    pub(crate) contacts: Arc<Mutex<HashMap<Uuid, &'static str>>>,
    _dir: tempfile::TempDir,
}

/// Takes messages, or fails as scripted.
#[derive(Default)]
pub(crate) struct FakeTelegram {
    calls: Mutex<Vec<Instant>>,
    taken: Mutex<Vec<(i64, String)>>,
    failures: Mutex<Vec<SendError>>,
}

pub(crate) const LEASE: Duration = Duration::from_secs(30);

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            store: SqliteStore::open(&dir.path().join("notification.db")).unwrap(),
            clock: ManualClock::new(),
            telegram: Arc::default(),
            contacts: Arc::default(),
            _dir: dir,
        }
    }

    /// A notice for a user with a chat.
    pub(crate) fn notice(&self) -> Notice {
        let notice = Notice {
            event_uuid: Uuid::new_v4(),
            order_uuid: Uuid::new_v4(),
            user_uuid: Uuid::new_v4(),
            event: Event::ShipAssembled {
                build_time: Duration::from_secs(10),
            },
            occurred_at: OffsetDateTime::UNIX_EPOCH,
        };
        lock(&self.contacts).insert(notice.user_uuid, "42");
        notice
    }

    /// A process of the service, which stops where `kill` says.
    pub(crate) fn process(&self, kill: &Arc<Kill>) -> NotifyUser {
        let telegram = Telegram {
            messenger: Arc::new(Killable {
                inner: self.telegram.clone(),
                kill: Arc::clone(kill),
            }),
            pacer: Arc::new(Pacer::per_second(1_000)),
            lease: LEASE,
            mark_backoff: Backoff {
                base: Duration::from_millis(1),
                max: Duration::from_millis(5),
            },
            under_way: TaskTracker::new(),
        };
        NotifyUser {
            contacts: Arc::new(Killable {
                inner: self.contacts.clone(),
                kill: Arc::clone(kill),
            }),
            marks: Arc::new(Killable {
                inner: self.store.clone(),
                kill: Arc::clone(kill),
            }),
            telegram: Some(telegram),
            clock: self.clock.shared(),
        }
    }

    /// Has a healthy process tell the user, which must not have to wait for a lease.
    pub(crate) async fn tell(&self, notice: &Notice) -> Result<(), NotifyError> {
        let process = self.process(&Arc::default());
        let told = tokio::time::timeout(LEASE / 2, process.run(notice)).await;
        told.expect("nobody else holds the claim")
    }

    pub(crate) async fn delivery(&self, notice: &Notice) -> Option<Delivery> {
        let latest = self.store.latest(notice.user_uuid).await.unwrap();
        latest.first().map(|kept| kept.delivery)
    }
}

impl FakeTelegram {
    pub(crate) fn fail_next(&self, failure: SendError) {
        lock(&self.failures).push(failure);
    }

    /// When it was asked, whatever came of it.
    pub(crate) fn calls(&self) -> Vec<Instant> {
        lock(&self.calls).clone()
    }

    pub(crate) fn taken(&self) -> Vec<(i64, String)> {
        lock(&self.taken).clone()
    }
}

#[async_trait]
impl Messenger for Killable<Arc<FakeTelegram>> {
    async fn send(&self, chat: ChatId, text: &str) -> Result<(), SendError> {
        self.kill.pass(Step::BeforeSend).await;
        lock(&self.inner.calls).push(Instant::now());
        if let Some(failure) = lock(&self.inner.failures).pop() {
            return Err(failure);
        }
        lock(&self.inner.taken).push((chat.expose(), text.to_owned()));
        self.kill.pass(Step::AfterSend).await;
        Ok(())
    }
}

pub(crate) struct Killable<T> {
    inner: T,
    kill: Arc<Kill>,
}

#[async_trait]
impl Contacts for Killable<Arc<Mutex<HashMap<Uuid, &'static str>>>> {
    async fn telegram_chat(&self, user: Uuid) -> Result<Option<ChatId>, ContactsError> {
        self.kill.pass(Step::BeforeContact).await;
        let found = lock(&self.inner).get(&user).copied();
        self.kill.pass(Step::AfterContact).await;
        Ok(found.and_then(ChatId::parse))
    }
}

#[async_trait]
impl DeliveryMarks for Killable<SqliteStore> {
    async fn claim(
        &self,
        message: &Message,
        now: OffsetDateTime,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        self.kill.pass(Step::BeforeClaim).await;
        let claim = self.inner.claim(message, now, lease).await;
        self.kill.pass(Step::AfterClaim).await;
        claim
    }

    async fn done(
        &self,
        event: Uuid,
        delivery: Delivery,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.kill.pass(Step::BeforeDone).await;
        let done = self.inner.done(event, delivery, now).await;
        self.kill.pass(Step::AfterDone).await;
        done
    }

    async fn release(&self, event: Uuid, token: ClaimToken) -> Result<(), StoreError> {
        self.inner.release(event, token).await
    }

    async fn keep(&self, message: &Message, now: OffsetDateTime) -> Result<(), StoreError> {
        self.inner.keep(message, now).await
    }

    async fn forget(&self, before: OffsetDateTime, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget(before, limit).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
