//! What the stores say.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use prost::Message as _;
use rocket_proto::events::v1::{OrderPaid, ShipAssembled};
use rusqlite::{Connection, OpenFlags, Row};
use uuid::Uuid;

/// All of it, read at one moment per file.
#[derive(Debug)]
pub(super) struct Stores {
    pub(super) orders: BTreeMap<Uuid, Order>,
    /// Orders whose OrderPaid waits in the outbox.
    pub(super) unsent: BTreeSet<Uuid>,
    pub(super) books: Books,
    /// Topic, order, and the event's id.
    records: Vec<(String, Uuid, String)>,
    dead_letters: Vec<String>,
    /// Rows that somebody still has to deal with, by what they wait for.
    waiting: BTreeMap<&'static str, i64>,
}

#[derive(Debug)]
pub(super) struct Order {
    pub(super) status: String,
    pub(super) total: i64,
    pub(super) transaction: Option<Uuid>,
    pub(super) paid_at: Option<i64>,
    pub(super) assembled_at: Option<i64>,
    pub(super) build_micros: Option<i64>,
}

/// Inventory's books.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) stock: BTreeMap<Uuid, Stock>,
    pub(super) reservations: BTreeMap<Uuid, Reservation>,
}

#[derive(Debug)]
pub(super) struct Stock {
    pub(super) stocked: i64,
    pub(super) free: i64,
    pub(super) held: i64,
    pub(super) sold: i64,
}

#[derive(Debug)]
pub(super) struct Reservation {
    pub(super) state: String,
    pub(super) expires: bool,
    pub(super) items: Vec<(Uuid, i64)>,
}

impl Stores {
    pub(super) fn read(data: &Path) -> Self {
        let order = open(&data.join("order.db"));
        let events = open(&data.join("events.db"));
        let notification = open(&data.join("notification.db"));
        let waiting = BTreeMap::from([
            (
                "payments under way",
                count(
                    &order,
                    "SELECT count(*) FROM orders WHERE paying_token IS NOT NULL",
                ),
            ),
            (
                "ships to assemble",
                count(&order, "SELECT count(*) FROM orders WHERE status = 'PAID'"),
            ),
            (
                "messages to send",
                count(&order, "SELECT count(*) FROM outbox"),
            ),
            (
                "records to take in",
                count(
                    &events,
                    "SELECT count(*) FROM records r WHERE topic NOT LIKE '%.dlq' AND (
                         SELECT count(*) FROM positions p
                         WHERE p.topic = r.topic AND p.partition = r.partition
                           AND p.next_offset > r.offset) < 2",
                ),
            ),
            (
                "users to tell",
                count(
                    &notification,
                    "SELECT count(*) FROM delivery_marks WHERE done_at IS NULL",
                ),
            ),
        ]);
        let (records, dead_letters) = records(&events);
        Self {
            orders: orders(&order),
            unsent: unsent(&order),
            books: books(&open(&data.join("inventory.db"))),
            records,
            dead_letters,
            waiting,
        }
    }

    /// What is not finished yet.
    pub(super) fn under_way(&self) -> Vec<String> {
        let waiting = self.waiting.iter().filter(|(_, rows)| **rows > 0);
        waiting
            .map(|(what, rows)| format!("{rows} {what}"))
            .collect()
    }

    pub(super) fn paid(&self) -> BTreeSet<Uuid> {
        self.with_status(&["PAID", "ASSEMBLED"])
    }

    pub(super) fn cancelled(&self) -> BTreeSet<Uuid> {
        self.with_status(&["CANCELLED"])
    }

    fn with_status(&self, wanted: &[&str]) -> BTreeSet<Uuid> {
        let matching = self
            .orders
            .iter()
            .filter(|(_, order)| wanted.contains(&order.status.as_str()));
        matching.map(|(id, _)| *id).collect()
    }

    /// How many different events of a topic each order has. A crash may append one
    /// event twice; its id says that it is one.
    pub(super) fn distinct(&self, topic: &str) -> BTreeMap<Uuid, usize> {
        let mut ids: BTreeMap<Uuid, BTreeSet<&str>> = BTreeMap::new();
        for (_, order, event) in self.records.iter().filter(|record| record.0 == topic) {
            ids.entry(*order).or_default().insert(event);
        }
        ids.into_iter()
            .map(|(id, events)| (id, events.len()))
            .collect()
    }

    pub(super) fn dead_letters(&self) -> &[String] {
        &self.dead_letters
    }

    /// The order that a message speaks of.
    pub(super) fn order_in(&self, text: &str) -> Option<Uuid> {
        let words = text.split(|it: char| !it.is_ascii_hexdigit() && it != '-');
        words
            .filter_map(|word| word.parse().ok())
            .find(|id| self.orders.contains_key(id))
    }
}

