//! How many event streams are open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rocket_rpc::error::ApiError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// A stream of one's own ends when its order does, or when one closes it; nobody can
/// say when that will be.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Counts open event streams, in all and for each user.
#[derive(Debug)]
pub(crate) struct Streams {
    all: Arc<Semaphore>,
    most_per_user: usize,
    by_user: Arc<Mutex<HashMap<Uuid, usize>>>,
}

/// The right to one open stream, given back when dropped.
#[derive(Debug)]
pub(super) struct StreamPermit {
    user_uuid: Uuid,
    by_user: Arc<Mutex<HashMap<Uuid, usize>>>,
    _one_of_all: OwnedSemaphorePermit,
}

impl Streams {
    /// At most `most` streams at once, and `most_per_user` of one user.
    pub(crate) fn new(most: usize, most_per_user: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(most)),
            most_per_user,
            by_user: Arc::default(),
        }
    }

    /// Takes a place: 429 when this user has too many, 503 when all together have.
    pub(super) fn open(&self, user_uuid: Uuid) -> Result<StreamPermit, ApiError> {
        let mut by_user = lock(&self.by_user);
        let open = by_user.get(&user_uuid).copied().unwrap_or_default();
        if open >= self.most_per_user {
            return Err(ApiError::too_many(
                "too_many_streams",
                "close some of your event streams first",
                Some(TRY_AGAIN),
            ));
        }
        let one_of_all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| {
            ApiError::unavailable("too_many_streams", "too many event streams are open")
        })?;
        by_user.insert(user_uuid, open + 1);
        Ok(StreamPermit {
            user_uuid,
            by_user: Arc::clone(&self.by_user),
            _one_of_all: one_of_all,
        })
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut by_user = lock(&self.by_user);
        if let Some(open) = by_user.get_mut(&self.user_uuid) {
            *open -= 1;
            if *open == 0 {
                by_user.remove(&self.user_uuid);
            }
        }
    }
}

/// The map is whole between its own calls, so a panic elsewhere leaves it usable.
fn lock(by_user: &Mutex<HashMap<Uuid, usize>>) -> MutexGuard<'_, HashMap<Uuid, usize>> {
    by_user.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rocket_rpc::error::Kind;

    use super::*;

    const ANN: Uuid = Uuid::from_u128(1);
    const BOB: Uuid = Uuid::from_u128(2);
    const CAT: Uuid = Uuid::from_u128(3);

    #[test]
    fn one_user_has_so_many_and_all_together_have_so_many() {
        let streams = Streams::new(3, 2);
        let refused = |user| streams.open(user).unwrap_err().kind();
        let mut open = vec![streams.open(ANN).unwrap(), streams.open(ANN).unwrap()];
        assert_eq!(refused(ANN), Kind::TooMany);
        open.push(streams.open(BOB).unwrap());
        assert_eq!(refused(CAT), Kind::Unavailable);
        assert_eq!(refused(BOB), Kind::Unavailable);
        drop(open.remove(0));
        open.push(streams.open(ANN).unwrap());
        assert_eq!(refused(ANN), Kind::TooMany);
        open.clear();
        assert!(lock(&streams.by_user).is_empty(), "nobody is remembered");
    }
}
