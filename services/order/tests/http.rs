//! The HTTP contract: every endpoint, and what bad input does.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use http::Method;
use uuid::Uuid;

use support::{bank::Mood, id, server::Server, stock::Hold};

const PART: &str = "00000000-0000-0000-0000-000000000001";

fn parts(count: usize) -> String {
    let list = vec![format!("\"{PART}\""); count].join(",");
    format!("{{\"part_uuids\":[{list}]}}")
}

#[tokio::test]
async fn an_order_is_created_shown_paid_and_shown_again() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let two = "00000000-0000-0000-0000-000000000002";
    let body = format!(
        r#"{{"part_uuids":["{two}","{PART}","{two}"],"user_uuid":"{}"}}"#,
        id(10)
    );
    let created = server.post(&session, "/api/v1/orders", &body).await;
    assert_eq!(created.status, 201);
    let created = created.json();
    assert_eq!(created["total_price"], 600);
    assert_eq!(created["currency"], "USD");
    let order = created["order_uuid"].as_str().unwrap();
    assert_eq!(Uuid::parse_str(order).unwrap().get_version_num(), 7);

    let path = format!("/api/v1/orders/{order}");
    let shown = server.get(&session, &path).await;
    assert_eq!(shown.status, 200);
    let shown = shown.json();
    assert_eq!(shown["part_uuids"], serde_json::json!([two, PART, two]));
    assert_eq!(shown["status"], "PENDING_PAYMENT");
    assert_eq!(shown["user_uuid"], id(10).to_string());
    assert!(shown.get("transaction_uuid").is_none(), "{shown}");
    assert!(shown.get("payment_method").is_none(), "{shown}");
    assert!(
        shown["created_at"].as_str().unwrap().ends_with('Z'),
        "{shown}"
    );

    server.clock.advance(Duration::from_secs(3));
    let paid = server.pay(&session, order).await;
    assert_eq!(paid.status, 200);
    let paid = paid.json();
    let shown = server.get(&session, &path).await.json();
    assert_eq!(shown["status"], "PAID");
    assert_eq!(shown["transaction_uuid"], paid["transaction_uuid"]);
    assert_eq!(shown["payment_method"], "CARD");
    assert_ne!(shown["created_at"], shown["updated_at"]);
    let again = server.pay(&session, order).await;
    assert_eq!(again.problem(), (409, "already_paid".to_owned()));
    let cancel = server.post(&session, &format!("{path}/cancel"), "").await;
    assert_eq!(cancel.problem(), (409, "already_paid".to_owned()));
}

#[tokio::test]
async fn an_order_is_cancelled_once() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let path = format!("/api/v1/orders/{order}/cancel");
    let cancelled = server.post(&session, &path, "").await;
    assert_eq!(
        (cancelled.status.as_u16(), cancelled.body.as_str()),
        (204, "")
    );
    let again = server.post(&session, &path, "").await;
    assert_eq!(again.problem(), (409, "already_cancelled".to_owned()));
    let paid = server.pay(&session, &order).await;
    assert_eq!(paid.problem(), (409, "order_cancelled".to_owned()));
}

