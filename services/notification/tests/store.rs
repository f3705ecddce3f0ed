//! The embedded store under the contract of the ports, and across a restart.
#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use rocket_db::rusqlite::Connection;
use rocket_notification::{
    SqliteStore,
    contract::{self, StoreUnderTest, a_message},
    domain::{Delivery, Message},
    ports::{Claim, DeliveryMarks, KEPT_PER_USER, Messages},
};

struct Embedded(Arc<SqliteStore>);

impl StoreUnderTest for Embedded {
    fn marks(&self) -> Arc<dyn DeliveryMarks> {
        self.0.clone()
    }

    fn messages(&self) -> Arc<dyn Messages> {
        self.0.clone()
    }
}

#[tokio::test]
async fn the_embedded_store_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("notification.db")).unwrap();
    contract::suite(&Embedded(Arc::new(store))).await;
}

#[tokio::test]
async fn marks_and_messages_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notification.db");
    let (told, claimed, kept) = (a_message(), a_message(), a_message());
    let now = told.occurred_at;
    let lease = Duration::from_secs(30);
    let store = SqliteStore::open(&path).unwrap();
    store.claim(&told, now, lease).await.unwrap();
    store
        .done(told.event_uuid, Delivery::Sent, now)
        .await
        .unwrap();
    store.claim(&claimed, now, lease).await.unwrap();
    store.keep(&kept, now).await.unwrap();
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
    let again = store.claim(&told, now + lease, lease).await.unwrap();
    assert_eq!(again, Claim::AlreadyDone);
    // Its holder is gone with the process, so nobody waits for the lease.
    let taken = store.claim(&claimed, now, lease).await.unwrap();
    assert!(matches!(taken, Claim::Claimed(_)), "{taken:?}");
    let latest = store.latest(kept.user_uuid).await.unwrap();
    assert_eq!(latest.len(), 1);
    assert_eq!(latest[0].message, kept);
}

/// What readers are shown is bounded by the query; this is about the file.
#[tokio::test]
async fn the_file_holds_no_more_messages_than_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notification.db");
    let store = SqliteStore::open(&path).unwrap();
    let user_uuid = a_message().user_uuid;
    for _ in 0..KEPT_PER_USER + 7 {
        let message = Message {
            user_uuid,
            ..a_message()
        };
        store.keep(&message, message.occurred_at).await.unwrap();
    }
    let connection = Connection::open(&path).unwrap();
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
        .unwrap();
    assert_eq!(usize::try_from(rows).unwrap(), KEPT_PER_USER);
}
