//! `payment.v1.PaymentService` through the whole server stack.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rocket_payment::{App, Config, Deps, HttpProviderConfig, ProviderConfig};
use rocket_proto::payment::v1::{
    PayOrderRequest, PaymentMethod, pay_order_response::Outcome,
    payment_service_client::PaymentServiceClient,
};
use rocket_rpc::{
    Channel,
    client::{self, ClientConfig},
    credential::{Credential, Credentials},
    error::reason,
};
use rocket_runtime::money::Money;
use rocket_testkit::bank::{Bank, Behaviour};
use tonic::{Code, Request};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tonic_types::StatusExt as _;
use uuid::Uuid;

struct Fixture {
    app: App,
    order: Credential,
}

impl Fixture {
    async fn build(provider: ProviderConfig) -> Self {
        let order = Credential::generate().unwrap();
        let methods = ["/payment.v1.PaymentService/PayOrder"];
        let credentials = Credentials::new().allow("order", order.hash(), &methods);
        let config = Config {
            provider,
            ..Config::default()
        };
        let app = App::build(config, Deps { credentials }).await.unwrap();
        Self { app, order }
    }

    async fn simulated() -> Self {
        let decline_above = Some(Money::from_minor(10_000).unwrap());
        Self::build(ProviderConfig::Simulated { decline_above }).await
    }

    fn channel(&self, credential: Option<Credential>) -> Channel {
        let config = ClientConfig {
            deadline: Duration::from_secs(5),
            credential,
        };
        client::in_process(self.app.router(), &config)
    }

    fn client(&self) -> PaymentServiceClient<Channel> {
        PaymentServiceClient::new(self.channel(Some(self.order.clone())))
    }
}

fn a_request() -> PayOrderRequest {
    PayOrderRequest {
        order_uuid: Uuid::new_v4().to_string(),
        attempt: 1,
        user_uuid: Uuid::new_v4().to_string(),
        payment_method: PaymentMethod::Card.into(),
        amount: 1_250,
        currency: "USD".to_owned(),
    }
}

#[tokio::test]
async fn a_repeated_payment_has_the_same_transaction() {
    let fixture = Fixture::simulated().await;
    let request = a_request();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = fixture.client().pay_order(request.clone()).await.unwrap();
        match answer.into_inner().outcome {
            Some(Outcome::Charged(charged)) => answers.push(charged.transaction_uuid),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answers[0], answers[1]);
    answers[0].parse::<Uuid>().unwrap();
}

#[tokio::test]
async fn a_decline_is_an_answer_and_not_an_error() {
    let fixture = Fixture::simulated().await;
    let request = PayOrderRequest {
        amount: 10_001,
        ..a_request()
    };
    let answer = fixture.client().pay_order(request).await.unwrap();
    match answer.into_inner().outcome {
        Some(Outcome::Declined(declined)) => assert_eq!(declined.reason, "limit_exceeded"),
        other => panic!("{other:?}"),
    }
}

type Spoil = fn(&mut PayOrderRequest);

