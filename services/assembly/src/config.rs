//! What can be set.

use std::time::Duration;

use rocket_runtime::backoff::Backoff;

/// All of Assembly's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// How long a ship takes.
    pub assembly_time: Duration,
    /// Ships in assembly at once; more wait in the log.
    pub max_in_flight: usize,
    /// Pauses between tries to announce a ship that is ready.
    pub announce_backoff: Backoff,
    /// How long ships may take to become ready after shutdown was asked for. The
    /// others are built anew after the next start.
    pub grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            assembly_time: Duration::from_secs(10),
            max_in_flight: 20_000,
            announce_backoff: Backoff::default(),
            grace: Duration::from_millis(500),
        }
    }
}
