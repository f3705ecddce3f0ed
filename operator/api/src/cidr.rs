//! Networks as text.

use std::borrow::Cow;

use kube::core::validate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::rules;

/// A network in CIDR form such as `10.20.0.0/16`; the schema's rule checks its form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cidr(String);

impl Cidr {
    /// The text, for a NetworkPolicy.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Cidr {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({"type": "string", "maxLength": 43});
        validate(&mut schema, rules::cidr()).expect("a rule made of strings is JSON");
        schema
    }
}
