//! Export over OTLP, through the real collector: what arrives, what must not, and what
//! a collector that is away or silent changes for the platform, which is nothing.

mod collector;
mod receiver;
mod trace;

use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point::Value};
use rocket_e2e::{Customer, Options, Platform, usage};
use rocket_testkit::{eventually, telegram::Telegram};
use serde_json::json;
use uuid::Uuid;

use self::{collector::Collector, receiver::Receiver, trace::Trace};
use crate::PROGRAM;

const SOON: Duration = Duration::from_secs(30);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CHAT: &str = "700123456789";

/// Everything is sent at once rather than every few seconds.
fn exporting_to(url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.to_owned()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned()),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50".to_owned()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200".to_owned()),
    ]
}

fn to(url: &str) -> Options {
    Options {
        env: exporting_to(url),
        ..Options::default()
    }
}

/// Orders a plentiful part and pays for it, both in the trace that the client began.
async fn buy(customer: &Customer, platform: &Platform) -> String {
    let part = customer.plentiful_part().await;
    let order = send(customer, platform, "", &json!({"part_uuids": [part]})).await;
    let order = order["order_uuid"].as_str().unwrap().to_owned();
    let card = json!({"payment_method": "CARD"});
    send(customer, platform, &format!("/{order}/pay"), &card).await;
    customer.wait_for(&order, "ASSEMBLED").await;
    order
}

async fn send(
    customer: &Customer,
    platform: &Platform,
    path: &str,
    body: &serde_json::Value,
) -> serde_json::Value {
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/orders{path}", platform.url()))
        .header("x-session-uuid", &customer.session)
        .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"))
        .json(body)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bought_rocket_is_one_trace_with_metrics_and_logs_and_no_secret() {
    let (receiver, address) = Receiver::start().await;
    let collector = Collector::start(address).await;
    let token = format!("123456789:{}", Uuid::new_v4().simple());
    let header = format!("planted{}", Uuid::new_v4().simple());
    let telegram = Telegram::start(&token).await;
    let mut options = to(&collector.url());
    options.spec = format!(
        "  services:\n    assembly: {{assemblyTime: 500ms}}\n    notification:\n      telegram: \
         {{botTokenSecretRef: {{name: bot, key: token}}, apiBaseUrl: \"{}\"}}\n",
        telegram.url()
    );
    options.env.extend([
        // At this level the libraries say most about what they send.
        ("RUST_LOG", "trace".to_owned()),
        ("TELEGRAM_BOT_TOKEN", token.clone()),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            format!("authorization=Bearer%20{header}"),
        ),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=here".to_owned(),
        ),
    ]);
    let mut platform = Platform::start(PROGRAM, &options).await;
    let password = format!("password {}", Uuid::new_v4());
    let registered = reqwest::Client::new()
        .post(format!("{}/api/v1/auth/register", platform.url()))
        .json(&json!({
            "login": "gagarin", "email": "planted@example.com", "password": password,
            "notification_methods": [{"provider_name": "telegram", "target": CHAT}],
        }))
        .send();
    assert_eq!(registered.await.unwrap().status(), 201);
    let customer = Customer::sign_in(&platform.url(), "gagarin", &password).await;
    let order = buy(&customer, &platform).await;
    eventually("the customer is told twice", SOON, || async {
        (telegram.sent().len() == 2).then_some(())
    })
    .await;
    // The end sends the rest: nothing more arrives afterwards.
    assert!(platform.stop().await.success());
    eventually("the trace is whole", SOON, || async {
        let trace = Trace::of(&receiver.spans(), TRACE);
        (trace.named("POST sendMessage").len() == 2).then_some(())
    })
    .await;

    Trace::of(&receiver.spans(), TRACE).assert_is_a_bought_rocket();
    assert_metrics(&receiver).await;
    assert_logs(&receiver, &order).await;
    let text = receiver.text();
    for resource in [
        "rocket-science",
        "service.version",
        "deployment.environment.name",
    ] {
        assert!(text.contains(resource), "{resource}");
    }
    let everything = text + &platform.log();
    for secret in [
        &*token,
        &header,
        &customer.session,
        CHAT,
        &password,
        "planted@example.com",
    ] {
        assert!(!everything.contains(secret), "{secret} came out");
    }
}

async fn assert_metrics(receiver: &Receiver) {
    let metric = |name: &'static str| async move {
        eventually(name, SOON, || async { receiver.metrics(name).pop() }).await
    };
    for (name, expected) in [
        ("orders_created_total", 1),
        ("orders_paid_total", 1),
        // Assembly and Notification take in order.paid; Order and Notification what
        // follows.
        ("events_consumed_total", 4),
    ] {
        eventually(name, SOON, || async {
            let newest = receiver.metrics(name).iter().map(sum).max();
            (newest? >= expected).then_some(())
        })
        .await;
        let most = receiver.metrics(name).iter().map(sum).max();
        assert_eq!(most, Some(expected), "{name}");
    }
    assert!(sum(&metric("order_revenue_minor_total").await) > 0);
    let assembly = metric("ship_assembly_duration_seconds").await;
    let Some(Data::Histogram(histogram)) = assembly.data else {
        panic!("{assembly:?}");
    };
    let point = &histogram.data_points[0];
    assert!(point.count == 1 && point.sum.unwrap() >= 0.5, "{point:?}");
    for name in [
        "http_server_request_duration_seconds",
        "rpc_server_duration_seconds",
    ] {
        assert!(
            matches!(metric(name).await.data, Some(Data::Histogram(_))),
            "{name}"
        );
    }
    for name in ["outbox_unsent", "outbox_oldest_age_seconds"] {
        assert!(
            matches!(metric(name).await.data, Some(Data::Gauge(_))),
            "{name}"
        );
    }
}

