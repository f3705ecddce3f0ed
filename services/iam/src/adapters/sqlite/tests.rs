#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::{contract, domain::SessionId, ports::SessionStore as _};

fn store() -> (TempDir, Arc<SqliteStore>) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("iam.db")).unwrap();
    (dir, Arc::new(store))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_keep_the_contract() {
    let (_dir, store) = store();
    contract::user_repository(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_keep_the_contract() {
    let (_dir, store) = store();
    contract::session_store(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoami_keeps_the_contract() {
    let (_dir, store) = store();
    contract::whoami_reader(&*store, &*store, &*store).await;
}

/// Whoever reads the file, or a copy of it, cannot sign in with what is there.
#[tokio::test]
async fn invariant_9_a_session_id_is_nowhere_in_the_file() {
    let (dir, store) = store();
    let id = SessionId::random().unwrap();
    let now = rocket_runtime::clock::truncate_to_micros(OffsetDateTime::now_utc());
    let login = LoginName::parse("ann").unwrap();
    let session = Session::begin(uuid::Uuid::now_v7(), login, now);
    store.create(id.hash(), session).await.unwrap();
    drop(store);
    let text = id.reveal().to_string();
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(id.hash().as_bytes()), "the session itself is there");
    assert!(!holds(id.reveal().as_bytes()) && !holds(text.as_bytes()));
}
