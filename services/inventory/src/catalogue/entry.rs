//! One part of a catalogue.

use std::collections::BTreeMap;

use rocket_runtime::money::Money;
use serde_json::Value;
use uuid::Uuid;

use super::fields::Fields;
use crate::domain::{
    Category, Dimensions, Manufacturer, MetadataValue, NewPart, PartDetails, Problem,
};

/// Reads a part; what stands in for a field that is wrong is in bounds, so that it is
/// not found wrong twice.
pub(super) fn read(value: Value, place: &str, problems: &mut Vec<Problem>) -> NewPart {
    let mut fields = Fields::of(value, place, problems);
    let part = NewPart {
        uuid: fields.parsed("uuid", "a UUID", Uuid::max(), |text| text.parse().ok()),
        details: PartDetails {
            name: fields.text("name", "-"),
            description: fields.text("description", "-"),
            price: price(&mut fields),
            category: fields.parsed(
                "category",
                "ENGINE, FUEL, PORTHOLE or WING",
                Category::Engine,
                Category::from_name,
            ),
            dimensions: dimensions(fields.inner("dimensions")),
            manufacturer: manufacturer(fields.inner("manufacturer")),
            tags: tags(&mut fields),
            metadata: metadata(&mut fields),
        },
        stock: fields.whole("stock"),
    };
    fields.end();
    part
}

fn price(fields: &mut Fields<'_>) -> Money {
    let price = Money::from_minor(fields.whole("price"));
    price.unwrap_or_else(|_| {
        fields.wrong("price", "minor units, not negative");
        Money::ZERO
    })
}

fn dimensions(mut fields: Fields<'_>) -> Dimensions {
    let dimensions = Dimensions {
        length_cm: fields.number("length_cm"),
        width_cm: fields.number("width_cm"),
        height_cm: fields.number("height_cm"),
        weight_kg: fields.number("weight_kg"),
    };
    fields.end();
    dimensions
}

fn manufacturer(mut fields: Fields<'_>) -> Manufacturer {
    let manufacturer = Manufacturer {
        name: fields.text("name", "-"),
        country: fields.text("country", "-"),
        website: fields.text("website", "https://-"),
    };
    fields.end();
    manufacturer
}

fn tags(fields: &mut Fields<'_>) -> Vec<String> {
    let mut tags = Vec::new();
    for (index, tag) in fields.list_or_empty("tags").into_iter().enumerate() {
        if let Value::String(tag) = tag {
            tags.push(tag);
        } else {
            fields.wrong(&format!("tags[{index}]"), "text");
            // Keeps the places of those behind it, and is like none of them.
            tags.push(format!("-{index}"));
        }
    }
    tags
}

/// The type follows the text: `true`, `3`, `3.5`, anything else is text.
fn metadata(fields: &mut Fields<'_>) -> BTreeMap<String, MetadataValue> {
    let entries = fields.entries_or_empty("metadata");
    let mut metadata = BTreeMap::new();
    for (name, value) in entries {
        match scalar(value) {
            Some(value) => drop(metadata.insert(name, value)),
            None => fields.wrong(
                &format!("metadata.{name}"),
                "text, a finite number, true or false",
            ),
        }
    }
    metadata
}

fn scalar(value: Value) -> Option<MetadataValue> {
    match value {
        Value::Bool(flag) => Some(MetadataValue::Flag(flag)),
        Value::String(text) => Some(MetadataValue::Text(text)),
        Value::Number(number) if number.is_f64() => number.as_f64().map(MetadataValue::Double),
        Value::Number(number) => number.as_i64().map(MetadataValue::Integer),
        _ => None,
    }
}
