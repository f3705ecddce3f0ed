//! Whole-system tests: the real program as a process of its own, used and broken
//! from outside. Test names carry the number of the invariant they prove.
#![allow(missing_docs, clippy::unwrap_used)]

mod bank_faults;
mod clock_jumps;
mod command;
mod disk;
mod dlq;
mod flood;
mod gateway;
mod invariant_1;
mod invariant_2;
mod invariant_3;
mod invariant_4;
mod invariant_5;
mod invariant_6;
mod invariant_7;
mod invariant_8;
mod invariant_9;
mod kill_loop;
mod limits;
mod load;
mod order_walk;
mod otlp;
mod parts;
mod readme;
mod refusals;
mod repository;
mod secrets;
mod shop;
mod snapshots;
mod start;
mod telegram_faults;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rocketctl-under-test");
