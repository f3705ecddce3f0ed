//! Idempotency keys in SQLite.

use async_trait::async_trait;
use rocket_db::{DbError, Sqlite, convert::micros};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use time::OffsetDateTime;
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use crate::ports::{Claim, IdempotencyKeys, KeptAnswer, KeyRef, MAX_LEASE, NewClaim, StoreError};

/// Idempotency keys, beside the orders.
#[derive(Clone)]
pub struct SqliteKeys {
    db: Sqlite,
}

impl SqliteKeys {
    /// Keys in `db`, as [`super::open`] gives it.
    pub fn new(db: Sqlite) -> Self {
        Self { db }
    }

    async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        job: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let span = info_span!("store", what);
        Ok(self.db.write(job).instrument(span).await?)
    }
}

#[async_trait]
impl IdempotencyKeys for SqliteKeys {
    async fn claim(&self, key: &KeyRef, claim: NewClaim) -> Result<Claim, StoreError> {
        let key = key.clone();
        self.write("claim key", move |conn| take(conn, &key, &claim))
            .await
    }

    async fn keep(
        &self,
        key: &KeyRef,
        holder: Uuid,
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        let (key, answer) = (key.clone(), answer.clone());
        self.write("keep key", move |conn| keep(conn, &key, holder, &answer))
            .await
    }

    async fn reopen(&self, key: &KeyRef, holder: Uuid) -> Result<(), StoreError> {
        let key = key.clone();
        self.write("reopen key", move |conn| reopen(conn, &key, holder))
            .await
    }

    async fn forget(&self, key: &KeyRef, holder: Uuid) -> Result<(), StoreError> {
        let key = key.clone();
        self.write("forget key", move |conn| forget(conn, &key, holder))
            .await
    }

    async fn sweep(&self, created_before: OffsetDateTime, limit: u32) -> Result<u64, StoreError> {
        let any: bool = self
            .db
            .read(move |conn| any_older(conn, created_before))
            .await?;
        if !any {
            return Ok(0);
        }
        self.write("sweep key", move |conn| sweep(conn, created_before, limit))
            .await
    }
}

fn take(conn: &Connection, key: &KeyRef, claim: &NewClaim) -> Result<Claim, DbError> {
    let found = conn
        .prepare_cached(
            "SELECT request_hash, operation, \
                    holder IS NOT NULL AND lease_until > ?4 AND lease_until <= ?5, status, content_type, body \
             FROM idempotency_keys WHERE user_uuid = ?1 AND route = ?2 AND key = ?3",
        )?
        .query_row(
            params![
                key.user_uuid.as_bytes(),
                key.route,
                key.key,
                micros(claim.now),
                micros(claim.now + MAX_LEASE)
            ],
            |row| known(row, claim),
        )
        .optional()?;
    match found {
        Some(granted @ Claim::Granted { .. }) => {
            conn.prepare_cached(
                "UPDATE idempotency_keys SET holder = ?4, lease_until = ?5 \
                 WHERE user_uuid = ?1 AND route = ?2 AND key = ?3",
            )?
            .execute(params![
                key.user_uuid.as_bytes(),
                key.route,
                key.key,
                claim.holder.as_bytes(),
                micros(claim.until),
            ])?;
            Ok(granted)
        }
        Some(other) => Ok(other),
        None => add(conn, key, claim),
    }
}

fn known(row: &Row<'_>, claim: &NewClaim) -> rusqlite::Result<Claim> {
    if row.get::<_, [u8; 32]>(0)? != claim.request_hash {
        return Ok(Claim::Reused);
    }
    if let Some(status) = row.get::<_, Option<u16>>(3)? {
        return Ok(Claim::Done(KeptAnswer {
            status,
            content_type: row.get(4)?,
            body: row.get(5)?,
        }));
    }
    if row.get(2)? {
        return Ok(Claim::InFlight);
    }
    Ok(Claim::Granted {
        operation: Uuid::from_bytes(row.get(1)?),
        resumed: true,
    })
}

fn add(conn: &Connection, key: &KeyRef, claim: &NewClaim) -> Result<Claim, DbError> {
    conn.prepare_cached(
        "INSERT INTO idempotency_keys \
             (user_uuid, route, key, request_hash, operation, holder, lease_until, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        key.user_uuid.as_bytes(),
        key.route,
        key.key,
        claim.request_hash,
        claim.operation.as_bytes(),
        claim.holder.as_bytes(),
        micros(claim.until),
        micros(claim.now),
    ])?;
    Ok(Claim::Granted {
        operation: claim.operation,
        resumed: false,
    })
}

fn keep(conn: &Connection, key: &KeyRef, holder: Uuid, answer: &KeptAnswer) -> Result<(), DbError> {
    conn.prepare_cached(
        "UPDATE idempotency_keys SET holder = NULL, status = ?5, content_type = ?6, body = ?7 \
         WHERE user_uuid = ?1 AND route = ?2 AND key = ?3 AND holder = ?4",
    )?
    .execute(params![
        key.user_uuid.as_bytes(),
        key.route,
        key.key,
        holder.as_bytes(),
        answer.status,
        answer.content_type,
        answer.body,
    ])?;
    Ok(())
}

fn reopen(conn: &Connection, key: &KeyRef, holder: Uuid) -> Result<(), DbError> {
    conn.prepare_cached(
        "UPDATE idempotency_keys SET holder = NULL \
         WHERE user_uuid = ?1 AND route = ?2 AND key = ?3 AND holder = ?4",
    )?
    .execute(params![
        key.user_uuid.as_bytes(),
        key.route,
        key.key,
        holder.as_bytes()
    ])?;
    Ok(())
}

fn forget(conn: &Connection, key: &KeyRef, holder: Uuid) -> Result<(), DbError> {
    conn.prepare_cached(
        "DELETE FROM idempotency_keys \
         WHERE user_uuid = ?1 AND route = ?2 AND key = ?3 AND holder = ?4",
    )?
    .execute(params![
        key.user_uuid.as_bytes(),
        key.route,
        key.key,
        holder.as_bytes()
    ])?;
    Ok(())
}

fn any_older(conn: &Connection, created_before: OffsetDateTime) -> Result<bool, DbError> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM idempotency_keys WHERE created_at < ?1)")?
        .query_row([micros(created_before)], |row| row.get(0))?)
}

fn sweep(conn: &Connection, created_before: OffsetDateTime, limit: u32) -> Result<u64, DbError> {
    let dropped = conn
        .prepare_cached(
            "DELETE FROM idempotency_keys WHERE (user_uuid, route, key) IN \
                 (SELECT user_uuid, route, key FROM idempotency_keys \
                  WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)",
        )?
        .execute(params![micros(created_before), limit])?;
    Ok(dropped as u64)
}
