//! Accounts and sessions in one SQLite file, so that Whoami is one read.

mod sessions;
#[cfg(test)]
mod tests;
mod users;

use std::path::Path;

use async_trait::async_trait;
use rocket_db::{DbError, Sqlite, convert};
use rusqlite::Row;
use time::OffsetDateTime;

use crate::{
    domain::{LoginName, Session, SessionHash, User},
    ports::{StoreError, WhoamiReader},
};

/// The schema, oldest first; it only grows at its end.
pub const MIGRATIONS: &[&str] = &[include_str!(
    "../../migrations/sqlite/0001_users_and_sessions.sql"
)];

/// The embedded store. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    db: Sqlite,
}

impl SqliteStore {
    /// Opens or makes the file.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        Ok(Self {
            db: Sqlite::open(path, MIGRATIONS)?,
        })
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        Self::new(error)
    }
}

#[async_trait]
impl WhoamiReader for SqliteStore {
    async fn whoami(
        &self,
        hash: SessionHash,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError> {
        self.db
            .read(move |c| {
                let Some(session) = sessions::find(c, hash, now)? else {
                    return Ok(None);
                };
                let user = users::find(c, session.user_uuid)?;
                Ok::<_, DbError>(user.map(|user| (session, user)))
            })
            .await
            .map_err(StoreError::new)
    }
}

/// A login name that was checked before it was stored.
fn login_at(row: &Row<'_>, column: usize) -> Result<LoginName, DbError> {
    let text: String = row.get(column)?;
    LoginName::parse(&text).ok_or_else(|| DbError::Malformed("login".to_owned()))
}

fn time_at(row: &Row<'_>, column: usize) -> Result<OffsetDateTime, DbError> {
    convert::time_at(row, column)
}
