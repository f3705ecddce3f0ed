//! The settings of this service.

use std::{path::PathBuf, time::Duration};

use rocket_rpc::server::ServerConfig;
use rocket_runtime::money::Currency;

/// All settings; each has a default except where the data lies.
#[derive(Debug, Clone)]
pub struct Config {
    /// The SQLite file; made when missing.
    pub database: PathBuf,
    /// The installation's one currency. A part priced in another is not sold.
    pub currency: Currency,
    /// How long an order may stay unpaid before it is cancelled.
    pub unpaid_order_ttl: Duration,
    /// How much longer than that Inventory holds the parts, so that a hold never
    /// ends while its order can still be paid undisturbed.
    pub hold_margin: Duration,
    /// The most unpaid orders of one user at a time.
    pub max_unpaid_orders: u32,
    /// The leases of payments.
    pub payments: PaymentTimes,
    /// How often the sweepers look.
    pub sweeps: SweepIntervals,
    /// How long idempotency keys last.
    pub keys: KeyTimes,
    /// Event streams of clients.
    pub streams: StreamLimits,
    /// The bounds of the server.
    pub server: ServerConfig,
    /// How long background work may take to end after it was asked to.
    pub drain: Duration,
}

/// The leases of payments.
#[derive(Debug, Clone, Copy)]
pub struct PaymentTimes {
    /// How long one step of a payment may take before the sweeper takes over.
    /// Longer than the deadlines of calls to Inventory and Payment.
    pub lease: Duration,
    /// The shortest wait before an attempt without definite answer is repeated.
    pub retry_least: Duration,
    /// The longest.
    pub retry_most: Duration,
}

/// How often the sweepers look.
#[derive(Debug, Clone, Copy)]
pub struct SweepIntervals {
    /// For unpaid orders that are too old.
    pub expire: Duration,
    /// For payments whose lease ran out.
    pub settle: Duration,
    /// For old idempotency keys.
    pub keys: Duration,
}

/// How long idempotency keys last.
#[derive(Debug, Clone, Copy)]
pub struct KeyTimes {
    /// How long an answer is kept.
    pub keep: Duration,
    /// How long a crash blocks the key of the request it interrupted. Longer than
    /// any request takes.
    pub lease: Duration,
}

/// Event streams of clients.
#[derive(Debug, Clone, Copy)]
pub struct StreamLimits {
    /// The most that are open at once; more are answered 503.
    pub open: usize,
    /// How often a stream's session is checked again.
    pub recheck: Duration,
    /// How long one such check may take. Both together are how long a stream
    /// outlives its session, at most.
    pub recheck_timeout: Duration,
}

impl Config {
    /// The defaults, with the data at `database`.
    pub fn new(database: PathBuf) -> Self {
        Self {
            database,
            currency: Currency::USD,
            unpaid_order_ttl: Duration::from_secs(15 * 60),
            hold_margin: Duration::from_secs(60),
            max_unpaid_orders: 100,
            payments: PaymentTimes::default(),
            sweeps: SweepIntervals::default(),
            keys: KeyTimes::default(),
            streams: StreamLimits::default(),
            server: ServerConfig::default(),
            drain: Duration::from_secs(10),
        }
    }
}

impl Default for PaymentTimes {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            retry_least: Duration::from_secs(1),
            retry_most: Duration::from_secs(30),
        }
    }
}

impl Default for SweepIntervals {
    fn default() -> Self {
        Self {
            expire: Duration::from_secs(1),
            settle: Duration::from_secs(1),
            keys: Duration::from_secs(60),
        }
    }
}

impl Default for KeyTimes {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(24 * 60 * 60),
            lease: Duration::from_secs(30),
        }
    }
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            open: 10_000,
            recheck: Duration::from_millis(2_500),
            recheck_timeout: Duration::from_millis(1_500),
        }
    }
}
