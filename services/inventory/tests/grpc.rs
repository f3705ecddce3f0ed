//! The gRPC side over a real connection with a real client.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{ENGINE, FUEL, Service, WING, service};
use rocket_inventory::domain::StockAudit;
use rocket_proto::inventory::v1::{
    Category, CommitReservationRequest, GetPartRequest, ListPartsRequest, Part, PartQuantity,
    PartsFilter, ReleaseReservationRequest, ReservePartsRequest,
    inventory_service_client::InventoryServiceClient, value::Kind,
};
use rocket_rpc::error::reason;
use rocket_runtime::{
    serve::{Limits, serve},
    shutdown::CancellationToken,
};
use tokio::net::TcpListener;
use tonic::{Code, Request, Status, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt as _;
use uuid::Uuid;

struct Remote {
    service: Service,
    channel: Channel,
    client: InventoryServiceClient<Channel>,
    shutdown: CancellationToken,
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn remote() -> Remote {
    let service = service().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let router = service.app.router();
    tokio::spawn(serve(listener, router, Limits::default(), shutdown.clone()));
    let channel = Channel::from_shared(format!("http://{address}"))
        .unwrap()
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .unwrap();
    Remote {
        service,
        client: InventoryServiceClient::new(channel.clone()),
        channel,
        shutdown,
    }
}

impl Remote {
    fn as_customer<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let session = self.service.session.to_string().parse().unwrap();
        request.metadata_mut().insert("x-session-uuid", session);
        request
    }

    fn as_order<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.service.secret);
        let metadata = request.metadata_mut();
        metadata.insert("authorization", bearer.parse().unwrap());
        request
    }

    async fn list(&mut self, request: ListPartsRequest) -> Result<(Vec<String>, String), Status> {
        let request = self.as_customer(request);
        let answer = self.client.list_parts(request).await?.into_inner();
        let names = answer.parts.into_iter().map(|part| part.name).collect();
        Ok((names, answer.next_page_token))
    }

    async fn filtered(&mut self, filter: PartsFilter) -> Vec<String> {
        let request = ListPartsRequest {
            filter: Some(filter),
            ..ListPartsRequest::default()
        };
        self.list(request).await.unwrap().0
    }

    async fn part(&mut self, uuid: &str) -> Result<Part, Status> {
        let request = self.as_customer(GetPartRequest {
            uuid: uuid.to_owned(),
        });
        let answer = self.client.get_part(request).await?;
        Ok(answer.into_inner().part.unwrap())
    }

    async fn reserve(
        &mut self,
        order: Uuid,
        parts: &[(&str, i64)],
        ttl: Option<i64>,
    ) -> Result<(), Status> {
        let request = self.as_order(reservation(&order.to_string(), parts, ttl));
        self.client.reserve_parts(request).await.map(drop)
    }

    async fn commit(&mut self, order: Uuid) -> Result<(), Status> {
        let order_uuid = order.to_string();
        let request = self.as_order(CommitReservationRequest { order_uuid });
        self.client.commit_reservation(request).await.map(drop)
    }

    async fn release(&mut self, order: Uuid) -> Result<(), Status> {
        let order_uuid = order.to_string();
        let request = self.as_order(ReleaseReservationRequest { order_uuid });
        self.client.release_reservation(request).await.map(drop)
    }

    async fn audit(&self, part: &str) -> StockAudit {
        let part: Uuid = part.parse().unwrap();
        let audit = self.service.app.stock_audit().await.unwrap();
        audit.into_iter().find(|a| a.part_uuid == part).unwrap()
    }
}

