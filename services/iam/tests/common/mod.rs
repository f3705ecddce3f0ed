//! IAM on its embedded store, with a hasher that costs nothing and a clock set by hand.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod remote;

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use rocket_iam::{
    App, Config, Deps, Ports,
    api::paths,
    fakes::{AwayStore, CountingHasher},
};
use rocket_rpc::{
    Channel,
    client::{ClientConfig, in_process},
    credential::{Credential, Credentials},
};
use rocket_runtime::SystemIds;
use rocket_testkit::ManualClock;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct Iam {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) hasher: Arc<CountingHasher>,
    pub(crate) gateway: Credential,
    pub(crate) notification: Credential,
    /// The secrets of the two, for clients that are not of this process.
    pub(crate) secrets: [String; 2],
    pub(crate) dir: TempDir,
}

/// As it runs.
pub(crate) fn iam() -> Iam {
    build(|_| {}, |_| {})
}

/// With its store away.
pub(crate) fn without_store() -> Iam {
    build(
        |_| {},
        |ports| {
            ports.users = Arc::new(AwayStore);
            ports.sessions = Arc::new(AwayStore);
            ports.whoami = Arc::new(AwayStore);
        },
    )
}

pub(crate) fn build(configure: fn(&mut Config), replace: fn(&mut Ports)) -> Iam {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::new(dir.path().join("iam.db"));
    configure(&mut config);
    let clock = ManualClock::new();
    let hasher = Arc::new(CountingHasher::default());
    let secrets = [(); 2].map(|()| Uuid::new_v4().to_string());
    let [gateway, notification] = secrets.each_ref().map(Credential::from_secret);
    let credentials = Credentials::new()
        .allow("gateway", gateway.hash(), &[paths::GRPC_CHECK])
        .allow("notification", notification.hash(), &[paths::GRPC_GET_USER]);
    let deps = Deps {
        clock: clock.shared(),
        ids: Arc::new(SystemIds),
        credentials,
    };
    let mut ports = Ports::embedded(&config).unwrap();
    ports.hasher = hasher.clone();
    replace(&mut ports);
    Iam {
        app: App::from_ports(&config, deps, ports).unwrap(),
        clock,
        hasher,
        gateway,
        notification,
        secrets,
        dir,
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    }
}

pub(crate) fn registration(login: &str) -> Value {
    json!({
        "login": login,
        "email": format!("{login}@example.org"),
        "password": PASSWORD,
        "notification_methods": [{"provider_name": "telegram", "target": "4711"}],
    })
}

impl Iam {
    pub(crate) async fn post(&self, path: &str, body: impl Into<String>) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.into()));
        send(self.app.router(), request.unwrap()).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(self.app.router(), request.body(Body::empty()).unwrap()).await
    }

    /// Opens the account and returns its id.
    pub(crate) async fn register(&self, login: &str) -> String {
        let body = registration(login).to_string();
        let answer = self.post(paths::HTTP_REGISTER, body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.text("user_uuid")
    }

    pub(crate) async fn try_login(&self, login: &str, password: &str) -> Answer {
        let body = json!({"login": login, "password": password}).to_string();
        self.post(paths::HTTP_LOGIN, body).await
    }

    /// Opens the account, signs in and returns the session id.
    pub(crate) async fn signed_in(&self, login: &str) -> String {
        self.register(login).await;
        let answer = self.try_login(login, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("session_uuid")
    }

    /// A channel as a service of the same process holds it.
    pub(crate) fn channel(&self, credential: Option<&Credential>) -> Channel {
        let config = ClientConfig {
            credential: credential.cloned(),
            ..ClientConfig::default()
        };
        in_process(self.app.router(), &config)
    }
}
