//! The parts of a file that the schema does not describe, and the last step to types.

use kube::Resource;
use serde_json::Value;

use super::{Problem, Problems, walk::Finding};
use crate::RocketPlatform;

/// Checks `apiVersion`, `kind` and that there is a name.
pub(super) fn check_envelope(object: &Value) -> Vec<Finding> {
    let api_version = RocketPlatform::api_version(&());
    let kind = RocketPlatform::kind(&());
    let mut found = Vec::new();
    for (field, expected) in [("apiVersion", api_version), ("kind", kind)] {
        if object.get(field).and_then(Value::as_str) != Some(&expected) {
            found.push(Finding::value(field, format!("expected {expected}")));
        }
    }
    let metadata = object.get("metadata");
    if metadata
        .and_then(|metadata| metadata.get("name"))
        .and_then(Value::as_str)
        .is_none()
    {
        found.push(Finding::value(
            "metadata.name",
            "required field is missing: expected the name of the platform",
        ));
    }
    found
}

/// Reads the types. After the schema was checked only metadata can still surprise.
pub(super) fn read(object: Value) -> Result<RocketPlatform, Problems> {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(object, &mut track);
    let read: Result<RocketPlatform, _> = serde_ignored::deserialize(tracked, |path| {
        // Optional parts appear in the path as a question mark.
        unknown.push(path.to_string().replace(".?", ""));
    });
    let platform = read.map_err(|_| {
        let path = track.path().to_string();
        Problem::new(path, "expected another type of value here")
    })?;
    unknown.retain(|path| path.starts_with("metadata."));
    if unknown.is_empty() {
        return Ok(platform);
    }
    let problems = unknown
        .into_iter()
        .map(|path| Problem::new(path, "unknown field; expected a field of ObjectMeta"));
    Err(Problems::from(problems.collect::<Vec<_>>()))
}
