//! The JSON columns of a part, and a row as a part.

use std::collections::BTreeMap;

use rocket_db::convert;
use rocket_runtime::money::Money;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    domain::{Category, Dimensions, Manufacturer, MetadataValue, Part, PartDetails},
    ports::StoreError,
};

/// The columns that [`part`] reads, of `parts p JOIN stock s`.
pub(super) const COLUMNS: &str = "p.uuid, p.name, p.description, p.price, p.category, \
     p.country, p.tags, p.details, p.created_at, p.updated_at, s.stock";

/// What no filter looks at.
#[derive(Serialize, Deserialize)]
struct Details {
    /// Length, width, height in cm and weight in kg.
    size: [f64; 4],
    maker: String,
    website: String,
    metadata: BTreeMap<String, Value>,
}

/// Tagged, so that `3` and `3.0` come back as what they were.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Value {
    Text(String),
    Integer(i64),
    Double(f64),
    Flag(bool),
}

pub(super) fn details_json(part: &PartDetails) -> Result<String, StoreError> {
    let size = part.dimensions;
    let metadata = part.metadata.iter();
    let details = Details {
        size: [
            size.length_cm,
            size.width_cm,
            size.height_cm,
            size.weight_kg,
        ],
        maker: part.manufacturer.name.clone(),
        website: part.manufacturer.website.clone(),
        metadata: metadata
            .map(|(key, value)| (key.clone(), value.into()))
            .collect(),
    };
    json(&details)
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unavailable(error.into()))
}

/// A row of [`COLUMNS`].
pub(super) fn part(row: &Row<'_>) -> Result<Part, StoreError> {
    let uuid = convert::uuid_at(row, 0)?;
    let category = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
    let tags = row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?;
    let details = row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?;
    let details: Details =
        serde_json::from_str(details).map_err(|error| damaged(uuid, &error.to_string()))?;
    let [length_cm, width_cm, height_cm, weight_kg] = details.size;
    let metadata = details.metadata.into_iter();
    Ok(Part {
        uuid,
        details: PartDetails {
            name: row.get(1)?,
            description: row.get(2)?,
            price: Money::from_minor(row.get(3)?).map_err(|_| damaged(uuid, "negative price"))?,
            category: Category::from_name(category).ok_or_else(|| damaged(uuid, "category"))?,
            dimensions: Dimensions {
                length_cm,
                width_cm,
                height_cm,
                weight_kg,
            },
            manufacturer: Manufacturer {
                name: details.maker,
                country: row.get(5)?,
                website: details.website,
            },
            tags: serde_json::from_str(tags).map_err(|e| damaged(uuid, &e.to_string()))?,
            metadata: metadata.map(|(key, value)| (key, value.into())).collect(),
        },
        stock: row.get(10)?,
        created_at: convert::time_at(row, 8)?,
        updated_at: convert::time_at(row, 9)?,
    })
}

fn damaged(part: Uuid, what: &str) -> StoreError {
    StoreError::Damaged {
        what: format!("part {part}: {what}"),
    }
}

impl From<&MetadataValue> for Value {
    fn from(value: &MetadataValue) -> Self {
        match value {
            MetadataValue::Text(text) => Self::Text(text.clone()),
            MetadataValue::Integer(number) => Self::Integer(*number),
            MetadataValue::Double(number) => Self::Double(*number),
            MetadataValue::Flag(flag) => Self::Flag(*flag),
        }
    }
}

impl From<Value> for MetadataValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Integer(number) => Self::Integer(number),
            Value::Double(number) => Self::Double(number),
            Value::Flag(flag) => Self::Flag(flag),
        }
    }
}
