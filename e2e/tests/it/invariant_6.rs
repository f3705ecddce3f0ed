//! A user sees and changes only their own orders; identity comes from the session and
//! from nowhere else. Bad input of one user is in `refusals`, headers in `gateway`.

use reqwest::{Client, Method};
use rocket_e2e::{Customer, Options, Platform};
use rocket_proto::{
    auth::v1::{WhoamiRequest, auth_service_client::AuthServiceClient},
    user::v1::{GetUserRequest, user_service_client::UserServiceClient},
};
use serde_json::{Value, json};
use tonic::Request;

use crate::PROGRAM;

/// Everything by which a client might claim to be somebody else.
fn claims(victim: &Customer) -> Vec<(&'static str, String)> {
    let id = victim.user_uuid.clone();
    vec![
        ("x-user-uuid", id.clone()),
        ("x-user-id", id.clone()),
        ("x-user-login", id.clone()),
        ("x-forwarded-user", id.clone()),
        ("x-auth-request-user", id.clone()),
        ("x-envoy-auth-user", id.clone()),
        ("remote-user", id.clone()),
        ("cookie", format!("user_uuid={id}; x-user-uuid={id}")),
        ("authorization", format!("Bearer {id}")),
    ]
}

/// Asks for somebody else's order in every way there is, over one transport.
async fn is_not_there(
    http: &Client,
    platform: &Platform,
    thief: &Customer,
    victim: &Customer,
    order: &str,
) {
    let one = format!("/api/v1/orders/{order}");
    let requests = [
        (Method::GET, one.clone(), None),
        (Method::GET, format!("{one}/events"), None),
        (
            Method::POST,
            format!("{one}/pay"),
            Some(json!({"payment_method": "CARD"})),
        ),
        (Method::POST, format!("{one}/cancel"), None),
    ];
    for (method, path, body) in requests {
        for with_claims in [false, true] {
            let mut request = http
                .request(method.clone(), format!("{}{path}", platform.url()))
                .header("x-session-uuid", &thief.session)
                .header("idempotency-key", "the-same-for-both");
            if with_claims {
                for (name, value) in claims(victim) {
                    request = request.header(name, value);
                }
            }
            if let Some(body) = &body {
                request = request.json(body);
            }
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap();
            assert_eq!(
                (status, body["code"].as_str()),
                (404, Some("order_not_found")),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_6_somebody_elses_order_is_not_there_over_http_1_and_2_whatever_is_claimed() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let victim = Customer::new(&platform.url()).await;
    let thief = Customer::new(&platform.url()).await;
    let part = victim.plentiful_part().await;
    let order = victim.order(&[&part]).await;
    let http_2 = Client::builder().http2_prior_knowledge().build().unwrap();
    for http in [Client::new(), http_2] {
        is_not_there(&http, &platform, &thief, &victim, &order).await;
    }
    assert_eq!(victim.status(&order).await, "PENDING_PAYMENT");
    // Nothing of the thief's tries is in the way of the owner's, not even their key.
    assert_eq!(victim.pay(&order).await.status, 200);
    victim.wait_for(&order, "ASSEMBLED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_6_lists_pages_and_messages_hold_only_ones_own() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let victim = Customer::new(&platform.url()).await;
    let thief = Customer::new(&platform.url()).await;
    let part = victim.plentiful_part().await;
    for _ in 0..3 {
        let order = victim.order(&[&part]).await;
        assert_eq!(victim.pay(&order).await.status, 200);
    }
    let own = thief.order(&[&part]).await;
    let first = victim.get("/api/v1/orders?page_size=1").await.body;
    let token = first["next_page_token"].as_str().unwrap();
    let id = &victim.user_uuid;
    for query in [
        String::new(),
        format!("?page_token={token}"),
        "?status=PAID".to_owned(),
    ] {
        let answer = thief.get(&format!("/api/v1/orders{query}")).await;
        let orders = answer.body["orders"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        assert!(
            orders
                .iter()
                .all(|order| order["order_uuid"] == own.as_str()),
            "{query}: {answer:?}"
        );
    }
    // A user named in a query is no parameter at all; one in a body must be the caller.
    for path in ["orders", "notifications"] {
        let answer = thief.get(&format!("/api/v1/{path}?user_uuid={id}")).await;
        let text = answer.body.to_string();
        assert!(!text.contains(id.as_str()), "{path}: {answer:?}");
        assert_ne!(answer.status.as_u16(), 500);
    }
    let body = json!({"part_uuids": [part], "user_uuid": id});
    let answer = thief.post("/api/v1/orders", body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (403, "not_your_account")
    );
    assert_eq!(thief.messages().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_6_over_grpc_the_session_alone_says_who_calls() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let victim = Customer::new(&platform.url()).await;
    let thief = Customer::new(&platform.url()).await;
    let mut auth = AuthServiceClient::connect(platform.url()).await.unwrap();
    let mut request = Request::new(WhoamiRequest {});
    let metadata = request.metadata_mut();
    metadata.insert("x-session-uuid", thief.session.parse().unwrap());
    for (name, value) in claims(&victim) {
        metadata.insert(name, value.parse().unwrap());
    }
    let answer = auth.whoami(request).await.unwrap().into_inner();
    assert_eq!(answer.user.unwrap().user_uuid, thief.user_uuid);

    // Where users can be named, nobody outside may ask.
    let mut users = UserServiceClient::connect(platform.url()).await.unwrap();
    let mut request = Request::new(GetUserRequest {
        user_uuid: victim.user_uuid.clone(),
    });
    let metadata = request.metadata_mut();
    metadata.insert("x-session-uuid", thief.session.parse().unwrap());
    assert!(users.get_user(request).await.is_err());
}

/// A header and a cookie of different users: one of them calls, wholly, and who it is
/// does not change from one service to the next.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_6_two_sessions_in_one_request_are_one_user_everywhere() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let victim = Customer::new(&platform.url()).await;
    let thief = Customer::new(&platform.url()).await;
    let part = victim.plentiful_part().await;
    let theirs = victim.order(&[&part]).await;
    let own = thief.order(&[&part]).await;
    let http = Client::new();
    let get = |path: String| {
        let request = http
            .get(format!("{}{path}", platform.url()))
            .header("x-session-uuid", &thief.session)
            .header("cookie", format!("session_uuid={}", victim.session));
        async move { request.send().await.unwrap() }
    };
    let whoami: Value = get("/api/v1/auth/whoami".to_owned())
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        whoami["user_uuid"],
        thief.user_uuid.as_str(),
        "the header wins"
    );
    assert_eq!(get(format!("/api/v1/orders/{own}")).await.status(), 200);
    assert_eq!(get(format!("/api/v1/orders/{theirs}")).await.status(), 404);
    let twice = http
        .get(format!("{}/api/v1/auth/whoami", platform.url()))
        .header("x-session-uuid", &thief.session)
        .header("x-session-uuid", &victim.session)
        .send()
        .await
        .unwrap();
    assert_eq!(twice.status(), 401, "two session headers are none");
}
