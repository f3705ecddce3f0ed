//! The use cases, one file each.

mod cancel_order;
mod charge;
mod create_order;
mod expire_orders;
mod get_order;
mod list_orders;
mod mark_assembled;
mod metrics;
mod order_events;
mod pay_order;
mod settle_payments;
mod sweep_keys;

pub use cancel_order::{CancelError, CancelOrder};
pub use charge::{ChargeAttempt, Settled};
pub use create_order::{CreateError, CreateOrder, Creation, NewOrder};
pub use expire_orders::ExpireOrders;
pub use get_order::{GetError, GetOrder};
pub use list_orders::{ListOrders, Page};
pub use mark_assembled::{MarkAssembled, MarkError};
pub use metrics::OrderMetrics;
pub use order_events::{OrderEvents, StatusUpdate};
pub use pay_order::{PayError, PayOrder, PayRequest};
pub use settle_payments::{SettlePayments, Swept};
pub use sweep_keys::SweepKeys;
