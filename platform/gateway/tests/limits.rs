//! The front door's bounds on a clock set by hand: rates, and requests at once.
#![allow(clippy::unwrap_used)]

mod support;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response, routing::get};
use http::StatusCode;
use rocket_gateway::{
    Config, Rate, Upstreams,
    conformance::{Echo, ScriptedIam},
};
use rocket_runtime::ClientAddress;
use tokio::{sync::Semaphore, time::advance};
use tower::ServiceExt as _;

struct Door {
    router: Router,
    iam: ScriptedIam,
    session: String,
}

fn door(config: Config) -> Door {
    door_to(support::echoes(&Echo::default()), config)
}

fn door_to(upstreams: Upstreams, config: Config) -> Door {
    let iam = ScriptedIam::new();
    Door {
        session: iam.sign_in().id.to_string(),
        router: support::front_door_with(upstreams, &iam, config),
        iam,
    }
}

impl Door {
    async fn send(&self, method: &str, path: &str, session: &str, from: &str) -> Response {
        let address: IpAddr = from.parse().unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-session-uuid", session)
            .header("x-forwarded-for", "203.0.113.9")
            .extension(ClientAddress::new(address))
            .body(Body::empty())
            .unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn orders(&self, session: &str) -> Response {
        self.send("GET", "/api/v1/orders", session, "192.0.2.1")
            .await
    }

    async fn log_in(&self, from: &str) -> Response {
        self.send("POST", "/api/v1/auth/login", "", from).await
    }
}

fn small() -> Config {
    Config {
        session_rate: Rate::per_minute(3),
        sign_in_rate: Rate::per_minute(2),
        ..Config::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_waits_as_told_gets_through_again() {
    let door = door(small());
    for _ in 0..3 {
        assert_eq!(door.orders(&door.session).await.status(), 200);
    }
    let refused = door.orders(&door.session).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait = refused.headers()["retry-after"].to_str().unwrap();
    assert_eq!(wait, "20");
    advance(Duration::from_secs(20)).await;
    assert_eq!(door.orders(&door.session).await.status(), 200);
    assert_eq!(door.orders(&door.session).await.status(), 429);
    let other = door.iam.sign_in().id.to_string();
    assert_eq!(door.orders(&other).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn addresses_count_by_themselves_and_ipv6_by_its_network() {
    let door = door(small());
    for (from, passes) in [
        ("192.0.2.1", true),
        ("192.0.2.1", true),
        ("192.0.2.1", false),
        ("::ffff:192.0.2.1", false),
        ("192.0.2.2", true),
        ("2001:db8::1", true),
        ("2001:db8::2", true),
        ("2001:db8::3", false),
        ("2001:db8:0:1::1", true),
    ] {
        let status = door.log_in(from).await.status();
        let expected = if passes { 200 } else { 429 };
        assert_eq!(status, expected, "{from}");
    }
}

/// More addresses than are counted one by one: the rest share one rate, and those
/// that were there keep theirs.
#[tokio::test(start_paused = true)]
async fn a_flood_of_addresses_does_not_grow_what_is_remembered() {
    let door = door(Config {
        rate_keys: 10,
        ..small()
    });
    let mut passed = 0;
    for n in 0..200 {
        let answer = door.log_in(&format!("198.51.100.{n}")).await;
        passed += u32::from(answer.status() == 200);
    }
    assert_eq!(passed, 10 + 2);
    assert_eq!(door.log_in("198.51.100.0").await.status(), 200);
}

#[tokio::test]
async fn services_are_told_the_address_of_the_connection() {
    let door = door(Config::default());
    let answer = door.orders(&door.session).await;
    let told = answer.headers().get_all("x-echo-received-x-forwarded-for");
    let told: Vec<_> = told.iter().collect();
    assert_eq!(told, ["192.0.2.1"]);
}

/// All that may be at work are: the next is shed at once and told to come again, pages
/// are answered, and there is room again when one is done.
#[tokio::test]
async fn more_requests_at_once_than_allowed_are_shed() {
    let gate = Arc::new(Semaphore::new(0));
    let entered = Arc::new(Semaphore::new(0));
    let (waiting, arrived) = (Arc::clone(&gate), Arc::clone(&entered));
    let order = Router::new().route(
        "/api/v1/orders",
        get(move || async move {
            arrived.add_permits(1);
            waiting.acquire().await.unwrap().forget();
        }),
    );
    let echoes = support::echoes(&Echo::default());
    let config = Config {
        max_requests: 2,
        ..Config::default()
    };
    let door = Arc::new(door_to(Upstreams { order, ..echoes }, config));
    let work = || {
        let door = Arc::clone(&door);
        tokio::spawn(async move { door.orders(&door.session).await.status() })
    };
    let working = [work(), work()];
    let _both = entered.acquire_many(2).await.unwrap();

    let shed = door.orders(&door.session).await;
    assert_eq!(shed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shed.headers()["retry-after"], "1");
    let page = door.send("GET", "/healthz", "", "192.0.2.1").await;
    assert_eq!(page.status(), 200);

    gate.add_permits(3);
    for work in working {
        assert_eq!(work.await.unwrap(), 200);
    }
    assert_eq!(door.orders(&door.session).await.status(), 200);
}

#[tokio::test]
async fn head_is_get_without_a_body_on_pages_and_refused_elsewhere() {
    let door = door(Config::default());
    for path in ["/healthz", "/docs", "/openapi.json"] {
        let get = door.send("GET", path, "", "192.0.2.1").await;
        let head = door.send("HEAD", path, "", "192.0.2.1").await;
        assert_eq!(head.status(), 200);
        for name in ["content-type", "content-length"] {
            assert_eq!(head.headers()[name], get.headers()[name], "{path}");
        }
        let body = axum::body::to_bytes(head.into_body(), 1).await.unwrap();
        assert!(body.is_empty(), "{path}");
    }
    let refused = door
        .send("HEAD", "/api/v1/orders", &door.session, "192.0.2.1")
        .await;
    assert_eq!(refused.status(), 405);
}
