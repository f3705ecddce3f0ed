//! How values are stored: UUIDs as 16 bytes, times as microseconds since 1970.

use rusqlite::Row;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::DbError;

/// A time as it is stored.
pub fn micros(at: OffsetDateTime) -> i64 {
    // Every time that `OffsetDateTime` can hold fits: years -9999 to 9999.
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// A stored time.
pub fn time(micros: i64) -> Result<OffsetDateTime, DbError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .map_err(|_| DbError::Malformed(format!("time {micros}")))
}

/// A UUID as it is stored.
pub fn uuid_bytes(id: &Uuid) -> &[u8] {
    id.as_bytes()
}

/// The UUID in a column.
pub fn uuid_at(row: &Row<'_>, column: usize) -> Result<Uuid, DbError> {
    let bytes: [u8; 16] = row.get(column)?;
    Ok(Uuid::from_bytes(bytes))
}

/// The time in a column.
pub fn time_at(row: &Row<'_>, column: usize) -> Result<OffsetDateTime, DbError> {
    time(row.get(column)?)
}

/// The time in a column that may be null.
pub fn optional_time_at(row: &Row<'_>, column: usize) -> Result<Option<OffsetDateTime>, DbError> {
    let micros: Option<i64> = row.get(column)?;
    micros.map(time).transpose()
}
