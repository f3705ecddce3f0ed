#![allow(clippy::unwrap_used)]

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[allow(dead_code, reason = "only its reading is tested")]
    part_uuids: Vec<Uuid>,
    #[allow(dead_code, reason = "only its reading is tested")]
    contact: Option<Contact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contact {
    #[allow(dead_code, reason = "only its reading is tested")]
    email: String,
}

fn refused(json: &str) -> (String, String) {
    let error = parse_json::<Order>(json.as_bytes()).unwrap_err();
    let problem = error.problem();
    let field = problem.errors.first().map(|e| e.field.clone());
    (problem.code, field.unwrap_or_default())
}

#[test]
fn bad_json_names_the_field() {
    let cases = [
        ("", "malformed_json", ""),
        ("{", "malformed_json", ""),
        (r#"{"part_uuids":[]} x"#, "malformed_json", ""),
        ("[]", "invalid_argument", "part_uuids"),
        ("3", "invalid_argument", "body"),
        ("{}", "invalid_argument", "part_uuids"),
        (r#"{"part_uuids":"x"}"#, "invalid_argument", "part_uuids"),
        (r#"{"part_uuids":["x"]}"#, "invalid_uuid", "part_uuids[0]"),
        (r#"{"part_uuids":[],"price":1}"#, "unknown_field", "price"),
        (
            r#"{"part_uuids":[],"contact":{}}"#,
            "invalid_argument",
            "contact.email",
        ),
        (
            r#"{"part_uuids":[],"contact":{"email":"a","x":1}}"#,
            "unknown_field",
            "contact.x",
        ),
    ];
    for (json, code, field) in cases {
        let expected = (code.to_owned(), field.to_owned());
        if json == "[]" {
            // A sequence is read as the struct's fields in order; too short is enough.
            assert_eq!(refused(json).0, code);
            continue;
        }
        assert_eq!(refused(json), expected, "{json}");
    }
}

#[test]
fn only_the_canonical_form_of_a_uuid_is_read() {
    let id = Uuid::new_v4();
    assert_eq!(parse_uuid("id", &id.to_string()).unwrap(), id);
    for bad in [
        id.simple().to_string(),
        id.braced().to_string(),
        id.urn().to_string(),
        String::new(),
        "x".repeat(36),
    ] {
        assert_eq!(parse_uuid("id", &bad).unwrap_err().code(), "invalid_uuid");
    }
}

#[test]
fn an_unknown_query_parameter_is_named() {
    let error = query_pairs(Some("page_size=3&pagesize=4"), &["page_size"]).unwrap_err();
    assert_eq!(error.problem().errors[0].field, "pagesize");
    assert!(query_pairs(None, &[]).unwrap().is_empty());
}