#[tokio::test]
async fn bad_input_is_named_and_changes_nothing() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let before = server.dump().await;
    let orders = "/api/v1/orders".to_owned();
    let pay = format!("/api/v1/orders/{order}/pay");
    let unknown = "00000000-0000-0000-0000-0000000000ff";
    let other_user = format!(r#"{{"part_uuids":["{PART}"],"user_uuid":"{}"}}"#, id(11));
    let bare_part = format!(r#"{{"part_uuids":["{}"]}}"#, PART.replace('-', ""));
    let braced_user = format!(
        r#"{{"part_uuids":["{PART}"],"user_uuid":"{{{}}}"}}"#,
        id(10)
    );
    let as_list = format!(r#"[["{PART}"],null]"#);
    let missing_part = format!(r#"{{"part_uuids":["{PART}","{unknown}"]}}"#);
    let with_price = format!(r#"{{"part_uuids":["{PART}"],"total_price":1}}"#);
    let dear = "00000000-0000-0000-0000-000000000004";
    let too_dear = format!(r#"{{"part_uuids":["{dear}","{dear}"]}}"#);
    let (none, many) = (parts(0), parts(101));
    let cases: Vec<(&str, &str, u16, &str)> = vec![
        (&orders, "", 400, "malformed_json"),
        (&orders, "{", 400, "malformed_json"),
        (&orders, "{}", 400, "invalid_argument"),
        (&orders, r#"{"part_uuids":null}"#, 400, "invalid_argument"),
        (&orders, r#"{"part_uuids":["x"]}"#, 400, "invalid_uuid"),
        (&orders, &bare_part, 400, "invalid_uuid"),
        (&orders, &braced_user, 400, "invalid_uuid"),
        (&orders, &as_list, 400, "invalid_argument"),
        (&orders, &none, 400, "invalid_argument"),
        (&orders, &many, 400, "invalid_argument"),
        (&orders, &with_price, 400, "unknown_field"),
        (&orders, &too_dear, 400, "price_too_large"),
        (&orders, &other_user, 403, "not_your_account"),
        (&orders, &missing_part, 404, "part_not_found"),
        (&pay, "{}", 400, "invalid_argument"),
        (
            &pay,
            r#"{"payment_method":"GOLD"}"#,
            400,
            "invalid_argument",
        ),
        (
            &pay,
            r#"{"payment_method":"CARD","amount":1}"#,
            400,
            "unknown_field",
        ),
        (
            "/api/v1/orders/x/pay",
            r#"{"payment_method":"CARD"}"#,
            400,
            "invalid_uuid",
        ),
        ("/api/v1/orders/x/cancel", "", 400, "invalid_uuid"),
    ];
    for (path, body, status, code) in cases {
        let answer = server.post(&session, path, body).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{path} {body}");
    }
    let missing = server.post(&session, &orders, &missing_part).await;
    assert!(
        missing.body.contains(unknown),
        "the part is named: {missing:?}"
    );
    assert_eq!(server.dump().await, before);
    assert_eq!(server.stock.orders().len(), 1, "nothing was reserved");
}

#[tokio::test]
async fn bad_queries_and_paths_are_named() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let cases = [
        ("?page_size=0", 400, "invalid_argument"),
        ("?page_size=101", 400, "invalid_argument"),
        ("?page_size=-1", 400, "invalid_argument"),
        ("?page_size=x", 400, "invalid_argument"),
        ("?status=paid", 400, "invalid_argument"),
        ("?status=", 400, "invalid_argument"),
        ("?page_token=", 400, "invalid_page_token"),
        ("?page_token=00", 400, "invalid_page_token"),
        ("?page_size=%2B5", 400, "invalid_argument"),
        ("?user_uuid=x", 400, "unknown_parameter"),
        ("/x", 400, "invalid_uuid"),
        ("/x/events", 400, "invalid_uuid"),
        ("/00000000000000000000000000000001", 400, "invalid_uuid"),
    ];
    for (rest, status, code) in cases {
        let answer = server.get(&session, &format!("/api/v1/orders{rest}")).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{rest}");
    }
    let answer = server
        .send(
            Method::DELETE,
            "/api/v1/orders",
            &[("x-session-uuid", &session)],
            None,
        )
        .await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn nothing_is_answered_without_a_session() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let before = server.dump().await;
    server.sessions.sign_out(&session);
    let requests = [
        (Method::POST, "/api/v1/orders".to_owned()),
        (Method::GET, "/api/v1/orders".to_owned()),
        (Method::GET, format!("/api/v1/orders/{order}")),
        (Method::POST, format!("/api/v1/orders/{order}/pay")),
        (Method::POST, format!("/api/v1/orders/{order}/cancel")),
        (Method::GET, format!("/api/v1/orders/{order}/events")),
    ];
    for (method, path) in requests {
        for headers in [vec![], vec![("x-session-uuid", session.as_str())]] {
            let answer = server
                .send(method.clone(), &path, &headers, Some("{}"))
                .await;
            assert_eq!(
                answer.problem(),
                (401, "unauthenticated".to_owned()),
                "{path}"
            );
        }
    }
    assert_eq!(server.dump().await, before);
}

#[tokio::test]
async fn invariant_6_an_order_is_its_users_alone() {
    let server = Server::new();
    let (owner, stranger) = (
        server.sessions.sign_in(id(10)),
        server.sessions.sign_in(id(11)),
    );
    let order = server.order(&owner).await;
    let before = server.dump().await;
    let path = format!("/api/v1/orders/{order}");
    let missing = format!("/api/v1/orders/{}", Uuid::now_v7());
    for path in [&path, &missing] {
        let cancel = format!("{path}/cancel");
        let answers = [
            server.get(&stranger, path).await,
            server.get(&stranger, &format!("{path}/events")).await,
            server.post(&stranger, &cancel, "").await,
            server
                .post(
                    &stranger,
                    &format!("{path}/pay"),
                    r#"{"payment_method":"CARD"}"#,
                )
                .await,
        ];
        for answer in answers {
            assert_eq!(
                answer.problem(),
                (404, "order_not_found".to_owned()),
                "{path}"
            );
        }
    }
    let list = server.get(&stranger, "/api/v1/orders").await;
    assert_eq!(list.json()["orders"], serde_json::json!([]));
    assert_eq!(server.dump().await, before);
    assert_eq!(server.get(&owner, &path).await.status, 200);
}

#[tokio::test]
async fn pages_are_walked_newest_first() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, server.order(&session).await);
        server.clock.advance(Duration::from_secs(1));
    }
    server.pay(&session, &expected[3]).await;
    let walk = async |filter: &str| {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/orders?page_size=2{filter}{token}");
            let page = server.get(&session, &path).await.json();
            for order in page["orders"].as_array().unwrap() {
                found.push(order["order_uuid"].as_str().unwrap().to_owned());
            }
            match page["next_page_token"].as_str() {
                Some(next) => token = format!("&page_token={next}"),
                None => return found,
            }
        }
    };
    assert_eq!(walk("").await, expected);
    let paid = expected.remove(3);
    assert_eq!(walk("&status=PENDING_PAYMENT").await, expected);
    assert_eq!(walk("&status=PAID").await, [paid]);
    let page = server
        .get(&session, "/api/v1/orders?page_size=1")
        .await
        .json();
    let token = page["next_page_token"].as_str().unwrap();
    let path = format!("/api/v1/orders?status=PAID&page_token={token}");
    let mixed = server.get(&session, &path).await;
    assert_eq!(mixed.problem(), (400, "invalid_page_token".to_owned()));
}

#[tokio::test]
async fn what_others_refuse_is_told_with_its_code() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let create = async || {
        server
            .post(&session, "/api/v1/orders", &parts(1))
            .await
            .problem()
    };
    server.stock.sold_out.store(true, Ordering::SeqCst);
    assert_eq!(create().await, (409, "out_of_stock".to_owned()));
    server.stock.expire_holds();
    let pay = server.pay(&session, &order).await;
    assert_eq!(pay.problem(), (409, "out_of_stock".to_owned()));
    server.stock.sold_out.store(false, Ordering::SeqCst);
    server.stock.away.store(true, Ordering::SeqCst);
    assert_eq!(create().await, (503, "inventory_unavailable".to_owned()));
    let pay = server.pay(&session, &order).await;
    assert_eq!(pay.problem(), (503, "payment_not_started".to_owned()));
    server.stock.away.store(false, Ordering::SeqCst);
    server.stock.signed_out.store(true, Ordering::SeqCst);
    assert_eq!(create().await, (401, "unauthenticated".to_owned()));
    server.stock.signed_out.store(false, Ordering::SeqCst);
    server.stock.foreign.store(true, Ordering::SeqCst);
    let foreign = r#"{"part_uuids":["00000000-0000-0000-0000-000000000003"]}"#;
    let foreign = server.post(&session, "/api/v1/orders", foreign).await;
    assert_eq!(foreign.problem(), (500, "internal".to_owned()));
    server.bank.next(Mood::Decline);
    let pay = server.pay(&session, &order).await;
    assert_eq!(pay.problem(), (402, "payment_declined".to_owned()));
    server.bank.next(Mood::FailAfter);
    let pay = server.pay(&session, &order).await;
    assert_eq!(pay.problem(), (503, "payment_pending".to_owned()));
    assert!(pay.headers.contains_key("retry-after"));
    let pay = server.pay(&session, &order).await;
    assert_eq!(pay.problem(), (409, "payment_in_progress".to_owned()));
}

#[tokio::test]
async fn the_hundred_and_first_unpaid_order_is_refused() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let mut last = String::new();
    for _ in 0..100 {
        last = server.order(&session).await;
    }
    let refused = server.post(&session, "/api/v1/orders", &parts(1)).await;
    assert_eq!(
        refused.problem(),
        (429, "too_many_unpaid_orders".to_owned())
    );
    assert!(refused.headers.contains_key("retry-after"));
    let other = server.sessions.sign_in(id(11));
    server.order(&other).await;
    assert_eq!(server.pay(&session, &last).await.status, 200);
    server.order(&session).await;
}

