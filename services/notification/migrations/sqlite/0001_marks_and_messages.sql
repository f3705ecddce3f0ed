-- Who has been told what, and who is at it. `done_at` is set once and for good.
CREATE TABLE delivery_marks (
    event_uuid   BLOB    NOT NULL,
    channel      TEXT    NOT NULL,
    token        BLOB,
    leased_until INTEGER,
    done_at      INTEGER,
    PRIMARY KEY (event_uuid, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_marks_done ON delivery_marks (done_at) WHERE done_at IS NOT NULL;

-- The last messages of each user; `id` grows, so the oldest are found by it.
CREATE TABLE messages (
    id          INTEGER PRIMARY KEY,
    event_uuid  BLOB    NOT NULL UNIQUE,
    user_uuid   BLOB    NOT NULL,
    order_uuid  BLOB    NOT NULL,
    kind        TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    occurred_at INTEGER NOT NULL,
    delivery    TEXT    NOT NULL
) STRICT;

CREATE INDEX messages_by_user ON messages (user_uuid, occurred_at);
