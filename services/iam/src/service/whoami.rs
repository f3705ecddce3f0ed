//! A signed-in customer, or a service on their behalf, asks who they are.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::instrument;

use crate::{
    domain::{Session, SessionId, User},
    ports::{StoreError, WhoamiReader},
};

/// Tells whose a session is.
#[derive(Debug, Clone)]
pub struct Whoami {
    reader: Arc<dyn WhoamiReader>,
    clock: SharedClock,
}

impl Whoami {
    /// From its ports.
    pub fn new(reader: Arc<dyn WhoamiReader>, clock: SharedClock) -> Self {
        Self { reader, clock }
    }

    /// The live session and its account; none when there is no such session. One read.
    #[instrument(name = "whoami", skip_all)]
    pub async fn run(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        self.reader.whoami(id.hash(), self.clock.now()).await
    }
}
