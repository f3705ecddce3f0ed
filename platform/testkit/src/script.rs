//! What a stand-in server does next: one-off behaviours first, then the standing one.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

#[derive(Debug)]
pub(crate) struct Script<B> {
    state: Mutex<State<B>>,
}

#[derive(Debug)]
struct State<B> {
    next: VecDeque<B>,
    standing: B,
}

impl<B: Clone> Script<B> {
    pub(crate) fn new(standing: B) -> Self {
        Self {
            state: Mutex::new(State {
                next: VecDeque::new(),
                standing,
            }),
        }
    }

    pub(crate) fn push(&self, behaviour: B) {
        self.lock().next.push_back(behaviour);
    }

    pub(crate) fn stand(&self, behaviour: B) {
        self.lock().standing = behaviour;
    }

    pub(crate) fn take(&self) -> B {
        let mut state = self.lock();
        state
            .next
            .pop_front()
            .unwrap_or_else(|| state.standing.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
