//! How fast the bot may speak.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// One bot's pace, for everything this process sends: a slot for each message, and
/// silence for as long as Telegram asked for.
#[derive(Debug)]
pub struct Pacer {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next_slot: Instant,
    silent_until: Instant,
}

impl Pacer {
    /// At most this many messages a second; zero counts as one.
    pub fn per_second(messages: u32) -> Self {
        let now = Instant::now();
        Self {
            interval: Duration::from_secs(1) / messages.max(1),
            state: Mutex::new(State {
                next_slot: now,
                silent_until: now,
            }),
        }
    }

    /// The longest that `waiting` messages wait for their slots.
    pub fn longest_wait(&self, waiting: usize) -> Duration {
        self.interval
            .saturating_mul(u32::try_from(waiting).unwrap_or(u32::MAX))
    }

    /// Asks for silence from now on.
    pub fn silence(&self, how_long: Duration) {
        let until = Instant::now() + how_long;
        let mut state = self.lock();
        state.silent_until = state.silent_until.max(until);
    }

    /// Waits until the silence is over.
    pub async fn until_allowed(&self) {
        loop {
            let until = self.lock().silent_until;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    /// Waits for the next free slot. False when silence was asked for meanwhile.
    pub async fn slot(&self) -> bool {
        let slot = {
            let mut state = self.lock();
            let slot = state.next_slot.max(Instant::now());
            state.next_slot = slot + self.interval;
            slot
        };
        sleep_until(slot).await;
        self.lock().silent_until <= Instant::now()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Two instants are whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn slots_are_apart() {
        let pacer = Pacer::per_second(10);
        let started = Instant::now();
        for _ in 0..21 {
            assert!(pacer.slot().await);
        }
        assert!(started.elapsed() >= Duration::from_secs(2));
        assert!(started.elapsed() < Duration::from_millis(2_100));
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_does_not_add_up_to_a_burst() {
        let pacer = Pacer::per_second(10);
        tokio::time::sleep(Duration::from_mins(1)).await;
        let started = Instant::now();
        for _ in 0..11 {
            pacer.slot().await;
        }
        assert!(started.elapsed() >= Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_holds_for_everybody_and_the_longest_counts() {
        let pacer = Pacer::per_second(1_000);
        let started = Instant::now();
        pacer.silence(Duration::from_secs(7));
        pacer.silence(Duration::from_secs(3));
        assert!(!pacer.slot().await);
        pacer.until_allowed().await;
        assert!(started.elapsed() >= Duration::from_secs(7));
        assert!(pacer.slot().await);
    }
}
