//! The login throttle, in memory: each replica counts for itself.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use rocket_runtime::ClientAddress;
use time::{Duration, OffsetDateTime};

use crate::{
    config::ThrottleConfig,
    domain::LoginName,
    ports::{LoginThrottle, Source, Throttled},
};

/// Further back than this, a clock was set; less is two requests that overtook each
/// other between reading the clock and being counted.
const SET_BACK: Duration = Duration::MINUTE;

/// Counts failures per account and address over a sliding window, and per account
/// over all addresses.
///
/// An account is never shut as a whole: that would let anybody shut it for its owner.
/// When many addresses fail on one account, each of them has fewer attempts, but one
/// that has not failed always has one.
#[derive(Debug)]
pub struct MemoryThrottle {
    config: ThrottleConfig,
    counts: Mutex<Counts>,
}

/// Whose failures count together: an account, and the network an attempt came from.
type Key = (LoginName, Option<IpAddr>);

#[derive(Debug, Default)]
struct Counts {
    /// When each key's counted attempts began, oldest first.
    by_key: HashMap<Key, VecDeque<OffsetDateTime>>,
    /// How many of them each account has.
    by_account: HashMap<LoginName, usize>,
    /// All attempts in the order in which they will be forgotten. One that is not
    /// counted any more may still be here.
    order: VecDeque<(OffsetDateTime, Key)>,
    latest: Option<OffsetDateTime>,
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
    /// The time to count with, never earlier than before. A clock that was set back
    /// forgets everything: waiting for it to catch up could take for ever.
    fn turn(&mut self, now: OffsetDateTime) -> OffsetDateTime {
        let latest = self.latest.unwrap_or(now);
        if now + SET_BACK < latest {
            *self = Self::default();
        }
        let now = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(now);
        now
    }

    fn add(&mut self, key: Key, now: OffsetDateTime) {
        self.order.push_back((now, key.clone()));
        *self.by_account.entry(key.0.clone()).or_default() += 1;
        self.by_key.entry(key).or_default().push_back(now);
    }

    /// Forgets what is over, and the oldest of what is too much.
    fn forget(&mut self, config: &ThrottleConfig, now: OffsetDateTime) {
        while let Some((began, _)) = self.order.front() {
            let over = now - *began >= config.account_window;
            if !over && self.order.len() < config.remembered {
                return;
            }
            let Some((began, key)) = self.order.pop_front() else {
                return;
            };
            let counted = self.by_key.get(&key).and_then(VecDeque::front);
            if counted.is_some_and(|oldest| *oldest <= began) {
                self.take(&key, VecDeque::pop_front);
            }
        }
    }

    /// Takes one attempt of a key out of the counts.
    fn take(
        &mut self,
        key: &Key,
        which: impl FnOnce(&mut VecDeque<OffsetDateTime>) -> Option<OffsetDateTime>,
    ) {
        let Some(attempts) = self.by_key.get_mut(key) else {
            return;
        };
        let taken = usize::from(which(attempts).is_some());
        if attempts.is_empty() {
            self.by_key.remove(key);
        }
        self.discount(&key.0, taken);
    }

    fn discount(&mut self, login: &LoginName, by: usize) {
        if let Some(count) = self.by_account.get_mut(login) {
            *count = count.saturating_sub(by);
            if *count == 0 {
                self.by_account.remove(login);
            }
        }
    }
}

fn key(login: &LoginName, source: Source) -> Key {
    (login.clone(), source.map(ClientAddress::network))
}

#[async_trait]
impl LoginThrottle for MemoryThrottle {
    async fn begin(
        &self,
        login: &LoginName,
        source: Source,
        now: OffsetDateTime,
    ) -> Result<(), Throttled> {
        let config = &self.config;
        let mut counts = self.lock();
        let now = counts.turn(now);
        counts.forget(config, now);
        let key = key(login, source);
        let everywhere = counts.by_account.get(login).copied().unwrap_or_default();
        let allowed = if everywhere >= config.account_failures_everywhere {
            1
        } else {
            config.account_failures
        };
        let attempts = counts.by_key.get(&key);
        // The attempt with whose end there is room for another.
        let in_the_way = attempts.and_then(|all| all.get(all.len().checked_sub(allowed)?));
        if let Some(began) = in_the_way {
            let wait = (*began + config.account_window - now).max(Duration::SECOND);
            return Err(Throttled {
                retry_after: wait.unsigned_abs(),
            });
        }
        counts.add(key, now);
        Ok(())
    }

    async fn succeeded(&self, login: &LoginName, source: Source) {
        let mut counts = self.lock();
        let forgotten = counts.by_key.remove(&key(login, source));
        let count = forgotten.as_ref().map_or(0, VecDeque::len);
        counts.discount(login, count);
    }

    async fn withdrawn(&self, login: &LoginName, source: Source) {
        let key = key(login, source);
        let mut counts = self.lock();
        counts.take(&key, VecDeque::pop_back);
        if counts.order.back().is_some_and(|(_, last)| *last == key) {
            counts.order.pop_back();
        }
    }
}

#[cfg(test)]
mod tests;