/// The bound holds when all come at once, and those that were refused hold no parts.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_orders_at_once_do_not_pass_a_hundred() {
    let server = Arc::new(Server::new());
    let session = server.sessions.sign_in(id(10));
    let body = parts(1);
    let attempts = (0..200).map(|_| {
        let (server, session, body) = (Arc::clone(&server), session.clone(), body.clone());
        tokio::spawn(async move { server.post(&session, "/api/v1/orders", &body).await })
    });
    let (mut created, mut refused) = (Vec::new(), 0);
    for answer in futures::future::join_all(attempts).await {
        let answer = answer.unwrap();
        if answer.status == 201 {
            created.push(answer.json()["order_uuid"].as_str().unwrap().to_owned());
        } else {
            let problem = answer.problem();
            assert_eq!(problem, (429, "too_many_unpaid_orders".to_owned()));
            refused += 1;
        }
    }
    assert_eq!((created.len(), refused), (100, 100));
    let tried = server.stock.orders().into_iter();
    let mut holding: Vec<_> = tried
        .filter(|order| matches!(server.stock.hold_of(*order), Some(Hold::Held(_))))
        .map(|order| order.to_string())
        .collect();
    holding.sort();
    created.sort();
    assert_eq!(holding, created);
}

#[test]
fn the_openapi_document_names_every_operation() {
    let document = serde_json::to_value(rocket_order::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = &document["paths"];
    for (path, method) in [
        ("/api/v1/orders", "post"),
        ("/api/v1/orders", "get"),
        ("/api/v1/orders/{order_uuid}", "get"),
        ("/api/v1/orders/{order_uuid}/pay", "post"),
        ("/api/v1/orders/{order_uuid}/cancel", "post"),
        ("/api/v1/orders/{order_uuid}/events", "get"),
    ] {
        let operation = &paths[path][method];
        assert!(operation["responses"]["401"].is_object(), "{method} {path}");
    }
    assert_eq!(paths.as_object().unwrap().len(), 5);
}
