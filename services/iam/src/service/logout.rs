//! A customer signs out.

use std::sync::Arc;

use tracing::instrument;

use crate::{
    domain::SessionId,
    ports::{SessionStore, StoreError},
};

/// Ends sessions.
#[derive(Debug, Clone)]
pub struct LogOut {
    sessions: Arc<dyn SessionStore>,
}

impl LogOut {
    /// From its port.
    pub fn new(sessions: Arc<dyn SessionStore>) -> Self {
        Self { sessions }
    }

    /// Ends the session; when this returns, no check passes any more. Ending one that
    /// is gone already is no error: the wish is fulfilled.
    #[instrument(name = "log out", skip_all)]
    pub async fn run(&self, id: SessionId) -> Result<(), StoreError> {
        self.sessions.remove(id.hash()).await.map(drop)
    }
}
