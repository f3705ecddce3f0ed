//! What one connection is doing, as far as its patience is concerned.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Limits;

/// Shared by a connection's task, its bytes, its requests and their answers.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Requests whose answer has not been taken whole.
    requests: usize,
    /// When the client last took something of each answer that has begun.
    answers: HashMap<u64, Instant>,
    next_answer: u64,
    /// When the last request ended, or the connection began.
    quiet_since: Instant,
    /// When the first byte of a request came that is not complete yet.
    headers_since: Option<Instant>,
    /// HTTP/2 has bytes without requests, such as the answers to our pings.
    multiplexed: bool,
}

/// What a connection is waiting for, with the time at which that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// The client shall send the (rest of the) headers of a request.
    Headers(Instant),
    /// The client may send another request.
    Request(Instant),
    /// The client shall take more of an answer.
    Answer(Instant),
    /// The service shall answer, which has bounds of its own.
    Service,
}

impl Activity {
    /// A connection that begins now and has to send a request.
    pub(super) fn begin() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(State {
            requests: 0,
            answers: HashMap::new(),
            next_answer: 0,
            quiet_since: now,
            headers_since: Some(now),
            multiplexed: false,
        })))
    }

    /// Bytes came.
    pub(super) fn read(&self) {
        let mut state = self.lock();
        if state.requests == 0 && !state.multiplexed && state.headers_since.is_none() {
            state.headers_since = Some(Instant::now());
        }
    }

    /// A request is whole but for its body.
    pub(super) fn request(&self, multiplexed: bool) -> Open {
        let mut state = self.lock();
        state.requests += 1;
        state.headers_since = None;
        state.multiplexed = multiplexed;
        Open {
            activity: self.clone(),
            answer: None,
        }
    }

    /// What to wait for, as things stand.
    pub(super) fn patience(&self, limits: &Limits, crowded: bool) -> Patience {
        let state = self.lock();
        if let Some(oldest) = state.answers.values().min() {
            return Patience::Answer(*oldest + limits.stall);
        }
        if state.requests > 0 {
            return Patience::Service;
        }
        if let Some(since) = state.headers_since {
            return Patience::Headers(since + limits.header_timeout);
        }
        let idle = if crowded {
            limits.idle.min(limits.header_timeout)
        } else {
            limits.idle
        };
        Patience::Request(state.quiet_since + idle)
    }

    /// The map is whole between its own calls, so a panic elsewhere leaves it usable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request under way; dropped when its answer has been taken whole, or never
/// will be.
#[derive(Debug)]
pub(super) struct Open {
    activity: Activity,
    answer: Option<u64>,
}

impl Open {
    /// The answer begins, or the client has taken more of it.
    pub(super) fn progress(&mut self) {
        let now = Instant::now();
        let mut state = self.activity.lock();
        let id = *self.answer.get_or_insert_with(|| {
            state.next_answer += 1;
            state.next_answer
        });
        state.answers.insert(id, now);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        if let Some(id) = self.answer {
            state.answers.remove(&id);
        }
        state.requests = state.requests.saturating_sub(1);
        state.quiet_since = Instant::now();
    }
}

impl Patience {
    /// When to look again: at the latest after `often`.
    pub(super) fn until(self, often: Duration) -> Instant {
        let soon = Instant::now() + often;
        match self {
            Self::Headers(at) | Self::Request(at) | Self::Answer(at) => at.min(soon),
            Self::Service => soon,
        }
    }

    /// True when it has run out.
    pub(super) fn over(self) -> bool {
        match self {
            Self::Headers(at) | Self::Request(at) | Self::Answer(at) => at <= Instant::now(),
            Self::Service => false,
        }
    }
}
