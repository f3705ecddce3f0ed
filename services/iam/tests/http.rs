//! The HTTP API: every answer it promises.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{PASSWORD, iam, registration, send, without_store};
use rocket_iam::{
    api::paths::{HTTP_LOGIN, HTTP_LOGOUT, HTTP_REGISTER, HTTP_WHOAMI},
    domain::SessionId,
};
use serde_json::{Value, json};
use uuid::Uuid;

type Headers<'a> = &'a [(&'a str, &'a str)];

fn registration_with(field: &str, value: Value) -> String {
    let mut body = registration("ann");
    body[field] = value;
    body.to_string()
}

#[tokio::test]
async fn a_customer_registers_signs_in_is_known_and_signs_out() {
    let iam = iam();
    let user_uuid = iam.register("Ann").await;
    assert_eq!(user_uuid.parse::<Uuid>().unwrap().get_version_num(), 7);

    let login = iam.try_login("aNN", PASSWORD).await;
    assert_eq!(login.status, 200);
    assert_eq!(login.header("cache-control"), "no-store");
    let session = login.text("session_uuid");
    assert_eq!(session.parse::<Uuid>().unwrap().get_version_num(), 4);
    assert_eq!(
        login.header("set-cookie"),
        format!("session_uuid={session}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure")
    );

    let header = ("x-session-uuid", session.as_str());
    let whoami = iam.call("GET", HTTP_WHOAMI, &[header]).await;
    assert_eq!(whoami.status, 200);
    let created_at = whoami.body["session"]["created_at"].clone();
    assert_eq!(
        whoami.body,
        json!({
            "user_uuid": user_uuid,
            "login": "ann",
            "email": "Ann@example.org",
            "notification_methods": [{"provider_name": "telegram", "target": "4711"}],
            "session": {"created_at": created_at, "expires_at": login.text("expires_at")},
        })
    );

    let logout = iam.call("POST", HTTP_LOGOUT, &[header]).await;
    assert_eq!(logout.status, 204);
    let forget = "session_uuid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure";
    assert_eq!(logout.header("set-cookie"), forget);
    for (method, path) in [("GET", HTTP_WHOAMI), ("POST", HTTP_LOGOUT)] {
        let after = iam.call(method, path, &[header]).await;
        assert_eq!(
            (after.status.as_u16(), after.code()),
            (401, "unauthenticated")
        );
    }
}

#[tokio::test]
async fn a_registration_that_breaks_a_rule_names_the_field() {
    let method =
        |provider: &str, target: &str| json!([{"provider_name": provider, "target": target}]);
    let six: Vec<_> = (0..6)
        .map(|n| json!({"provider_name": "telegram", "target": n.to_string()}))
        .collect();
    let invalid = [
        ("login", json!("ab"), "login"),
        ("login", json!("ann boleyn"), "login"),
        ("login", json!("a".repeat(65)), "login"),
        ("login", json!(7), "login"),
        ("login", Value::Null, "login"),
        ("email", json!("ann"), "email"),
        ("email", json!("ann@localhost"), "email"),
        (
            "email",
            json!(format!("a@{}.org", "b".repeat(250))),
            "email",
        ),
        ("password", json!("1234567"), "password"),
        ("password", json!("a".repeat(129)), "password"),
        ("notification_methods", json!({}), "notification_methods"),
        ("notification_methods", json!(six), "notification_methods"),
        (
            "notification_methods",
            method("Tele gram", "1"),
            "notification_methods[0].provider_name",
        ),
        (
            "notification_methods",
            method("telegram", ""),
            "notification_methods[0].target",
        ),
        (
            "notification_methods",
            method("telegram", "1\n2"),
            "notification_methods[0].target",
        ),
        (
            "notification_methods",
            json!([{"target": "1"}]),
            "notification_methods[0].provider_name",
        ),
    ];
    let iam = iam();
    for (field, value, named) in invalid {
        let body = registration_with(field, value);
        let answer = iam.post(HTTP_REGISTER, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "invalid_argument"),
            "{body}"
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.body["errors"][0]["field"], named, "{body}");
    }
    assert_eq!(iam.hasher.hashed(), 0);
}

