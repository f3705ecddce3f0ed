//! The settings of this service.

use std::{path::PathBuf, time::Duration};

use rocket_rpc::server::ServerConfig;
use rocket_runtime::money::Currency;

use crate::ports::MAX_LEASE;

/// The longest that Inventory holds parts for.
const MAX_HOLD: Duration = Duration::from_hours(7 * 24);

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

/// A setting makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: expected {expected}")]
pub struct ConfigError {
    /// Which.
    pub setting: &'static str,
    /// What was expected.
    pub expected: &'static str,
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
    /// The most that are open at once; more are answered 503. Well below the
    /// connections that a listener accepts, each of which may carry one.
    pub open: usize,
    /// The most of one user; more are answered 429.
    pub open_per_user: usize,
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
            unpaid_order_ttl: Duration::from_mins(15),
            hold_margin: Duration::from_mins(1),
            max_unpaid_orders: 100,
            payments: PaymentTimes::default(),
            sweeps: SweepIntervals::default(),
            keys: KeyTimes::default(),
            streams: StreamLimits::default(),
            server: ServerConfig::default(),
            drain: Duration::from_secs(10),
        }
    }

    /// Refuses settings that would stall or spin.
    pub fn check(&self) -> Result<(), ConfigError> {
        let hold = self.unpaid_order_ttl.saturating_add(self.hold_margin);
        let leases = [self.payments.lease, self.keys.lease];
        let pauses = self.payments.retry_least..=self.payments.retry_most;
        let sweeps = [self.sweeps.expire, self.sweeps.settle, self.sweeps.keys];
        let rules = [
            (
                !self.unpaid_order_ttl.is_zero() && hold <= MAX_HOLD,
                "unpaid_order_ttl",
                "more than nothing, and with hold_margin at most seven days",
            ),
            (
                self.max_unpaid_orders > 0,
                "max_unpaid_orders",
                "at least 1",
            ),
            (
                leases.iter().all(|l| !l.is_zero() && *l <= MAX_LEASE),
                "lease",
                "more than nothing and at most ten minutes",
            ),
            (
                !pauses.is_empty() && !pauses.start().is_zero() && *pauses.end() <= MAX_LEASE,
                "retry_least",
                "more than nothing and at most retry_most, that at most ten minutes",
            ),
            (
                sweeps.iter().all(|interval| !interval.is_zero()),
                "sweeps",
                "intervals of more than nothing",
            ),
            (
                !self.streams.recheck.is_zero(),
                "recheck",
                "more than nothing",
            ),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            None => Ok(()),
            Some((_, setting, expected)) => Err(ConfigError { setting, expected }),
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
            keys: Duration::from_mins(1),
        }
    }
}

impl Default for KeyTimes {
    fn default() -> Self {
        Self {
            keep: Duration::from_hours(24),
            lease: Duration::from_secs(30),
        }
    }
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            open: 1_024,
            open_per_user: 16,
            recheck: Duration::from_millis(2_500),
            recheck_timeout: Duration::from_millis(1_500),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_good_and_nonsense_is_refused() {
        let good = Config::new(PathBuf::from("order.db"));
        assert_eq!(good.check(), Ok(()));
        let outlives = good.streams.recheck + good.streams.recheck_timeout;
        assert!(outlives < Duration::from_secs(5), "streams end in time");
        let connections = rocket_runtime::serve::Limits::default().connections;
        assert!(good.streams.open <= connections / 4, "others still connect");
        let refused = |change: fn(&mut Config)| {
            let mut config = good.clone();
            change(&mut config);
            config.check().map_err(|error| error.setting)
        };
        assert_eq!(
            refused(|c| c.unpaid_order_ttl = MAX_HOLD),
            Err("unpaid_order_ttl")
        );
        assert_eq!(
            refused(|c| c.max_unpaid_orders = 0),
            Err("max_unpaid_orders")
        );
        assert_eq!(refused(|c| c.payments.lease = Duration::ZERO), Err("lease"));
        assert_eq!(refused(|c| c.keys.lease = Duration::MAX), Err("lease"));
        assert_eq!(
            refused(|c| c.payments.retry_most = Duration::MAX),
            Err("retry_least")
        );
        assert_eq!(
            refused(|c| c.payments.retry_least = Duration::MAX),
            Err("retry_least")
        );
        assert_eq!(
            refused(|c| c.payments.retry_least = Duration::ZERO),
            Err("retry_least")
        );
        assert_eq!(refused(|c| c.sweeps.settle = Duration::ZERO), Err("sweeps"));
        assert_eq!(
            refused(|c| c.streams.recheck = Duration::ZERO),
            Err("recheck")
        );
    }
}
