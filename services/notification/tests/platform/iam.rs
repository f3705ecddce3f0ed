//! IAM as Notification sees it: contacts for who holds the credential, sessions.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rocket_proto::user::v1::{
    GetUserRequest, GetUserResponse, NotificationMethod, RegisterRequest, RegisterResponse, User,
    UserInfo,
    user_service_server::{UserService, UserServiceServer},
};
use rocket_rpc::{
    Channel,
    client::{self, ClientConfig},
    credential::{Credential, Credentials},
    error::ApiError,
    server::{Guard, ServerConfig, stack},
    session::{Identity, SessionToken, SessionValidator},
};
use tonic::{Request, Response, Status, service::Routes};
use uuid::Uuid;

const GET_USER: &str = "/user.v1.UserService/GetUser";

/// A session is the id of its user.
pub(crate) struct Sessions;

#[async_trait]
impl SessionValidator for Sessions {
    async fn validate(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        Ok(Identity {
            user_uuid: session.expose(),
            expires_at: time::OffsetDateTime::now_utc() + Duration::from_mins(1),
        })
    }

    async fn validate_fresh(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        self.validate(session).await
    }
}

#[derive(Clone, Default)]
pub(crate) struct Iam(Arc<Shared>);

#[derive(Default)]
struct Shared {
    chats: Mutex<HashMap<String, String>>,
    asked: AtomicUsize,
    away: AtomicBool,
}

impl Iam {
    /// A user who named this chat, beside another way to be told.
    pub(crate) fn add(&self, user: Uuid, chat: &str) {
        let mut chats = self.0.chats.lock().unwrap_or_else(PoisonError::into_inner);
        chats.insert(user.to_string(), chat.to_owned());
    }

    pub(crate) fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    pub(crate) async fn until_asked(&self, times: usize) {
        let asked = || async { (self.asked() >= times).then_some(()) };
        rocket_testkit::eventually("asked", Duration::from_secs(20), asked).await;
    }

    pub(crate) fn go_away(&self, away: bool) {
        self.0.away.store(away, Ordering::SeqCst);
    }

    /// The way here for a service that holds a credential for `GetUser` only.
    pub(crate) fn channel(&self) -> Channel {
        let credential = Credential::generate().unwrap();
        let credentials = Credentials::new().allow("notification", credential.hash(), &[GET_USER]);
        let guard = Guard::new(None, credentials).internal(GET_USER);
        let service = Routes::new(UserServiceServer::new(self.clone()));
        let router = stack(service.into_axum_router(), guard, ServerConfig::default());
        let config = ClientConfig {
            credential: Some(credential),
            ..ClientConfig::default()
        };
        client::in_process(router, &config)
    }
}

#[tonic::async_trait]
impl UserService for Iam {
    async fn register(
        &self,
        _: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        Err(Status::unimplemented("not part of this test"))
    }

    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        if self.0.away.load(Ordering::SeqCst) {
            return Err(Status::unavailable("away"));
        }
        let user_uuid = request.into_inner().user_uuid;
        let chats = self.0.chats.lock().unwrap_or_else(PoisonError::into_inner);
        let chat = chats
            .get(&user_uuid)
            .ok_or_else(|| Status::not_found("no such user"))?;
        let methods = [
            ("email", "a@b.example"),
            ("telegram", "@name"),
            ("telegram", chat),
        ];
        let notification_methods = methods
            .into_iter()
            .map(|(provider, target)| NotificationMethod {
                provider_name: provider.to_owned(),
                target: target.to_owned(),
            })
            .collect();
        let info = UserInfo {
            notification_methods,
            ..UserInfo::default()
        };
        Ok(Response::new(GetUserResponse {
            user: Some(User {
                user_uuid,
                info: Some(info),
                ..User::default()
            }),
        }))
    }
}
