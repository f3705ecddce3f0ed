//! The login throttle, in memory: each replica counts for itself.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use crate::{
    config::ThrottleConfig,
    domain::LoginName,
    ports::{LoginThrottle, Throttled},
};

/// Counts failures per account over a sliding window, and all together over a fixed
/// one. The second bounds the memory: no more accounts are remembered than failures
/// fit in the longer window.
#[derive(Debug)]
pub struct MemoryThrottle {
    config: ThrottleConfig,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// When each account's counted attempts began, oldest first.
    by_account: HashMap<LoginName, VecDeque<OffsetDateTime>>,
    window_began: Option<OffsetDateTime>,
    in_window: usize,
}

impl MemoryThrottle {
    /// Nothing counted yet.
    pub fn new(config: ThrottleConfig) -> Self {
        Self {
            config,
            counts: Mutex::default(),
        }
    }

    /// A panic elsewhere cannot leave counts half changed, so a poisoned lock is fine.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Begins a new global window when the old one is over, and forgets accounts whose
    /// failures all stopped counting.
    fn turn(&mut self, config: &ThrottleConfig, now: OffsetDateTime) -> OffsetDateTime {
        match self.window_began {
            // A clock set back begins a new window too: waiting for it to catch up
            // could take for ever.
            Some(began) if began <= now && now - began < config.global_window => began,
            _ => {
                self.window_began = Some(now);
                self.in_window = 0;
                self.by_account.retain(|_, attempts| {
                    forget_old(attempts, config, now);
                    !attempts.is_empty()
                });
                now
            }
        }
    }
}

fn forget_old(
    attempts: &mut VecDeque<OffsetDateTime>,
    config: &ThrottleConfig,
    now: OffsetDateTime,
) {
    attempts.retain(|began| *began <= now && now - *began < config.account_window);
}

fn throttled(until: OffsetDateTime, now: OffsetDateTime) -> Throttled {
    let wait = (until - now).max(Duration::SECOND);
    Throttled {
        retry_after: wait.unsigned_abs(),
    }
}

#[async_trait]
impl LoginThrottle for MemoryThrottle {
    async fn begin(&self, login: &LoginName, now: OffsetDateTime) -> Result<(), Throttled> {
        let config = &self.config;
        let mut counts = self.lock();
        let window_began = counts.turn(config, now);
        if counts.in_window >= config.global_failures {
            return Err(throttled(window_began + config.global_window, now));
        }
        let attempts = counts.by_account.entry(login.clone()).or_default();
        forget_old(attempts, config, now);
        if attempts.len() >= config.account_failures {
            let until = attempts
                .front()
                .map_or(now, |oldest| *oldest + config.account_window);
            return Err(throttled(until, now));
        }
        attempts.push_back(now);
        counts.in_window += 1;
        Ok(())
    }

    async fn succeeded(&self, login: &LoginName) {
        let mut counts = self.lock();
        counts.by_account.remove(login);
        counts.in_window = counts.in_window.saturating_sub(1);
    }

    async fn withdrawn(&self, login: &LoginName) {
        let mut counts = self.lock();
        if let Some(attempts) = counts.by_account.get_mut(login) {
            attempts.pop_back();
            if attempts.is_empty() {
                counts.by_account.remove(login);
            }
        }
        counts.in_window = counts.in_window.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
