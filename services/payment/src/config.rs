//! What can be set.

use std::{fmt, time::Duration};

use rocket_rpc::server::ServerConfig;
use rocket_runtime::money::{Currency, Money};

/// All of Payment's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The currency of the installation; a charge in another one is refused.
    pub currency: Currency,
    /// Who moves the money.
    pub provider: ProviderConfig,
    /// Bounds of the gRPC server.
    pub server: ServerConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            currency: Currency::USD,
            provider: ProviderConfig::Simulated {
                decline_above: None,
            },
            server: ServerConfig::default(),
        }
    }
}

/// Who moves the money.
#[derive(Debug, Clone)]
pub enum ProviderConfig {
    /// Nobody: every charge succeeds, except those above a limit.
    Simulated {
        /// Larger amounts are declined. Changing it while an order is being paid may
        /// change the answer to that attempt, as nothing is kept.
        decline_above: Option<Money>,
    },
    /// A provider over HTTP.
    Http(HttpProviderConfig),
}

/// A provider over HTTP.
#[derive(Debug, Clone)]
pub struct HttpProviderConfig {
    /// Its base URL, to which `/charges` is added.
    pub url: String,
    /// Sent as `authorization: Bearer …`, when the provider wants one.
    pub api_key: Option<ApiKey>,
    /// How long a charge may take, from the connection to the end of the answer. It
    /// should be shorter than the deadline of the caller, who is else told nothing.
    pub deadline: Duration,
}

impl HttpProviderConfig {
    /// The defaults, for the provider at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            api_key: None,
            deadline: Duration::from_millis(1_500),
        }
    }
}

/// The secret that the provider knows us by.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Wraps the secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}
