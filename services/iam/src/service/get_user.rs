//! Another service looks an account up, for example to learn how to reach its owner.

use std::sync::Arc;

use thiserror::Error;
use tracing::instrument;
use uuid::Uuid;

use crate::{
    domain::User,
    ports::{StoreError, UserRepository},
};

/// Why there is no account to show.
#[derive(Debug, Error)]
pub enum GetUserError {
    /// No account has this id.
    #[error("no such user")]
    NotFound,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks accounts up.
#[derive(Debug, Clone)]
pub struct GetUser {
    users: Arc<dyn UserRepository>,
}

impl GetUser {
    /// From its port.
    pub fn new(users: Arc<dyn UserRepository>) -> Self {
        Self { users }
    }

    /// The account with this id.
    #[instrument(name = "get user", skip_all, fields(user_uuid = %user_uuid))]
    pub async fn run(&self, user_uuid: Uuid) -> Result<User, GetUserError> {
        let found = self.users.find(user_uuid).await?;
        found.ok_or(GetUserError::NotFound)
    }
}
