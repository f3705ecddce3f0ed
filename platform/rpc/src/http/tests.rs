#![allow(clippy::unwrap_used)]

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[allow(dead_code, reason = "only its reading is tested")]
    #[serde(deserialize_with = "uuids")]
    part_uuids: Vec<Uuid>,
    #[allow(dead_code, reason = "only its reading is tested")]
    contact: Option<Contact>,
    #[allow(dead_code, reason = "only its reading is tested")]
    count: Option<u8>,
    #[allow(dead_code, reason = "only its reading is tested")]
    method: Option<Method>,
    #[serde(default, deserialize_with = "optional_uuid")]
    #[allow(dead_code, reason = "only its reading is tested")]
    user_uuid: Option<Uuid>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Method {
    Card,
    Sbp,
    Cash,
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
        ("[]", "invalid_argument", "body"),
        ("[[],null]", "invalid_argument", "body"),
        ("[", "malformed_json", ""),
        ("null", "invalid_argument", "body"),
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
        assert_eq!(refused(json), expected, "{json}");
    }
}

#[test]
fn an_error_says_what_was_expected_in_the_clients_words() {
    let uuid = "a UUID such as 0198c6a4-5f5e-7d30-9c58-0d8f6b2f7a10";
    let fields = "one of part_uuids, contact, count, method, user_uuid";
    let object = "a JSON object";
    let cases = [
        ("[]", "body", object),
        ("{}", "part_uuids", "this field to be present"),
        (r#"{"x":", expected 1 at line 2"}"#, "x", fields),
        (r#"{"part_uuids":"x"}"#, "part_uuids", "a list"),
        (r#"{"part_uuids":[1]}"#, "part_uuids[0]", "a string"),
        (
            r#"{"part_uuids":["0198c6a45f5e7d309c580d8f6b2f7a10"]}"#,
            "part_uuids[0]",
            uuid,
        ),
        (
            r#"{"part_uuids":[],"user_uuid":"{0198c6a4-5f5e-7d30-9c58-0d8f6b2f7a10}"}"#,
            "user_uuid",
            uuid,
        ),
        (r#"{"contact":3}"#, "contact", object),
        (r#"{"contact":{"x":1}}"#, "contact.x", "email"),
        (r#"{"contact":{"email":1}}"#, "contact.email", "a string"),
        (r#"{"count":"x"}"#, "count", "a whole number from 0 to 255"),
        (r#"{"count":256}"#, "count", "a whole number from 0 to 255"),
        (r#"{"count":1,"count":1}"#, "count", "one value"),
        (r#"{"method":"GOLD"}"#, "method", "one of CARD, SBP, CASH"),
        (r#"{"method":3}"#, "method", "another value"),
    ];
    for (json, field, expected) in cases {
        let problem = parse_json::<Order>(json.as_bytes()).unwrap_err().problem();
        let error = &problem.errors[0];
        assert_eq!(
            (&*error.field, &*error.expected),
            (field, expected),
            "{json}"
        );
        assert!(problem.detail.starts_with(field), "{problem:?}");
        assert!(problem.detail.ends_with(expected), "{problem:?}");
    }
}

#[tokio::test]
async fn a_query_is_read_strictly() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        #[allow(dead_code, reason = "only its reading is tested")]
        size: Option<u32>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    async fn refused<T: DeserializeOwned + std::fmt::Debug>(query: &str) -> Problem {
        let request = http::Request::get(format!("/{query}")).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        let read = StrictQuery::<T>::from_request_parts(&mut parts, &()).await;
        read.unwrap_err().problem()
    }
    let number = ("invalid_argument", "size", "a whole number");
    for (query, (code, field, expected)) in [
        ("?size=x", number),
        ("?size=", number),
        ("?size=-1", number),
        ("?size=99999999999", number),
        ("?size=1&size=2", ("invalid_argument", "size", "one value")),
        ("?sise=1", ("unknown_parameter", "sise", "size")),
    ] {
        let problem = refused::<Page>(query).await;
        let error = &problem.errors[0];
        let answered = (&*problem.code, &*error.field, &*error.expected);
        assert_eq!(answered, (code, field, expected), "{query}");
    }
    let problem = refused::<Nothing>("?x=1").await;
    assert_eq!(
        (&*problem.code, &*problem.errors[0].expected),
        ("unknown_parameter", "nothing")
    );
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