fn reservation(order: &str, parts: &[(&str, i64)], ttl: Option<i64>) -> ReservePartsRequest {
    let quantity = |&(part, quantity): &(&str, i64)| PartQuantity {
        part_uuid: part.to_owned(),
        quantity,
    };
    ReservePartsRequest {
        order_uuid: order.to_owned(),
        parts: parts.iter().map(quantity).collect(),
        ttl: ttl.map(|seconds| prost_types::Duration { seconds, nanos: 0 }),
    }
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

fn outcome(result: Result<(), Status>) -> (Code, String) {
    let status = result.unwrap_err();
    (status.code(), reason(&status).unwrap_or_default())
}

#[tokio::test]
async fn a_part_arrives_whole() {
    let mut remote = remote().await;
    let part = remote.part(ENGINE).await.unwrap();
    assert_eq!(part.uuid, ENGINE);
    assert_eq!((part.price, part.currency.as_str()), (150_050, "EUR"));
    assert_eq!(part.stock_quantity, 1);
    assert_eq!(part.category(), Category::Engine);
    assert!((part.dimensions.unwrap().weight_kg - 4.5).abs() < f64::EPSILON);
    assert_eq!(part.manufacturer.unwrap().country, "Japan");
    assert_eq!(part.tags, ["heavy", "booster"]);
    assert_eq!(part.created_at.unwrap().seconds, 1_800_000_000);
    let kind = |key: &str| part.metadata[key].kind.clone().unwrap();
    assert_eq!(kind("text"), Kind::StringValue("word".to_owned()));
    assert_eq!(kind("whole"), Kind::Int64Value(3));
    assert_eq!(kind("fraction"), Kind::DoubleValue(3.0));
    assert_eq!(kind("flag"), Kind::BoolValue(true));
}

#[tokio::test]
async fn a_filter_is_or_inside_a_field_and_and_across() {
    let mut remote = remote().await;
    let all = ["Big Engine", "Clean Fuel", "Long Wing"];
    assert_eq!(remote.filtered(PartsFilter::default()).await, all);
    let tags = PartsFilter {
        tags: strings(&["light", "booster"]),
        ..PartsFilter::default()
    };
    assert_eq!(remote.filtered(tags).await, ["Big Engine", "Long Wing"]);
    let both = PartsFilter {
        manufacturer_countries: strings(&["Japan"]),
        categories: vec![Category::Wing.into(), Category::Fuel.into()],
        ..PartsFilter::default()
    };
    assert_eq!(remote.filtered(both).await, ["Long Wing"]);
    let ids = PartsFilter {
        uuids: strings(&[WING, FUEL, WING]),
        names: strings(&["Clean Fuel", "Nothing"]),
        ..PartsFilter::default()
    };
    assert_eq!(remote.filtered(ids).await, ["Clean Fuel"]);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let mut remote = remote().await;
    let mut request = ListPartsRequest {
        page_size: 2,
        ..ListPartsRequest::default()
    };
    let (first, token) = remote.list(request.clone()).await.unwrap();
    assert_eq!(first, ["Big Engine", "Clean Fuel"]);
    request.page_token.clone_from(&token);
    let (second, end) = remote.list(request.clone()).await.unwrap();
    assert_eq!((second, end), (strings(&["Long Wing"]), String::new()));

    request.filter = Some(PartsFilter {
        tags: strings(&["heavy"]),
        ..PartsFilter::default()
    });
    let error = remote.list(request).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(reason(&error).unwrap(), "invalid_page_token");
}

#[tokio::test]
async fn an_order_reserves_and_buys() {
    let mut remote = remote().await;
    let order = Uuid::now_v7();
    let parts = [(ENGINE, 1), (WING, 2), (WING, 2)];
    remote.reserve(order, &parts, Some(60)).await.unwrap();
    remote.reserve(order, &parts, None).await.unwrap();
    assert_eq!(remote.part(ENGINE).await.unwrap().stock_quantity, 0);
    assert_eq!(remote.part(WING).await.unwrap().stock_quantity, 6);
    for _ in 0..2 {
        remote.commit(order).await.unwrap();
    }
    remote.reserve(order, &parts, None).await.unwrap();
    let audit = remote.audit(WING).await;
    assert!(audit.is_sound(), "{audit:?}");
    assert_eq!((audit.stock, audit.held, audit.sold), (6, 0, 4));
    assert_eq!(
        outcome(remote.release(order).await),
        (Code::FailedPrecondition, "reservation_committed".to_owned())
    );
}

#[tokio::test]
async fn what_stands_in_the_way_is_told_by_code() {
    let mut remote = remote().await;
    let (winner, order, stranger) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let unknown = Uuid::now_v7().to_string();
    remote
        .reserve(winner, &[(ENGINE, 1)], Some(60))
        .await
        .unwrap();

    let parts = [(WING, 1), (ENGINE, 1)];
    let status = remote.reserve(order, &parts, Some(60)).await.unwrap_err();
    let bad = status.get_details_bad_request().unwrap();
    assert_eq!(bad.field_violations[0].field, "parts[1]");
    assert!(status.message().contains(ENGINE), "{status}");
    let conflict = |code: &str| (Code::FailedPrecondition, code.to_owned());
    assert_eq!(outcome(Err(status)), conflict("out_of_stock"));
    assert_eq!(remote.part(WING).await.unwrap().stock_quantity, 10);

    let nowhere = remote.reserve(order, &[(&unknown, 1)], None).await;
    assert_eq!(
        outcome(nowhere),
        (Code::NotFound, "part_not_found".to_owned())
    );
    let never = remote.commit(stranger).await;
    assert_eq!(
        outcome(never),
        (Code::NotFound, "reservation_not_found".to_owned())
    );
    let differs = remote.reserve(winner, &[(WING, 1)], None).await;
    assert_eq!(outcome(differs), conflict("reservation_differs"));

    for _ in 0..2 {
        remote.release(winner).await.unwrap();
        remote.release(stranger).await.unwrap();
    }
    for tombstone in [winner, stranger] {
        let revived = remote.reserve(tombstone, &[(ENGINE, 1)], None).await;
        assert_eq!(outcome(revived), conflict("reservation_released"));
        let sold = remote.commit(tombstone).await;
        assert_eq!(outcome(sold), conflict("reservation_released"));
    }
    assert_eq!(remote.part(ENGINE).await.unwrap().stock_quantity, 1);
}

#[tokio::test]
async fn malformed_reservations_name_their_field() {
    let mut remote = remote().await;
    let order = Uuid::now_v7().to_string();
    let cases = [
        (reservation("x", &[(WING, 1)], None), "order_uuid"),
        (reservation(&order, &[], None), "parts"),
        (reservation(&order, &[("x", 1)], None), "parts[0].part_uuid"),
        (reservation(&order, &[(WING, 0)], None), "parts[0].quantity"),
        (reservation(&order, &[(WING, 101)], None), "parts"),
        (reservation(&order, &[(WING, 1)], Some(0)), "ttl"),
        (reservation(&order, &[(WING, 1)], Some(-1)), "ttl"),
        (reservation(&order, &[(WING, 1)], Some(999_999)), "ttl"),
    ];
    for (request, field) in cases {
        let request = remote.as_order(request);
        let status = remote.client.reserve_parts(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{field}");
        let bad = status.get_details_bad_request().unwrap();
        assert_eq!(bad.field_violations[0].field, field);
    }
    assert!(
        remote
            .part("x")
            .await
            .is_err_and(|s| s.code() == Code::InvalidArgument)
    );
    let unknown = Uuid::now_v7().to_string();
    assert!(
        remote
            .part(&unknown)
            .await
            .is_err_and(|s| s.code() == Code::NotFound)
    );
}

#[tokio::test]
async fn reading_wants_a_session_and_reserving_a_credential() {
    let mut remote = remote().await;
    let get = || GetPartRequest {
        uuid: WING.to_owned(),
    };
    let reserve = || reservation(&Uuid::now_v7().to_string(), &[(WING, 1)], None);
    let client = &mut remote.client.clone();
    let mut refused = Vec::new();
    refused.push(client.get_part(get()).await.map(drop));
    refused.push(
        client
            .list_parts(ListPartsRequest::default())
            .await
            .map(drop),
    );
    refused.push(client.get_part(remote.as_order(get())).await.map(drop));
    refused.push(client.reserve_parts(reserve()).await.map(drop));
    refused.push(
        client
            .reserve_parts(remote.as_customer(reserve()))
            .await
            .map(drop),
    );
    let order_uuid = || Uuid::now_v7().to_string();
    let commit = remote.as_customer(CommitReservationRequest {
        order_uuid: order_uuid(),
    });
    refused.push(client.commit_reservation(commit).await.map(drop));
    let release = remote.as_customer(ReleaseReservationRequest {
        order_uuid: order_uuid(),
    });
    refused.push(client.release_reservation(release).await.map(drop));
    for (index, result) in refused.into_iter().enumerate() {
        let status = result.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{index}");
    }
    assert_eq!(remote.part(WING).await.unwrap().stock_quantity, 10);
}

#[tokio::test]
async fn health_and_reflection_need_no_session() {
    let remote = remote().await;
    let mut health = HealthClient::new(remote.channel.clone());
    for name in ["", "inventory.v1.InventoryService"] {
        let service = name.to_owned();
        let answer = health.check(HealthCheckRequest { service }).await.unwrap();
        assert_eq!(
            answer.into_inner().status(),
            ServingStatus::Serving,
            "{name}"
        );
    }
    let services = reflected(remote.channel.clone()).await;
    for name in ["inventory.v1.InventoryService", "grpc.health.v1.Health"] {
        assert!(
            services.iter().any(|service| service == name),
            "{services:?}"
        );
    }
}

async fn reflected(channel: Channel) -> Vec<String> {
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };

    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(channel);
    let questions = tokio_stream::iter([question]);
    let answers = client.server_reflection_info(questions).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    match answer.message_response {
        Some(MessageResponse::ListServicesResponse(list)) => list
            .service
            .into_iter()
            .map(|service| service.name)
            .collect(),
        other => panic!("{other:?}"),
    }
}
