//! Page tokens: any text is read without panic, a token is read back as what it was
//! made of, and a token from elsewhere is refused.
//!
//! The first line is a token as a client sends it, the second a name; sixteen bytes of
//! a part's id follow, then eight of a time.

use rocket_inventory::domain::{Category, Filter, PageKey};
use rocket_order::domain::{Cursor, OrderStatus};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::input::split;

/// Any bytes.
pub fn run(data: &[u8]) {
    let (token, rest) = split(data, b"\n");
    let token = String::from_utf8_lossy(token);
    let (name, rest) = split(rest, b"\n");
    let name = String::from_utf8_lossy(name);
    read(&token, &name);
    let (id, rest) = rest.split_at(rest.len().min(16));
    let uuid = Uuid::from_slice(id).unwrap_or_default();
    part(&token, &name, uuid);
    let (at, rest) = rest.split_at(rest.len().min(8));
    let micros = i64::from_be_bytes(at.try_into().unwrap_or_default());
    order(&token, micros, rest.first().copied().unwrap_or(0), uuid);
}

/// What is accepted is exactly what would be given out for the same place.
fn read(token: &str, name: &str) {
    for filter in filters(name) {
        if let Ok(key) = PageKey::from_token(token, &filter) {
            assert_eq!(key.token(&filter), token, "one place has one token");
        }
    }
    if let Ok(cursor) = token.parse::<Cursor>() {
        assert_eq!(cursor.to_string(), token, "one place has one token");
        foreign(token, name);
    }
}

fn part(other: &str, name: &str, uuid: Uuid) {
    let key = PageKey {
        name: name.to_owned(),
        uuid,
    };
    let filters = filters(name);
    for filter in &filters {
        let token = key.token(filter);
        assert_eq!(PageKey::from_token(&token, filter).as_ref(), Ok(&key));
        assert!(
            token.parse::<Cursor>().is_err(),
            "a part's token is no order's"
        );
        for another in filters.iter().filter(|another| *another != filter) {
            assert!(PageKey::from_token(&token, another).is_err(), "{another:?}");
        }
        if other.is_ascii() {
            let spoilt = format!("{token}{other}");
            let read = PageKey::from_token(&spoilt, filter);
            assert!(other.is_empty() || read.is_err(), "{spoilt} is accepted");
        }
    }
}

fn order(name: &str, micros: i64, status: u8, order_uuid: Uuid) {
    let nanos = i128::from(micros) * 1_000;
    let Ok(created_at) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
        return;
    };
    let cursor = Cursor {
        status: OrderStatus::ALL.get(usize::from(status)).copied(),
        created_at,
        order_uuid,
    };
    let token = cursor.to_string();
    assert_eq!(token.parse(), Ok(cursor));
    foreign(&token, name);
}

/// An order's token is no part's.
fn foreign(token: &str, name: &str) {
    for filter in filters(name) {
        assert!(PageKey::from_token(token, &filter).is_err());
    }
}

fn filters(name: &str) -> Vec<Filter> {
    let text = || vec![name.to_owned()];
    let new = |names, categories, countries, tags| {
        Filter::new(Vec::new(), names, categories, countries, tags)
            .expect("no field has more values than a filter takes")
    };
    vec![
        Filter::default(),
        new(text(), vec![], vec![], vec![]),
        new(vec![], vec![], text(), vec![]),
        new(vec![], vec![], vec![], text()),
        new(vec![], vec![Category::Engine], vec![], vec![]),
    ]
}
