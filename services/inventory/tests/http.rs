//! The HTTP side.
#![allow(clippy::unwrap_used)]

mod common;

use axum::body::Body;
use common::{ENGINE, FUEL, Service, WING, service};
use http::{Request, header::CONTENT_TYPE};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

async fn get_with(service: &Service, path: &str, session: Option<&str>) -> (u16, Value) {
    let mut request = Request::get(path);
    if let Some(session) = session {
        request = request.header("x-session-uuid", session);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = service.app.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let media = response.headers()[CONTENT_TYPE]
        .to_str()
        .unwrap()
        .to_owned();
    let expected = if status == 200 {
        "application/json"
    } else {
        "application/problem+json"
    };
    assert_eq!(media, expected, "{path}");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn get(service: &Service, path: &str) -> (u16, Value) {
    get_with(service, path, Some(&service.session.to_string())).await
}

async fn names(service: &Service, path: &str) -> Vec<String> {
    let (status, body) = get(service, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    let parts = body["parts"].as_array().unwrap();
    let name = |part: &Value| part["name"].as_str().unwrap().to_owned();
    parts.iter().map(name).collect()
}

#[tokio::test]
async fn a_part_is_shown_whole() {
    let service = service().await;
    let (status, body) = get(&service, &format!("/api/v1/parts/{ENGINE}")).await;
    assert_eq!(status, 200);
    let expected = json!({
        "uuid": ENGINE,
        "name": "Big Engine",
        "description": "For tests.",
        "price": 150_050,
        "currency": "EUR",
        "stock_quantity": 1,
        "category": "ENGINE",
        "dimensions": {"length_cm": 1.0, "width_cm": 2.0, "height_cm": 3.0, "weight_kg": 4.5},
        "manufacturer": {"name": "Maker", "country": "Japan", "website": "https://maker.example"},
        "tags": ["heavy", "booster"],
        "metadata": {"text": "word", "whole": 3, "fraction": 3.0, "flag": true},
        "created_at": "2027-01-15T08:00:00Z",
        "updated_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn lists_are_repeated_or_separated_by_commas() {
    let service = service().await;
    let cases: [(&str, &[&str]); 10] = [
        ("", &["Big Engine", "Clean Fuel", "Long Wing"]),
        ("?tags=&names=", &["Big Engine", "Clean Fuel", "Long Wing"]),
        ("?tags=light,booster", &["Big Engine", "Long Wing"]),
        ("?tags=light&tags=booster", &["Big Engine", "Long Wing"]),
        (
            "?categories=WING,FUEL&categories=ENGINE&tags=heavy",
            &["Big Engine", "Clean Fuel"],
        ),
        ("?names=Long%20Wing", &["Long Wing"]),
        ("?names=Long+Wing,Big+Engine", &["Big Engine", "Long Wing"]),
        ("?manufacturer_countries=Japan&categories=FUEL", &[]),
        ("?manufacturer_countries=japan", &[]),
        ("?names=Long%25", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(
            names(&service, &format!("/api/v1/parts{query}")).await,
            expected,
            "{query}"
        );
    }
    let ids = format!("/api/v1/parts?uuids={WING},{FUEL}&uuids={WING}");
    assert_eq!(names(&service, &ids).await, ["Clean Fuel", "Long Wing"]);
}

#[tokio::test]
async fn pages_follow_each_other_until_there_is_no_token() {
    let service = service().await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/parts?page_size=1&tags=heavy".to_owned();
    loop {
        let (status, body) = get(&service, &path).await;
        assert_eq!(status, 200, "{body}");
        seen.push(body["parts"][0]["name"].as_str().unwrap().to_owned());
        assert!(seen.len() <= 2, "{seen:?}");
        let Some(token) = body["next_page_token"].as_str() else {
            break;
        };
        path = format!("/api/v1/parts?page_size=1&tags=heavy&page_token={token}");
        let other = format!("/api/v1/parts?page_token={token}");
        let (status, body) = get(&service, &other).await;
        assert_eq!((status, &body["code"]), (400, &json!("invalid_page_token")));
        let cut = format!("{path}x");
        assert_eq!(get(&service, &cut).await.0, 400);
    }
    assert_eq!(seen, ["Big Engine", "Clean Fuel"]);
}

#[tokio::test]
async fn bad_input_names_the_field() {
    let service = service().await;
    let many = |name: &str, value: &str| format!("?{name}={}", [value; 101].join(","));
    let cases = [
        ("?page_size=0".to_owned(), "invalid_argument", "page_size"),
        ("?page_size=101".to_owned(), "invalid_argument", "page_size"),
        ("?page_size=-1".to_owned(), "invalid_argument", "page_size"),
        (
            "?page_size=%2B5".to_owned(),
            "invalid_argument",
            "page_size",
        ),
        ("?page_size=ten".to_owned(), "invalid_argument", "page_size"),
        (
            "?page_size=99999999999".to_owned(),
            "invalid_argument",
            "page_size",
        ),
        (
            "?page_size=1&page_size=2".to_owned(),
            "invalid_argument",
            "page_size",
        ),
        (
            "?page_token=x".to_owned(),
            "invalid_page_token",
            "page_token",
        ),
        ("?uuids=x".to_owned(), "invalid_uuid", "uuids"),
        (format!("?uuids={{{WING}}}"), "invalid_uuid", "uuids"),
        (
            "?categories=SAIL".to_owned(),
            "invalid_argument",
            "categories",
        ),
        (
            "?categories=wing".to_owned(),
            "invalid_argument",
            "categories",
        ),
        (
            "?categories=UNSPECIFIED".to_owned(),
            "invalid_argument",
            "categories",
        ),
        ("?tags=a,,b".to_owned(), "invalid_argument", "tags"),
        ("?names=,".to_owned(), "invalid_argument", "names"),
        ("?price=3".to_owned(), "unknown_parameter", "price"),
        (many("tags", "a"), "invalid_argument", "tags"),
        (many("names", "a"), "invalid_argument", "names"),
        (many("uuids", WING), "invalid_argument", "uuids"),
        ("/x".to_owned(), "invalid_uuid", "uuid"),
        (
            "/01980000000070008000000000000001".to_owned(),
            "invalid_uuid",
            "uuid",
        ),
    ];
    for (query, code, field) in cases {
        let path = format!("/api/v1/parts{query}")
            .replace('{', "%7B")
            .replace('}', "%7D");
        let (status, body) = get(&service, &path).await;
        assert_eq!(status, 400, "{query}");
        assert_eq!(
            (&body["code"], &body["errors"][0]["field"]),
            (&json!(code), &json!(field)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn an_unknown_part_is_404() {
    let service = service().await;
    let (status, body) = get(&service, &format!("/api/v1/parts/{}", Uuid::new_v4())).await;
    assert_eq!((status, &body["code"]), (404, &json!("part_not_found")));
}

#[tokio::test]
async fn nothing_is_shown_without_a_session() {
    let service = service().await;
    let other = Uuid::new_v4().to_string();
    let one = format!("/api/v1/parts/{WING}");
    for path in ["/api/v1/parts", one.as_str(), "/api/v1/parts?page_size=0"] {
        for session in [None, Some(""), Some("x"), Some(other.as_str())] {
            let (status, body) = get_with(&service, path, session).await;
            assert_eq!(status, 401, "{path} {session:?}");
            assert_eq!(body["code"], "unauthenticated");
        }
    }
}

#[test]
fn the_document_describes_both_paths() {
    let document = serde_json::to_value(rocket_inventory::openapi()).unwrap();
    for path in ["/api/v1/parts", "/api/v1/parts/{uuid}"] {
        let operation = &document["paths"][path]["get"];
        assert!(operation["responses"]["200"].is_object(), "{path}");
        assert!(operation["responses"]["401"].is_object(), "{path}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["Part", "PartsPage", "Category", "Problem"] {
        assert!(schemas.contains_key(name), "{name}");
    }
}
