//! Accounts.

use async_trait::async_trait;
use rocket_db::{DbError, convert};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::{SqliteStore, login_at, time_at};
use crate::{
    domain::{Credentials, Email, LoginName, NewUser, NotificationMethod, PasswordHash, User},
    ports::{InsertUserError, StoreError, UserRepository},
};

impl From<DbError> for InsertUserError {
    fn from(error: DbError) -> Self {
        Self::Store(StoreError::new(error))
    }
}

#[async_trait]
impl UserRepository for SqliteStore {
    async fn insert(&self, new: NewUser) -> Result<(), InsertUserError> {
        self.db
            .write(move |c| {
                // Looked up rather than read off the constraint's text: writes come one
                // at a time, so nothing slips in between.
                if taken(
                    c,
                    "SELECT 1 FROM users WHERE login = ?1",
                    new.user.login.as_str(),
                )? {
                    return Err(InsertUserError::LoginTaken);
                }
                let key = new.user.email.key();
                if taken(c, "SELECT 1 FROM users WHERE email_key = ?1", &key)? {
                    return Err(InsertUserError::EmailTaken);
                }
                insert(c, &new, &key)?;
                Ok(())
            })
            .await
    }

    async fn credentials(&self, login: &LoginName) -> Result<Option<Credentials>, StoreError> {
        let login = login.clone();
        self.db
            .read(move |c| {
                let mut statement = c.prepare_cached(
                    "SELECT user_uuid, password_hash FROM users WHERE login = ?1",
                )?;
                let mut rows = statement.query([login.as_str()])?;
                let Some(row) = rows.next()? else {
                    return Ok(None);
                };
                Ok::<_, DbError>(Some(Credentials {
                    user_uuid: convert::uuid_at(row, 0)?,
                    password_hash: PasswordHash::from_phc(row.get(1)?),
                    login: login.clone(),
                }))
            })
            .await
            .map_err(StoreError::new)
    }

    async fn find(&self, user_uuid: Uuid) -> Result<Option<User>, StoreError> {
        self.db
            .read(move |c| find(c, user_uuid))
            .await
            .map_err(StoreError::new)
    }
}

fn taken(connection: &Connection, sql: &str, value: &str) -> Result<bool, DbError> {
    let found = connection
        .prepare_cached(sql)?
        .query_row([value], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn insert(connection: &Connection, new: &NewUser, email_key: &str) -> Result<(), DbError> {
    let user = &new.user;
    connection
        .prepare_cached(
            "INSERT INTO users
               (user_uuid, login, email, email_key, password_hash, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            convert::uuid_bytes(&user.user_uuid),
            user.login.as_str(),
            user.email.as_str(),
            email_key,
            new.password_hash.as_str(),
            convert::micros(user.created_at),
            convert::micros(user.updated_at),
        ))?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO notification_methods (user_uuid, position, provider_name, target)
         VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, method) in (0_i64..).zip(&user.notification_methods) {
        statement.execute((
            convert::uuid_bytes(&user.user_uuid),
            position,
            method.provider_name(),
            method.target(),
        ))?;
    }
    Ok(())
}

pub(super) fn find(connection: &Connection, user_uuid: Uuid) -> Result<Option<User>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT login, email, created_at, updated_at FROM users WHERE user_uuid = ?1",
    )?;
    let mut rows = statement.query([convert::uuid_bytes(&user_uuid)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let email: String = row.get(1)?;
    Ok(Some(User {
        user_uuid,
        login: login_at(row, 0)?,
        email: Email::parse(&email).ok_or_else(|| DbError::Malformed("email".to_owned()))?,
        notification_methods: methods(connection, user_uuid)?,
        created_at: time_at(row, 2)?,
        updated_at: time_at(row, 3)?,
    }))
}

fn methods(connection: &Connection, user_uuid: Uuid) -> Result<Vec<NotificationMethod>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT provider_name, target FROM notification_methods
         WHERE user_uuid = ?1 ORDER BY position",
    )?;
    let rows = statement.query_map([convert::uuid_bytes(&user_uuid)], |row| {
        Ok(NotificationMethod::from_stored(row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
