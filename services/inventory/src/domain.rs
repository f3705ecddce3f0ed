//! Parts, what is left of them, and the holds that orders have on them. No I/O.

mod filter;
mod new_part;
mod page;
mod part;
mod reservation;
mod stock;

pub use filter::{Filter, FilterError};
pub use new_part::{MAX_STOCK, NewPart, Problem};
pub use page::{PageKey, PageSize, PageSizeError, PageTokenError};
pub use part::{Category, Dimensions, Manufacturer, MetadataValue, Part, PartDetails};
pub use reservation::{
    CommitRefusal, CommitStep, Expiry, Items, ItemsError, MAX_ITEMS, MAX_TTL, ReleaseRefusal,
    ReleaseStep, Reservation, ReserveRefusal, ReserveStep, State, TtlError,
};
pub use stock::StockAudit;

#[cfg(test)]
mod tests;
