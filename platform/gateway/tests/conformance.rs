//! The embedded front door, over a real listener, against the suite for gateways.
#![allow(clippy::unwrap_used)]

mod support;

use rocket_gateway::{
    Config, Rate,
    conformance::{
        Echo, Mode, ScriptedIam, Target, failures, grpc, identity, limits, paths, sessions, sizes,
        web,
    },
};
use rocket_runtime::{
    serve::{Limits, serve},
    shutdown::CancellationToken,
};
use tokio::net::TcpListener;

/// Stops the listener when the test ends.
struct Running {
    target: Target,
    shutdown: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn start() -> Running {
    start_with(Config::default()).await
}

async fn start_with(config: Config) -> Running {
    let (iam, echo) = (ScriptedIam::new(), Echo::default());
    let router = support::front_door_with(support::echoes(&echo), &iam, config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    tokio::spawn(serve(listener, router, Limits::default(), shutdown.clone()));
    let target = Target {
        address,
        http_host: address.to_string(),
        grpc_host: address.to_string(),
        iam,
        echo,
    };
    Running { target, shutdown }
}

macro_rules! conforms {
    ($($module:ident :: $name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            $module::$name(&start().await.target).await;
        }
    )*};
}

conforms! {
    sessions::every_route_asks_for_a_session,
    sessions::public_routes_are_open,
    sessions::bad_tokens_are_refused,
    sessions::an_ended_session_is_refused_at_once,
    sessions::the_cookie_is_a_session_too,
    identity::spoofed_headers_never_arrive,
    identity::spoofed_headers_are_no_session,
    identity::aliases_of_identity_headers_never_arrive,
    identity::a_public_route_ignores_sessions,
    paths::disguised_paths_need_a_session,
    paths::paths_are_exact,
    paths::methods_are_exact,
    paths::a_query_is_not_part_of_the_path,
    sizes::bodies_are_limited,
    sizes::strangers_send_no_body,
    sizes::headers_are_limited,
    grpc::every_method_asks_for_a_session,
    grpc::bad_and_ended_sessions_are_refused,
    grpc::spoofed_metadata_never_arrives,
    grpc::internal_methods_are_not_routed,
    grpc::methods_are_only_called_by_grpc,
    web::a_call_is_answered_with_its_trailers_in_the_body,
    web::refusals_come_in_the_same_form,
    web::pages_of_other_origins_are_let_in_nowhere,
}

/// So few that a test can send them all, and so slow that none comes back meanwhile.
fn few() -> Config {
    Config {
        session_rate: Rate::per_minute(limits::RATE),
        sign_in_rate: Rate::per_minute(limits::RATE),
        ..Config::default()
    }
}

#[tokio::test]
async fn a_session_is_limited_and_others_are_not() {
    limits::a_session_is_limited_and_others_are_not(&start_with(few()).await.target).await;
}

#[tokio::test]
async fn signing_in_is_limited_by_address_whatever_the_client_says() {
    let running = start_with(few()).await;
    limits::signing_in_is_limited_by_address_whatever_the_client_says(&running.target).await;
}

#[tokio::test]
async fn what_is_no_session_uses_nobodys_rate() {
    limits::what_is_no_session_uses_nobodys_rate(&start_with(few()).await.target).await;
}

#[tokio::test]
async fn logging_out_is_always_possible() {
    limits::logging_out_is_always_possible(&start_with(few()).await.target).await;
}

#[tokio::test]
async fn health_is_limited_by_address() {
    limits::health_is_limited_by_address(&start_with(few()).await.target).await;
}

#[tokio::test]
async fn it_fails_closed_without_iam() {
    failures::the_gateway_fails_closed(&start().await.target, Mode::Unavailable).await;
}

#[tokio::test]
async fn it_fails_closed_when_iam_is_silent() {
    failures::the_gateway_fails_closed(&start().await.target, Mode::Silent).await;
}

#[tokio::test]
async fn it_fails_closed_when_iam_says_neither_yes_nor_no() {
    failures::the_gateway_fails_closed(&start().await.target, Mode::Empty).await;
}

/// Where the suite leaves a choice, this is what the front door chose.
#[tokio::test]
async fn a_disguised_path_is_refused_even_with_a_session() {
    let running = start().await;
    let id = running.target.iam.sign_in().id.to_string();
    for path in paths::DISGUISED {
        let session = [("x-session-uuid", &*id)];
        let answer = running.target.send("GET", path, &session).await;
        let expected = if path == "/healthz/..;/api/v1/orders" {
            // Not a dot segment to anybody but a servlet; here it is a name.
            404
        } else {
            400
        };
        assert_eq!(answer.status, expected, "{path}");
    }
    assert_eq!(running.target.echo.hits(), 0);
}

#[tokio::test]
async fn iam_is_asked_with_what_proves_a_session_and_nothing_else() {
    let running = start().await;
    let id = running.target.iam.sign_in().id.to_string();
    let headers = [
        ("x-session-uuid", &*id),
        ("cookie", "a=1"),
        ("authorization", "Bearer x"),
        ("x-user-uuid", "spoofed"),
        ("idempotency-key", "k"),
    ];
    let path = "/api/v1/orders/x/pay";
    let answer = running.target.send("POST", path, &headers).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.received("idempotency-key"), Some("k"));
    let asked = running.target.iam.asked();
    assert_eq!(asked.len(), 1);
    let (method, asked_path) = (asked[0].method.as_str(), asked[0].path.as_str());
    assert_eq!((method, asked_path), ("POST", path));
    let mut names: Vec<_> = asked[0].headers.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["cookie", "x-session-uuid"]);
}
