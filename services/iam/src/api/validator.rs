//! IAM's own answer to "whose session is this": its store, without a call to itself.

use async_trait::async_trait;
use rocket_rpc::{
    error::ApiError,
    session::{Identity, SessionToken, SessionValidator},
};

use crate::service::CheckSession;

/// Validates sessions against IAM's store; never cached, so logout counts at once.
#[derive(Debug, Clone)]
pub struct OwnSessions {
    check: CheckSession,
}

impl OwnSessions {
    /// Answers with this use case.
    pub fn new(check: CheckSession) -> Self {
        Self { check }
    }
}

#[async_trait]
impl SessionValidator for OwnSessions {
    async fn validate(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        let found = self.check.find(session.expose().into()).await?;
        let session = found.ok_or_else(ApiError::unauthenticated)?;
        Ok(Identity {
            user_uuid: session.user_uuid,
            expires_at: session.expires_at,
        })
    }

    async fn validate_fresh(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        self.validate(session).await
    }
}
