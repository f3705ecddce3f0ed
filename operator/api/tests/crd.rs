//! The definition: committed as it is generated, small, and made of what the local check knows.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, path::PathBuf};

use kube::core::cel::{ScopeContext, analyze_rule, compile_schema};
use rocket_operator_api::{crd, crd_yaml, schema};
use serde_json::Value;

#[test]
fn the_committed_definition_is_the_generated_one() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../crds/rocketplatforms.yaml");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, crd_yaml()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == crd_yaml(),
        "crds/rocketplatforms.yaml is out of date: rocketctl crd > crds/rocketplatforms.yaml"
    );
}

/// `kubectl apply` keeps the whole object in an annotation of at most 256 KiB.
#[test]
fn the_definition_fits_an_annotation() {
    assert!(serde_json::to_string(&crd()).unwrap().len() < 256 * 1024);
    assert!(crd_yaml().len() < 256 * 1024);
}

#[test]
fn the_yaml_is_the_definition() {
    let read: Value = serde_saphyr::from_str(&crd_yaml()).unwrap();
    assert_eq!(read, serde_json::to_value(crd()).unwrap());
}

#[test]
fn names_columns_and_status() {
    let crd = crd();
    assert_eq!(
        crd.metadata.name.as_deref(),
        Some("rocketplatforms.rocketscience.dev")
    );
    assert_eq!(crd.spec.scope, "Namespaced");
    assert_eq!(crd.spec.names.short_names.unwrap(), ["rkt"]);
    assert_eq!(crd.spec.names.categories.unwrap(), ["rocket"]);
    let version = &crd.spec.versions[0];
    let columns = version.additional_printer_columns.as_ref().unwrap();
    let columns: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        columns,
        ["Ready", "Version", "Stores", "Services", "Reason", "Age"]
    );
    assert!(version.subresources.as_ref().unwrap().status.is_some());
}

/// Calls `see` with every schema below and including this one.
fn each_schema<'a>(schema: &'a Value, see: &mut impl FnMut(&'a Value)) {
    see(schema);
    let properties = schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(|map| map.values());
    for child in properties.chain(schema.get("items")) {
        each_schema(child, see);
    }
}

/// A keyword that the local check does not know would be a rule it does not check.
#[test]
fn the_schema_of_the_spec_uses_only_keywords_the_local_check_knows() {
    let mut keywords = BTreeSet::new();
    each_schema(&schema()["properties"]["spec"], &mut |schema| {
        keywords.extend(schema.as_object().unwrap().keys().map(String::as_str));
    });
    let known = [
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minLength",
        "minimum",
        "properties",
        "required",
        "type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-validations",
    ];
    assert_eq!(keywords, BTreeSet::from(known));
}

#[test]
fn every_string_and_list_of_the_spec_is_bounded_and_every_field_described() {
    each_schema(&schema()["properties"]["spec"], &mut |schema| {
        let bound = match schema["type"].as_str().unwrap() {
            "string" if schema.get("enum").is_none() => "maxLength",
            "array" => "maxItems",
            _ => "type",
        };
        assert!(schema.get(bound).is_some(), "no {bound}: {schema}");
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            assert!(
                field.get("description").is_some(),
                "{name} has no description"
            );
        }
    });
}

#[test]
fn every_rule_compiles_says_what_was_expected_and_is_cheap() {
    let mut rules = 0;
    each_schema(schema(), &mut |schema| {
        let compiled = compile_schema(schema);
        assert!(
            !compiled.has_errors(),
            "{:?}",
            compiled.compilation_errors()
        );
        for rule in schema["x-kubernetes-validations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            rules += 1;
            let message = rule["message"].as_str().unwrap();
            assert!(
                message.contains("expected")
                    || message.contains("expects")
                    || message.contains("cannot"),
                "{message}"
            );
            let warnings = analyze_rule(
                rule["rule"].as_str().unwrap(),
                &compiled,
                ScopeContext::CrdValidation,
            );
            assert!(warnings.is_empty(), "{rule}: {warnings:?}");
        }
    });
    assert!(rules > 50, "found only {rules} rules");
}
