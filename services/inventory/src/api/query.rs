//! The query string of a listing.

use rocket_rpc::{
    error::ApiError,
    http::{parse_uuid, query_pairs},
};

use super::errors;
use crate::domain::{Category, Filter, PageSize};

const KNOWN: [&str; 7] = [
    "uuids",
    "names",
    "categories",
    "manufacturer_countries",
    "tags",
    "page_size",
    "page_token",
];

/// What a listing is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ListQuery {
    pub(super) filter: Filter,
    pub(super) size: PageSize,
    pub(super) token: Option<String>,
}

/// Reads the query. A list is given by repeating its parameter, by commas, or both; a
/// parameter without a value counts as not given, as forms send it.
pub(super) fn parse(query: Option<&str>) -> Result<ListQuery, ApiError> {
    let mut pairs = query_pairs(query, &KNOWN)?;
    pairs.retain(|(_, value)| !value.is_empty());
    let uuids = list(&pairs, "uuids")?;
    let uuids = uuids
        .iter()
        .map(|text| parse_uuid("uuids", text))
        .collect::<Result<_, _>>()?;
    let categories = list(&pairs, "categories")?;
    let categories = categories
        .iter()
        .map(|name| category(name))
        .collect::<Result<_, _>>()?;
    let filter = Filter::new(
        uuids,
        list(&pairs, "names")?,
        categories,
        list(&pairs, "manufacturer_countries")?,
        list(&pairs, "tags")?,
    )
    .map_err(|error| errors::filter("", error))?;
    let size = single(&pairs, "page_size")?.map(|text| page_size(&text));
    Ok(ListQuery {
        filter,
        size: size.transpose()?.unwrap_or_default(),
        token: single(&pairs, "page_token")?,
    })
}

fn list(pairs: &[(String, String)], name: &str) -> Result<Vec<String>, ApiError> {
    let values: Vec<String> = pairs
        .iter()
        .filter(|(parameter, _)| parameter == name)
        .flat_map(|(_, value)| value.split(',').map(str::to_owned))
        .collect();
    if values.iter().any(String::is_empty) {
        return Err(ApiError::invalid_field(name, "a value between commas"));
    }
    Ok(values)
}

fn single(pairs: &[(String, String)], name: &str) -> Result<Option<String>, ApiError> {
    let mut values = pairs.iter().filter(|(parameter, _)| parameter == name);
    let value = values.next().map(|(_, value)| value.clone());
    match values.next() {
        Some(_) => Err(ApiError::invalid_field(name, "one value")),
        None => Ok(value),
    }
}

fn category(name: &str) -> Result<Category, ApiError> {
    Category::from_name(name)
        .ok_or_else(|| ApiError::invalid_field("categories", "ENGINE, FUEL, PORTHOLE or WING"))
}

fn page_size(text: &str) -> Result<PageSize, ApiError> {
    // `parse` alone would also read "+5".
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let size = text.parse().ok().filter(|_| digits).unwrap_or(0);
    PageSize::new(size).map_err(errors::page_size)
}
