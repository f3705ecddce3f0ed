//! The rules of the schema, evaluated where no API server is.

use std::sync::LazyLock;

use kube::core::cel::{CompiledSchema, ErrorKind, Validator, compile_schema};
use serde_json::Value;

use super::walk::Finding;
use crate::schema;

static COMPILED: LazyLock<CompiledSchema> = LazyLock::new(|| compile_schema(schema()));

/// Adds what the rules find, except where a field already has a plainer problem.
pub(super) fn check(object: &Value, old: Option<&Value>, found: &mut Vec<Finding>) {
    let Err(errors) = Validator::new().validate_compiled(&COMPILED, object, old) else {
        return;
    };
    for error in errors {
        let path = match error.field_path.as_str() {
            // A rule of the root can read nothing else, and cannot name a field outside the schema.
            "" => "metadata.name",
            path => path,
        };
        if found.iter().any(|finding| finding.problem.path == path) {
            continue;
        }
        let message = match error.kind {
            ErrorKind::ValidationFailure => error.message.as_str(),
            // The interpreter's own words may hold the value.
            _ => "expected a value that the rules of this field can read",
        };
        found.push(Finding::value(path, message));
    }
}