/// Not read-only: after a kill, reading needs the write-ahead log recovered.
fn open(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], read).unwrap();
    rows.map(Result::unwrap).collect()
}

fn orders(connection: &Connection) -> BTreeMap<Uuid, Order> {
    let sql = "SELECT order_uuid, status, total_price, transaction_uuid, paid_at, assembled_at,
                      build_micros FROM orders";
    let rows = all(connection, sql, |row| {
        let order = Order {
            status: row.get(1)?,
            total: row.get(2)?,
            transaction: row.get::<_, Option<[u8; 16]>>(3)?.map(Uuid::from_bytes),
            paid_at: row.get(4)?,
            assembled_at: row.get(5)?,
            build_micros: row.get(6)?,
        };
        Ok((id(row, 0)?, order))
    });
    rows.into_iter().collect()
}

fn unsent(connection: &Connection) -> BTreeSet<Uuid> {
    let sql = "SELECT key FROM outbox WHERE topic = 'order.paid'";
    let keys = all(connection, sql, |row| row.get::<_, String>(0));
    keys.iter().map(|key| key.parse().unwrap()).collect()
}

type Records = Vec<(String, Uuid, String)>;

fn records(connection: &Connection) -> (Records, Vec<String>) {
    let sql = "SELECT topic, key, payload FROM records";
    let rows = all(connection, sql, |row| {
        let topic: String = row.get(0)?;
        let (key, payload): (String, Vec<u8>) = (row.get(1)?, row.get(2)?);
        Ok((topic, key, payload))
    });
    let (mut records, mut dead) = (Vec::new(), Vec::new());
    for (topic, key, payload) in rows {
        let event = match topic.as_str() {
            "order.paid" => OrderPaid::decode(&*payload).unwrap().event_uuid,
            "ship.assembled" => ShipAssembled::decode(&*payload).unwrap().event_uuid,
            _ => {
                dead.push(topic);
                continue;
            }
        };
        records.push((topic, key.parse().unwrap(), event));
    }
    (records, dead)
}

fn books(connection: &Connection) -> Books {
    let sql = "SELECT part_uuid, stocked, stock, held, sold FROM stock";
    let stock = all(connection, sql, |row| {
        let stock = Stock {
            stocked: row.get(1)?,
            free: row.get(2)?,
            held: row.get(3)?,
            sold: row.get(4)?,
        };
        Ok((id(row, 0)?, stock))
    });
    let sql = "SELECT order_uuid, state, expires_at IS NOT NULL FROM reservations";
    let reservations = all(connection, sql, |row| {
        let reservation = Reservation {
            state: row.get(1)?,
            expires: row.get(2)?,
            items: Vec::new(),
        };
        Ok((id(row, 0)?, reservation))
    });
    let mut reservations: BTreeMap<_, _> = reservations.into_iter().collect();
    let sql = "SELECT order_uuid, part_uuid, quantity FROM reservation_items";
    for (order, part, quantity) in all(connection, sql, |row| {
        Ok((id(row, 0)?, id(row, 1)?, row.get(2)?))
    }) {
        // Written between the two readings.
        if let Some(reservation) = reservations.get_mut(&order) {
            reservation.items.push((part, quantity));
        }
    }
    Books {
        stock: stock.into_iter().collect(),
        reservations,
    }
}
