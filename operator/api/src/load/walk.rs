//! The plain keywords of the schema, for a value that no API server has seen.
//!
//! Knows exactly the keywords that the schema uses; a test compares the two.

use serde_json::{Map, Value};

use super::Problem;

/// The fields of a resource that its schema does not list.
const ENVELOPE: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// A problem, and whether the value has a shape that rules can be run on.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) problem: Problem,
    blocks: bool,
}

impl Finding {
    fn blocking(path: &str, message: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(path, message),
            blocks: true,
        }
    }

    pub(super) fn value(path: &str, message: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(path, message),
            blocks: false,
        }
    }

    pub(super) fn blocks_rules(&self) -> bool {
        self.blocks
    }
}

/// Adds everything in `object` that the keywords of `schema` refuse.
pub(super) fn check(schema: &Value, object: &Value, found: &mut Vec<Finding>) {
    walk(schema, object, "", found);
}

fn walk(schema: &Value, value: &Value, path: &str, found: &mut Vec<Finding>) {
    let expected = schema["type"].as_str().unwrap_or_default();
    match (expected, value) {
        ("object", Value::Object(fields)) => object(schema, fields, path, found),
        ("array", Value::Array(items)) => array(schema, items, path, found),
        ("string", Value::String(text)) => string(schema, text, path, found),
        ("integer", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            range(schema, number, path, found);
        }
        ("boolean", Value::Bool(_)) => {}
        _ => found.push(Finding::blocking(path, type_message(expected, value))),
    }
}

fn type_message(expected: &str, value: &Value) -> String {
    let wanted = match expected {
        "object" => "a mapping of fields",
        "array" => "a list",
        "string" => "a string",
        "integer" => "a whole number",
        "boolean" => "true or false",
        other => other,
    };
    let got = match value {
        Value::Object(_) => "a mapping of fields",
        Value::Array(_) => "a list",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "nothing",
    };
    let hint = match (expected, value) {
        ("string", Value::Number(_) | Value::Bool(_)) => "; put it in quotes",
        _ => "",
    };
    format!("expected {wanted}, found {got}{hint}")
}

fn object(schema: &Value, fields: &Map<String, Value>, path: &str, found: &mut Vec<Finding>) {
    let none = Map::new();
    let known = schema["properties"].as_object().unwrap_or(&none);
    for (name, value) in fields {
        let at = join(path, name);
        match known.get(name) {
            Some(schema) => walk(schema, value, &at, found),
            None if path.is_empty() && ENVELOPE.contains(&name.as_str()) => {}
            None => found.push(Finding::value(&at, unknown_message(known, path))),
        }
    }
    let required = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    for name in required.filter(|name| !fields.contains_key(*name)) {
        found.push(Finding::blocking(
            &join(path, name),
            missing_message(&known[name]),
        ));
    }
}

fn unknown_message(known: &Map<String, Value>, path: &str) -> String {
    let envelope: &[&str] = if path.is_empty() { &ENVELOPE } else { &[] };
    let mut names: Vec<&str> = known
        .keys()
        .map(String::as_str)
        .chain(envelope.iter().copied())
        .collect();
    names.retain(|name| !(path.is_empty() && *name == "status"));
    names.sort_unstable();
    format!("unknown field; expected one of {}", names.join(", "))
}

fn missing_message(schema: &Value) -> String {
    let description = schema["description"].as_str().unwrap_or_default();
    let first = description.split(['\n', ';']).next().unwrap_or_default();
    let first = first
        .split(". ")
        .next()
        .unwrap_or_default()
        .trim_end_matches('.');
    format!("required field is missing: {first}")
}

fn array(schema: &Value, items: &[Value], path: &str, found: &mut Vec<Finding>) {
    if let Some(max) = schema["maxItems"]
        .as_u64()
        .filter(|max| items.len() as u64 > *max)
    {
        found.push(Finding::blocking(
            path,
            format!("expected at most {max} entries"),
        ));
    }
    for (index, item) in items.iter().enumerate() {
        walk(&schema["items"], item, &format!("{path}[{index}]"), found);
    }
    let keys: Vec<&str> = schema["x-kubernetes-list-map-keys"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if keys.is_empty() {
        return;
    }
    for (index, item) in items.iter().enumerate() {
        let same = |other: &Value| keys.iter().all(|key| other.get(*key) == item.get(*key));
        if items[..index].iter().any(same) {
            found.push(Finding::value(
                &format!("{path}[{index}]"),
                format!("expected each {} once", keys.join(" and ")),
            ));
        }
    }
}

fn string(schema: &Value, text: &str, path: &str, found: &mut Vec<Finding>) {
    let length = text.chars().count() as u64;
    if let Some(max) = schema["maxLength"].as_u64().filter(|max| length > *max) {
        found.push(Finding::blocking(
            path,
            format!("expected at most {max} characters"),
        ));
    }
    if let Some(min) = schema["minLength"].as_u64().filter(|min| length < *min) {
        found.push(Finding::value(
            path,
            format!("expected at least {min} characters"),
        ));
    }
    let Some(choices) = schema["enum"].as_array() else {
        return;
    };
    let choices: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
    if !choices.contains(&text) {
        // Not one of the names: rules may compare it all the same, but nothing can be read from it.
        found.push(Finding::blocking(
            path,
            format!("expected one of {}", choices.join(", ")),
        ));
    }
}

fn range(schema: &Value, number: &serde_json::Number, path: &str, found: &mut Vec<Finding>) {
    let value = number.as_f64().unwrap_or(f64::INFINITY);
    let (min, max) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
    let (below, above) = (
        min.is_some_and(|min| value < min),
        max.is_some_and(|max| value > max),
    );
    if below || above {
        let message = match (min, max) {
            (Some(min), Some(max)) => format!("expected a number from {min} to {max}"),
            (Some(min), None) => format!("expected at least {min}"),
            (None, max) => format!("expected at most {}", max.unwrap_or(value)),
        };
        found.push(Finding::value(path, message));
    }
}

fn join(path: &str, name: &str) -> String {
    // A name may be empty, and an empty path stands for the whole file.
    let name = if name.is_empty() { "\"\"" } else { name };
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
