#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use async_trait::async_trait;
use rocket_db::{DbError, Sqlite};

use super::{Outboxes, SqliteKeys, SqliteOrders, open};
use crate::{
    adapters::LocalStatusFeed,
    contract::{Harness, OutboxMessage, OutboxView},
};

struct SqliteOutboxView(Sqlite);

#[async_trait]
impl OutboxView for SqliteOutboxView {
    async fn messages(&self) -> Vec<OutboxMessage> {
        let read = self.0.read(|conn| {
            let mut query =
                conn.prepare("SELECT destination, topic, key, payload FROM outbox ORDER BY row")?;
            let rows = query.query_map([], |row| {
                Ok(OutboxMessage {
                    destination: row.get(0)?,
                    topic: row.get(1)?,
                    key: row.get(2)?,
                    payload: row.get(3)?,
                })
            })?;
            Ok::<_, DbError>(rows.collect::<Result<Vec<_>, _>>()?)
        });
        read.await.unwrap()
    }
}

fn harness() -> Harness {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir.path().join("order.db")).unwrap();
    let feed = LocalStatusFeed::default();
    Harness {
        orders: Arc::new(SqliteOrders::new(
            db.clone(),
            feed.clone(),
            Outboxes::new(&db),
        )),
        keys: Arc::new(SqliteKeys::new(db.clone())),
        feed: Arc::new(feed),
        outbox: Arc::new(SqliteOutboxView(db)),
        keep: Box::new(dir),
    }
}

crate::order_store_contract!(harness());

/// A query of the hot path that scans is a defect that only load would show.
#[tokio::test]
async fn hot_queries_use_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir.path().join("order.db")).unwrap();
    let queries = [
        "SELECT 1 FROM orders WHERE user_uuid = x'00' AND status = 'PENDING_PAYMENT' LIMIT 100",
        "SELECT 1 FROM orders WHERE paying_token IS NOT NULL \
         AND paying_until > 1 AND paying_until <= 2 ORDER BY paying_until LIMIT 1",
        "SELECT 1 FROM orders WHERE status = 'PENDING_PAYMENT' AND paying_token IS NULL \
         AND created_at <= 1 ORDER BY created_at LIMIT 1",
        "SELECT 1 FROM orders WHERE user_uuid = x'00' AND (created_at, order_uuid) < (1, x'00') \
         ORDER BY created_at DESC, order_uuid DESC LIMIT 20",
    ];
    for sql in queries {
        let plan: Vec<String> = db
            .read(move |conn| {
                let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let rows = explain.query_map([], |row| row.get(3))?;
                Ok::<_, DbError>(rows.collect::<Result<_, _>>()?)
            })
            .await
            .unwrap();
        let plan = plan.join("; ");
        assert!(plan.contains("SEARCH orders USING"), "{sql}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
    }
}
