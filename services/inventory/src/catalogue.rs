//! Reads a catalogue: parts as YAML, for `rocketctl parts import` and for the first
//! start of a development installation.
//!
//! ```yaml
//! parts:
//!   - uuid: 0198c6a4-5f5e-7d30-9c58-0d8f6b2f7a10
//!     name: RD-180 Booster Engine
//!     description: Two chambers on one turbopump.
//!     price: 2500000000          # minor units of the installation's currency
//!     stock: 12                  # how many were ever brought in
//!     category: ENGINE           # ENGINE, FUEL, PORTHOLE or WING
//!     dimensions: {length_cm: 356, width_cm: 315, height_cm: 315, weight_kg: 5480}
//!     manufacturer: {name: Energomash, country: Russia, website: https://example.com}
//!     tags: [booster, kerolox]   # optional
//!     metadata: {thrust_kn: 3830.5, chambers: 2, reusable: false, cycle: staged}  # optional
//! ```
//!
//! Reading is strict: an unknown field, a wrong type or a value out of bounds is
//! refused and named.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use rocket_runtime::money::Money;
use serde::Deserialize;
use uuid::Uuid;

pub use crate::domain::Problem;
use crate::domain::{Category, Dimensions, Manufacturer, MetadataValue, NewPart, PartDetails};

/// All that is wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueError(pub Vec<Problem>);

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the catalogue is not sound: ")?;
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogueError {}

/// The parts of a catalogue, in its order. Fails with the first thing that is not of
/// the right form, or else with everything that is out of bounds.
pub fn parse(yaml: &str) -> Result<Vec<NewPart>, CatalogueError> {
    let file = read(yaml).map_err(|problem| CatalogueError(vec![problem]))?;
    let mut problems = Vec::new();
    let mut parts = Vec::with_capacity(file.parts.len());
    let mut seen = HashSet::new();
    for (index, entry) in file.parts.into_iter().enumerate() {
        match entry.into_part() {
            Ok(part) => {
                if !seen.insert(part.uuid) {
                    problems.push(at(index, &Problem::new("uuid", "each id once")));
                }
                problems.extend(part.problems().iter().map(|problem| at(index, problem)));
                parts.push(part);
            }
            Err(problem) => problems.push(at(index, &problem)),
        }
    }
    if problems.is_empty() {
        Ok(parts)
    } else {
        Err(CatalogueError(problems))
    }
}

fn at(index: usize, problem: &Problem) -> Problem {
    Problem::new(
        format!("parts[{index}].{}", problem.field),
        &problem.expected,
    )
}

fn read(yaml: &str) -> Result<File, Problem> {
    let mut problem = None;
    let file = serde_saphyr::with_deserializer_from_str(yaml, |reader| {
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(reader, &mut track);
        File::deserialize(tracked).inspect_err(|error| {
            problem = Some(malformed(&track.path().to_string(), error));
        })
    });
    file.map_err(|error| problem.unwrap_or_else(|| malformed(".", &error)))
}

fn malformed(path: &str, error: &serde_saphyr::Error) -> Problem {
    let field = if path == "." { "catalogue" } else { path };
    Problem::new(field, error.without_snippet().to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    parts: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    uuid: Uuid,
    name: String,
    description: String,
    price: i64,
    stock: i64,
    category: CategoryName,
    dimensions: Size,
    manufacturer: Maker,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    metadata: BTreeMap<String, Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum CategoryName {
    Engine,
    Fuel,
    Porthole,
    Wing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "the unit belongs to the name")]
struct Size {
    length_cm: f64,
    width_cm: f64,
    height_cm: f64,
    weight_kg: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Maker {
    name: String,
    country: String,
    website: String,
}

/// The type follows the YAML: `true`, `3`, `3.5`, anything else is text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Flag(bool),
    Integer(i64),
    Double(f64),
    Text(String),
}

impl Entry {
    fn into_part(self) -> Result<NewPart, Problem> {
        let price = Money::from_minor(self.price)
            .map_err(|_| Problem::new("price", "minor units, not negative"))?;
        let metadata = self.metadata.into_iter();
        Ok(NewPart {
            uuid: self.uuid,
            stock: self.stock,
            details: PartDetails {
                name: self.name,
                description: self.description,
                price,
                category: self.category.into(),
                dimensions: Dimensions {
                    length_cm: self.dimensions.length_cm,
                    width_cm: self.dimensions.width_cm,
                    height_cm: self.dimensions.height_cm,
                    weight_kg: self.dimensions.weight_kg,
                },
                manufacturer: Manufacturer {
                    name: self.manufacturer.name,
                    country: self.manufacturer.country,
                    website: self.manufacturer.website,
                },
                tags: self.tags,
                metadata: metadata.map(|(key, value)| (key, value.into())).collect(),
            },
        })
    }
}

impl From<CategoryName> for Category {
    fn from(name: CategoryName) -> Self {
        match name {
            CategoryName::Engine => Self::Engine,
            CategoryName::Fuel => Self::Fuel,
            CategoryName::Porthole => Self::Porthole,
            CategoryName::Wing => Self::Wing,
        }
    }
}

impl From<Scalar> for MetadataValue {
    fn from(value: Scalar) -> Self {
        match value {
            Scalar::Flag(value) => Self::Flag(value),
            Scalar::Integer(value) => Self::Integer(value),
            Scalar::Double(value) => Self::Double(value),
            Scalar::Text(value) => Self::Text(value),
        }
    }
}

#[cfg(test)]
mod tests;
