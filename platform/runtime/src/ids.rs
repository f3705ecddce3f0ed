//! Where new ids come from.

use std::{fmt::Debug, sync::Arc};

use uuid::Uuid;

/// A source of ids for new things. Session ids never come from here: they are
/// random, from the operating system.
pub trait IdSource: Send + Sync + Debug {
    /// A new UUIDv7 (RFC 9562 section 5.7): unique, and sorted by time of making.
    fn next_id(&self) -> Uuid;
}

/// An id source that many parts share.
pub type SharedIds = Arc<dyn IdSource>;

/// UUIDv7 from the system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn next_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
