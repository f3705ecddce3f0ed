//! Nothing but the public list passes the one port without a valid session, for every
//! row of the table of routes; a session ends at logout, at once; and when IAM cannot
//! answer, nothing passes.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response};
use rocket_e2e::{Customer, Options, Platform};
use rocket_routes::{Access, Protocol, Route, table};
use rocket_testkit::eventually;
use uuid::Uuid;

use crate::PROGRAM;

/// The whole public list; pages' assets apart.
const PUBLIC: [&str; 8] = [
    "/api/v1/auth/register",
    "/api/v1/auth/login",
    "/healthz",
    "/docs",
    "/openapi.json",
    "/auth.v1.AuthService/Login",
    "/user.v1.UserService/Register",
    "/grpc.health.v1.Health/Check",
];

fn guarded() -> impl Iterator<Item = &'static Route> {
    table()
        .iter()
        .filter(|route| route.access == Access::Session)
}

fn path_of(route: &Route, order: &str) -> String {
    let segments: Vec<_> = route
        .segments()
        .map(|segment| {
            if segment.starts_with('{') {
                order
            } else {
                segment
            }
        })
        .collect();
    format!("/{}", segments.join("/"))
}

/// The answer's status in one form: HTTP's, or for gRPC `1000 +` its own.
fn verdict(response: &Response) -> u16 {
    let grpc = response.headers().get("grpc-status");
    grpc.map_or(response.status().as_u16(), |status| {
        1_000 + status.to_str().unwrap().parse::<u16>().unwrap()
    })
}

async fn ask(http: &Client, platform: &Platform, route: &Route, session: Option<&str>) -> Response {
    let order = Uuid::new_v4().to_string();
    let method: Method = route.method.as_str().parse().unwrap();
    let url = format!("{}{}", platform.url(), path_of(route, &order));
    let mut request = http.request(method, url);
    if let Some(session) = session {
        request = request.header("x-session-uuid", session);
    }
    request = match route.protocol {
        // One empty message.
        Protocol::Grpc => request
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(vec![0_u8; 5]),
        _ if route.path.ends_with("/pay") => {
            request.json(&serde_json::json!({"payment_method": "CARD"}))
        }
        _ => request,
    };
    request.send().await.unwrap()
}

fn client() -> Client {
    Client::builder().http2_prior_knowledge().build().unwrap()
}

/// What a refusal of each protocol looks like.
fn refusal(route: &Route, http: u16, grpc: u16) -> u16 {
    if route.protocol == Protocol::Grpc {
        1_000 + grpc
    } else {
        http
    }
}

