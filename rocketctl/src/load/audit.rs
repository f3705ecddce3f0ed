//! Compares what the load was told with what can be seen afterwards.

use serde::Serialize;
use uuid::Uuid;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Audit {
    pub(super) orders: usize,
    pub(super) assembled: usize,
    pub(super) cancelled: usize,
    pub(super) pending: usize,
    pub(super) messages: usize,
    pub(super) stock_parts: usize,
    pub(super) findings: Vec<Finding>,
}

/// One thing that should not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) order_uuid: Option<Uuid>,
    pub(super) what: String,
}
