//! Wire types to domain types and back.

use std::time::Duration;

use rocket_proto::inventory::v1 as proto;
use rocket_rpc::{error::ApiError, http::parse_uuid};
use rocket_runtime::money::Currency;
use time::OffsetDateTime;
use uuid::Uuid;

use super::errors;
use crate::domain::{Category, Filter, Items, MetadataValue, PageSize, Part};

pub(super) fn part(part: Part, currency: Currency) -> proto::Part {
    let details = part.details;
    let size = details.dimensions;
    proto::Part {
        uuid: part.uuid.to_string(),
        name: details.name,
        description: details.description,
        price: details.price.minor(),
        currency: currency.to_string(),
        stock_quantity: part.stock,
        category: category(details.category).into(),
        dimensions: Some(proto::Dimensions {
            length_cm: size.length_cm,
            width_cm: size.width_cm,
            height_cm: size.height_cm,
            weight_kg: size.weight_kg,
        }),
        manufacturer: Some(proto::Manufacturer {
            name: details.manufacturer.name,
            country: details.manufacturer.country,
            website: details.manufacturer.website,
        }),
        tags: details.tags,
        metadata: details
            .metadata
            .into_iter()
            .map(|(key, value)| (key, metadata_value(value)))
            .collect(),
        created_at: Some(timestamp(part.created_at)),
        updated_at: Some(timestamp(part.updated_at)),
    }
}

fn metadata_value(value: MetadataValue) -> proto::Value {
    use proto::value::Kind;

    let kind = match value {
        MetadataValue::Text(text) => Kind::StringValue(text),
        MetadataValue::Integer(number) => Kind::Int64Value(number),
        MetadataValue::Double(number) => Kind::DoubleValue(number),
        MetadataValue::Flag(flag) => Kind::BoolValue(flag),
    };
    proto::Value { kind: Some(kind) }
}

fn timestamp(at: OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.unix_timestamp(),
        nanos: i32::try_from(at.nanosecond()).expect("a second has fewer than 2^31 nanoseconds"),
    }
}

const fn category(category: Category) -> proto::Category {
    match category {
        Category::Engine => proto::Category::Engine,
        Category::Fuel => proto::Category::Fuel,
        Category::Porthole => proto::Category::Porthole,
        Category::Wing => proto::Category::Wing,
    }
}

fn read_category(index: usize, number: i32) -> Result<Category, ApiError> {
    match proto::Category::try_from(number) {
        Ok(proto::Category::Engine) => Ok(Category::Engine),
        Ok(proto::Category::Fuel) => Ok(Category::Fuel),
        Ok(proto::Category::Porthole) => Ok(Category::Porthole),
        Ok(proto::Category::Wing) => Ok(Category::Wing),
        Ok(proto::Category::Unspecified) | Err(_) => Err(ApiError::invalid_field(
            format!("filter.categories[{index}]"),
            "CATEGORY_ENGINE, CATEGORY_FUEL, CATEGORY_PORTHOLE or CATEGORY_WING",
        )),
    }
}

pub(super) fn filter(filter: Option<proto::PartsFilter>) -> Result<Filter, ApiError> {
    let filter = filter.unwrap_or_default();
    let uuids = filter.uuids.iter().enumerate();
    let uuids = uuids
        .map(|(index, text)| parse_uuid(&format!("filter.uuids[{index}]"), text))
        .collect::<Result<_, _>>()?;
    let categories = filter.categories.into_iter().enumerate();
    let categories = categories
        .map(|(index, number)| read_category(index, number))
        .collect::<Result<_, _>>()?;
    Filter::new(
        uuids,
        filter.names,
        categories,
        filter.manufacturer_countries,
        filter.tags,
    )
    .map_err(|error| errors::filter("filter.", error))
}

/// Zero is what protobuf sends for "not set".
pub(super) fn page_size(number: i32) -> Result<PageSize, ApiError> {
    if number == 0 {
        return Ok(PageSize::default());
    }
    u32::try_from(number)
        .ok()
        .and_then(|size| PageSize::new(size).ok())
        .ok_or_else(|| {
            ApiError::invalid_field("page_size", "a whole number from 1 to 100, or 0 for 50")
        })
}

/// The ids in the order of the request, and what is to be reserved.
pub(super) fn items(parts: &[proto::PartQuantity]) -> Result<(Vec<Uuid>, Items), ApiError> {
    let mut uuids = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        uuids.push(parse_uuid(
            &format!("parts[{index}].part_uuid"),
            &part.part_uuid,
        )?);
    }
    let quantities = parts.iter().map(|part| part.quantity);
    let items = Items::new(uuids.iter().copied().zip(quantities)).map_err(errors::items)?;
    Ok((uuids, items))
}

pub(super) fn ttl(ttl: Option<prost_types::Duration>) -> Result<Option<Duration>, ApiError> {
    ttl.map(|ttl| {
        Duration::try_from(ttl)
            .map_err(|_| ApiError::invalid_field("ttl", "a duration that is not negative"))
    })
    .transpose()
}

#[cfg(test)]
mod tests;
