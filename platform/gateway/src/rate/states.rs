//! Where the states of a rate's keys are kept: never more than so many.

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use governor::{
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};

/// The states of at most `most` keys. Keys that come when there is no room share one
/// state, so that a flood of new ones neither grows this nor gets a rate each.
#[derive(Debug)]
pub(super) struct BoundedStates<K> {
    most: usize,
    states: Mutex<States<K>>,
}

#[derive(Debug)]
struct States<K> {
    by_key: HashMap<K, Nanos>,
    shared: Option<Nanos>,
}

impl<K: Hash + Eq> BoundedStates<K> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            states: Mutex::new(States {
                by_key: HashMap::new(),
                shared: None,
            }),
        }
    }

    /// The closures of a rate limiter do not panic, so the states are always whole.
    fn lock(&self) -> MutexGuard<'_, States<K>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> StateStore for BoundedStates<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut states = self.lock();
        if let Some(state) = states.by_key.get_mut(key) {
            let (outcome, new) = measure(Some(*state))?;
            *state = new;
            return Ok(outcome);
        }
        if states.by_key.len() < self.most {
            let (outcome, new) = measure(None)?;
            states.by_key.insert(key.clone(), new);
            return Ok(outcome);
        }
        let (outcome, new) = measure(states.shared)?;
        states.shared = Some(new);
        Ok(outcome)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for BoundedStates<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.lock().by_key.retain(|_, state| *state > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.lock().by_key.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
