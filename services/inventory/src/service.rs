//! The use cases, one a file.

mod commit_reservation;
mod get_part;
mod import_parts;
mod list_parts;
mod release_reservation;
mod reserve_parts;
mod sweep_reservations;

pub use commit_reservation::CommitReservation;
pub use get_part::{GetPart, GetPartError};
pub use import_parts::{ImportError, ImportParts, ImportSummary};
pub use list_parts::{ListParts, ListPartsError, PartsPage};
pub use release_reservation::ReleaseReservation;
pub use reserve_parts::{ReserveParts, ReservePartsError};
pub use sweep_reservations::SweepReservations;

#[cfg(test)]
mod tests;