/// The sum over all labels of a counter that counts from the start of the process.
fn sum(metric: &Metric) -> i64 {
    let Some(Data::Sum(sum)) = &metric.data else {
        panic!("{metric:?}");
    };
    // 2 is AGGREGATION_TEMPORALITY_CUMULATIVE.
    assert!(
        sum.is_monotonic && sum.aggregation_temporality == 2,
        "{metric:?}"
    );
    let values = sum.data_points.iter().map(|point| match point.value {
        Some(Value::AsInt(value)) => value,
        _ => panic!("{metric:?}"),
    });
    values.sum()
}

async fn assert_logs(receiver: &Receiver, order: &str) {
    let paid = eventually("order paid is logged", SOON, || async {
        receiver.logs().into_iter().find(|record| {
            receiver::attribute(&record.attributes, "order_uuid") == Some(order)
                && format!("{:?}", record.body).contains("order paid")
        })
    })
    .await;
    assert_eq!(trace::hex(&paid.trace_id), TRACE);
    assert_eq!(paid.severity_text, "INFO");
    assert_eq!(
        receiver::attribute(&paid.attributes, "rocket.service"),
        Some("order")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_dies_changes_nothing_and_gets_what_is_new_when_it_is_back() {
    let (receiver, address) = Receiver::start().await;
    let mut collector = Collector::start(address).await;
    let mut platform = Platform::start(PROGRAM, &to(&collector.url())).await;
    let customer = Customer::new(&platform.url()).await;
    buy(&customer, &platform).await;
    eventually("the trace arrives", SOON, || async {
        (!Trace::of(&receiver.spans(), TRACE).is_empty()).then_some(())
    })
    .await;

    collector.kill().await;
    eventually("the log says so", SOON, || async {
        customer.get("/api/v1/parts").await;
        platform
            .log()
            .contains("does not reach the collector")
            .then_some(())
    })
    .await;
    buy(&customer, &platform).await;
    let before = receiver.spans().len();
    collector.start_again().await;
    eventually("spans arrive again", SOON, || async {
        customer.get("/api/v1/parts").await;
        (receiver.spans().len() > before).then_some(())
    })
    .await;
    assert!(platform.stop().await.success());
    let log = platform.log();
    let said = log.matches("does not reach the collector").count();
    assert_eq!(said, 1, "one line a minute:\n{log}");
    assert!(log.contains("reaches the collector again"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_costs_no_request_and_no_memory_and_no_shutdown() {
    // Connections are accepted by the system, and nobody ever reads them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let admin = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let admin_address = admin.local_addr().unwrap();
    drop(admin);
    let mut options = to(&format!("http://{}", silent.local_addr().unwrap()));
    options
        .env
        .push(("OTEL_BSP_MAX_QUEUE_SIZE", "512".to_owned()));
    options.args = vec!["--admin".to_owned(), admin_address.to_string()];
    let mut platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let dropped = || async {
        for _ in 0..50 {
            assert_eq!(customer.get("/api/v1/orders").await.status, 200);
        }
        let metrics = reqwest::get(format!("http://{admin_address}/metrics")).await;
        let metrics = metrics.unwrap().text().await.unwrap();
        let lost = r#"telemetry_dropped_total{reason="queue_full",signal="traces"}"#;
        metrics.contains(lost).then_some(())
    };
    eventually("spans are dropped and counted", SOON, dropped).await;
    let full = usage::resident(platform.pid());
    for _ in 0..20 {
        dropped().await;
    }
    let grown = usage::resident(platform.pid()).saturating_sub(full);
    assert!(
        grown < 16 * 1024 * 1024,
        "{} MiB more",
        usage::mebibytes(grown)
    );
    buy(&customer, &platform).await;
    let stopped = tokio::time::timeout(Duration::from_secs(20), platform.stop()).await;
    assert!(stopped.expect("shutdown is bounded").success());
    let log = platform.log();
    assert!(
        log.contains("the collector did not take the last telemetry"),
        "{log}"
    );
    assert!(
        log.matches("does not reach the collector").count() <= 2,
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_cannot_be_obeyed_stops_the_start_by_its_name() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
    ] {
        let mut options = to("http://127.0.0.1:4317");
        options.env.push((name, value.to_owned()));
        let platform = Platform::prepare(PROGRAM, &options);
        let (code, said) = platform.refused(&options).await;
        assert_eq!(code, Some(64), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(&format!("{name}: ")), "{said}");
    }
}
