CREATE TABLE idempotency_keys (
    user_uuid    BLOB    NOT NULL CHECK (length(user_uuid) = 16),
    route        TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    request_hash BLOB    NOT NULL CHECK (length(request_hash) = 32),
    operation    BLOB    NOT NULL CHECK (length(operation) = 16),
    -- Present while somebody is at work, or was until a crash.
    holder       BLOB    CHECK (length(holder) = 16),
    lease_until  INTEGER NOT NULL,
    -- Present once done.
    status       INTEGER,
    content_type TEXT,
    body         BLOB,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (user_uuid, route, key),
    CHECK (status IS NULL OR holder IS NULL),
    CHECK ((status IS NULL) = (body IS NULL) AND (status IS NULL) = (content_type IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
