//! The gRPC API over a real connection.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Iam, PASSWORD, iam};
use rocket_proto::{
    auth::v1::{
        LoginRequest, LogoutRequest, WhoamiRequest, auth_service_client::AuthServiceClient,
    },
    user::v1::{
        GetUserRequest, NotificationMethod, RegisterRequest, UserInfo,
        user_service_client::UserServiceClient,
    },
};
use rocket_rpc::{
    error::reason,
    session::{IamSessions, SessionToken, SessionValidator as _, with_session},
};
use rocket_runtime::{
    serve::{Limits, serve},
    shutdown::CancellationToken,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;
use uuid::Uuid;

struct Served {
    _iam: Iam,
    channel: Channel,
    shutdown: CancellationToken,
    server: JoinHandle<()>,
}

async fn served() -> Served {
    let iam = iam();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(serve(
        listener,
        iam.app.router(),
        Limits::default(),
        shutdown.clone(),
    ));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    Served {
        _iam: iam,
        channel: endpoint.connect().await.unwrap(),
        shutdown,
        server,
    }
}

impl Served {
    fn auth(&self) -> AuthServiceClient<Channel> {
        AuthServiceClient::new(self.channel.clone())
    }

    fn users(&self) -> UserServiceClient<Channel> {
        UserServiceClient::new(self.channel.clone())
    }

    async fn register(&self, request: RegisterRequest) -> Result<String, Status> {
        let answer = self.users().register(request).await;
        answer.map(|answer| answer.into_inner().user_uuid)
    }

    async fn stop(self) {
        drop(self.channel);
        self.shutdown.cancel();
        self.server.await.unwrap();
    }
}

fn ann() -> RegisterRequest {
    RegisterRequest {
        info: Some(UserInfo {
            login: "ann".into(),
            email: "ann@example.org".into(),
            notification_methods: vec![NotificationMethod {
                provider_name: "telegram".into(),
                target: "4711".into(),
            }],
        }),
        password: PASSWORD.into(),
    }
}

fn login(password: &str) -> LoginRequest {
    LoginRequest {
        login: "ann".into(),
        password: password.into(),
    }
}

#[tokio::test]
async fn a_customer_registers_signs_in_is_known_and_signs_out() {
    let served = served().await;
    let user_uuid = served.register(ann()).await.unwrap();
    let answer = served
        .auth()
        .login(login(PASSWORD))
        .await
        .unwrap()
        .into_inner();
    let token = SessionToken::new(answer.session_uuid.parse().unwrap());

    let ask = || with_session(Request::new(WhoamiRequest {}), &token);
    let whoami = served.auth().whoami(ask()).await.unwrap().into_inner();
    let (session, user) = (whoami.session.unwrap(), whoami.user.unwrap());
    assert_eq!(user.user_uuid, user_uuid);
    assert_eq!(user.info, ann().info);
    assert_eq!(session.expires_at, answer.expires_at);
    let lasts = session.expires_at.unwrap().seconds - session.created_at.unwrap().seconds;
    assert_eq!(lasts, 24 * 60 * 60);

    let bye = || with_session(Request::new(LogoutRequest {}), &token);
    served.auth().logout(bye()).await.unwrap();
    let after = [
        served.auth().whoami(ask()).await.unwrap_err(),
        served.auth().logout(bye()).await.unwrap_err(),
        served.auth().whoami(WhoamiRequest {}).await.unwrap_err(),
        served.auth().logout(LogoutRequest {}).await.unwrap_err(),
    ];
    for status in after {
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(reason(&status).as_deref(), Some("unauthenticated"));
    }
    served.stop().await;
}

#[tokio::test]
async fn refusals_carry_their_code_and_fields() {
    let served = served().await;
    let nothing = served
        .register(RegisterRequest::default())
        .await
        .unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidArgument);
    let violations = nothing.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["info.login", "info.email", "password"]);

    served.register(ann()).await.unwrap();
    let taken = served.register(ann()).await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
    assert_eq!(reason(&taken).as_deref(), Some("login_taken"));

    for _ in 0..10 {
        let wrong = served.auth().login(login("wrong horse")).await.unwrap_err();
        assert_eq!(wrong.code(), Code::Unauthenticated);
        assert_eq!(reason(&wrong).as_deref(), Some("invalid_credentials"));
    }
    let guessing = served.auth().login(login(PASSWORD)).await.unwrap_err();
    assert_eq!(guessing.code(), Code::ResourceExhausted);
    assert!(
        guessing
            .get_details_retry_info()
            .unwrap()
            .retry_delay
            .is_some()
    );
    served.stop().await;
}

#[tokio::test]
async fn an_account_is_shown_to_services_with_the_credential_only() {
    let iam = iam();
    let user_uuid = iam.register("ann").await;
    let session = iam.try_login("ann", PASSWORD).await.text("session_uuid");
    let ask = |user_uuid: &str| GetUserRequest {
        user_uuid: user_uuid.to_owned(),
    };
    let mut client = UserServiceClient::new(iam.channel(Some(&iam.notification)));
    let found = client.get_user(ask(&user_uuid)).await.unwrap().into_inner();
    let info = found.user.unwrap().info.unwrap();
    assert_eq!(info.notification_methods[0].target, "4711");
    let unknown = client.get_user(ask(&Uuid::now_v7().to_string())).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
    let malformed = client.get_user(ask("7")).await;
    assert_eq!(malformed.unwrap_err().code(), Code::InvalidArgument);

    let token = SessionToken::new(session.parse().unwrap());
    for (credential, code) in [
        (None, Code::Unauthenticated),
        (Some(&iam.gateway), Code::PermissionDenied),
    ] {
        let mut client = UserServiceClient::new(iam.channel(credential));
        let request = with_session(Request::new(ask(&user_uuid)), &token);
        assert_eq!(client.get_user(request).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn other_services_learn_whose_a_session_is() {
    let iam = iam();
    let user_uuid = iam.register("ann").await;
    let session = iam.try_login("ann", PASSWORD).await.text("session_uuid");
    let token = SessionToken::new(session.parse().unwrap());
    let over_grpc = IamSessions::new(iam.channel(None), iam.clock.shared());
    let own = iam.app.sessions();
    for identity in [
        over_grpc.validate(&token).await.unwrap(),
        own.validate(&token).await.unwrap(),
    ] {
        assert_eq!(identity.user_uuid.to_string(), user_uuid);
    }
    let other = SessionToken::new(Uuid::new_v4());
    assert!(over_grpc.validate(&other).await.is_err());
    assert!(own.validate_fresh(&other).await.is_err());
}

#[tokio::test]
async fn health_follows_the_service() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

    let iam = iam();
    let mut client = HealthClient::new(iam.channel(None));
    let ask = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    assert_eq!(client.check(ask("")).await.unwrap().into_inner().status, 1);
    let mut client = HealthClient::new(iam.channel(None));
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(iam.app.run(shutdown.clone()));
    for service in [
        "auth.v1.AuthService",
        "user.v1.UserService",
        "envoy.service.auth.v3.Authorization",
    ] {
        let limit = std::time::Duration::from_secs(10);
        rocket_testkit::eventually(service, limit, || {
            let mut client = client.clone();
            let ask = ask(service);
            async move { client.check(ask).await.ok() }
        })
        .await;
    }
    shutdown.cancel();
    running.await.unwrap();
    let stopped = client.check(ask("auth.v1.AuthService")).await.unwrap();
    assert_eq!(stopped.into_inner().status, 2);
}
