//! Text to JSON, as kubectl does it: untyped, so an unquoted `1.0` is a number
//! here and there alike.

use serde_json::Value;

use super::{Problem, Problems};

const EXPECTED: &str = "expected one RocketPlatform";

pub(super) fn parse(text: &str) -> Result<Value, Problems> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(text).map_err(|error| unreadable(&error))?;
    let mut documents = documents.into_iter();
    match (documents.next(), documents.next()) {
        (None | Some(Value::Null), None) => Err(problem(format!("{EXPECTED}; the file is empty"))),
        (Some(mut object @ Value::Object(_)), None) => {
            drop_nulls(&mut object);
            if let Some(fields) = object.as_object_mut() {
                fields.remove("status");
            }
            Ok(object)
        }
        (_, None) => Err(problem(format!(
            "{EXPECTED}; the file is not a mapping of fields"
        ))),
        (_, Some(_)) => Err(problem(format!(
            "{EXPECTED}; the file holds several documents"
        ))),
    }
}

/// Says where and why, without the snippet of source that a secret could be in.
fn unreadable(error: &serde_saphyr::Error) -> Problems {
    let place = error
        .location()
        .map(|at| format!(" at line {}, column {}", at.line(), at.column()));
    let why = match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key {key} appears twice")
        }
        serde_saphyr::Error::DuplicateMappingKey { .. } => "a key appears twice".to_owned(),
        _ => "the text is not valid YAML".to_owned(),
    };
    problem(format!("{EXPECTED}; {why}{}", place.unwrap_or_default()))
}

fn problem(message: String) -> Problems {
    Problem::new("", message).into()
}

/// A field set to nothing is a field not set, as in the API server.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
