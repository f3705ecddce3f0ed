-- What customers see of a part. Changes with the catalogue only.
CREATE TABLE parts (
    uuid        BLOB    NOT NULL PRIMARY KEY CHECK (length(uuid) = 16),
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    price       INTEGER NOT NULL CHECK (price >= 0),
    category    TEXT    NOT NULL CHECK (category IN ('ENGINE', 'FUEL', 'PORTHOLE', 'WING')),
    country     TEXT    NOT NULL,
    tags        TEXT    NOT NULL CHECK (json_type(tags) = 'array'),
    details     TEXT    NOT NULL CHECK (json_type(details) = 'object'),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX parts_in_order ON parts (name, uuid);

-- Where the pieces are: apart from `parts`, so that an order writes few bytes. The
-- checks are invariant 3.
CREATE TABLE stock (
    part_uuid BLOB    NOT NULL PRIMARY KEY REFERENCES parts (uuid),
    stocked   INTEGER NOT NULL,
    stock     INTEGER NOT NULL CHECK (stock >= 0),
    held      INTEGER NOT NULL CHECK (held >= 0),
    sold      INTEGER NOT NULL CHECK (sold >= 0),
    CHECK (stock + held + sold = stocked)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
    order_uuid BLOB    NOT NULL PRIMARY KEY CHECK (length(order_uuid) = 16),
    state      TEXT    NOT NULL CHECK (state IN ('HELD', 'EXPIRED', 'COMMITTED', 'RELEASED')),
    -- Only of a hold that ends by itself.
    expires_at INTEGER CHECK (expires_at IS NULL OR state = 'HELD'),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX reservations_due ON reservations (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE reservation_items (
    order_uuid BLOB    NOT NULL REFERENCES reservations (order_uuid),
    part_uuid  BLOB    NOT NULL REFERENCES stock (part_uuid),
    quantity   INTEGER NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (order_uuid, part_uuid)
) STRICT, WITHOUT ROWID;
