//! Who may call what.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::header::AUTHORIZATION;

use super::respond;
use crate::{
    credential::{Credentials, Refused},
    error::{ApiError, Kind},
    is_grpc,
    session::{Caller, SessionToken, SharedSessions},
};

/// Who may call a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Whoever has a valid session.
    Session,
    /// Services that hold a credential for it.
    Internal,
}

/// The paths of a service and who may call them. A path that is not declared is
/// refused.
#[derive(Clone, Default)]
pub struct Guard {
    paths: HashMap<String, Access>,
    sessions: Option<SharedSessions>,
    credentials: Credentials,
}

impl Guard {
    /// Nothing may be called. `sessions` checks the paths declared with
    /// [`Guard::session`]; without it those answer 503.
    pub fn new(sessions: Option<SharedSessions>, credentials: Credentials) -> Self {
        Self {
            paths: HashMap::new(),
            sessions,
            credentials,
        }
    }

    /// Opens a path to everybody. Paths are gRPC methods
    /// (`/inventory.v1.InventoryService/GetPart`) or router templates
    /// (`/api/v1/parts/{uuid}`).
    #[must_use]
    pub fn public(self, path: &str) -> Self {
        self.declare(path, Access::Public)
    }

    /// Opens a path to callers with a valid session.
    #[must_use]
    pub fn session(self, path: &str) -> Self {
        self.declare(path, Access::Session)
    }

    /// Opens a path to services with a credential for it.
    #[must_use]
    pub fn internal(self, path: &str) -> Self {
        self.declare(path, Access::Internal)
    }

    /// Opens gRPC health and reflection, which every server has and the gateway
    /// does not route beyond health.
    #[must_use]
    pub fn grpc_health_and_reflection(self) -> Self {
        self.public("/grpc.health.v1.Health/Check")
            .public("/grpc.health.v1.Health/Watch")
            .public("/grpc.health.v1.Health/List")
            .public("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
    }

    fn declare(mut self, path: &str, access: Access) -> Self {
        self.paths.insert(path.to_owned(), access);
        self
    }

    fn access(&self, request: &Request) -> Option<Access> {
        // A gRPC service is mounted as one wildcard, so its methods are looked up by
        // their full path; HTTP routes by the template that matched.
        self.paths
            .get(request.uri().path())
            .or_else(|| {
                let matched = request.extensions().get::<MatchedPath>()?;
                self.paths.get(matched.as_str())
            })
            .copied()
    }

    async fn admit(&self, request: &mut Request) -> Result<(), ApiError> {
        match self.access(request) {
            None if is_grpc(request.headers()) => Err(ApiError::new(
                Kind::MethodNotAllowed,
                "unknown_method",
                "no such method",
            )),
            None => Err(ApiError::not_found("unknown_path", "no such path")),
            Some(Access::Public) => Ok(()),
            Some(Access::Session) => self.admit_session(request).await,
            Some(Access::Internal) => self.admit_service(request),
        }
    }

    async fn admit_session(&self, request: &mut Request) -> Result<(), ApiError> {
        let session =
            SessionToken::from_headers(request.headers())?.ok_or_else(ApiError::unauthenticated)?;
        let sessions = self.sessions.as_ref().ok_or_else(|| {
            ApiError::unavailable("sessions_unavailable", "sessions cannot be checked")
        })?;
        let identity = sessions.validate(&session).await?;
        request.extensions_mut().insert(Caller {
            user_uuid: identity.user_uuid,
            session,
        });
        Ok(())
    }

    fn admit_service(&self, request: &mut Request) -> Result<(), ApiError> {
        let authorization = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        match self.credentials.verify(authorization, request.uri().path()) {
            Ok(service) => {
                request.extensions_mut().insert(service);
                Ok(())
            }
            Err(Refused::Unknown) => Err(ApiError::new(
                Kind::Unauthenticated,
                "service_credential_required",
                "this method is for services that hold a credential",
            )),
            Err(Refused::NotAllowed) => Err(ApiError::forbidden(
                "method_not_granted",
                "this credential does not open this method",
            )),
        }
    }
}

pub(super) async fn enforce(guard: Arc<Guard>, mut request: Request, next: Next) -> Response {
    match guard.admit(&mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => respond(is_grpc(request.headers()), error),
    }
}
