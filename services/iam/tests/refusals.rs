//! What the HTTP API refuses: with which status, code and field, and that it changes
//! nothing.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Iam, PASSWORD, iam, registration};
use rocket_iam::api::paths::{HTTP_LOGIN, HTTP_LOGOUT, HTTP_REGISTER, HTTP_WHOAMI};
use rusqlite::{Connection, types::Value as Cell};
use serde_json::{Value, json};

/// Everything the store holds.
fn rows(iam: &Iam) -> Vec<Vec<Cell>> {
    let store = Connection::open(iam.dir.path().join("iam.db")).unwrap();
    let mut all = Vec::new();
    for table in ["users", "notification_methods", "sessions"] {
        let sql = format!("SELECT * FROM {table} ORDER BY 1, 2");
        let mut statement = store.prepare(&sql).unwrap();
        let columns = statement.column_count();
        let read = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
        all.extend(read.unwrap().map(Result::unwrap));
    }
    all
}

/// Body, status, code and the field named first, or none.
type Case = (String, u16, &'static str, &'static str);

async fn each_is_refused_and_changes_nothing(iam: &Iam, path: &str, cases: Vec<Case>) {
    let before = rows(iam);
    assert!(!before.is_empty());
    for (body, status, code, field) in cases {
        let answer = iam.post(path, body.clone()).await;
        let named = answer.body["errors"][0]["field"].as_str();
        assert_eq!(
            (answer.status.as_u16(), answer.code(), named.unwrap_or("")),
            (status, code, field),
            "{body}"
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.body["status"], status, "{body}");
        assert!(answer.headers.get("set-cookie").is_none(), "{body}");
        assert_eq!(rows(iam), before, "{body}");
    }
}

fn zoe(change: impl FnOnce(&mut Value)) -> String {
    let mut body = registration("zoe");
    change(&mut body);
    body.to_string()
}

fn with(field: &str, value: Value) -> String {
    zoe(|body| body[field] = value)
}

fn without(field: &str) -> String {
    zoe(|body| drop(body.as_object_mut().unwrap().remove(field)))
}

fn with_methods(targets: &[&str]) -> String {
    let method = |target| json!({"provider_name": "telegram", "target": target});
    with("notification_methods", targets.iter().map(method).collect())
}

fn invalid(body: String, field: &'static str) -> Case {
    (body, 400, "invalid_argument", field)
}

fn malformed(body: &str) -> Case {
    (body.to_owned(), 400, "malformed_json", "")
}

#[tokio::test]
async fn registering() {
    let iam = iam();
    iam.register("ann").await;
    let as_ann = |login: &str, email: &str| {
        zoe(|body| {
            body["login"] = json!(login);
            body["email"] = json!(email);
        })
    };
    let taken = |body, code| (body, 409, code, "");
    let cases = vec![
        malformed(""),
        malformed("{"),
        malformed("login=zoe"),
        malformed(&format!("{} x", registration("zoe"))),
        invalid("null".into(), "body"),
        invalid("7".into(), "body"),
        (with("admin", json!(1)), 400, "unknown_field", "admin"),
        (
            zoe(|body| body["notification_methods"][0]["chat"] = json!(1)),
            400,
            "unknown_field",
            "notification_methods[0].chat",
        ),
        invalid("{}".into(), "login"),
        invalid(without("login"), "login"),
        invalid(without("email"), "email"),
        invalid(without("password"), "password"),
        invalid(with("login", json!("zo")), "login"),
        invalid(with("login", json!("zoe!")), "login"),
        invalid(with("login", json!("z".repeat(65))), "login"),
        invalid(with("login", Value::Null), "login"),
        invalid(with("email", json!("zoe")), "email"),
        invalid(with("email", json!("zoe@localhost")), "email"),
        invalid(with("email", json!("zoe@b@c.org")), "email"),
        invalid(with("password", json!("1234567")), "password"),
        invalid(with("password", json!("a".repeat(129))), "password"),
        invalid(with("password", json!(12_345_678)), "password"),
        invalid(with_methods(&["1"; 6]), "notification_methods"),
        invalid(with_methods(&["1", "2", "1"]), "notification_methods[2]"),
        invalid(with_methods(&["1", ""]), "notification_methods[1].target"),
        invalid(
            zoe(|body| body["notification_methods"][0]["provider_name"] = json!("No!")),
            "notification_methods[0].provider_name",
        ),
        taken(as_ann("ANN", "zoe@example.org"), "login_taken"),
        taken(as_ann("zoe", "Ann@Example.org"), "email_taken"),
        taken(as_ann("ann", "ann@example.org"), "login_taken"),
        (
            with("login", json!("z".repeat(70_000))),
            413,
            "body_too_large",
            "",
        ),
    ];
    each_is_refused_and_changes_nothing(&iam, HTTP_REGISTER, cases).await;
    // Nothing of the refused holds her names.
    iam.register("zoe").await;
}

