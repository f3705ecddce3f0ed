//! What can be set.

use std::{fmt, path::PathBuf, time::Duration};

use rocket_rpc::server::ServerConfig;

/// All of Notification's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The SQLite file of the embedded store; created when missing.
    pub database: PathBuf,
    /// The bot; without one, messages are only kept.
    pub telegram: Option<TelegramConfig>,
    /// Events at work at once.
    pub max_in_flight: usize,
    /// How long marks and messages are kept. It must be longer than the log keeps
    /// events, or an event that is read again is told again.
    pub retention: Duration,
    /// How often what is older is deleted.
    pub sweep_period: Duration,
    /// How long messages that are on their way may take at shutdown.
    pub grace: Duration,
    /// Bounds of the server.
    pub server: ServerConfig,
}

impl Config {
    /// The defaults, on this database, without a bot.
    pub fn new(database: PathBuf) -> Self {
        Self {
            database,
            telegram: None,
            max_in_flight: 64,
            retention: Duration::from_hours(30 * 24),
            sweep_period: Duration::from_hours(1),
            grace: Duration::from_secs(5),
            server: ServerConfig::default(),
        }
    }
}

/// The bot.
#[derive(Debug, Clone)]
pub struct TelegramConfig {
    /// Its secret.
    pub token: BotToken,
    /// The base URL of the Bot API.
    pub base_url: String,
    /// How long one message may take.
    pub deadline: Duration,
    /// Messages a second, over all chats. Telegram lets a bot send about thirty
    /// (<https://core.telegram.org/bots/faq#broadcasting-to-users>); what is above it
    /// answers 429, which is obeyed too.
    pub messages_per_second: u32,
}

impl TelegramConfig {
    /// The defaults, for the bot with this token.
    pub fn new(token: impl Into<String>) -> Self {
        Self {
            token: BotToken::new(token),
            base_url: "https://api.telegram.org".to_owned(),
            deadline: Duration::from_secs(10),
            messages_per_second: 30,
        }
    }
}

/// The bot's secret. It is part of every request's URL, so no URL is ever logged.
#[derive(Clone)]
pub struct BotToken(String);

impl BotToken {
    /// Wraps the secret.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BotToken(hidden)")
    }
}
