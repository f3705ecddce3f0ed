//! Notification: tells users that their order is paid and that their ship is ready.
//!
//! Each event is told once, through Telegram when the user has named a chat; the last
//! messages of each user are kept in any case, for them to read.

mod adapters;
mod api;
mod app;
mod config;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod domain;
pub mod ports;
mod service;
mod templates;

pub use adapters::{SqliteStore, TelegramBot, TelegramError};
pub use api::http::openapi;
pub use app::{App, BuildError, Deps};
pub use config::{BotToken, Config, TelegramConfig};
pub use service::{NotifyError, NotifyUser, Pacer, Telegram};
