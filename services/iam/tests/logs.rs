//! What is logged, at every level, by everything in the process. One test in a file of
//! its own, because the subscriber is the process's.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use common::{Iam, build, registration, without_store};
use rocket_iam::{
    HashingConfig,
    adapters::Argon2idHasher,
    api::paths::{HTTP_LOGOUT, HTTP_REGISTER, HTTP_WHOAMI},
};
use rocket_proto::{
    auth::v1::{LoginRequest, WhoamiRequest, auth_service_client::AuthServiceClient},
    user::v1::{GetUserRequest, user_service_client::UserServiceClient},
};
use rocket_rpc::session::{SessionToken, with_session};
use serde_json::json;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

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

/// Goes every way in and every way out; returns the session ids it got.
async fn use_everything(iam: &Iam) -> Vec<String> {
    let register = registration("ann");
    let mut refused = register.clone();
    refused["login"] = json!("not allowed");
    for body in [&register, &register, &refused] {
        iam.post(HTTP_REGISTER, body.to_string()).await;
    }
    iam.try_login("ann", "the wrong horse").await;
    let answer = iam.try_login("ann", common::PASSWORD).await;
    let user_uuid = GetUserRequest {
        user_uuid: uuid::Uuid::now_v7().to_string(),
    };
    let mut users = UserServiceClient::new(iam.channel(Some(&iam.notification)));
    users.get_user(user_uuid).await.unwrap_err();
    let mut auth = AuthServiceClient::new(iam.channel(None));
    let login = LoginRequest {
        login: "ann".into(),
        password: common::PASSWORD.into(),
    };
    let over_grpc = auth.login(login).await;
    let sessions: Vec<String> = [
        Some(answer.text("session_uuid")).filter(|id| !id.is_empty()),
        over_grpc
            .ok()
            .map(|answer| answer.into_inner().session_uuid),
        Some(uuid::Uuid::new_v4().to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    for session in &sessions {
        let token = SessionToken::new(session.parse().unwrap());
        let ask = with_session(tonic::Request::new(WhoamiRequest {}), &token);
        auth.whoami(ask).await.ok();
        let cookie = format!("session_uuid={session}");
        for headers in [
            [("x-session-uuid", session.as_str())],
            [("cookie", &cookie)],
        ] {
            iam.call("GET", HTTP_WHOAMI, &headers).await;
            iam.call("POST", HTTP_LOGOUT, &headers).await;
        }
    }
    sessions
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

    let (iam, away) = (with_argon2(), without_store());
    let mut secrets = use_everything(&iam).await;
    assert_eq!(secrets.len(), 3, "two sign-ins and one that is made up");
    secrets.extend(use_everything(&away).await);
    let personal = [common::PASSWORD, "wrong horse", "example.org", "4711"];
    secrets.extend(personal.map(str::to_owned));

    let bytes = capture.0.lock().unwrap().clone();
    let log = String::from_utf8_lossy(&bytes);
    // It would have been seen: the steps are there, and so is the failure's cause.
    for step in [
        "log in",
        "register user",
        "verify password",
        "whoami",
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
