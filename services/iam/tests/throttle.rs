//! Who is throttled at sign-in, by where they come from, over HTTP and gRPC.
#![allow(clippy::unwrap_used)]

mod common;

use axum::{body::Body, http::Request};
use rocket_iam::api::paths::HTTP_LOGIN;
use rocket_proto::auth::v1::{LoginRequest, auth_service_client::AuthServiceClient};
use serde_json::json;
use tonic::Code;

use common::{Iam, PASSWORD, iam};

const OWNER: &str = "192.0.2.1";
const ATTACKER: &str = "198.51.100.66";

async fn over_http(iam: &Iam, password: &str, from: &str) -> u16 {
    let body = json!({"login": "ann", "password": password}).to_string();
    let request = Request::post(HTTP_LOGIN)
        .header("content-type", "application/json")
        .header("x-forwarded-for", from)
        .body(Body::from(body));
    let answer = common::send(iam.app.router(), request.unwrap()).await;
    answer.status.as_u16()
}

async fn over_grpc(iam: &Iam, password: &str, from: &str) -> Code {
    let mut request = tonic::Request::new(LoginRequest {
        login: "ann".into(),
        password: password.into(),
    });
    let from = from.parse().unwrap();
    request.metadata_mut().insert("x-forwarded-for", from);
    let mut client = AuthServiceClient::new(iam.channel(None));
    client
        .login(request)
        .await
        .map_or_else(|status| status.code(), |_| Code::Ok)
}

/// What an attacker says of itself before the gateway adds the truth changes nothing.
#[tokio::test]
async fn hammering_from_elsewhere_does_not_stop_the_owner() {
    let iam = iam();
    iam.register("ann").await;
    for n in 0..5 {
        let claimed = format!("203.0.113.{n}, {ATTACKER}");
        assert_eq!(over_http(&iam, "wrong horse", &claimed).await, 401);
        let code = over_grpc(&iam, "wrong horse", &claimed).await;
        assert_eq!(code, Code::Unauthenticated);
    }
    for _ in 0..100 {
        assert_eq!(over_http(&iam, PASSWORD, ATTACKER).await, 429);
        let code = over_grpc(&iam, PASSWORD, ATTACKER).await;
        assert_eq!(code, Code::ResourceExhausted);
    }
    assert_eq!(over_http(&iam, "mistyped horse", OWNER).await, 401);
    assert_eq!(over_http(&iam, PASSWORD, OWNER).await, 200);
    assert_eq!(over_grpc(&iam, PASSWORD, OWNER).await, Code::Ok);
}
