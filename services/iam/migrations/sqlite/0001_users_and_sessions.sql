-- Ids are 16-byte blobs, times are microseconds since 1970 UTC.
CREATE TABLE users (
    user_uuid     BLOB    NOT NULL PRIMARY KEY CHECK (length(user_uuid) = 16),
    login         TEXT    NOT NULL UNIQUE,
    email         TEXT    NOT NULL,
    -- The address without regard to case: what is unique.
    email_key     TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notification_methods (
    user_uuid     BLOB    NOT NULL REFERENCES users (user_uuid) ON DELETE CASCADE,
    -- The order in which the user named them.
    position      INTEGER NOT NULL,
    provider_name TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    PRIMARY KEY (user_uuid, position)
) STRICT, WITHOUT ROWID;

-- No reference to users: elsewhere sessions live in another store. The id of a
-- session is never stored, only its SHA-256.
CREATE TABLE sessions (
    session_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(session_hash) = 32),
    user_uuid    BLOB    NOT NULL CHECK (length(user_uuid) = 16),
    login        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The set of each user's sessions.
CREATE INDEX sessions_of_user ON sessions (user_uuid, expires_at);
-- What the sweeper reads.
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
