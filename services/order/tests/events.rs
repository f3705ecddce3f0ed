//! Following an order, and the service's background work around it.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures::StreamExt as _;
use http::Request;
use prost::Message as _;
use rocket_events::{Delivery, Record, Signal, cloud, topics};
use rocket_proto::events::v1::{OrderPaid, ShipAssembled};
use rocket_runtime::shutdown::CancellationToken;
use rocket_testkit::eventually;
use serde_json::Value;
use tower::ServiceExt as _;
use uuid::Uuid;

use support::{id, server::Server, stock::Hold};

const WAIT: Duration = Duration::from_secs(20);

/// Reads server-sent events.
struct Events {
    stream: BodyDataStream,
    text: String,
}

impl Events {
    async fn open(server: &Server, session: &str, order: &str) -> Self {
        let request = Request::get(format!("/api/v1/orders/{order}/events"))
            .header("x-session-uuid", session)
            .body(Body::empty())
            .unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            stream: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// The data of the next event, or none at the end of the stream. Fails the test
    /// when neither comes.
    async fn next(&mut self) -> Option<Value> {
        let wait = Duration::from_mins(2);
        tokio::time::timeout(wait, self.read()).await.unwrap()
    }

    async fn read(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                if let Some(data) = data {
                    assert!(event.lines().any(|line| line == "event: status"), "{event}");
                    let data = serde_json::from_str(data).unwrap();
                    self.text = String::from(rest);
                    return Some(data);
                }
                self.text = String::from(rest);
                continue;
            }
            let chunk = self.stream.next().await?;
            self.text += std::str::from_utf8(&chunk.unwrap()).unwrap();
        }
    }
}

async fn assembled(server: &Server, order: &str) {
    let order: Uuid = order.parse().unwrap();
    let event = ShipAssembled {
        event_uuid: cloud::event_uuid(order, topics::SHIP_ASSEMBLED).to_string(),
        order_uuid: order.to_string(),
        user_uuid: id(10).to_string(),
        build_time: Some(prost_types::Duration {
            seconds: 10,
            nanos: 0,
        }),
        occurred_at: None,
    };
    append(server, &order.to_string(), event.encode_to_vec()).await;
}

async fn append(server: &Server, key: &str, payload: Vec<u8>) {
    let record = Record {
        topic: topics::SHIP_ASSEMBLED.to_owned(),
        key: key.to_owned(),
        payload: Bytes::from(payload),
        headers: Vec::new(),
    };
    server.log.append(vec![record]).await.unwrap();
}

async fn read(server: &Server, topic: &str, count: usize) -> Vec<Delivery> {
    let mut subscription = server.log.subscribe("test", &[topic]).await.unwrap();
    let mut found = Vec::new();
    while found.len() < count {
        match tokio::time::timeout(WAIT, subscription.next())
            .await
            .unwrap()
        {
            Ok(Signal::Delivery(delivery)) => found.push(delivery),
            other => panic!("{other:?}"),
        }
    }
    found
}

