//! Reads a catalogue: parts as YAML or JSON, for `rocketctl parts import` and for the
//! first start of a development installation.
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
//! refused and named, and all of them at once.

mod entry;
mod fields;

use std::{collections::HashSet, fmt};

use serde::Deserialize as _;
use serde_json::Value;

use crate::domain::NewPart;
pub use crate::domain::Problem;

use self::fields::Fields;

/// The most parts of one catalogue: they are written at once, while orders wait.
pub const MAX_PARTS: usize = 5_000;

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

/// The parts of a catalogue, in its order. Fails with everything that is wrong; of text
/// that is neither YAML nor JSON, with the first place where it is not.
pub fn parse(text: &str) -> Result<Vec<NewPart>, CatalogueError> {
    let file = read(text).map_err(|problem| CatalogueError(vec![problem]))?;
    let mut problems = Vec::new();
    let mut parts = Vec::new();
    let mut seen = HashSet::new();
    for (index, value) in entries(file, &mut problems).into_iter().enumerate() {
        let place = format!("parts[{index}]");
        let known = problems.len();
        let part = entry::read(value, &place, &mut problems);
        let uuid = format!("{place}.uuid");
        let sound = problems[known..]
            .iter()
            .all(|problem| problem.field != uuid);
        if sound && !seen.insert(part.uuid) {
            problems.push(Problem::new(uuid, "each id once"));
        }
        let of_part = part.problems().into_iter();
        problems.extend(of_part.map(|problem| within(&place, &problem)));
        parts.push(part);
    }
    if problems.is_empty() {
        Ok(parts)
    } else {
        Err(CatalogueError(problems))
    }
}

/// The entries of `parts`, or what is wrong on the way to them.
fn entries(file: Value, problems: &mut Vec<Problem>) -> Vec<Value> {
    let mut fields = Fields::of(file, "", problems);
    let parts = fields.list("parts");
    fields.end();
    if parts.len() > MAX_PARTS {
        problems.push(Problem::new(
            "parts",
            format!("at most {MAX_PARTS} parts in one file"),
        ));
        return Vec::new();
    }
    parts
}

/// What is wrong with a field of a part, as it is called from outside.
pub(crate) fn within(place: &str, problem: &Problem) -> Problem {
    Problem::new(format!("{place}.{}", problem.field), &problem.expected)
}

fn read(text: &str) -> Result<Value, Problem> {
    // `on` and `no` are words, as YAML 1.2 has it.
    let options = serde_saphyr::options! { strict_booleans: true };
    let mut problem = None;
    let file = serde_saphyr::with_deserializer_from_str_with_options(text, options, |reader| {
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(reader, &mut track);
        Value::deserialize(tracked).inspect_err(|error| {
            problem = Some(malformed(&track.path().to_string(), error));
        })
    });
    file.map_err(|error| problem.unwrap_or_else(|| malformed(".", &error)))
}

fn malformed(path: &str, error: &serde_saphyr::Error) -> Problem {
    let field = if matches!(path, "." | "?") {
        "catalogue"
    } else {
        path
    };
    // Some of the library's words end in advice to whoever programs with it.
    let said = error.without_snippet().to_string();
    let advice = ["; use ", ", set "]
        .iter()
        .filter_map(|start| said.find(start));
    let end = advice.min().unwrap_or(said.len());
    Problem::new(field, &said[..end])
}

#[cfg(test)]
mod tests;
