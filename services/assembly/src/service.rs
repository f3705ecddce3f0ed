//! The use case.

mod assemble_ship;

pub(crate) use assemble_ship::AssembleShip;
