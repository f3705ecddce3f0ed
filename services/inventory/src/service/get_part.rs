//! Shows one part.

use std::sync::Arc;

use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use crate::{
    domain::Part,
    ports::{PartRepository, StoreError},
};

/// Shows one part.
#[derive(Clone)]
pub struct GetPart {
    parts: Arc<dyn PartRepository>,
}

/// Why there is no part to show.
#[derive(Debug, thiserror::Error)]
pub enum GetPartError {
    /// No part has this id.
    #[error("the part does not exist")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl GetPart {
    /// Reads from `parts`.
    pub fn new(parts: Arc<dyn PartRepository>) -> Self {
        Self { parts }
    }

    /// The part with this id.
    pub async fn run(&self, uuid: Uuid) -> Result<Part, GetPartError> {
        let found = self
            .parts
            .get(uuid)
            .instrument(info_span!("get part", part_uuid = %uuid))
            .await?;
        found.ok_or(GetPartError::NotFound)
    }
}
