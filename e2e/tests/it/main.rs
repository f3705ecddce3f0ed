//! Whole-system tests: the real program as a process of its own, used and broken
//! from outside. Test names carry the number of the invariant they prove.
#![allow(missing_docs, clippy::unwrap_used)]

mod gateway;
mod invariant_1;
mod invariant_3;
mod invariant_4;
mod order_walk;
mod readme;
mod refusals;
mod repository;
mod snapshots;
mod start;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rocketctl-under-test");
