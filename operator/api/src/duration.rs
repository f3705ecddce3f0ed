//! Durations as text, the way Go and Kubernetes write them.

use std::{borrow::Cow, fmt, str::FromStr};

use kube::core::validate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::rules;

/// The longest text that is read; `99999h59m59s999ms` fits.
const MAX_LENGTH: usize = 20;
/// The most digits before one unit.
const MAX_DIGITS: usize = 6;

/// A span of time written as `10s`, `15m`, `24h`, `500ms` or a sum (`1h30m`).
///
/// Keeps the text it was written with, so a file read and written again has no
/// differences. Two durations are equal when their lengths are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    text: String,
    value: std::time::Duration,
}

/// The text is no [`Duration`]: not whole numbers of up to six digits with units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a duration such as 10s, 15m, 24h or 500ms")]
pub struct DurationError;

impl Duration {
    /// The length.
    pub fn get(&self) -> std::time::Duration {
        self.value
    }

    /// The text it was written with.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(DurationError);
        }
        let mut value = std::time::Duration::ZERO;
        let mut rest = text;
        while !rest.is_empty() {
            let (part, tail) = leading_part(rest)?;
            value += part;
            rest = tail;
        }
        Ok(Self {
            text: text.to_owned(),
            value,
        })
    }
}

/// Reads one number with its unit, and says what follows.
fn leading_part(text: &str) -> Result<(std::time::Duration, &str), DurationError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    if digits > MAX_DIGITS {
        return Err(DurationError);
    }
    let number: u64 = number.parse().map_err(|_| DurationError)?;
    // `ms` before `m`: the longer unit is the one that was meant.
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let (tail, millis) = units
        .iter()
        .find_map(|(unit, millis)| rest.strip_prefix(unit).map(|tail| (tail, *millis)))
        .ok_or(DurationError)?;
    Ok((std::time::Duration::from_millis(number * millis), tail))
}

impl TryFrom<String> for Duration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.text
    }
}

impl PartialEq for Duration {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Duration {}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({"type": "string", "maxLength": MAX_LENGTH});
        validate(&mut schema, rules::duration()).expect("a rule made of strings is JSON");
        schema
    }
}
