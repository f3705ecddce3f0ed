//! From a file to a checked resource, as the API server would take it.
//!
//! Stricter than the API server in one thing: an unknown field is refused
//! instead of dropped, with the names that are known there. No message ever
//! repeats a value, since a value in the wrong place may be a secret.

mod cel;
mod problem;
mod typed;
mod walk;
mod yaml;

pub use problem::{Problem, Problems};
use serde_json::Value;
use walk::Finding;

use crate::{RocketPlatform, schema};

/// Reads one resource and checks it whole.
///
/// `status` in the file is ignored: it is not the file's to say.
///
/// # Errors
/// Every problem that was found, not only the first.
pub fn from_yaml(text: &str) -> Result<RocketPlatform, Problems> {
    let object = yaml::parse(text)?;
    let found = check(&object, None, typed::check_envelope(&object));
    if found.is_empty() {
        return typed::read(object);
    }
    Err(Problems::from(found))
}

/// Checks a resource that is already in memory, such as one from a watch.
///
/// Unknown fields are gone by then; every other rule is the same as in
/// [`from_yaml`].
///
/// # Errors
/// Every problem that was found.
pub fn validate(platform: &RocketPlatform) -> Result<(), Problems> {
    outcome(check(&to_value(platform), None, Vec::new()))
}

/// Checks a change: the rules of [`validate`], and those that compare with `old`.
///
/// # Errors
/// Every problem that was found.
pub fn validate_update(old: &RocketPlatform, new: &RocketPlatform) -> Result<(), Problems> {
    outcome(check(&to_value(new), Some(&to_value(old)), Vec::new()))
}

fn outcome(found: Vec<Problem>) -> Result<(), Problems> {
    if found.is_empty() {
        Ok(())
    } else {
        Err(Problems::from(found))
    }
}

fn to_value(platform: &RocketPlatform) -> Value {
    let mut value = serde_json::to_value(platform).expect("a resource is made of JSON values");
    if let Some(object) = value.as_object_mut() {
        object.remove("status");
    }
    value
}

/// Schema keywords first; then CEL, where the shape allows it to run.
fn check(object: &Value, old: Option<&Value>, mut found: Vec<Finding>) -> Vec<Problem> {
    walk::check(schema(), object, &mut found);
    // As in the API server: rules read a value of the right shape or not at all.
    if !found.iter().any(Finding::blocks_rules) {
        cel::check(object, old, &mut found);
    }
    found.into_iter().map(|finding| finding.problem).collect()
}
