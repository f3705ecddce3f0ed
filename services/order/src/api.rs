//! HTTP: transport types and conversion, nothing else.

mod convert;
mod dto;
pub(crate) mod http;
mod idempotency;
mod sse;
mod streams;

pub use self::http::{openapi, router};
pub(crate) use self::{http::PATHS, idempotency::Keyed, streams::Streams};

use std::sync::Arc;

use crate::service::{CancelOrder, CreateOrder, GetOrder, ListOrders, OrderEvents, PayOrder};

/// What the handlers use.
pub struct Api {
    pub(crate) create: Arc<CreateOrder>,
    pub(crate) pay: Arc<PayOrder>,
    pub(crate) cancel: Arc<CancelOrder>,
    pub(crate) get: GetOrder,
    pub(crate) list: ListOrders,
    pub(crate) events: OrderEvents,
    pub(crate) keyed: Keyed,
    /// Bounds the event streams that are open at once.
    pub(crate) streams: Streams,
}
