//! One order from registration to the last message, as its customer sees it.

use std::time::Duration;

use rocket_e2e::{Customer, Options, Platform};
use rocket_proto::{
    auth::v1::{WhoamiRequest, auth_service_client::AuthServiceClient},
    inventory::v1::{
        Category, ListPartsRequest, PartsFilter, inventory_service_client::InventoryServiceClient,
    },
};
use rocket_testkit::{eventually, telegram::Telegram};
use serde_json::Value;
use tonic::{Code, Request};

use crate::PROGRAM;

const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_assembled_and_told_under_one_trace() {
    let token = uuid::Uuid::new_v4().simple().to_string();
    let telegram = Telegram::start(&token).await;
    let options = Options {
        spec: format!(
            "  services:\n    assembly: {{assemblyTime: 500ms}}\n    notification:\n      \
             telegram: {{botTokenSecretRef: {{name: bot, key: token}}, apiBaseUrl: \"{}\"}}\n",
            telegram.url()
        ),
        env: vec![("TELEGRAM_BOT_TOKEN", token.clone())],
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::with_telegram(&platform.url(), Some("4711")).await;
    let part = customer.plentiful_part().await;
    let order = customer.order(&[&part, &part]).await;

    let mut events = customer.events(&order).await;
    assert_eq!(
        events.next_status().await.as_deref(),
        Some("PENDING_PAYMENT")
    );
    let paid = customer.pay(&order).await;
    assert_eq!(paid.status, 200, "{paid:?}");
    assert_eq!(events.next_status().await.as_deref(), Some("PAID"));
    assert_eq!(events.next_status().await.as_deref(), Some("ASSEMBLED"));
    assert_eq!(
        events.next_status().await,
        None,
        "the stream ends with the order"
    );

    let messages = eventually("two messages", SOON, || async {
        let messages = customer.messages().await;
        (messages.len() == 2).then_some(messages)
    })
    .await;
    for message in &messages {
        assert!(
            message["text"].as_str().unwrap().contains(&order),
            "{message}"
        );
    }
    eventually("two Telegram messages", SOON, || async {
        (telegram.sent().len() == 2).then_some(())
    })
    .await;
    assert!(telegram.sent().iter().all(|sent| sent.chat_id == 4711));

    let log = platform.log();
    assert!(!log.contains(&token), "the bot's token is in the log");
    assert!(
        !log.contains(&customer.session),
        "a session id is in the log"
    );
    one_trace(&log, &order);
}

/// The pay request's trace id is on lines of every service it led to.
fn one_trace(log: &str, order: &str) {
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let about_order = |line: &&Value| line.to_string().contains(order);
    let trace = lines
        .iter()
        .filter(about_order)
        .find(|line| line["message"] == "order paid")
        .map(|line| line["trace_id"].as_str().unwrap().to_owned())
        .expect("a line says that the order was paid");
    for service in ["order", "inventory", "payment", "assembly", "notification"] {
        assert!(
            lines
                .iter()
                .any(|line| line["trace_id"] == trace && line["service"] == service),
            "{service} has no line with trace id {trace}:\n{log}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_and_http_share_the_one_port() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let mut auth = AuthServiceClient::connect(platform.url()).await.unwrap();
    let mut inventory = InventoryServiceClient::connect(platform.url())
        .await
        .unwrap();

    let mut request = Request::new(WhoamiRequest {});
    assert_eq!(
        auth.whoami(request).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    request = Request::new(WhoamiRequest {});
    let session = customer.session.parse().unwrap();
    request.metadata_mut().insert("x-session-uuid", session);
    let whoami = auth.whoami(request).await.unwrap().into_inner();
    assert_eq!(whoami.user.unwrap().user_uuid, customer.user_uuid);

    let mut request = Request::new(ListPartsRequest {
        filter: Some(PartsFilter {
            categories: vec![Category::Wing.into()],
            ..PartsFilter::default()
        }),
        page_size: 100,
        page_token: String::new(),
    });
    let session = customer.session.parse().unwrap();
    request.metadata_mut().insert("x-session-uuid", session);
    let wings = inventory
        .list_parts(request)
        .await
        .unwrap()
        .into_inner()
        .parts;
    assert!(!wings.is_empty());
    assert!(wings.iter().all(|part| part.category() == Category::Wing));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_has_forty_parts_in_all_four_categories_some_scarce() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let mut parts = Vec::new();
    for category in ["ENGINE", "FUEL", "PORTHOLE", "WING"] {
        let found = customer.parts(category).await;
        assert!(!found.is_empty(), "{category}");
        parts.extend(found);
    }
    assert!(parts.len() >= 40, "{}", parts.len());
    let stock = |part: &&Value| part["stock_quantity"].as_i64().unwrap();
    assert!(
        parts
            .iter()
            .filter(|part| (5..=50).contains(&stock(part)))
            .count()
            >= 3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_and_a_kill_lose_nothing() {
    let options = Options::default();
    let mut platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let paid = customer.order(&[&part]).await;
    assert_eq!(customer.pay(&paid).await.status, 200);
    let unpaid = customer.order(&[&part]).await;

    platform.kill().await;
    platform.start_again(&options).await;
    customer.wait_for(&paid, "ASSEMBLED").await;
    assert_eq!(customer.status(&unpaid).await, "PENDING_PAYMENT");

    assert!(platform.stop().await.success());
    platform.start_again(&options).await;
    assert_eq!(customer.cancel(&unpaid).await.status, 204);
    assert_eq!(customer.status(&unpaid).await, "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_soon_after_logout() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let order = customer.order(&[&part]).await;
    let mut events = customer.events(&order).await;
    assert_eq!(
        events.next_status().await.as_deref(),
        Some("PENDING_PAYMENT")
    );
    let logout = customer
        .send(reqwest::Method::POST, "/api/v1/auth/logout", None)
        .await;
    assert_eq!(logout.status, 204);
    assert_eq!(customer.get("/api/v1/orders").await.status, 401, "at once");
    let ended = tokio::time::timeout(Duration::from_secs(10), events.next_status()).await;
    assert_eq!(ended.expect("the stream is still open"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_order_expires_and_its_parts_return() {
    let options = Options {
        spec: "  services:\n    order: {unpaidOrderTtl: 1s}\n".to_owned(),
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let before = customer.stock(&part).await;
    let order = customer.order(&[&part]).await;
    assert_eq!(customer.stock(&part).await, before - 1);
    customer.wait_for(&order, "CANCELLED").await;
    eventually("the part is back", SOON, || async {
        (customer.stock(&part).await == before).then_some(())
    })
    .await;
}
