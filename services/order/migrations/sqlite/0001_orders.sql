CREATE TABLE orders (
    order_uuid       BLOB    NOT NULL PRIMARY KEY CHECK (length(order_uuid) = 16),
    user_uuid        BLOB    NOT NULL CHECK (length(user_uuid) = 16),
    -- 16 bytes each, in the order they were asked for.
    part_uuids       BLOB    NOT NULL CHECK (length(part_uuids) >= 16 AND length(part_uuids) % 16 = 0),
    total_price      INTEGER NOT NULL CHECK (total_price >= 0),
    currency         TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('PENDING_PAYMENT', 'PAID', 'ASSEMBLED', 'CANCELLED')),
    -- Of the payment under way, or else of the next one.
    attempt          INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    payment_method   TEXT    CHECK (payment_method IN ('CARD', 'SBP', 'CREDIT_CARD', 'INVESTOR_MONEY')),
    operation        BLOB    CHECK (length(operation) = 16),
    -- The guard: all four, or none.
    paying_token     BLOB    CHECK (length(paying_token) = 16),
    paying_step      TEXT    CHECK (paying_step IN ('RESERVING', 'CHARGING')),
    paying_since     INTEGER,
    paying_until     INTEGER,
    transaction_uuid BLOB    CHECK (length(transaction_uuid) = 16),
    -- Times are microseconds since 1970, UTC.
    paid_at          INTEGER,
    assembled_at     INTEGER,
    build_micros     INTEGER,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CHECK ((paying_token IS NULL) = (paying_step IS NULL)
       AND (paying_token IS NULL) = (paying_since IS NULL)
       AND (paying_token IS NULL) = (paying_until IS NULL)),
    CHECK (paying_token IS NULL OR (status = 'PENDING_PAYMENT' AND payment_method IS NOT NULL)),
    CHECK ((status IN ('PAID', 'ASSEMBLED')) = (transaction_uuid IS NOT NULL)),
    CHECK ((transaction_uuid IS NULL) = (paid_at IS NULL)),
    CHECK ((status = 'ASSEMBLED') = (assembled_at IS NOT NULL)),
    CHECK ((assembled_at IS NULL) = (build_micros IS NULL))
) STRICT, WITHOUT ROWID;

-- A user's own orders, newest first.
CREATE INDEX orders_of_user ON orders (user_uuid, created_at, order_uuid);
-- How many unpaid orders a user has.
CREATE INDEX orders_unpaid_of_user ON orders (user_uuid) WHERE status = 'PENDING_PAYMENT';
-- What expires next.
CREATE INDEX orders_unpaid ON orders (created_at) WHERE status = 'PENDING_PAYMENT';
-- Whose guard runs out next.
CREATE INDEX orders_paying ON orders (paying_until) WHERE paying_token IS NOT NULL;
