//! What the front door answers by itself, and when a service misbehaves.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    response::Response,
    routing::{get, post},
};
use futures::StreamExt as _;
use http::StatusCode;
use http_body_util::BodyExt as _;
use rocket_gateway::{
    Upstreams,
    conformance::{Echo, Mode, ScriptedIam},
};
use rocket_rpc::error::Problem;
use tokio::time::Instant;
use tower::ServiceExt as _;

struct Door {
    router: Router,
    session: String,
    iam: ScriptedIam,
    echo: Echo,
}

fn door() -> Door {
    let echo = Echo::default();
    door_to(support::echoes(&echo), echo)
}

fn door_to(upstreams: Upstreams, echo: Echo) -> Door {
    let iam = ScriptedIam::new();
    let session = iam.sign_in().id.to_string();
    let router = support::front_door(upstreams, &iam);
    Door {
        router,
        session,
        iam,
        echo,
    }
}

/// A front door whose order service is this.
fn with_order(order: Router) -> Door {
    let echo = Echo::default();
    let upstreams = support::echoes(&echo);
    door_to(Upstreams { order, ..upstreams }, echo)
}

impl Door {
    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("x-session-uuid", &self.session)
    }

    async fn send(&self, request: Request) -> Response {
        let answer = self.router.clone().oneshot(request);
        let answer = tokio::time::timeout(Duration::from_hours(1), answer).await;
        answer.expect("the front door answers").unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.send(self.request("GET", path).body(Body::empty()).unwrap())
            .await
    }
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The status and code, of an answer that is a proper problem document.
async fn problem(response: Response) -> (u16, String) {
    let status = response.status();
    let media = &response.headers()["content-type"];
    assert_eq!(media, "application/problem+json");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let problem: Problem = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(problem.status, status.as_u16());
    assert_eq!(Some(&*problem.title), status.canonical_reason());
    (status.as_u16(), problem.code)
}

#[tokio::test]
async fn refusals_are_problems_with_stable_codes() {
    let door = door();
    for (method, path, status, code) in [
        ("GET", "/api/v1//orders", 400, "path_refused"),
        ("GET", "/api/v1/order", 404, "unknown_path"),
        ("DELETE", "/api/v1/orders", 405, "method_not_allowed"),
        (
            "POST",
            "/auth.v1.AuthService/Login",
            415,
            "unsupported_media_type",
        ),
    ] {
        let request = door.request(method, path).body(Body::empty()).unwrap();
        let answer = problem(door.send(request).await).await;
        assert_eq!(answer, (status, code.to_owned()), "{method} {path}");
    }
    let grpc = door.request("POST", "/api/v1/orders");
    let grpc = grpc.header("content-type", "application/grpc+proto");
    let answer = door.send(grpc.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers()["grpc-status"], "3");
    let underscore = door.request("GET", "/healthz").header("x_y", "1");
    let answer = problem(door.send(underscore.body(Body::empty()).unwrap()).await).await;
    assert_eq!(answer, (400, "ambiguous_header".to_owned()));
    assert_eq!(door.echo.hits(), 0);
}

#[tokio::test]
async fn a_refused_method_says_which_are_allowed() {
    let door = door();
    for (method, path, allow) in [
        ("PUT", "/api/v1/orders", "POST, GET"),
        ("HEAD", "/api/v1/parts", "GET"),
        ("PUT", "/healthz", "GET, HEAD"),
    ] {
        let request = door.request(method, path).body(Body::empty()).unwrap();
        let answer = door.send(request).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers()["allow"], allow);
    }
}

#[tokio::test]
async fn header_limits_are_its_own_too() {
    let door = door();
    let mut many = door.request("GET", "/healthz");
    for n in 0..64 {
        many = many.header(format!("x-{n}"), "1");
    }
    let large = door
        .request("GET", "/healthz")
        .header("x", "y".repeat(16 * 1024));
    for request in [many, large] {
        let answer = problem(door.send(request.body(Body::empty()).unwrap()).await).await;
        assert_eq!(answer, (431, "headers_too_large".to_owned()));
    }
}

