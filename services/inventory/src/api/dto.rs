//! JSON forms of parts.

use std::collections::BTreeMap;

use rocket_runtime::money::Currency;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    domain::{Category, MetadataValue, Part},
    service::PartsPage,
};

/// A part of a rocket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Part)]
pub(super) struct PartBody {
    uuid: Uuid,
    name: String,
    description: String,
    /// Minor units of `currency`.
    #[schema(minimum = 0)]
    price: i64,
    /// An ISO 4217 code.
    #[schema(example = "USD")]
    currency: String,
    /// How many can still be ordered: neither held nor sold.
    #[schema(minimum = 0)]
    stock_quantity: i64,
    category: CategoryBody,
    dimensions: DimensionsBody,
    manufacturer: ManufacturerBody,
    tags: Vec<String>,
    /// Free-form properties.
    metadata: BTreeMap<String, MetadataBody>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When the description last changed; orders do not change it.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// What a part is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Category)]
#[serde(rename_all = "UPPERCASE")]
enum CategoryBody {
    Engine,
    Fuel,
    Porthole,
    Wing,
}

/// Outer dimensions in centimetres, mass in kilograms.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dimensions)]
#[allow(clippy::struct_field_names, reason = "the unit belongs to the name")]
struct DimensionsBody {
    length_cm: f64,
    width_cm: f64,
    height_cm: f64,
    weight_kg: f64,
}

/// Who makes the part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Manufacturer)]
struct ManufacturerBody {
    name: String,
    country: String,
    website: String,
}

/// A property: text, a whole number, a number with a fraction, or yes and no.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MetadataValue)]
#[serde(untagged)]
enum MetadataBody {
    Text(String),
    Integer(i64),
    Double(f64),
    Flag(bool),
}

/// A page of parts, in the order of name and id.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartsPage)]
pub(super) struct PageBody {
    parts: Vec<PartBody>,
    /// Present unless this is the last page; give it as `page_token`, with the same
    /// filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

impl PageBody {
    pub(super) fn new(page: PartsPage, currency: Currency) -> Self {
        let parts = page.parts.into_iter();
        Self {
            parts: parts.map(|part| PartBody::new(part, currency)).collect(),
            next_page_token: page.next_page_token,
        }
    }
}

impl PartBody {
    pub(super) fn new(part: Part, currency: Currency) -> Self {
        let details = part.details;
        let size = details.dimensions;
        let metadata = details.metadata.into_iter();
        Self {
            uuid: part.uuid,
            name: details.name,
            description: details.description,
            price: details.price.minor(),
            currency: currency.to_string(),
            stock_quantity: part.stock,
            category: details.category.into(),
            dimensions: DimensionsBody {
                length_cm: size.length_cm,
                width_cm: size.width_cm,
                height_cm: size.height_cm,
                weight_kg: size.weight_kg,
            },
            manufacturer: ManufacturerBody {
                name: details.manufacturer.name,
                country: details.manufacturer.country,
                website: details.manufacturer.website,
            },
            tags: details.tags,
            metadata: metadata.map(|(key, value)| (key, value.into())).collect(),
            created_at: part.created_at,
            updated_at: part.updated_at,
        }
    }
}

impl From<Category> for CategoryBody {
    fn from(category: Category) -> Self {
        match category {
            Category::Engine => Self::Engine,
            Category::Fuel => Self::Fuel,
            Category::Porthole => Self::Porthole,
            Category::Wing => Self::Wing,
        }
    }
}

impl From<MetadataValue> for MetadataBody {
    fn from(value: MetadataValue) -> Self {
        match value {
            MetadataValue::Text(text) => Self::Text(text),
            MetadataValue::Integer(number) => Self::Integer(number),
            MetadataValue::Double(number) => Self::Double(number),
            MetadataValue::Flag(flag) => Self::Flag(flag),
        }
    }
}
