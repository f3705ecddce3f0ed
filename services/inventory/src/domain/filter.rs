//! Which parts a listing shows.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Category;

/// Which parts to list: OR inside a field, AND across fields, an empty field is
/// ignored. Text matches exactly, tags when the part has any of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    uuids: BTreeSet<Uuid>,
    names: BTreeSet<String>,
    categories: BTreeSet<Category>,
    manufacturer_countries: BTreeSet<String>,
    tags: BTreeSet<String>,
}

/// A field of a filter lists too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected at most {} values", Filter::MAX_VALUES)]
pub struct FilterError {
    /// Which field.
    pub field: &'static str,
}

impl Filter {
    /// The most values of one field, duplicates included.
    pub const MAX_VALUES: usize = 100;

    /// A filter of these values; fails when a field has more than
    /// [`Filter::MAX_VALUES`].
    pub fn new(
        uuids: Vec<Uuid>,
        names: Vec<String>,
        categories: Vec<Category>,
        manufacturer_countries: Vec<String>,
        tags: Vec<String>,
    ) -> Result<Self, FilterError> {
        Ok(Self {
            uuids: bounded("uuids", uuids)?,
            names: bounded("names", names)?,
            categories: bounded("categories", categories)?,
            manufacturer_countries: bounded("manufacturer_countries", manufacturer_countries)?,
            tags: bounded("tags", tags)?,
        })
    }

    /// Only parts with one of these ids.
    pub fn uuids(&self) -> &BTreeSet<Uuid> {
        &self.uuids
    }

    /// Only parts with one of these names.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Only parts of one of these categories.
    pub fn categories(&self) -> &BTreeSet<Category> {
        &self.categories
    }

    /// Only parts made in one of these countries.
    pub fn manufacturer_countries(&self) -> &BTreeSet<String> {
        &self.manufacturer_countries
    }

    /// Only parts with at least one of these tags.
    pub fn tags(&self) -> &BTreeSet<String> {
        &self.tags
    }

    /// A digest that two filters share only when they select the same, whatever the
    /// order and the duplicates of their values.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        field(&mut digest, self.uuids.iter().map(Uuid::as_bytes));
        field(&mut digest, self.names.iter());
        field(&mut digest, self.categories.iter().map(|c| c.as_str()));
        field(&mut digest, self.manufacturer_countries.iter());
        field(&mut digest, self.tags.iter());
        digest.finalize().into()
    }
}

fn bounded<T: Ord>(field: &'static str, values: Vec<T>) -> Result<BTreeSet<T>, FilterError> {
    if values.len() > Filter::MAX_VALUES {
        return Err(FilterError { field });
    }
    Ok(values.into_iter().collect())
}

/// Counts and lengths go first, so that no two lists run into the same bytes.
fn field<V: AsRef<[u8]>>(digest: &mut Sha256, values: impl ExactSizeIterator<Item = V>) {
    digest.update((values.len() as u64).to_be_bytes());
    for value in values {
        digest.update((value.as_ref().len() as u64).to_be_bytes());
        digest.update(value.as_ref());
    }
}
