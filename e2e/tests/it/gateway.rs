//! Nothing but the public list passes the one port without a valid session (7), and
//! identity comes from the session alone (6).

use rocket_e2e::{Customer, Options, Platform};
use rocket_proto::{
    inventory::v1::{ReleaseReservationRequest, inventory_service_client::InventoryServiceClient},
    payment::v1::{PayOrderRequest, payment_service_client::PaymentServiceClient},
    user::v1::{GetUserRequest, user_service_client::UserServiceClient},
};
use serde_json::json;
use tonic::{Code, Request};

use crate::PROGRAM;

#[tokio::test(flavor = "multi_thread")]
async fn invariant_7_only_the_public_list_is_open() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let http = reqwest::Client::new();
    for path in ["/healthz", "/docs", "/openapi.json"] {
        let answer = http
            .get(format!("{}{path}", platform.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    let closed = [
        "/api/v1/orders",
        "/api/v1/parts",
        "/api/v1/notifications",
        "/api/v1/auth/whoami",
        "/api/v1/orders/0198c6a4-5f5e-7d30-9c58-0d8f6b2f7a10",
        "/api/v1/orders/0198c6a4-5f5e-7d30-9c58-0d8f6b2f7a10/events",
    ];
    for path in closed {
        let answer = http
            .get(format!("{}{path}", platform.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
    for path in [
        "/metrics",
        "/readyz",
        "/livez",
        "/version",
        "/admin",
        "/API/V1/orders",
    ] {
        let answer = http
            .get(format!("{}{path}", platform.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_6_identity_headers_of_clients_are_ignored() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let victim = Customer::new(&platform.url()).await;
    let part = victim.plentiful_part().await;
    let order = victim.order(&[&part]).await;
    let http = reqwest::Client::new();
    let spoofed = http
        .get(format!("{}/api/v1/orders/{order}", platform.url()))
        .header("x-session-uuid", &customer.session)
        .header("x-user-uuid", &victim.user_uuid)
        .header("x-user-login", "victim")
        .send()
        .await
        .unwrap();
    assert_eq!(spoofed.status(), 404);
    let bare = http
        .get(format!("{}/api/v1/orders/{order}", platform.url()))
        .header("x-user-uuid", &victim.user_uuid)
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_methods_are_not_routed_whatever_the_caller_holds() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let session: tonic::metadata::MetadataValue<_> = customer.session.parse().unwrap();

    let mut inventory = InventoryServiceClient::connect(platform.url())
        .await
        .unwrap();
    let mut request = Request::new(ReleaseReservationRequest::default());
    request
        .metadata_mut()
        .insert("x-session-uuid", session.clone());
    let status = inventory.release_reservation(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented, "{status:?}");

    let mut payment = PaymentServiceClient::connect(platform.url()).await.unwrap();
    let mut request = Request::new(PayOrderRequest::default());
    request
        .metadata_mut()
        .insert("x-session-uuid", session.clone());
    let status = payment.pay_order(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented, "{status:?}");

    let mut users = UserServiceClient::connect(platform.url()).await.unwrap();
    let mut request = Request::new(GetUserRequest {
        user_uuid: customer.user_uuid.clone(),
    });
    request.metadata_mut().insert("x-session-uuid", session);
    let status = users.get_user(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented, "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn login_sets_a_cookie_that_is_a_session() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let http = reqwest::Client::new();
    let login = format!("u{}", &uuid::Uuid::new_v4().simple().to_string()[..10]);
    let password = uuid::Uuid::new_v4().to_string();
    let register = json!({
        "login": login, "email": format!("{login}@example.com"),
        "password": password, "notification_methods": [],
    });
    let url = |path: &str| format!("{}/api/v1/auth/{path}", platform.url());
    let registered = http
        .post(url("register"))
        .json(&register)
        .send()
        .await
        .unwrap();
    assert_eq!(registered.status(), 201);
    let again = http
        .post(url("register"))
        .json(&register)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 409);
    let wrong = json!({"login": login, "password": "not the password"});
    assert_eq!(
        http.post(url("login"))
            .json(&wrong)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );

    let right = json!({"login": login, "password": password});
    let answer = http.post(url("login")).json(&right).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite="),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap();
    let whoami = http
        .get(url("whoami"))
        .header("cookie", pair)
        .send()
        .await
        .unwrap();
    assert_eq!(whoami.status(), 200);
    let whoami: serde_json::Value = whoami.json().await.unwrap();
    assert_eq!(whoami["login"], login.as_str());
}
