//! The bank's memory: a file that survives a kill.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::ChargeRequest;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS answers (
        idempotency_key  TEXT PRIMARY KEY,
        order_uuid       TEXT NOT NULL,
        attempt          INTEGER NOT NULL,
        user_uuid        TEXT NOT NULL,
        payment_method   TEXT NOT NULL,
        amount           INTEGER NOT NULL,
        currency         TEXT NOT NULL,
        transaction_uuid TEXT,
        reason           TEXT,
        CHECK ((transaction_uuid IS NULL) <> (reason IS NULL))
    ) STRICT;
    CREATE INDEX IF NOT EXISTS answers_by_order ON answers (order_uuid);
";

/// What the bank answered, and will answer for ever, under one idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Charged { transaction_uuid: Uuid },
    Declined { reason: String },
}

/// What the ledger says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Recorded(Answer),
    /// The key was used before, for another request.
    KeyReused,
}

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The key that the caller chose.
    pub idempotency_key: String,
    /// The order that was paid for.
    pub order_uuid: Uuid,
    /// The attempt of that order.
    pub attempt: i32,
    /// Minor units of `currency`.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// The bank's name for it: random, so nobody can have derived it.
    pub transaction_uuid: Uuid,
}

#[derive(Debug)]
pub(super) struct Ledger {
    connection: Mutex<Connection>,
}

impl Ledger {
    pub(super) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).expect("the test's ledger file can be opened");
        connection
            .execute_batch(SCHEMA)
            .expect("the test's ledger file is ours");
        Self {
            connection: Mutex::new(connection),
        }
    }

    /// The answer on record, or `decide`d now and recorded before anybody hears it.
    pub(super) fn answer(
        &self,
        key: &str,
        request: &ChargeRequest,
        decide: impl FnOnce() -> Answer,
    ) -> Entry {
        let mut connection = self.lock();
        let transaction = connection.transaction().unwrap();
        if let Some((recorded, answer)) = read(&transaction, key) {
            return if recorded == *request {
                Entry::Recorded(answer)
            } else {
                Entry::KeyReused
            };
        }
        let answer = decide();
        write(&transaction, key, request, &answer);
        transaction.commit().unwrap();
        Entry::Recorded(answer)
    }

    pub(super) fn charges(&self) -> Vec<Charge> {
        let connection = self.lock();
        let mut statement = connection
            .prepare(
                "SELECT idempotency_key, order_uuid, attempt, amount, currency, transaction_uuid
                 FROM answers WHERE transaction_uuid IS NOT NULL ORDER BY rowid",
            )
            .unwrap();
        let rows = statement
            .query_map([], |row| {
                Ok(Charge {
                    idempotency_key: row.get(0)?,
                    order_uuid: parse(&row.get::<_, String>(1)?),
                    attempt: row.get(2)?,
                    amount: row.get(3)?,
                    currency: row.get(4)?,
                    transaction_uuid: parse(&row.get::<_, String>(5)?),
                })
            })
            .unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(super) fn declines(&self) -> usize {
        self.lock()
            .query_row(
                "SELECT count(*) FROM answers WHERE reason IS NOT NULL",
                [],
                |row| row.get::<_, i64>(0),
            )
            .unwrap()
            .try_into()
            .unwrap()
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(connection: &Connection, key: &str) -> Option<(ChargeRequest, Answer)> {
    connection
        .query_row(
            "SELECT order_uuid, attempt, user_uuid, payment_method, amount, currency,
                    transaction_uuid, reason
             FROM answers WHERE idempotency_key = ?1",
            [key],
            |row| {
                let request = ChargeRequest {
                    order_uuid: parse(&row.get::<_, String>(0)?),
                    attempt: row.get(1)?,
                    user_uuid: parse(&row.get::<_, String>(2)?),
                    payment_method: row.get(3)?,
                    amount: row.get(4)?,
                    currency: row.get(5)?,
                };
                let answer = match row.get::<_, Option<String>>(6)? {
                    Some(transaction) => Answer::Charged {
                        transaction_uuid: parse(&transaction),
                    },
                    None => Answer::Declined {
                        reason: row.get(7)?,
                    },
                };
                Ok((request, answer))
            },
        )
        .optional()
        .unwrap()
}

fn write(connection: &Connection, key: &str, request: &ChargeRequest, answer: &Answer) {
    let (transaction, reason) = match answer {
        Answer::Charged { transaction_uuid } => (Some(transaction_uuid.to_string()), None),
        Answer::Declined { reason } => (None, Some(reason.as_str())),
    };
    connection
        .execute(
            "INSERT INTO answers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                key,
                request.order_uuid.to_string(),
                request.attempt,
                request.user_uuid.to_string(),
                request.payment_method,
                request.amount,
                request.currency,
                transaction,
                reason
            ],
        )
        .unwrap();
}

fn parse(text: &str) -> Uuid {
    text.parse().expect("the ledger holds what it was given")
}
