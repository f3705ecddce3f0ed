//! What the fuzz targets do with their input, one module a target.
//!
//! Each `run` takes any bytes and panics when a promise is broken; `README.md` says
//! which. Inputs are text wherever the thing under test reads text, so a seed is
//! written by hand and a find is read by eye.
#![forbid(unsafe_code)]

pub mod catalogue;
pub mod events;
pub mod front_door;
mod input;
pub mod page_token;
pub mod path;
pub mod platform_cr;
pub mod protobuf;
mod request;
mod scripted_log;
pub mod services;
pub mod wire;
mod world;
