//! Bad input, one line each: the status, the code, and that nothing changed.

use reqwest::Method;
use rocket_e2e::{Answer, Customer, Options, Platform};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::PROGRAM;

/// Checks one refusal: an RFC 9457 document with the expected status and code.
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (status, code),
        "{answer:?}"
    );
    for member in ["type", "title", "status", "detail"] {
        assert!(
            !answer.body[member].is_null(),
            "{member} is missing: {answer:?}"
        );
    }
}

fn names_field(answer: &Answer, field: &str) {
    assert_eq!(answer.body["errors"][0]["field"], field, "{answer:?}");
    assert!(
        answer.body["errors"][0]["expected"].is_string(),
        "{answer:?}"
    );
}

async fn shop() -> (Platform, Customer, String) {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    (platform, customer, part)
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_make_no_sense_are_refused_and_change_nothing() {
    let (_platform, customer, part) = shop().await;
    let stock = customer.stock(&part).await;
    let unknown = Uuid::new_v4().to_string();
    let other = Uuid::new_v4().to_string();
    let many = vec![part.clone(); 101];
    let cases: [(Value, u16, &str, &str); 8] = [
        (json!({}), 400, "invalid_argument", "part_uuids"),
        (
            json!({"part_uuids": []}),
            400,
            "invalid_argument",
            "part_uuids",
        ),
        (
            json!({"part_uuids": many}),
            400,
            "invalid_argument",
            "part_uuids",
        ),
        (
            json!({"part_uuids": ["x"]}),
            400,
            "invalid_uuid",
            "part_uuids[0]",
        ),
        (
            json!({"part_uuids": part}),
            400,
            "invalid_argument",
            "part_uuids",
        ),
        (
            json!({"part_uuids": [part], "price": 1}),
            400,
            "unknown_field",
            "price",
        ),
        (json!({"part_uuids": [unknown]}), 404, "part_not_found", ""),
        (
            json!({"part_uuids": [part], "user_uuid": other}),
            403,
            "not_your_account",
            "",
        ),
    ];
    for (body, status, code, field) in cases {
        let answer = customer.post("/api/v1/orders", body).await;
        refused(&answer, status, code);
        if !field.is_empty() {
            names_field(&answer, field);
        }
    }
    let orders = customer.get("/api/v1/orders").await.body;
    assert_eq!(orders["orders"], json!([]));
    assert_eq!(customer.stock(&part).await, stock);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_what_they_say_are_refused() {
    let (platform, customer, _part) = shop().await;
    let http = reqwest::Client::new();
    let url = format!("{}/api/v1/orders", platform.url());
    let post = |kind: &'static str, body: Vec<u8>| {
        let request = http.post(&url).header("x-session-uuid", &customer.session);
        async move {
            let response = request
                .header("content-type", kind)
                .body(body)
                .send()
                .await
                .unwrap();
            let status = response.status();
            Answer {
                status,
                body: response.json().await.unwrap_or_default(),
            }
        }
    };
    refused(
        &post("application/json", b"{".to_vec()).await,
        400,
        "malformed_json",
    );
    refused(
        &post("text/plain", b"{}".to_vec()).await,
        415,
        "unsupported_media_type",
    );
    let oversize = vec![b' '; 1024 * 1024];
    refused(
        &post("application/json", oversize).await,
        413,
        "body_too_large",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_changes_only_as_its_state_allows() {
    let (_platform, customer, part) = shop().await;
    let order = customer.order(&[&part]).await;
    let pay = format!("/api/v1/orders/{order}/pay");
    let bad = customer
        .post(&pay, json!({"payment_method": "BARTER"}))
        .await;
    refused(&bad, 400, "invalid_argument");
    names_field(&bad, "payment_method");
    refused(
        &customer.post(&pay, json!({})).await,
        400,
        "invalid_argument",
    );

    assert_eq!(customer.pay(&order).await.status, 200);
    refused(&customer.pay(&order).await, 409, "already_paid");
    refused(&customer.cancel(&order).await, 409, "already_paid");

    let cancelled = customer.order(&[&part]).await;
    assert_eq!(customer.cancel(&cancelled).await.status, 204);
    refused(&customer.cancel(&cancelled).await, 409, "already_cancelled");
    refused(&customer.pay(&cancelled).await, 409, "order_cancelled");
    assert_eq!(customer.status(&cancelled).await, "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_6_another_users_order_is_not_there() {
    let (platform, customer, part) = shop().await;
    let order = customer.order(&[&part]).await;
    let stranger = Customer::new(&platform.url()).await;
    let path = format!("/api/v1/orders/{order}");
    refused(&stranger.get(&path).await, 404, "order_not_found");
    refused(
        &stranger.get(&format!("{path}/events")).await,
        404,
        "order_not_found",
    );
    refused(&stranger.pay(&order).await, 404, "order_not_found");
    refused(&stranger.cancel(&order).await, 404, "order_not_found");
    assert_eq!(
        stranger.get("/api/v1/orders").await.body["orders"],
        json!([])
    );
    assert_eq!(customer.status(&order).await, "PENDING_PAYMENT");
    assert_eq!(stranger.messages().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_needs_a_session_that_is_alive() {
    let (_platform, customer, _part) = shop().await;
    let mut nobody = customer.clone();
    for session in [
        String::new(),
        "not-a-uuid".to_owned(),
        Uuid::new_v4().to_string(),
    ] {
        nobody.session = session;
        refused(&nobody.get("/api/v1/orders").await, 401, "unauthenticated");
    }
    let logout = customer
        .send(Method::POST, "/api/v1/auth/logout", None)
        .await;
    assert_eq!(logout.status, 204);
    refused(
        &customer.get("/api/v1/orders").await,
        401,
        "unauthenticated",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_methods_and_queries_are_exact() {
    let (_platform, customer, _part) = shop().await;
    let malformed = customer.get("/api/v1/orders/123").await;
    refused(&malformed, 400, "invalid_uuid");
    names_field(&malformed, "order_uuid");
    let method = customer.send(Method::DELETE, "/api/v1/orders", None).await;
    assert_eq!(method.status, 405, "{method:?}");
    for path in [
        "/api/v1/orders?page_size=0",
        "/api/v1/orders?page_size=101",
        "/api/v1/orders?page_size=x",
        "/api/v1/orders?status=LOST",
        "/api/v1/orders?colour=red",
        "/api/v1/orders?page_token=%21%21",
        "/api/v1/parts?page_token=AAAA",
        "/api/v1/parts?categories=SAUCER",
        "/api/v1/parts?uuids=x",
    ] {
        let answer = customer.get(path).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert!(!answer.code().is_empty(), "{path}: {answer:?}");
    }
    refused(
        &customer.get("/api/v1/orders?page_token=AAAA").await,
        400,
        "invalid_page_token",
    );
    let missing = format!("/api/v1/orders/{}", Uuid::new_v4());
    refused(&customer.get(&missing).await, 404, "order_not_found");
    let missing = format!("/api/v1/parts/{}", Uuid::new_v4());
    refused(&customer.get(&missing).await, 404, "part_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_names_one_request() {
    let (platform, customer, part) = shop().await;
    let http = reqwest::Client::new();
    let create = |key: &'static str, parts: usize| {
        let body = json!({"part_uuids": vec![part.clone(); parts]});
        let request = http
            .post(format!("{}/api/v1/orders", platform.url()))
            .header("x-session-uuid", &customer.session)
            .header("idempotency-key", key)
            .json(&body);
        async move {
            let response = request.send().await.unwrap();
            (
                response.status().as_u16(),
                response.json::<Value>().await.unwrap(),
            )
        }
    };
    let first = create("k1", 1).await;
    assert_eq!(first.0, 201);
    assert_eq!(create("k1", 1).await, first);
    let (status, body) = create("k1", 2).await;
    assert_eq!(
        (status, body["code"].as_str()),
        (422, Some("idempotency_key_reused"))
    );
    assert_ne!(create("k2", 1).await.1["order_uuid"], first.1["order_uuid"]);
    let orders = customer.get("/api/v1/orders").await.body;
    assert_eq!(orders["orders"].as_array().unwrap().len(), 2);
}
