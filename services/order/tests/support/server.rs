//! The whole service, asked over HTTP.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use rocket_db::Sqlite;
use rocket_events::{EventLog, embedded::EmbeddedLog};
use rocket_order::{App, Config, Deps, SweepIntervals, adapters::sqlite};
use rocket_rpc::{
    error::ApiError,
    session::{Identity, SessionToken, SessionValidator},
};
use rocket_runtime::{Clock as _, SystemIds};
use rocket_testkit::ManualClock;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{bank::Bank, grpc, stock::Stock};

/// Who is signed in.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Uuid, Uuid>>);

impl Sessions {
    /// A session of `user`.
    pub fn sign_in(&self, user: Uuid) -> String {
        let session = Uuid::new_v4();
        self.0.lock().unwrap().insert(session, user);
        session.to_string()
    }

    /// Ends a session.
    pub fn sign_out(&self, session: &str) {
        self.0.lock().unwrap().remove(&session.parse().unwrap());
    }
}

#[async_trait]
impl SessionValidator for Sessions {
    async fn validate(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        let found = self.0.lock().unwrap().get(&session.expose()).copied();
        let user_uuid = found.ok_or_else(ApiError::unauthenticated)?;
        Ok(Identity {
            user_uuid,
            expires_at: time::OffsetDateTime::now_utc() + Duration::from_hours(1),
        })
    }

    async fn validate_fresh(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        self.validate(session).await
    }
}

/// The service and its surroundings.
pub struct Server {
    pub router: Router,
    pub app: Option<App>,
    pub sessions: Arc<Sessions>,
    pub stock: Arc<Stock>,
    pub bank: Arc<Bank>,
    pub clock: Arc<ManualClock>,
    pub log: Arc<dyn EventLog>,
    /// A second opening of the service's file, for looking.
    pub db: Sqlite,
    dir: TempDir,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The status and the code of a problem document.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self:?}"
        );
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        (
            self.status.as_u16(),
            json["code"].as_str().unwrap().to_owned(),
        )
    }

    pub fn replayed(&self) -> bool {
        self.headers.contains_key("idempotency-replayed")
    }
}

impl Server {
    pub fn new() -> Self {
        let clock = ManualClock::new();
        Self::start(
            tempfile::tempdir().unwrap(),
            clock,
            Arc::default(),
            Arc::default(),
            Arc::default(),
        )
    }

    /// The same data and surroundings, with a new process around it.
    pub fn restart(self) -> Self {
        drop((self.app, self.router));
        Self::start(self.dir, self.clock, self.sessions, self.stock, self.bank)
    }

    fn start(
        dir: TempDir,
        clock: Arc<ManualClock>,
        sessions: Arc<Sessions>,
        stock: Arc<Stock>,
        bank: Arc<Bank>,
    ) -> Self {
        let log: Arc<dyn EventLog> =
            Arc::new(EmbeddedLog::open(&dir.path().join("events.db"), clock.shared()).unwrap());
        let path = dir.path().join("order.db");
        let fast = Duration::from_millis(20);
        let config = Config {
            sweeps: SweepIntervals {
                expire: fast,
                settle: fast,
                keys: fast,
            },
            ..Config::new(path.clone())
        };
        let deps = Deps {
            clock: clock.shared(),
            ids: Arc::new(SystemIds),
            sessions: sessions.clone(),
            log: log.clone(),
            inventory: grpc::inventory(stock.clone()),
            payment: grpc::payment(bank.clone()),
        };
        let app = App::build(config, deps).unwrap();
        Self {
            router: app.router(),
            app: Some(app),
            db: sqlite::open(&path).unwrap(),
            sessions,
            stock,
            bank,
            clock,
            log,
            dir,
        }
    }

    /// Sends a request; headers are name and value.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Body::from(body.unwrap_or_default().to_owned());
        let request = request.body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, session: &str, path: &str) -> Answer {
        let headers = [("x-session-uuid", session)];
        self.send(Method::GET, path, &headers, None).await
    }

    pub async fn post(&self, session: &str, path: &str, body: &str) -> Answer {
        let headers = [("x-session-uuid", session)];
        self.send(Method::POST, path, &headers, Some(body)).await
    }

    pub async fn post_keyed(&self, session: &str, path: &str, key: &str, body: &str) -> Answer {
        let headers = [("x-session-uuid", session), ("idempotency-key", key)];
        self.send(Method::POST, path, &headers, Some(body)).await
    }

    /// A new order for part 1: 100 minor units.
    pub async fn order(&self, session: &str) -> String {
        let body = r#"{"part_uuids":["00000000-0000-0000-0000-000000000001"]}"#;
        let answer = self.post(session, "/api/v1/orders", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["order_uuid"].as_str().unwrap().to_owned()
    }

    pub async fn pay(&self, session: &str, order: &str) -> Answer {
        let path = format!("/api/v1/orders/{order}/pay");
        self.post(session, &path, r#"{"payment_method":"CARD"}"#)
            .await
    }

    /// Everything the service has stored, as text.
    pub async fn dump(&self) -> String {
        let dump = self.db.read(|conn| {
            let mut text = String::new();
            for table in ["orders", "outbox", "inbox", "idempotency_keys"] {
                let mut query = conn.prepare(&format!("SELECT * FROM {table}"))?;
                let columns = query.column_count();
                let mut rows = query.query([])?;
                while let Some(row) = rows.next()? {
                    for column in 0..columns {
                        writeln!(text, "{table} {:?}", row.get_ref(column)?).unwrap();
                    }
                }
            }
            Ok::<_, rocket_db::DbError>(text)
        });
        dump.await.unwrap()
    }

    pub fn now(&self) -> time::OffsetDateTime {
        self.clock.now()
    }
}
