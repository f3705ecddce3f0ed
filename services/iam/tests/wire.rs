//! The gRPC methods for services and tools over a real connection, and a day in the
//! life of a session through every way in.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{
    PASSWORD, iam,
    remote::{Remote, of_service, of_session, remote},
    without_store,
};
use rocket_iam::api::paths::HTTP_WHOAMI;
use rocket_proto::{
    auth::v1::{WhoamiRequest, auth_service_client::AuthServiceClient},
    envoy::service::auth::v3::{
        AttributeContext, CheckRequest,
        attribute_context::{HttpRequest, Request as Attributes},
        authorization_client::AuthorizationClient,
        check_response::HttpResponse,
    },
    user::v1::{GetUserRequest, user_service_client::UserServiceClient},
};
use rocket_rpc::error::reason;
use rocket_runtime::Clock as _;
use tonic::{Code, Status, transport::Channel};
use uuid::Uuid;

fn check_of(session: &str) -> CheckRequest {
    let headers = [("x-session-uuid".to_owned(), session.to_owned())];
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(Attributes {
                http: Some(HttpRequest {
                    headers: headers.into(),
                    ..HttpRequest::default()
                }),
            }),
        }),
    }
}

/// The user whom the gateway would let in.
async fn checked(remote: &Remote, session: &str) -> Result<Option<String>, Status> {
    let mut client = AuthorizationClient::new(remote.channel.clone());
    let [gateway, _] = &remote.iam.secrets;
    let answer = client.check(of_service(check_of(session), gateway)).await?;
    Ok(match answer.into_inner().http_response {
        Some(HttpResponse::OkResponse(ok)) => {
            let headers = ok.headers.into_iter().filter_map(|option| option.header);
            let mut named = headers.filter(|header| header.key == "x-user-uuid");
            named.next().map(|header| header.value)
        }
        _ => None,
    })
}

fn outcome<T: std::fmt::Debug>(result: Result<T, Status>) -> (Code, String) {
    let status = result.unwrap_err();
    (status.code(), reason(&status).unwrap_or_default())
}

#[tokio::test]
async fn get_user_and_check_want_the_credential_of_their_caller() {
    let remote = remote(iam()).await;
    let user_uuid = remote.iam.register("ann").await;
    let login = remote.iam.try_login("ann", PASSWORD).await;
    let session = login.text("session_uuid");
    let [gateway, notification] = remote.iam.secrets.clone();
    let ask = || GetUserRequest {
        user_uuid: user_uuid.clone(),
    };
    let mut users = UserServiceClient::new(remote.channel.clone());
    let found = users.get_user(of_service(ask(), &notification)).await;
    let user = found.unwrap().into_inner().user.unwrap();
    assert_eq!(user.user_uuid, user_uuid);
    assert_eq!(user.info.unwrap().email, "ann@example.org");
    let found = checked(&remote, &session).await.unwrap();
    assert_eq!(found.as_deref(), Some(user_uuid.as_str()));

    let required = (
        Code::Unauthenticated,
        "service_credential_required".to_owned(),
    );
    let not_granted = (Code::PermissionDenied, "method_not_granted".to_owned());
    let question = || check_of(&session);
    let mut gate = AuthorizationClient::new(remote.channel.clone());
    for (answer, expected) in [
        (users.get_user(ask()).await.map(drop), &required),
        (
            users.get_user(of_session(ask(), &session)).await.map(drop),
            &required,
        ),
        (
            users.get_user(of_service(ask(), "guess")).await.map(drop),
            &required,
        ),
        (
            users.get_user(of_service(ask(), &gateway)).await.map(drop),
            &not_granted,
        ),
        (gate.check(question()).await.map(drop), &required),
        (
            gate.check(of_session(question(), &session)).await.map(drop),
            &required,
        ),
        (
            gate.check(of_service(question(), &notification))
                .await
                .map(drop),
            &not_granted,
        ),
    ] {
        assert_eq!(&outcome(answer), expected);
    }
    remote.stop().await;
}

#[tokio::test]
async fn invariant_7_over_the_wire_a_store_that_is_away_is_unavailable() {
    let remote = remote(without_store()).await;
    let session = Uuid::new_v4().to_string();
    let away = (Code::Unavailable, "store_unavailable".to_owned());
    assert_eq!(outcome(checked(&remote, &session).await), away);
    let mut auth = AuthServiceClient::new(remote.channel.clone());
    let whoami = auth.whoami(of_session(WhoamiRequest {}, &session)).await;
    assert_eq!(outcome(whoami), away);
    remote.stop().await;
}

/// Whether HTTP, gRPC and the gateway's check all take the session, or all refuse it.
async fn is_live(remote: &Remote, session: &str) -> bool {
    let header = ("x-session-uuid", session);
    let http = remote.iam.call("GET", HTTP_WHOAMI, &[header]).await.status == 200;
    let mut auth = AuthServiceClient::new(remote.channel.clone());
    let grpc = auth.whoami(of_session(WhoamiRequest {}, session)).await;
    let check = checked(remote, session).await.unwrap().is_some();
    assert_eq!((http, grpc.is_ok()), (check, check));
    check
}

#[tokio::test]
async fn a_session_lasts_24_hours_however_often_it_is_used() {
    let remote = remote(iam()).await;
    let session = remote.iam.signed_in("ann").await;
    let clock = remote.iam.clock.clone();
    let begun = clock.now();
    for hour in 1..24 {
        clock.set(begun + Duration::from_hours(hour));
        assert!(is_live(&remote, &session).await);
    }
    let end = begun + Duration::from_hours(24);
    clock.set(end - Duration::from_micros(1));
    assert!(is_live(&remote, &session).await);
    clock.set(end);
    assert!(!is_live(&remote, &session).await, "at 24 hours exactly");
    let again = remote.iam.try_login("ann", PASSWORD).await;
    assert!(is_live(&remote, &again.text("session_uuid")).await);
    assert!(!is_live(&remote, &session).await);
    remote.stop().await;
}

#[tokio::test]
async fn health_and_reflection_need_nothing() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

    let remote = remote(iam()).await;
    let mut health = HealthClient::new(remote.channel.clone());
    let whole = HealthCheckRequest::default();
    assert_eq!(health.check(whole).await.unwrap().into_inner().status, 1);
    let mut services = reflected(remote.channel.clone()).await;
    services.sort();
    let expected = [
        "auth.v1.AuthService",
        "envoy.service.auth.v3.Authorization",
        "user.v1.UserService",
    ];
    for name in expected {
        assert!(
            services.iter().any(|service| service == name),
            "{services:?}"
        );
    }
    // Other services' contracts are compiled in, but not answered here.
    assert!(
        !services.iter().any(|name| name.contains("Inventory")),
        "{services:?}"
    );
    remote.stop().await;
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
