//! A filter as SQL.

use rusqlite::types::Value;

use super::details::{COLUMNS, json};
use crate::{
    domain::{Filter, PageKey},
    ports::StoreError,
};

/// One statement and its parameters. The text depends only on which fields are in use,
/// so that the prepared statements are few: each list is one JSON parameter.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) parameters: Vec<Value>,
}

/// The first `limit` parts after `after` that `filter` selects, by name and id.
pub(super) fn query(
    filter: &Filter,
    after: Option<&PageKey>,
    limit: u32,
) -> Result<Query, StoreError> {
    let mut query = Query {
        sql: format!(
            "SELECT {COLUMNS} FROM parts p JOIN stock s ON s.part_uuid = p.uuid WHERE true"
        ),
        parameters: Vec::new(),
    };
    // The id list is usually short and always selects by the primary key.
    let uuids: Vec<String> = filter
        .uuids()
        .iter()
        .map(|uuid| uuid.simple().to_string())
        .collect();
    query.any_of("p.uuid IN (SELECT unhex(value) FROM json_each(?))", &uuids)?;
    let names: Vec<&String> = filter.names().iter().collect();
    query.any_of("p.name IN (SELECT value FROM json_each(?))", &names)?;
    let categories: Vec<&str> = filter.categories().iter().map(|c| c.as_str()).collect();
    query.any_of(
        "p.category IN (SELECT value FROM json_each(?))",
        &categories,
    )?;
    let countries: Vec<&String> = filter.manufacturer_countries().iter().collect();
    query.any_of("p.country IN (SELECT value FROM json_each(?))", &countries)?;
    let tags: Vec<&String> = filter.tags().iter().collect();
    query.any_of(
        "EXISTS (SELECT 1 FROM json_each(p.tags) tag \
         WHERE tag.value IN (SELECT value FROM json_each(?)))",
        &tags,
    )?;
    if let Some(key) = after {
        query.sql.push_str(" AND (p.name, p.uuid) > (?, ?)");
        query.parameters.push(Value::Text(key.name.clone()));
        query
            .parameters
            .push(Value::Blob(key.uuid.as_bytes().to_vec()));
    }
    query.sql.push_str(" ORDER BY p.name, p.uuid LIMIT ?");
    query.parameters.push(Value::Integer(limit.into()));
    Ok(query)
}

impl Query {
    fn any_of<T: serde::Serialize>(
        &mut self,
        condition: &str,
        values: &[T],
    ) -> Result<(), StoreError> {
        if !values.is_empty() {
            self.sql.push_str(" AND ");
            self.sql.push_str(condition);
            self.parameters.push(Value::Text(json(&values)?));
        }
        Ok(())
    }
}