#[tokio::test]
async fn signing_in() {
    let iam = iam();
    iam.signed_in("ann").await;
    let login =
        |login: &str, password: &str| json!({"login": login, "password": password}).to_string();
    let wrong = |body| (body, 401, "invalid_credentials", "");
    let cases = vec![
        malformed("{"),
        (
            json!({"login": "ann", "password": PASSWORD, "for": "ever"}).to_string(),
            400,
            "unknown_field",
            "for",
        ),
        invalid("{}".into(), "login"),
        invalid(json!({"login": "ann"}).to_string(), "password"),
        invalid(json!({"password": PASSWORD}).to_string(), "login"),
        invalid(login("", PASSWORD), "login"),
        invalid(login("ann", ""), "password"),
        invalid(login("ann", &"a".repeat(513)), "password"),
        wrong(login("ann", "wrong horse")),
        wrong(login("ann", "Correct horse")),
        wrong(login("nobody", PASSWORD)),
        wrong(login("not a login", PASSWORD)),
    ];
    each_is_refused_and_changes_nothing(&iam, HTTP_LOGIN, cases).await;
    assert_eq!(iam.try_login("ann", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn guessing_at_known_and_unknown_accounts_looks_the_same() {
    let iam = iam();
    iam.register("ann").await;
    let before = rows(&iam);
    let mut seen = Vec::new();
    for login in ["ann", "nobody"] {
        let mut answers = Vec::new();
        for attempt in 1..=11 {
            let answer = iam.try_login(login, "wrong horse").await;
            let expected = if attempt <= 10 { 401 } else { 429 };
            assert_eq!(answer.status, expected, "{login} {attempt}");
            let after = answer.header("retry-after").to_owned();
            assert_eq!(after, if attempt <= 10 { "" } else { "900" });
            answers.push((
                answer.body,
                answer.headers.keys().cloned().collect::<Vec<_>>(),
            ));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(iam.hasher.verified(), 20, "the eleventh costs no hash");
    assert_eq!(rows(&iam), before);
    iam.register("ben").await;
    let ben = iam.try_login("ben", PASSWORD).await;
    assert_eq!(ben.status, 200, "others are not held up");
}

#[tokio::test]
async fn without_a_live_session_nobody_is_known_or_signed_out() {
    let iam = iam();
    let expired = iam.signed_in("ann").await;
    iam.clock.advance(std::time::Duration::from_hours(24));
    let ended = iam.signed_in("ben").await;
    let live = iam.try_login("ben", PASSWORD).await.text("session_uuid");
    let out = iam
        .call("POST", HTTP_LOGOUT, &[("x-session-uuid", &ended)])
        .await;
    assert_eq!(out.status, 204);
    let unknown = uuid::Uuid::new_v4().to_string();
    let (bare, braced) = (live.replace('-', ""), format!("{{{live}}}"));
    let before = rows(&iam);
    for presented in ["", "nonsense", &bare, &braced, &unknown, &expired, &ended] {
        let cookie = format!("session_uuid={presented}");
        for header in [("x-session-uuid", presented), ("cookie", &cookie)] {
            for (method, path) in [("GET", HTTP_WHOAMI), ("POST", HTTP_LOGOUT)] {
                let answer = iam.call(method, path, &[header]).await;
                let seen = (answer.status.as_u16(), answer.code());
                assert_eq!(seen, (401, "unauthenticated"), "{method} {header:?}");
                assert_eq!(rows(&iam), before, "{method} {header:?}");
            }
        }
    }
    for (method, path) in [("GET", HTTP_WHOAMI), ("POST", HTTP_LOGOUT)] {
        assert_eq!(iam.call(method, path, &[]).await.status, 401);
    }
    assert_eq!(rows(&iam), before);
}

#[tokio::test]
async fn other_methods_are_405_with_a_problem() {
    let iam = iam();
    let live = iam.signed_in("ann").await;
    for (method, path) in [
        ("GET", HTTP_REGISTER),
        ("GET", HTTP_LOGIN),
        ("DELETE", HTTP_LOGOUT),
        ("POST", HTTP_WHOAMI),
    ] {
        let answer = iam.call(method, path, &[("x-session-uuid", &live)]).await;
        let seen = (answer.status.as_u16(), answer.code());
        assert_eq!(seen, (405, "method_not_allowed"), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}
