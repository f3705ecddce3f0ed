//! Serde's errors in a client's words: no name of a Rust type, and always what was
//! expected.

/// A message of serde, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The field that the message names: one missing, unknown or given twice.
    pub name: Option<String>,
    /// True for a field that nobody knows.
    pub unknown: bool,
    /// What was expected.
    pub expected: Expected,
}

/// What was expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A UUID.
    Uuid,
    /// Something else.
    Words(String),
}

/// Reads a message. The texts are those of `serde::de::Error`, `uuid` and `std::num`.
pub(super) fn read(message: &str) -> Misfit {
    let name = ["missing", "unknown", "duplicate"]
        .iter()
        .find_map(|kind| message.strip_prefix(kind)?.strip_prefix(" field `"))
        .and_then(|rest| rest.split('`').next())
        .map(str::to_owned);
    Misfit {
        name,
        unknown: message.starts_with("unknown field"),
        expected: expected(message),
    }
}

fn expected(message: &str) -> Expected {
    let words = if message.starts_with("missing field") {
        "this field to be present"
    } else if message.starts_with("duplicate field") {
        "one value"
    } else if message.ends_with("there are no fields") {
        "nothing"
    } else if message.starts_with("UUID parsing failed") {
        return Expected::Uuid;
    } else if let Some((_, kind)) = message.rsplit_once(", expected ") {
        return of_kind(kind);
    } else if message.contains("integer") || message.contains("digit") || is_range(message) {
        "a whole number"
    } else if message.contains("float") {
        "a number"
    } else if message.contains("`true` or `false`") {
        "true or false"
    } else {
        "another value"
    };
    Expected::Words(words.to_owned())
}

/// "number too large to fit in target type", and its like for "small".
fn is_range(message: &str) -> bool {
    message.starts_with("number too ")
}

/// What stands after "expected": a kind of value, or the names to choose from.
fn of_kind(kind: &str) -> Expected {
    // Not a list of names, one of which may say UUID.
    if kind.contains("UUID") && !kind.contains('`') {
        return Expected::Uuid;
    }
    let words = match kind {
        "i8" => whole(i8::MIN, i8::MAX),
        "i16" => whole(i16::MIN, i16::MAX),
        "i32" => whole(i32::MIN, i32::MAX),
        "i64" => whole(i64::MIN, i64::MAX),
        "u8" => whole(u8::MIN, u8::MAX),
        "u16" => whole(u16::MIN, u16::MAX),
        "u32" => whole(u32::MIN, u32::MAX),
        "u64" => whole(u64::MIN, u64::MAX),
        "isize" | "usize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a map" => "a JSON object".to_owned(),
        _ if kind.starts_with("struct ") => "a JSON object".to_owned(),
        "string or map" => "one of the names that this field takes".to_owned(),
        _ if kind.contains("struct ") || kind.contains("enum ") || kind.contains("variant ") => {
            "another value".to_owned()
        }
        _ => kind.replace('`', ""),
    };
    Expected::Words(words)
}

fn whole<N: std::fmt::Display>(least: N, most: N) -> String {
    format!("a whole number from {least} to {most}")
}
