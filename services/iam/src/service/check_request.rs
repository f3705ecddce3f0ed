//! The gateway asks, for each request, whether it comes from someone signed in.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::instrument;

use crate::{
    domain::{Session, SessionId},
    ports::{SessionStore, StoreError},
};

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It comes from this session's holder.
    Allow {
        /// The session it proved.
        id: SessionId,
        /// Whose it is.
        session: Session,
    },
    /// It proves no live session.
    Deny,
}

/// Decides about requests at the edge.
#[derive(Debug, Clone)]
pub struct CheckSession {
    sessions: Arc<dyn SessionStore>,
    clock: SharedClock,
}

impl CheckSession {
    /// From its ports.
    pub fn new(sessions: Arc<dyn SessionStore>, clock: SharedClock) -> Self {
        Self { sessions, clock }
    }

    /// Decides about a request that carries this text as its session id, or none. One
    /// read. An error is no decision: the gateway must refuse the request.
    #[instrument(name = "check request", skip_all)]
    pub async fn run(&self, presented: Option<&str>) -> Result<Decision, StoreError> {
        let Some(id) = presented.and_then(SessionId::parse) else {
            return Ok(Decision::Deny);
        };
        Ok(match self.find(id).await? {
            Some(session) => Decision::Allow { id, session },
            None => Decision::Deny,
        })
    }

    /// The live session of this id, if there is one. One read.
    pub async fn find(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.sessions.find(id.hash(), self.clock.now()).await
    }
}