#[tokio::test]
async fn a_malformed_body_is_refused() {
    let iam = iam();
    let unknown = registration_with("is_admin", json!(true));
    for path in [HTTP_REGISTER, HTTP_LOGIN] {
        for (body, code) in [
            ("", "malformed_json"),
            ("{", "malformed_json"),
            ("{}", "invalid_argument"),
            ("null", "invalid_argument"),
            (unknown.as_str(), "unknown_field"),
        ] {
            let answer = iam.post(path, body).await;
            let seen = (answer.status.as_u16(), answer.code());
            assert_eq!(seen, (400, code), "{path} {body}");
        }
        let large = format!("{{\"login\": \"{}\"}}", "a".repeat(70_000));
        assert_eq!(iam.post(path, large).await.status, 413);
        assert_eq!(iam.call("POST", path, &[]).await.status, 415);
        assert_eq!(iam.call("GET", path, &[]).await.status, 405);
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_409_and_says_which() {
    let iam = iam();
    iam.register("ann").await;
    let other_email = registration_with("email", json!("other@example.org"));
    let mut other_login = registration("ben");
    other_login["email"] = json!("ANN@EXAMPLE.ORG");
    for (body, code) in [
        (registration("ANN").to_string(), "login_taken"),
        (other_email, "login_taken"),
        (other_login.to_string(), "email_taken"),
    ] {
        let answer = iam.post(HTTP_REGISTER, body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (409, code));
    }
}

#[tokio::test]
async fn a_login_that_fails_does_not_say_why() {
    let iam = iam();
    iam.register("ann").await;
    let mut bodies = Vec::new();
    for (login, password) in [
        ("ann", "wrong horse"),
        ("nobody", PASSWORD),
        ("no one!", PASSWORD),
    ] {
        let answer = iam.try_login(login, password).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, "invalid_credentials")
        );
        assert!(answer.headers.get("set-cookie").is_none());
        bodies.push(answer.body);
    }
    assert!(
        bodies.windows(2).all(|pair| pair[0] == pair[1]),
        "{bodies:?}"
    );
    for (login, password, field) in [
        ("", PASSWORD, "login"),
        ("ann", "", "password"),
        ("ann", &"a".repeat(513), "password"),
    ] {
        let answer = iam.try_login(login, password).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "invalid_argument")
        );
        assert_eq!(answer.body["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn guessing_is_429_until_retry_after_and_never_for_good() {
    let iam = iam();
    iam.register("ann").await;
    for _ in 0..10 {
        assert_eq!(iam.try_login("ann", "wrong horse").await.status, 401);
    }
    let refused = iam.try_login("ann", PASSWORD).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, "too_many_attempts")
    );
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&seconds), "{seconds}");
    iam.clock.advance(Duration::from_secs(seconds));
    assert_eq!(iam.try_login("ann", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_cookie_stands_in_for_the_header_and_the_header_wins() {
    let iam = iam();
    let ann = iam.signed_in("ann").await;
    let ben = iam.signed_in("ben").await;
    let cookie = format!("theme=dark; session_uuid={ann}");
    let twice = format!("session_uuid={ann}; session_uuid={ben}");
    let cases: [(Headers<'_>, Option<&str>); 6] = [
        (&[("cookie", &cookie)], Some("ann")),
        (
            &[("cookie", &cookie), ("x-session-uuid", &ben)],
            Some("ben"),
        ),
        (&[("cookie", &cookie), ("x-session-uuid", "nonsense")], None),
        (&[("x-session-uuid", &ann), ("x-session-uuid", &ben)], None),
        (&[("cookie", &twice)], None),
        (&[], None),
    ];
    for (headers, login) in cases {
        let answer = iam.call("GET", HTTP_WHOAMI, headers).await;
        assert_eq!(answer.body["login"].as_str(), login, "{headers:?}");
        let expected = if login.is_some() { 200 } else { 401 };
        assert_eq!(answer.status, expected, "{headers:?}");
    }
    let out = iam.call("POST", HTTP_LOGOUT, &[("cookie", &cookie)]).await;
    assert_eq!(out.status, 204);
    let after = iam.call("GET", HTTP_WHOAMI, &[("cookie", &cookie)]).await;
    assert_eq!(after.status, 401);
}

#[tokio::test]
async fn trouble_on_our_side_is_503_without_its_text() {
    let away = without_store();
    let session = Uuid::new_v4().to_string();
    let header = ("x-session-uuid", session.as_str());
    let answers = [
        away.post(HTTP_REGISTER, registration("ann").to_string())
            .await,
        away.try_login("ann", PASSWORD).await,
        away.call("GET", HTTP_WHOAMI, &[header]).await,
        away.call("POST", HTTP_LOGOUT, &[header]).await,
    ];
    for answer in answers {
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (503, "store_unavailable")
        );
        assert!(
            !answer.body.to_string().contains("driver"),
            "{}",
            answer.body
        );
    }
    let busy = iam();
    busy.hasher.set_busy(true);
    let answer = busy.try_login("ann", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "busy"));
    assert_eq!(answer.header("retry-after"), "1");
}

/// Whoever reads the files, or a copy of them, cannot sign in with what is there.
#[tokio::test]
async fn invariant_9_neither_session_id_nor_password_is_in_the_files() {
    let iam = iam();
    let text = iam.signed_in("ann").await;
    let id: Uuid = text.parse().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(iam.dir.path()).unwrap() {
        files.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |needle: &[u8]| files.windows(needle.len()).any(|window| window == needle);
    let hash = SessionId::from(id).hash();
    assert!(holds(hash.as_bytes()), "the session is there by its hash");
    for secret in [id.as_bytes(), text.as_bytes(), PASSWORD.as_bytes()] {
        assert!(!holds(secret));
    }
}

#[test]
fn the_openapi_document_holds_every_route() {
    let document = serde_json::to_value(rocket_iam::openapi()).unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, [HTTP_LOGIN, HTTP_LOGOUT, HTTP_REGISTER, HTTP_WHOAMI]);
    let register = &document["paths"][HTTP_REGISTER]["post"]["responses"];
    for status in ["201", "400", "409"] {
        assert!(register[status].is_object(), "{status}");
    }
}

#[tokio::test]
async fn a_path_that_is_not_declared_is_404() {
    let iam = iam();
    for path in [
        "/",
        "/api/v1/auth",
        "/api/v1/auth/whoami/",
        "/api/v1/auth/Whoami",
    ] {
        assert_eq!(iam.call("GET", path, &[]).await.status, 404, "{path}");
    }
    let request = http::Request::get("/metrics").body(axum::body::Body::empty());
    assert_eq!(send(iam.app.router(), request.unwrap()).await.status, 404);
}
