//! Notification between an embedded log, a stand-in for IAM and one for Telegram.

mod iam;

use std::{
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use iam::{Iam, Sessions};
use prost::Message as _;
use rocket_db::rusqlite::Connection;
use rocket_events::{
    EventLog as _, Record, Signal, cloud::event_uuid, embedded::EmbeddedLog, topics,
};
use rocket_notification::{App, Config, Deps, TelegramConfig};
use rocket_proto::{
    events::v1::{OrderPaid, ShipAssembled},
    payment::v1::PaymentMethod,
};
use rocket_runtime::{SystemClock, shutdown::CancellationToken};
use rocket_testkit::{eventually, telegram::Telegram};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use uuid::Uuid;

pub(crate) const TOKEN: &str = "123456:s3cret";
pub(crate) const CHAT: i64 = 4_711;
const PATIENCE: Duration = Duration::from_secs(20);
/// When orders were paid. Recent, as the service forgets what is old.
static PAID_AT: LazyLock<i64> = LazyLock::new(|| OffsetDateTime::now_utc().unix_timestamp());

pub(crate) struct Platform {
    pub(crate) log: Arc<EmbeddedLog>,
    pub(crate) iam: Iam,
    router: axum::Router,
    running: JoinHandle<()>,
    shutdown: CancellationToken,
    dir: tempfile::TempDir,
}

impl Platform {
    pub(crate) fn start(telegram: Option<&Telegram>) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), Iam::default(), telegram)
    }

    fn start_in(dir: tempfile::TempDir, iam: Iam, telegram: Option<&Telegram>) -> Self {
        rocket_testkit::tls::install();
        let clock = Arc::new(SystemClock);
        let events = dir.path().join("events.db");
        let log = Arc::new(EmbeddedLog::open(&events, clock.clone()).unwrap());
        let mut config = Config::new(dir.path().join("notification.db"));
        config.telegram = telegram.map(|telegram| TelegramConfig {
            base_url: telegram.url(),
            ..TelegramConfig::new(TOKEN)
        });
        let deps = Deps {
            clock,
            sessions: Arc::new(Sessions),
            log: log.clone(),
            iam: iam.channel(),
        };
        let app = App::build(config, deps).unwrap();
        let shutdown = CancellationToken::new();
        Self {
            log,
            iam,
            router: app.router(),
            running: tokio::spawn(app.run(shutdown.clone())),
            shutdown,
            dir,
        }
    }

    /// Ends the service and starts it on what it left.
    pub(crate) async fn restart(self, telegram: Option<&Telegram>) -> Self {
        self.shutdown.cancel();
        self.running.await.unwrap();
        Self::start_in(self.dir, self.iam, telegram)
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap();
    }

    pub(crate) fn user_with_chat(&self) -> Uuid {
        let user = Uuid::new_v4();
        self.iam.add(user, &CHAT.to_string());
        user
    }

    /// In these tests a user's session is the user's own id.
    pub(crate) async fn get(&self, path: &str, user: Option<Uuid>) -> (StatusCode, Value) {
        self.request("GET", path, user).await
    }

    pub(crate) async fn post(&self, path: &str, user: Uuid) -> StatusCode {
        self.request("POST", path, Some(user)).await.0
    }

    async fn request(&self, method: &str, path: &str, user: Option<Uuid>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(user) = user {
            request = request.header("x-session-uuid", user.to_string());
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn messages(&self, user: Uuid) -> Vec<Value> {
        let (status, body) = self.get("/api/v1/notifications", Some(user)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["notifications"].as_array().unwrap().clone()
    }

    pub(crate) async fn until_messages(&self, user: Uuid, count: usize) -> Vec<Value> {
        eventually("messages", PATIENCE, || async {
            let messages = self.messages(user).await;
            (messages.len() >= count).then_some(messages)
        })
        .await
    }

    /// Waits until all of the user's messages have come so far.
    pub(crate) async fn until_delivery(&self, user: Uuid, delivery: &str) {
        eventually(delivery, PATIENCE, || async {
            let messages = self.messages(user).await;
            let all = messages.iter().all(|it| it["delivery"] == delivery);
            (all && !messages.is_empty()).then_some(())
        })
        .await;
    }

    /// Waits until the service has committed this many records of `order.paid`.
    pub(crate) async fn until_committed(&self, count: i64) {
        eventually("commit", PATIENCE, || async {
            (committed(&self.dir.path().join("events.db")) >= count).then_some(())
        })
        .await;
    }

    pub(crate) async fn next_record(&self, topic: &str) -> Record {
        let mut reader = self.log.subscribe("test", &[topic]).await.unwrap();
        let next = tokio::time::timeout(PATIENCE, reader.next()).await;
        match next.unwrap().unwrap() {
            Signal::Delivery(delivery) => delivery.record,
            other @ Signal::Revoked(_) => panic!("{other:?}"),
        }
    }
}

fn committed(events: &Path) -> i64 {
    let connection = Connection::open(events).unwrap();
    let query = "SELECT coalesce(sum(next_offset), 0) FROM positions
                 WHERE consumer_group = 'notification' AND topic = 'order.paid'";
    connection.query_row(query, [], |row| row.get(0)).unwrap()
}

pub(crate) fn paid(order: Uuid, user: Uuid) -> Record {
    let event = OrderPaid {
        event_uuid: event_uuid(order, topics::ORDER_PAID).to_string(),
        order_uuid: order.to_string(),
        user_uuid: user.to_string(),
        payment_method: PaymentMethod::Card.into(),
        transaction_uuid: Uuid::new_v4().to_string(),
        amount: 120_005,
        currency: "USD".to_owned(),
        occurred_at: Some(at(0)),
    };
    record(topics::ORDER_PAID, order, event.encode_to_vec())
}

pub(crate) fn assembled(order: Uuid, user: Uuid) -> Record {
    let event = ShipAssembled {
        event_uuid: event_uuid(order, topics::SHIP_ASSEMBLED).to_string(),
        order_uuid: order.to_string(),
        user_uuid: user.to_string(),
        build_time: Some(prost_types::Duration {
            seconds: 10,
            nanos: 0,
        }),
        occurred_at: Some(at(10)),
    };
    record(topics::SHIP_ASSEMBLED, order, event.encode_to_vec())
}

/// This many seconds after the orders were paid, as JSON has it.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(*PAID_AT + seconds).unwrap();
    at.format(&Rfc3339).unwrap()
}

fn at(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: *PAID_AT + seconds,
        nanos: 0,
    }
}

fn record(topic: &str, order: Uuid, payload: Vec<u8>) -> Record {
    Record {
        topic: topic.to_owned(),
        key: order.to_string(),
        payload: Bytes::from(payload),
        headers: Vec::new(),
    }
}
