//! The rules that have no store in them.

mod items;
mod page;
mod reservation;