#[tokio::test]
async fn bad_input_is_invalid_argument_and_names_the_field() {
    let fixture = Fixture::simulated().await;
    let table: [(&str, Spoil); 15] = [
        ("order_uuid", |it| it.order_uuid = String::new()),
        ("order_uuid", |it| it.order_uuid = "x".repeat(36)),
        ("order_uuid", |it| {
            it.order_uuid = it.order_uuid.replace('-', "");
        }),
        ("attempt", |it| it.attempt = 0),
        ("attempt", |it| it.attempt = -1),
        ("user_uuid", |it| it.user_uuid = "me".to_owned()),
        ("payment_method", |it| it.payment_method = 0),
        ("payment_method", |it| it.payment_method = 99),
        ("payment_method", |it| it.payment_method = -1),
        ("amount", |it| it.amount = -1),
        ("amount", |it| it.amount = i64::MIN),
        ("currency", |it| it.currency = String::new()),
        ("currency", |it| it.currency = "usd".to_owned()),
        ("currency", |it| it.currency = "DOLLARS".to_owned()),
        ("currency", |it| it.currency = "EUR".to_owned()),
    ];
    for (field, spoil) in table {
        let mut request = a_request();
        spoil(&mut request);
        let status = fixture
            .client()
            .pay_order(request.clone())
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{request:?}");
        let details = status.get_details_bad_request().unwrap();
        let named: Vec<_> = details
            .field_violations
            .iter()
            .map(|it| &it.field)
            .collect();
        assert_eq!(named, [field], "{request:?}");
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let fixture = Fixture::simulated().await;
    let request = PayOrderRequest {
        amount: -1,
        ..PayOrderRequest::default()
    };
    let status = fixture.client().pay_order(request).await.unwrap_err();
    let details = status.get_details_bad_request().unwrap();
    let mut named: Vec<_> = details
        .field_violations
        .iter()
        .map(|it| &it.field)
        .collect();
    named.sort_unstable();
    let all = [
        "amount",
        "attempt",
        "currency",
        "order_uuid",
        "payment_method",
        "user_uuid",
    ];
    assert_eq!(named, all);
}

#[tokio::test]
async fn the_edges_of_what_is_valid_are_taken() {
    let fixture = Fixture::build(ProviderConfig::Simulated {
        decline_above: None,
    })
    .await;
    for (attempt, amount) in [(1, 0), (i32::MAX, i64::MAX)] {
        let request = PayOrderRequest {
            attempt,
            amount,
            ..a_request()
        };
        fixture.client().pay_order(request).await.unwrap();
    }
}

#[tokio::test]
async fn only_a_service_with_the_credential_may_charge() {
    let fixture = Fixture::simulated().await;
    let stranger = Credential::generate().unwrap();
    for credential in [None, Some(stranger)] {
        let mut client = PaymentServiceClient::new(fixture.channel(credential));
        let mut request = Request::new(a_request());
        let session = Uuid::new_v4().to_string().parse().unwrap();
        request.metadata_mut().insert("x-session-uuid", session);
        let status = client.pay_order(request).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_never_an_answer_and_leaks_nothing() {
    rocket_testkit::tls::install();
    let dir = tempfile::tempdir().unwrap();
    let bank = Bank::start(&dir.path().join("bank.db")).await;
    let http = HttpProviderConfig {
        deadline: Duration::from_millis(500),
        ..HttpProviderConfig::new(bank.url())
    };
    let fixture = Fixture::build(ProviderConfig::Http(http)).await;
    for (behaviour, code, word) in [
        (Behaviour::Refuse, Code::Unavailable, "payment_unknown"),
        (
            Behaviour::ChargeThenDrop,
            Code::Unavailable,
            "payment_unknown",
        ),
        (
            Behaviour::ChargeThenHang,
            Code::DeadlineExceeded,
            "payment_unknown",
        ),
        (Behaviour::ChargeThenBabble, Code::Internal, "internal"),
    ] {
        bank.next(behaviour.clone());
        let request = a_request();
        let status = fixture
            .client()
            .pay_order(request.clone())
            .await
            .unwrap_err();
        assert_eq!(status.code(), code, "{behaviour:?}");
        assert_eq!(reason(&status).as_deref(), Some(word), "{behaviour:?}");
        assert!(!status.message().contains("127.0.0.1"), "{status:?}");
        fixture.client().pay_order(request.clone()).await.unwrap();
        let order = request.order_uuid.parse().unwrap();
        assert_eq!(bank.charges_of(order), 1, "{behaviour:?}");
    }
}

#[tokio::test]
async fn health_and_reflection_answer() {
    let fixture = Fixture::simulated().await;
    let mut health = HealthClient::new(fixture.channel(None));
    for service in ["", "payment.v1.PaymentService"] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(fixture.channel(None))
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}");
    };
    let names: Vec<_> = list.service.into_iter().map(|it| it.name).collect();
    assert!(names.contains(&"payment.v1.PaymentService".to_owned()));
}

#[tokio::test]
async fn a_provider_that_cannot_be_used_stops_the_start() {
    rocket_testkit::tls::install();
    let config = Config {
        provider: ProviderConfig::Http(HttpProviderConfig::new("not a url")),
        ..Config::default()
    };
    assert!(App::build(config, Deps::default()).await.is_err());
}
