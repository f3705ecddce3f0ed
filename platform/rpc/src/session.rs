//! Who is calling: sessions as every public request carries them.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, request::Parts};
use moka::future::Cache;
use rocket_proto::auth::v1::{
    WhoamiRequest, WhoamiResponse, auth_service_client::AuthServiceClient,
};
use rocket_runtime::SharedClock;
use time::OffsetDateTime;
use tonic::{Code, metadata::MetadataValue};
use uuid::Uuid;

use crate::{Channel, error::ApiError};

/// The header and metadata key that carries a session id.
pub const SESSION_HEADER: HeaderName = HeaderName::from_static("x-session-uuid");

/// How long a service trusts an answer of IAM. The gateway asks each time, so this
/// only bounds how long a service behind it lags.
const CACHED_FOR: Duration = Duration::from_secs(5);
const CACHED_AT_MOST: u64 = 10_000;

/// A session id. It is a secret: whoever holds it is the user.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionToken(Uuid);

impl SessionToken {
    /// Wraps a session id.
    pub fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The session id, for hashing or for sending to IAM.
    pub fn expose(&self) -> Uuid {
        self.0
    }

    /// The session id in `x-session-uuid`: none without the header, an error for
    /// one that is not a UUID in its canonical form.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let mut values = headers.get_all(SESSION_HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        // Two values would let two readers disagree on who is calling.
        if values.next().is_some() {
            return Err(ApiError::unauthenticated());
        }
        value
            .to_str()
            .ok()
            .filter(|text| text.len() == uuid::fmt::Hyphenated::LENGTH)
            .and_then(|text| text.parse().ok())
            .map(|id| Some(Self(id)))
            .ok_or_else(ApiError::unauthenticated)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(hidden)")
    }
}

/// What a valid session says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The user whose session it is.
    pub user_uuid: Uuid,
    /// When the session ends by itself.
    pub expires_at: OffsetDateTime,
}

/// The authenticated caller of a public request. Handlers take it as an argument;
/// the server stack has put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_uuid: Uuid,
    /// The session, to pass on to other services.
    pub session: SessionToken,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get()
            .copied()
            .ok_or_else(ApiError::unauthenticated)
    }
}

/// Tells whose session a token is.
#[async_trait]
pub trait SessionValidator: Send + Sync {
    /// Whose session it is, as of at most five seconds ago. Fails with
    /// `Kind::Unauthenticated` for one that is unknown or over, with
    /// `Kind::Unavailable` when that cannot be found out.
    async fn validate(&self, session: &SessionToken) -> Result<Identity, ApiError>;

    /// The same, as of now.
    async fn validate_fresh(&self, session: &SessionToken) -> Result<Identity, ApiError>;
}

/// Sessions as IAM knows them, through its Whoami.
#[derive(Clone)]
pub struct IamSessions {
    iam: AuthServiceClient<Channel>,
    cache: Cache<SessionToken, Identity>,
    clock: SharedClock,
}

impl IamSessions {
    /// Asks IAM over `iam`.
    pub fn new(iam: Channel, clock: SharedClock) -> Self {
        Self {
            iam: AuthServiceClient::new(iam),
            cache: Cache::builder()
                .max_capacity(CACHED_AT_MOST)
                .time_to_live(CACHED_FOR)
                .build(),
            clock,
        }
    }

    async fn ask(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        let request = with_session(tonic::Request::new(WhoamiRequest {}), session);
        match self.iam.clone().whoami(request).await {
            Ok(answer) => identity(answer.into_inner()),
            Err(status) => Err(refusal(status)),
        }
    }
}

fn identity(answer: WhoamiResponse) -> Result<Identity, ApiError> {
    let user_uuid = answer.user.and_then(|user| user.user_uuid.parse().ok());
    let expires_at = answer
        .session
        .and_then(|session| session.expires_at)
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at.seconds).ok());
    match (user_uuid, expires_at) {
        (Some(user_uuid), Some(expires_at)) => Ok(Identity {
            user_uuid,
            expires_at,
        }),
        _ => Err(sessions_unavailable().caused_by("whoami answered without user or session")),
    }
}

fn refusal(status: tonic::Status) -> ApiError {
    if status.code() == Code::Unauthenticated {
        ApiError::unauthenticated()
    } else {
        sessions_unavailable().caused_by(status)
    }
}

fn sessions_unavailable() -> ApiError {
    ApiError::unavailable(
        "sessions_unavailable",
        "sessions cannot be checked right now",
    )
}

#[async_trait]
impl SessionValidator for IamSessions {
    async fn validate(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        if let Some(identity) = self.cache.get(session).await
            && self.clock.now() < identity.expires_at
        {
            return Ok(identity);
        }
        self.validate_fresh(session).await
    }

    async fn validate_fresh(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        match self.ask(session).await {
            Ok(identity) => {
                self.cache.insert(*session, identity).await;
                Ok(identity)
            }
            Err(error) => {
                self.cache.invalidate(session).await;
                Err(error)
            }
        }
    }
}

impl fmt::Debug for IamSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IamSessions")
    }
}

/// Sessions that many parts share.
pub type SharedSessions = Arc<dyn SessionValidator>;

/// Puts the caller's session on an outgoing request.
pub fn with_session<T>(
    mut request: tonic::Request<T>,
    session: &SessionToken,
) -> tonic::Request<T> {
    let text = session.expose().to_string();
    if let Ok(mut value) = MetadataValue::try_from(text) {
        value.set_sensitive(true);
        request.metadata_mut().insert("x-session-uuid", value);
    }
    request
}
