//! The smallest valid resource, and ways to change it.
#![allow(dead_code, clippy::unwrap_used)]

use rocket_operator_api::{RocketPlatform, load};
use serde_json::{Value, json};

/// The smallest valid resource.
pub(crate) fn minimal() -> Value {
    json!({
        "apiVersion": "rocketscience.dev/v1alpha1",
        "kind": "RocketPlatform",
        "metadata": {"name": "apollo"},
        "spec": {
            "version": "0.1.0",
            "stores": {
                "kafka": {"managed": {}},
                "postgres": {"managed": {}},
                "mongodb": {"managed": {}},
                "redis": {"managed": {}}
            }
        }
    })
}

/// The smallest valid resource with one field replaced; parents are made on the way.
pub(crate) fn with(path: &str, value: Value) -> Value {
    let mut object = minimal();
    set(&mut object, path, value);
    object
}

/// Sets one field; parents are made on the way.
pub(crate) fn set(object: &mut Value, path: &str, value: Value) {
    let field = path.split('.').fold(object, |at, name| &mut at[name]);
    *field = value;
}

/// The problems of a resource, one per line; empty when it is accepted. JSON is YAML.
pub(crate) fn problems(object: &Value) -> String {
    load::from_yaml(&object.to_string())
        .map_or_else(|problems| problems.to_string(), |_| String::new())
}

/// A resource that must be valid.
pub(crate) fn valid(object: &Value) -> RocketPlatform {
    load::from_yaml(&object.to_string()).unwrap()
}

/// A field, values that are fine, and values that are not with the whole report.
pub(crate) fn table(path: &str, accepted: &[Value], refused: &[(Value, &str)]) {
    for value in accepted {
        assert_eq!(problems(&with(path, value.clone())), "", "{path} = {value}");
    }
    for (value, report) in refused {
        assert_eq!(
            problems(&with(path, value.clone())),
            *report,
            "{path} = {value}"
        );
    }
}
