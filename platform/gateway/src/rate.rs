//! How much one session, or one address, may ask.
//!
//! The generic cell rate algorithm: whoever was quiet may send `requests` at once, and
//! after that one every `per / requests`. So no window is there to be waited for, and
//! in any `per` at most twice `requests` pass.

mod states;

use std::{
    fmt::Debug,
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{Quota, RateLimiter, clock::Clock};
use rocket_routes::Counted;
use rocket_rpc::error::ApiError;
use rocket_runtime::ClientAddress;
use uuid::Uuid;

use self::states::BoundedStates;
use crate::{Config, refusal::Refusal};

/// The shortest wait that is told: `Retry-After` counts whole seconds.
const LEAST_WAIT: Duration = Duration::from_secs(1);
/// How often keys are forgotten while there is no room for new ones.
const TIDY_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// So many requests in a unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many requests.
    pub requests: NonZeroU32,
    /// In which time.
    pub per: Duration,
}

impl Rate {
    /// So many requests (at least one) a minute.
    pub const fn per_minute(requests: u32) -> Self {
        let requests = match NonZeroU32::new(requests) {
            Some(requests) => requests,
            None => NonZeroU32::MIN,
        };
        Self {
            requests,
            per: Duration::from_mins(1),
        }
    }

    fn quota(self) -> Quota {
        Quota::with_period(self.per / self.requests.get())
            .unwrap_or(Quota::per_second(self.requests))
            .allow_burst(self.requests)
    }
}

/// The rates of a front door and who has used how much of them.
#[derive(Debug)]
pub(crate) struct Rates {
    sessions: Limiter<Uuid>,
    sign_ins: Limiter<IpAddr>,
    /// Apart, so that a probe behind the same address uses up nobody's sign-ins.
    strangers: Limiter<IpAddr>,
}

impl Rates {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            sessions: Limiter::new(config.session_rate, config.rate_keys),
            sign_ins: Limiter::new(config.sign_in_rate, config.rate_keys),
            strangers: Limiter::new(config.session_rate, config.rate_keys),
        }
    }

    /// Counts a request. `session` is what the session check accepted.
    pub(crate) fn count(
        &self,
        counted: Counted,
        session: Option<Uuid>,
        client: ClientAddress,
    ) -> Result<(), Refusal> {
        let outcome = match (counted, session) {
            (Counted::BySession, Some(session)) => self.sessions.count(&session),
            (Counted::BySession, None) => self.strangers.count(&client.network()),
            (Counted::ByAddress, _) => self.sign_ins.count(&client.network()),
            (Counted::Not, _) => Ok(()),
        };
        outcome.map_err(|wait| {
            let wait = Some(wait.max(LEAST_WAIT));
            ApiError::too_many("rate_limited", "too many requests; try again later", wait).into()
        })
    }
}

/// One rate for each key, of a bounded number of keys.
#[derive(Debug)]
struct Limiter<K: Hash + Eq + Clone + Debug> {
    gcra: RateLimiter<K, BoundedStates<K>, Ticks>,
    most: usize,
    tidied: Mutex<Tidied>,
}

#[derive(Debug)]
struct Tidied {
    at: Instant,
    counted_since: usize,
}

impl<K: Hash + Eq + Clone + Debug> Limiter<K> {
    fn new(rate: Rate, most: usize) -> Self {
        Self {
            gcra: RateLimiter::new(rate.quota(), BoundedStates::new(most), Ticks),
            most,
            tidied: Mutex::new(Tidied {
                at: Ticks.now(),
                counted_since: 0,
            }),
        }
    }

    /// Counts one request, or says how long to wait.
    fn count(&self, key: &K) -> Result<(), Duration> {
        self.tidy();
        self.gcra
            .check_key(key)
            .map_err(|until| until.wait_time_from(Ticks.now()))
    }

    /// Forgets keys that are as good as new: now and then, and when there is no room.
    fn tidy(&self) {
        let now = Ticks.now();
        // Two plain numbers, whole whatever panicked.
        let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
        tidied.counted_since += 1;
        let grown = tidied.counted_since > self.most / 2;
        let waited = now.duration_since(tidied.at) >= TIDY_AT_MOST_EVERY;
        if waited && (grown || self.gcra.len() >= self.most) {
            *tidied = Tidied {
                at: now,
                counted_since: 0,
            };
            drop(tidied);
            self.gcra.retain_recent();
            self.gcra.shrink_to_fit();
        }
    }
}

/// The runtime's clock, which a test can turn.
#[derive(Debug, Clone, Copy)]
struct Ticks;

impl Clock for Ticks {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

#[cfg(test)]
mod tests;
