//! IAM, Telegram and the embedded store.

mod iam_contacts;
mod sqlite;
mod telegram;

pub(crate) use iam_contacts::IamContacts;
pub use sqlite::SqliteStore;
pub use telegram::{TelegramBot, TelegramError};