#[tokio::test]
async fn private_answers_are_not_kept_by_browsers() {
    let door = door();
    let answer = door.get("/api/v1/orders").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn a_host_in_the_request_target_is_ignored() {
    let door = door();
    let answer = door.get("http://elsewhere:1/api/v1/orders?x=1").await;
    assert_eq!(answer.headers()["x-echo-path"], "/api/v1/orders?x=1");
}

#[tokio::test]
async fn the_pages_are_served_with_a_strict_policy() {
    let door = door();
    for (path, media, part) in [
        ("/healthz", "text/plain", "ok"),
        ("/openapi.json", "application/json", support::OPENAPI),
        ("/docs", "text/html", "<title>"),
        ("/docs/docs.js", "text/javascript", "fetch("),
        ("/docs/docs.css", "text/css", "body {"),
    ] {
        let answer = door.get(path).await;
        assert_eq!(answer.status(), 200);
        let headers = answer.headers();
        assert_eq!(headers.get_all("content-type").iter().count(), 1);
        assert!(headers["content-type"].to_str().unwrap().starts_with(media));
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
        assert!(text(answer).await.contains(part), "{path}");
    }
}

async fn late() -> &'static str {
    tokio::time::sleep(Duration::from_mins(10)).await;
    "late"
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_504_but_a_stream_may_take_its_time() {
    let door = with_order(
        Router::new()
            .route("/api/v1/orders", get(late))
            .route("/api/v1/orders/{id}/events", get(late)),
    );
    let begun = Instant::now();
    let answer = problem(door.get("/api/v1/orders").await).await;
    assert_eq!(answer, (504, "deadline_exceeded".to_owned()));
    assert_eq!(begun.elapsed().as_secs(), 15);
    let answer = door.get("/api/v1/orders/x/events").await;
    assert_eq!(text(answer).await, "late");
}

#[tokio::test(start_paused = true)]
async fn a_silent_iam_is_not_waited_for() {
    let door = door();
    door.iam.set(Mode::Silent);
    let begun = Instant::now();
    let answer = problem(door.get("/api/v1/orders").await).await;
    assert_eq!(answer, (503, "sessions_unavailable".to_owned()));
    assert_eq!(begun.elapsed().as_secs(), 1);
    assert_eq!(door.echo.hits(), 0);
}

#[tokio::test]
async fn a_stream_is_passed_on_as_it_comes() {
    async fn events() -> Body {
        let first = futures::stream::iter([Ok::<_, std::io::Error>("data: PAID\n\n")]);
        Body::from_stream(first.chain(futures::stream::pending()))
    }
    let door = with_order(Router::new().route("/api/v1/orders/{id}/events", get(events)));
    let mut body = door.get("/api/v1/orders/x/events").await.into_body();
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "data: PAID\n\n");
}

#[tokio::test]
async fn a_panic_is_500_and_says_nothing() {
    async fn panics() {
        panic!("secret detail");
    }
    let door = with_order(Router::new().route("/api/v1/orders", get(panics)));
    let answer = door.get("/api/v1/orders").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = text(answer).await;
    assert!(body.contains("\"internal\"") && !body.contains("secret"));
    assert_eq!(door.get("/api/v1/parts").await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_408_and_one_that_breaks_off_400() {
    let door = door();
    let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
    let request = door.request("POST", "/api/v1/orders").body(never).unwrap();
    let answer = problem(door.send(request).await).await;
    assert_eq!(answer, (408, "request_timeout".to_owned()));
    let broken = Body::from_stream(futures::stream::iter([
        Ok(Bytes::from_static(b"{")),
        Err(std::io::Error::other("gone")),
    ]));
    let request = door.request("POST", "/api/v1/orders").body(broken).unwrap();
    let answer = problem(door.send(request).await).await;
    assert_eq!(answer, (400, "body_broken".to_owned()));
    assert_eq!(door.echo.hits(), 0);
}

#[tokio::test]
async fn bodies_arrive_whole() {
    let door =
        with_order(Router::new().route("/api/v1/orders", post(|body: String| async { body })));
    let body = "x".repeat(64 * 1024);
    let request = door.request("POST", "/api/v1/orders");
    let answer = door
        .send(request.body(Body::from(body.clone())).unwrap())
        .await;
    assert_eq!(text(answer).await, body);
}
