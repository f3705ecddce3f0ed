//! What is logged, at every level, by everything in the process. One test in a file of
//! its own, because the subscriber is the process's.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use common::{
    Iam, build, registration,
    remote::{Remote, of_service, of_session, remote},
    without_store,
};
use rocket_iam::{
    HashingConfig,
    adapters::Argon2idHasher,
    api::paths::{HTTP_LOGOUT, HTTP_REGISTER, HTTP_WHOAMI},
};
use rocket_proto::{
    auth::v1::{
        LoginRequest, LogoutRequest, WhoamiRequest, auth_service_client::AuthServiceClient,
    },
    envoy::service::auth::v3::{
        AttributeContext, CheckRequest,
        attribute_context::{HttpRequest, Request as Attributes},
        authorization_client::AuthorizationClient,
    },
    user::v1::{
        GetUserRequest, NotificationMethod, RegisterRequest, UserInfo,
        user_service_client::UserServiceClient,
    },
};
use serde_json::json;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};
use uuid::Uuid;

#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<u8>>>);

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// With the real hasher, cheaply set.
fn with_argon2() -> Iam {
    build(
        |_| {},
        |ports| {
            let cheap = HashingConfig {
                memory_kib: 8,
                iterations: 1,
                ..HashingConfig::default()
            };
            ports.hasher = Arc::new(Argon2idHasher::new(&cheap).unwrap());
        },
    )
}

/// Goes every way in and every way out, by HTTP and over a connection; returns the
/// session ids it got and one that it made up.
async fn use_everything(remote: &Remote) -> Vec<String> {
    let iam = &remote.iam;
    let mut register = registration("ann");
    register["notification_methods"][0]["target"] = json!("chat-of-ann");
    let mut refused = register.clone();
    refused["login"] = json!("not allowed");
    for body in [&register, &register, &refused] {
        iam.post(HTTP_REGISTER, body.to_string()).await;
    }
    iam.try_login("ann", "the wrong horse").await;
    let answer = iam.try_login("ann", common::PASSWORD).await;
    register_and_look_up(remote).await;
    let mut auth = AuthServiceClient::new(remote.channel.clone());
    let login = LoginRequest {
        login: "ben".into(),
        password: common::PASSWORD.into(),
    };
    let over_grpc = auth.login(login).await.ok();
    let sessions: Vec<String> = [
        Some(answer.text("session_uuid")).filter(|id| !id.is_empty()),
        over_grpc.map(|answer| answer.into_inner().session_uuid),
        Some(Uuid::new_v4().to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    for session in &sessions {
        show(remote, session).await;
    }
    sessions
}

async fn register_and_look_up(remote: &Remote) {
    let ben = RegisterRequest {
        info: Some(UserInfo {
            login: "ben".into(),
            email: "ben@example.org".into(),
            notification_methods: vec![NotificationMethod {
                provider_name: "telegram".into(),
                target: "chat-of-ben".into(),
            }],
        }),
        password: common::PASSWORD.into(),
    };
    let [_, notification] = &remote.iam.secrets;
    let mut users = UserServiceClient::new(remote.channel.clone());
    let opened = users.register(ben).await.map(tonic::Response::into_inner);
    let user_uuid = opened.map_or_else(|_| Uuid::now_v7().to_string(), |answer| answer.user_uuid);
    let ask = of_service(GetUserRequest { user_uuid }, notification);
    users.get_user(ask).await.ok();
}

/// Shows the session to everything that takes one, then ends it.
async fn show(remote: &Remote, session: &str) {
    let mut auth = AuthServiceClient::new(remote.channel.clone());
    let mut gate = AuthorizationClient::new(remote.channel.clone());
    let [gateway, _] = &remote.iam.secrets;
    let cookie = format!("session_uuid={session}");
    auth.whoami(of_session(WhoamiRequest {}, session))
        .await
        .ok();
    for header in [("x-session-uuid", session), ("cookie", &cookie)] {
        let check = of_service(check_of(header), gateway);
        gate.check(check).await.ok();
        remote.iam.call("GET", HTTP_WHOAMI, &[header]).await;
    }
    let header = ("cookie", cookie.as_str());
    remote.iam.call("POST", HTTP_LOGOUT, &[header]).await;
    auth.logout(of_session(LogoutRequest {}, session))
        .await
        .ok();
}

fn check_of((name, value): (&str, &str)) -> CheckRequest {
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(Attributes {
                http: Some(HttpRequest {
                    headers: [(name.to_owned(), value.to_owned())].into(),
                    ..HttpRequest::default()
                }),
            }),
        }),
    }
}

#[tokio::test]
async fn invariant_9_no_secret_and_nothing_personal_is_logged() {
    let capture = Capture::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(capture.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let there = remote(with_argon2()).await;
    let away = remote(without_store()).await;
    let mut secrets = use_everything(&there).await;
    assert_eq!(secrets.len(), 3, "two sign-ins and one that is made up");
    secrets.extend(use_everything(&away).await);
    for remote in [there, away] {
        secrets.extend(remote.stop().await.secrets);
    }
    let personal = [common::PASSWORD, "wrong horse", "example.org", "chat-of"];
    secrets.extend(personal.map(str::to_owned));

    let bytes = capture.0.lock().unwrap().clone();
    let log = String::from_utf8_lossy(&bytes);
    // It would have been seen: the steps are there, and so is the failure's cause.
    for step in [
        "log in",
        "register user",
        "verify password",
        "whoami",
        "check request",
        "get user",
        "log out",
        "h2::",
        "says its driver",
    ] {
        assert!(log.contains(step), "{step} was not captured");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret} was logged");
        let bare = secret.replace('-', "");
        assert!(!log.contains(&bare), "{secret} was logged without hyphens");
    }
}