struct Running {
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn run(server: &mut Server) -> Running {
    let shutdown = CancellationToken::new();
    let app = server.app.take().unwrap();
    let task = tokio::spawn(app.run(shutdown.clone()));
    Running { shutdown, task }
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(WAIT, self.task)
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn one_user_follows_so_many_orders_at_once_and_others_are_not_concerned() {
    let server = Server::new();
    let (ann, bob) = (id(10), id(11));
    // Two sessions of one user are one user.
    let sessions = [server.sessions.sign_in(ann), server.sessions.sign_in(ann)];
    let order = server.order(&sessions[0]).await;
    let mut open = Vec::new();
    for n in 0..16 {
        open.push(Events::open(&server, &sessions[n % 2], &order).await);
    }
    let path = format!("/api/v1/orders/{order}/events");
    let refused = server.get(&sessions[1], &path).await;
    assert_eq!(refused.problem(), (429, "too_many_streams".to_owned()));
    assert!(refused.headers.contains_key("retry-after"));

    let other = server.sessions.sign_in(bob);
    let others = server.order(&other).await;
    Events::open(&server, &other, &others).await;
    drop(open.pop());
    Events::open(&server, &sessions[1], &order).await;
}

#[tokio::test]
async fn a_follower_hears_every_status_in_order_and_then_the_end() {
    let mut server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let running = run(&mut server);
    let mut events = Events::open(&server, &session, &order).await;
    let first = events.next().await.unwrap();
    assert_eq!(first["status"], "PENDING_PAYMENT");
    assert_eq!(first["order_uuid"], order);
    assert!(first.get("paid_at").is_none(), "{first}");
    let paid = server.pay(&session, &order).await.json();
    let second = events.next().await.unwrap();
    assert_eq!(second["status"], "PAID");
    assert_eq!(second["transaction_uuid"], paid["transaction_uuid"]);
    assert_eq!(second["paid_at"], second["updated_at"]);
    assembled(&server, &order).await;
    let third = events.next().await.unwrap();
    assert_eq!(third["status"], "ASSEMBLED");
    assert_eq!(third["build_time_seconds"], 10.0);
    assert_eq!(third["assembled_at"], third["updated_at"]);
    assert_eq!(events.next().await, None);
    // Who comes late hears the present status and the end.
    let mut late = Events::open(&server, &session, &order).await;
    assert_eq!(late.next().await.unwrap()["status"], "ASSEMBLED");
    assert_eq!(late.next().await, None);
    running.stop().await;
}

#[tokio::test]
async fn a_cancelled_order_ends_its_streams() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let mut events = Events::open(&server, &session, &order).await;
    assert_eq!(events.next().await.unwrap()["status"], "PENDING_PAYMENT");
    let path = format!("/api/v1/orders/{order}/cancel");
    assert_eq!(server.post(&session, &path, "").await.status, 204);
    assert_eq!(events.next().await.unwrap()["status"], "CANCELLED");
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_within_five_seconds_of_logout_and_not_before() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let mut events = Events::open(&server, &session, &order).await;
    assert_eq!(events.next().await.unwrap()["status"], "PENDING_PAYMENT");
    // From here on only timers matter, and the fake time runs by itself.
    tokio::time::pause();
    let alive = tokio::time::timeout(Duration::from_mins(1), events.next()).await;
    assert!(alive.is_err(), "ended while signed in: {alive:?}");
    server.sessions.sign_out(&session);
    let ended = tokio::time::timeout(Duration::from_secs(5), events.next()).await;
    assert_eq!(ended, Ok(None));
}

#[tokio::test]
async fn a_paid_order_reaches_the_log_and_inventory() {
    let mut server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let cancelled = server.order(&session).await;
    let running = run(&mut server);
    let transaction = server.pay(&session, &order).await.json();
    let cancel = format!("/api/v1/orders/{cancelled}/cancel");
    assert_eq!(server.post(&session, &cancel, "").await.status, 204);
    let delivery = read(&server, topics::ORDER_PAID, 1).await.remove(0);
    assert_eq!(delivery.record.key, order);
    let event = OrderPaid::decode(delivery.record.payload.clone()).unwrap();
    assert_eq!(event.order_uuid, order);
    assert_eq!(transaction["transaction_uuid"], event.transaction_uuid);
    assert_eq!(
        delivery.record.header("ce_id"),
        Some(event.event_uuid.as_str())
    );
    assert_eq!(
        delivery.record.header("ce_type"),
        Some("events.v1.OrderPaid")
    );
    let (order, cancelled) = (order.parse().unwrap(), cancelled.parse().unwrap());
    eventually("the parts are sold and given back", WAIT, async || {
        let sold = server.stock.hold_of(order) == Some(Hold::Committed);
        let back = server.stock.hold_of(cancelled) == Some(Hold::Released);
        (sold && back).then_some(())
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn invariant_2_an_event_written_before_a_crash_is_sent_after_it() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    // Nothing runs in the background, so the event stays in the outbox.
    assert_eq!(server.pay(&session, &order).await.status, 200);
    let mut server = server.restart();
    let running = run(&mut server);
    let delivery = read(&server, topics::ORDER_PAID, 1).await.remove(0);
    assert_eq!(delivery.record.key, order);
    running.stop().await;
}

#[tokio::test]
async fn unpaid_orders_expire_by_themselves() {
    let mut server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let mut events = Events::open(&server, &session, &order).await;
    assert_eq!(events.next().await.unwrap()["status"], "PENDING_PAYMENT");
    let running = run(&mut server);
    server.clock.advance(Duration::from_mins(15));
    assert_eq!(events.next().await.unwrap()["status"], "CANCELLED");
    running.stop().await;
}

#[tokio::test]
async fn invariant_8_what_can_never_be_handled_is_parked_and_blocks_nothing() {
    let mut server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let (paid, unpaid) = (server.order(&session).await, server.order(&session).await);
    assert_eq!(server.pay(&session, &paid).await.status, 200);
    append(&server, &paid, b"not protobuf".to_vec()).await;
    assembled(&server, &Uuid::now_v7().to_string()).await;
    assembled(&server, &unpaid).await;
    assembled(&server, &paid).await;
    assembled(&server, &paid).await;
    let running = run(&mut server);
    let path = format!("/api/v1/orders/{paid}");
    eventually("the good event is handled", WAIT, async || {
        let shown = server.get(&session, &path).await.json();
        (shown["status"] == "ASSEMBLED").then_some(())
    })
    .await;
    let dead = topics::dead_letters_of(topics::SHIP_ASSEMBLED);
    assert_eq!(read(&server, &dead, 3).await.len(), 3);
    let shown = server
        .get(&session, &format!("/api/v1/orders/{unpaid}"))
        .await;
    assert_eq!(shown.json()["status"], "PENDING_PAYMENT");
    running.stop().await;
}
