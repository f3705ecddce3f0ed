//! How much a session, and an address, may ask. The target must allow [`RATE`]
//! requests a minute to each; every function wants a fresh one.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{Target, web, wire::Answer};

/// What the target must be configured with, per session and per address that signs
/// in, in requests a minute.
pub const RATE: u32 = 10;

const ORDERS: &str = "/api/v1/orders";
const LIST_PARTS: &str = "/inventory.v1.InventoryService/ListParts";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const SIGN_IN: [&str; 2] = ["/api/v1/auth/login", "/api/v1/auth/register"];
const GRPC_SIGN_IN: [&str; 2] = [
    "/auth.v1.AuthService/Login",
    "/user.v1.UserService/Register",
];

/// A refusal says what it is and when to come back.
fn is_a_limit(answer: &Answer) {
    assert_eq!(answer.status, 429, "{answer:?}");
    let media = answer.header("content-type");
    assert_eq!(media, Some("application/problem+json"));
    assert!(answer.body.contains("\"rate_limited\""), "{answer:?}");
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "wait {wait} seconds");
}

/// The same over gRPC.
fn is_a_limit_of_grpc(status: &Status) {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let reason = status.get_details_error_info().map(|info| info.reason);
    assert_eq!(reason.as_deref(), Some("rate_limited"));
    let wait = status.get_details_retry_info().and_then(|i| i.retry_delay);
    assert!(wait.unwrap().as_secs() >= 1);
}

/// The rate of a session is one, whatever its requests speak; another session's is
/// another.
pub async fn a_session_is_limited_and_others_are_not(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    for n in 0..RATE {
        match n % 3 {
            0 => drop(target.passed("GET", ORDERS, &session).await),
            1 => drop(target.call(LIST_PARTS, &session).await.unwrap()),
            _ => assert_eq!(web::call(target, LIST_PARTS, &session).await.status(), 0),
        }
    }
    let before = target.echo.hits();
    is_a_limit(&target.send("GET", ORDERS, &session).await);
    is_a_limit_of_grpc(&target.call(LIST_PARTS, &session).await.unwrap_err());
    let answer = web::call(target, LIST_PARTS, &session).await;
    assert_eq!(answer.status(), 8, "RESOURCE_EXHAUSTED");
    assert_eq!(target.echo.hits(), before, "a refused request arrived");

    let other = target.iam.sign_in().id.to_string();
    let other = [("x-session-uuid", &*other)];
    target.passed("GET", ORDERS, &other).await;
    target.call(LIST_PARTS, &other).await.unwrap();
}

/// HTTP and gRPC, login and register count together, by the address of the
/// connection: a header that names another one changes nothing. Sessions and pages
/// are not concerned.
pub async fn signing_in_is_limited_by_address_whatever_the_client_says(target: &Target) {
    for n in 0..RATE {
        let turn = usize::from(n % 4 > 1);
        if n % 2 == 0 {
            target.passed("POST", SIGN_IN[turn], &[]).await;
        } else {
            target.call(GRPC_SIGN_IN[turn], &[]).await.unwrap();
        }
    }
    let before = target.echo.hits();
    for spoofed in ["192.0.2.1", "192.0.2.2, 192.0.2.3", "::1", "unknown"] {
        for name in ["x-forwarded-for", "x-real-ip", "forwarded"] {
            let headers = [(name, spoofed)];
            is_a_limit(&target.send("POST", SIGN_IN[0], &headers).await);
        }
        let metadata = [("x-forwarded-for", spoofed)];
        let refused = target.call(GRPC_SIGN_IN[1], &metadata).await;
        is_a_limit_of_grpc(&refused.unwrap_err());
    }
    let answer = web::call(target, GRPC_SIGN_IN[0], &[]).await;
    assert_eq!(answer.status(), 8, "RESOURCE_EXHAUSTED");
    assert_eq!(target.echo.hits(), before, "a refused request arrived");

    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    target.passed("GET", ORDERS, &session).await;
    assert_eq!(target.send("GET", "/healthz", &[]).await.status, 200);
}

/// Whoever has used up a session's rate has not taken from its owner the way to end it.
pub async fn logging_out_is_always_possible(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    for _ in 0..RATE {
        target.passed("GET", ORDERS, &session).await;
    }
    is_a_limit(&target.send("GET", ORDERS, &session).await);
    for _ in 0..RATE {
        target.passed("POST", "/api/v1/auth/logout", &session).await;
        let logout = target.call("/auth.v1.AuthService/Logout", &session);
        logout.await.unwrap();
    }
}

/// Health over gRPC is open to everybody and has a rate by address, which is not that
/// of signing in.
pub async fn health_is_limited_by_address(target: &Target) {
    for _ in 0..RATE {
        target.call(HEALTH, &[]).await.unwrap();
    }
    let spoofed = [("x-forwarded-for", "192.0.2.1")];
    is_a_limit_of_grpc(&target.call(HEALTH, &spoofed).await.unwrap_err());
    target.passed("POST", SIGN_IN[0], &[]).await;
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    target.passed("GET", ORDERS, &session).await;
}

/// Invented sessions are refused as such, and take nothing from anybody.
pub async fn what_is_no_session_uses_nobodys_rate(target: &Target) {
    for _ in 0..RATE * 2 {
        let id = uuid::Uuid::new_v4().to_string();
        let invented = [("x-session-uuid", &*id)];
        target.refused("GET", ORDERS, &invented, &[401]).await;
    }
    let id = target.iam.sign_in().id.to_string();
    target
        .passed("GET", ORDERS, &[("x-session-uuid", &id)])
        .await;
    target.passed("POST", SIGN_IN[0], &[]).await;
}
