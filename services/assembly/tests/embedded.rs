//! Assembly on the embedded log, in real time.
#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use prost::Message as _;
use rocket_assembly::{App, Config, Deps};
use rocket_events::{EventLog as _, Record, Signal, cloud, embedded::EmbeddedLog, topics};
use rocket_proto::events::v1::{OrderPaid, ShipAssembled};
use rocket_rpc::client::{self, ClientConfig};
use rocket_runtime::{SystemClock, shutdown::CancellationToken};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use uuid::Uuid;

#[tokio::test]
async fn an_order_becomes_a_ship_and_health_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let log = Arc::new(EmbeddedLog::open(&dir.path().join("events.db"), clock.clone()).unwrap());
    let config = Config {
        assembly_time: Duration::from_millis(50),
        ..Config::default()
    };
    let deps = Deps {
        clock,
        log: log.clone(),
    };
    let app = App::build(config, deps).unwrap();
    let channel = client::in_process(app.router(), &ClientConfig::default());
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(app.run(shutdown.clone()));

    let order = Uuid::new_v4();
    let event = OrderPaid {
        event_uuid: cloud::event_uuid(order, topics::ORDER_PAID).to_string(),
        order_uuid: order.to_string(),
        user_uuid: Uuid::new_v4().to_string(),
        ..OrderPaid::default()
    };
    let record = Record {
        topic: topics::ORDER_PAID.to_owned(),
        key: order.to_string(),
        payload: Bytes::from(event.encode_to_vec()),
        headers: Vec::new(),
    };
    log.append(vec![record]).await.unwrap();
    let mut reader = log
        .subscribe("test", &[topics::SHIP_ASSEMBLED])
        .await
        .unwrap();
    let signal = tokio::time::timeout(Duration::from_secs(20), reader.next())
        .await
        .unwrap()
        .unwrap();
    let Signal::Delivery(delivery) = signal else {
        panic!("{signal:?}");
    };
    let ship = ShipAssembled::decode(delivery.record.payload).unwrap();
    assert_eq!(ship.order_uuid, order.to_string());

    let mut health = HealthClient::new(channel);
    let request = HealthCheckRequest::default();
    let answer = health.check(request.clone()).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    shutdown.cancel();
    running.await.unwrap();
    let answer = health.check(request).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::NotServing);
}