#[test]
fn invariant_7_the_public_list_is_this_one() {
    let public = table()
        .iter()
        .filter(|route| route.access == Access::Public);
    for route in public {
        let known = PUBLIC.contains(&route.path) || route.path.starts_with("/docs/");
        assert!(known, "{} is public", route.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_7_every_other_route_refuses_every_session_that_is_not_alive() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let http = client();
    let over = Customer::new(&platform.url()).await;
    let logout = over.send(Method::POST, "/api/v1/auth/logout", None).await;
    assert_eq!(logout.status, 204);
    let alive = Customer::new(&platform.url()).await;
    let unknown = Uuid::new_v4().to_string();
    let upper = alive.session.to_uppercase();
    let padded = format!("{}00", alive.session);
    let simple = alive.session.replace('-', "");
    let dead = [
        None,
        Some(""),
        Some("0"),
        Some("' OR 1=1 --"),
        Some(unknown.as_str()),
        Some(over.session.as_str()),
        Some(padded.as_str()),
        Some(simple.as_str()),
    ];
    let mut asked = 0;
    for route in guarded() {
        for session in dead {
            let answer = ask(&http, &platform, route, session).await;
            assert_eq!(
                verdict(&answer),
                refusal(route, 401, 16),
                "{} with {session:?}",
                route.path
            );
            asked += 1;
        }
        // The counterproof: with a session it is another answer.
        if !route.path.to_lowercase().ends_with("logout") {
            let answer = ask(&http, &platform, route, Some(&alive.session)).await;
            assert_ne!(verdict(&answer), refusal(route, 401, 16), "{}", route.path);
        }
    }
    // Upper case is the same number in another spelling: it may be refused, no more.
    let mut shouting = alive.clone();
    shouting.session = upper;
    let answer = shouting.get("/api/v1/orders").await;
    assert!([200, 401].contains(&answer.status.as_u16()));
    assert!(asked >= 100, "only {asked} requests");
}

/// Browsers speak gRPC in an envelope of HTTP/1.1; the rules are the same.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_7_over_grpc_web_a_dead_session_is_refused_too() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let alive = Customer::new(&platform.url()).await;
    let unknown = Uuid::new_v4().to_string();
    let http = Client::new();
    // Logging out ends the session that is the counterproof.
    let rows = guarded().filter(|it| it.protocol == Protocol::Grpc && !it.path.ends_with("Logout"));
    for route in rows {
        for session in [Some(unknown.as_str()), None, Some(alive.session.as_str())] {
            let mut request = http
                .post(format!("{}{}", platform.url(), route.path))
                .header("content-type", "application/grpc-web+proto")
                .body(vec![0_u8; 5]);
            if let Some(session) = session {
                request = request.header("x-session-uuid", session);
            }
            let answer = request.send().await.unwrap();
            let head = format!("{:?}", answer.headers());
            let body = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
            let refused =
                head.contains("\"grpc-status\": \"16\"") || body.contains("grpc-status:16");
            assert_eq!(
                refused,
                session != Some(&alive.session),
                "{}: {head} {body}",
                route.path
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_7_logout_ends_a_session_at_once_everywhere() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let http = client();
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let order = customer.order(&[&part]).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = customer.events(&order).await;
        assert_eq!(
            stream.next_status().await.as_deref(),
            Some("PENDING_PAYMENT")
        );
        streams.push(stream);
    }
    // Known to every service's cache before it ends.
    for route in guarded().filter(|route| !route.path.to_lowercase().ends_with("logout")) {
        ask(&http, &platform, route, Some(&customer.session)).await;
    }
    let logout = customer
        .send(Method::POST, "/api/v1/auth/logout", None)
        .await;
    assert_eq!(logout.status, 204);
    let from = Instant::now();
    for route in guarded() {
        let answer = ask(&http, &platform, route, Some(&customer.session)).await;
        assert_eq!(verdict(&answer), refusal(route, 401, 16), "{}", route.path);
    }
    for mut stream in streams {
        let left = Duration::from_secs(5).saturating_sub(from.elapsed());
        let ended = tokio::time::timeout(left, stream.next_status()).await;
        assert_eq!(ended.expect("a stream is open after 5 s"), None);
    }
    println!("logout: every stream ended after {:?}", from.elapsed());
}

/// IAM's store is broken from outside, under the running platform, and mended.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_7_when_iam_cannot_answer_nothing_passes() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let http = client();
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let order = customer.order(&[&part]).await;
    let iam = platform.store("iam.db");
    iam.execute_batch("ALTER TABLE sessions RENAME TO away")
        .unwrap();
    let unknown = Uuid::new_v4().to_string();
    for route in guarded() {
        for session in [customer.session.as_str(), &unknown] {
            let answer = ask(&http, &platform, route, Some(session)).await;
            assert_eq!(verdict(&answer), refusal(route, 503, 14), "{}", route.path);
        }
        // No session needs no question.
        let answer = ask(&http, &platform, route, None).await;
        assert!(
            [refusal(route, 401, 16), refusal(route, 503, 14)].contains(&verdict(&answer)),
            "{}",
            route.path
        );
    }
    assert_eq!(customer.get("/healthz").await.status, 200, "it lives");
    iam.execute_batch("ALTER TABLE away RENAME TO sessions")
        .unwrap();
    eventually("IAM answers again", Duration::from_secs(10), || async {
        (customer.get("/api/v1/orders").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(customer.status(&order).await, "PENDING_PAYMENT");
}
