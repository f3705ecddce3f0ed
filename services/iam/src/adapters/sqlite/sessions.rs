//! Sessions. A row is the session and its place in the user's set at once, so the
//! two cannot come apart.

use async_trait::async_trait;
use rocket_db::{DbError, convert};
use rusqlite::{Connection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{SqliteStore, login_at, time_at};
use crate::{
    domain::{Session, SessionHash},
    ports::{SessionStore, StoreError},
};

#[async_trait]
impl SessionStore for SqliteStore {
    async fn create(&self, hash: SessionHash, session: Session) -> Result<(), StoreError> {
        self.db
            .write(move |c| {
                c.prepare_cached(
                    "INSERT INTO sessions (session_hash, user_uuid, login, created_at, expires_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((
                    hash.as_bytes(),
                    convert::uuid_bytes(&session.user_uuid),
                    session.login.as_str(),
                    convert::micros(session.created_at),
                    convert::micros(session.expires_at),
                ))?;
                Ok::<_, DbError>(())
            })
            .await
            .map_err(StoreError::new)
    }

    async fn find(
        &self,
        hash: SessionHash,
        now: OffsetDateTime,
    ) -> Result<Option<Session>, StoreError> {
        self.db
            .read(move |c| find(c, hash, now))
            .await
            .map_err(StoreError::new)
    }

    async fn remove(&self, hash: SessionHash) -> Result<bool, StoreError> {
        self.db
            .write(move |c| {
                let removed = c
                    .prepare_cached("DELETE FROM sessions WHERE session_hash = ?1")?
                    .execute([hash.as_bytes()])?;
                Ok::<_, DbError>(removed == 1)
            })
            .await
            .map_err(StoreError::new)
    }

    async fn of_user(
        &self,
        user_uuid: Uuid,
        now: OffsetDateTime,
    ) -> Result<Vec<SessionHash>, StoreError> {
        self.db
            .read(move |c| {
                let mut statement = c.prepare_cached(
                    "SELECT session_hash FROM sessions WHERE user_uuid = ?1 AND expires_at > ?2",
                )?;
                let parameters = (convert::uuid_bytes(&user_uuid), convert::micros(now));
                let rows = statement.query_map(parameters, hash_at)?;
                Ok::<_, DbError>(rows.collect::<Result<_, _>>()?)
            })
            .await
            .map_err(StoreError::new)
    }

    async fn remove_all(&self, user_uuid: Uuid) -> Result<u64, StoreError> {
        self.db
            .write(move |c| {
                let removed = c
                    .prepare_cached("DELETE FROM sessions WHERE user_uuid = ?1")?
                    .execute([convert::uuid_bytes(&user_uuid)])?;
                Ok::<_, DbError>(removed as u64)
            })
            .await
            .map_err(StoreError::new)
    }

    async fn sweep(&self, now: OffsetDateTime, limit: u32) -> Result<u64, StoreError> {
        self.db
            .write(move |c| {
                let removed = c
                    .prepare_cached(
                        "DELETE FROM sessions WHERE session_hash IN (
                           SELECT session_hash FROM sessions WHERE expires_at <= ?1 LIMIT ?2)",
                    )?
                    .execute((convert::micros(now), limit))?;
                Ok::<_, DbError>(removed as u64)
            })
            .await
            .map_err(StoreError::new)
    }
}

pub(super) fn find(
    connection: &Connection,
    hash: SessionHash,
    now: OffsetDateTime,
) -> Result<Option<Session>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT user_uuid, login, created_at, expires_at FROM sessions
         WHERE session_hash = ?1 AND expires_at > ?2",
    )?;
    let mut rows = statement.query((hash.as_bytes(), convert::micros(now)))?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Session {
        user_uuid: convert::uuid_at(row, 0)?,
        login: login_at(row, 1)?,
        created_at: time_at(row, 2)?,
        expires_at: time_at(row, 3)?,
    }))
}

fn hash_at(row: &Row<'_>) -> rusqlite::Result<SessionHash> {
    row.get(0).map(SessionHash::from_bytes)
}
