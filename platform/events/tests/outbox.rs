//! The outbox contract against SQLite, and what only a file can show.
#![allow(clippy::unwrap_used)]

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use rocket_db::{
    DbError, Sqlite,
    outbox::{self, NewMessage, OutboxStore, SqliteOutbox},
};
use rocket_runtime::{Clock as _, SystemClock};
use rocket_testkit::outbox::{Subject, message, suite};
use tempfile::TempDir;

struct File {
    _dir: TempDir,
    store: Sqlite,
    outbox: SqliteOutbox,
}

fn open(path: &Path) -> Sqlite {
    Sqlite::open(path, &[outbox::MIGRATION]).unwrap()
}

async fn insert(store: &Sqlite, messages: Vec<NewMessage>) {
    store
        .write(move |c| messages.iter().try_for_each(|m| outbox::insert(c, m)))
        .await
        .unwrap();
}

#[async_trait]
impl Subject for File {
    async fn insert(&self, messages: Vec<NewMessage>) {
        insert(&self.store, messages).await;
        self.outbox.wake();
    }

    async fn insert_and_roll_back(&self, message: NewMessage) {
        let undone = self
            .store
            .write(move |c| {
                outbox::insert(c, &message)?;
                Err::<(), _>(DbError::Closed)
            })
            .await;
        assert!(matches!(undone, Err(DbError::Closed)));
    }

    fn store(&self) -> Arc<dyn OutboxStore> {
        Arc::new(self.outbox.clone())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_outbox_keeps_the_contract() {
    suite(|| async {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir.path().join("t.db"));
        File {
            _dir: dir,
            outbox: SqliteOutbox::new(store.clone()),
            store,
        }
    })
    .await;
}

#[tokio::test]
async fn what_waits_and_what_is_leased_outlives_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.db");
    let now = SystemClock.now();
    let lease_for = Duration::from_secs(30);
    let lease = async |store: &Sqlite, now| {
        let leased = SqliteOutbox::new(store.clone())
            .lease("suite", 10, now, lease_for)
            .await
            .unwrap();
        leased.iter().map(|lease| lease.id).collect::<Vec<_>>()
    };
    let (first, second) = (message("a", "1"), message("b", "2"));
    let ids = [first.id, second.id];

    let store = open(&path);
    insert(&store, vec![first]).await;
    assert_eq!(lease(&store, now).await, ids[..1]);
    insert(&store, vec![second]).await;
    drop(store);

    let store = open(&path);
    assert_eq!(lease(&store, now).await, ids[1..]);
    assert_eq!(lease(&store, now + lease_for).await, ids);
}
