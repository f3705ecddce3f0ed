//! Readiness: which parts of a process can do their work now.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The readiness of a process, part by part.
#[derive(Debug, Clone, Default)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<String, bool>>>,
}

/// The handle with which a part says whether it is ready.
#[derive(Debug, Clone)]
pub struct Check {
    name: String,
    health: Health,
}

impl Health {
    /// Adds a part, which counts as not ready until it says otherwise.
    pub fn register(&self, name: impl Into<String>) -> Check {
        let check = Check {
            name: name.into(),
            health: self.clone(),
        };
        check.set(false);
        check
    }

    /// True when every registered part is ready.
    pub fn is_ready(&self) -> bool {
        self.report().values().all(|ready| *ready)
    }

    /// Every part and whether it is ready.
    pub fn report(&self) -> BTreeMap<String, bool> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, bool>> {
        // A flag is whole at every moment, so a panic elsewhere leaves it usable.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Check {
    /// Says whether the part is ready.
    pub fn set(&self, ready: bool) {
        self.health.lock().insert(self.name.clone(), ready);
    }
}
