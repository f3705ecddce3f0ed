//! What the ports are made of.

mod inventory_grpc;
mod local_feed;
mod messages;
mod outbox_dispatch;
mod payments_grpc;
mod ship_assembled;
pub mod sqlite;

pub use inventory_grpc::GrpcInventory;
pub use local_feed::LocalStatusFeed;
pub(crate) use messages::{TO_EVENTS, TO_INVENTORY, event_type};
pub use outbox_dispatch::InventoryDispatch;
pub use payments_grpc::GrpcPayments;
pub use ship_assembled::ShipAssembledHandler;
