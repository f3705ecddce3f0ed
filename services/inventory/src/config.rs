//! What can be set.

use std::{path::PathBuf, time::Duration};

use rocket_rpc::{credential::Credentials, server::ServerConfig};
use rocket_runtime::money::Currency;

/// All of Inventory's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The SQLite file of the embedded store; created when missing.
    pub database: PathBuf,
    /// A catalogue's YAML text, imported at the start if the store has no part yet.
    pub catalogue: Option<String>,
    /// The currency of all prices.
    pub currency: Currency,
    /// How often holds that are past their expiry are given back; at most this long
    /// after its expiry a hold's parts can be ordered again.
    pub sweep_interval: Duration,
    /// How long background work may take to end at shutdown.
    pub grace: Duration,
    /// Bounds of the server.
    pub server: ServerConfig,
    /// Who may reserve, commit and release: hashes of services' credentials.
    pub credentials: Credentials,
}

impl Config {
    /// The defaults, on this database; nobody may reserve.
    pub fn new(database: PathBuf) -> Self {
        Self {
            database,
            catalogue: None,
            currency: Currency::USD,
            sweep_interval: Duration::from_secs(5),
            grace: Duration::from_secs(5),
            server: ServerConfig::default(),
            credentials: Credentials::new(),
        }
    }
}
