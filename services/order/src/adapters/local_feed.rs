//! Status changes within one process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use crate::ports::{StatusFeed, StatusWatch};

/// One channel per order that somebody watches; an order that nobody watches costs
/// one look into a map per change. A source of changes made elsewhere (such as
/// `LISTEN`) drives the same feed through [`LocalStatusFeed::changed`], and after
/// a gap through [`LocalStatusFeed::all_changed`].
#[derive(Debug, Clone, Default)]
pub struct LocalStatusFeed {
    watched: Arc<Mutex<HashMap<Uuid, watch::Sender<()>>>>,
}

impl LocalStatusFeed {
    /// Wakes who watches the order. Call it after the change is visible to reads.
    pub fn changed(&self, order_uuid: Uuid) {
        if let Some(sender) = self.lock().get(&order_uuid) {
            sender.send_replace(());
        }
    }

    /// Wakes everybody.
    pub fn all_changed(&self) {
        for sender in self.lock().values() {
            sender.send_replace(());
        }
    }

    #[cfg(test)]
    pub(crate) fn watched_orders(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Sender<()>>> {
        // The map is whole between its own calls, so a panic elsewhere leaves it usable.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StatusFeed for LocalStatusFeed {
    fn watch(&self, order_uuid: Uuid) -> Box<dyn StatusWatch> {
        let receiver = self
            .lock()
            .entry(order_uuid)
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe();
        Box::new(LocalWatch {
            feed: self.clone(),
            order_uuid,
            receiver: Some(receiver),
        })
    }
}

struct LocalWatch {
    feed: LocalStatusFeed,
    order_uuid: Uuid,
    receiver: Option<watch::Receiver<()>>,
}

#[async_trait]
impl StatusWatch for LocalWatch {
    async fn changed(&mut self) {
        let alive = match &mut self.receiver {
            Some(receiver) => receiver.changed().await.is_ok(),
            None => false,
        };
        if !alive {
            // The sender lives in the map as long as somebody watches.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for LocalWatch {
    fn drop(&mut self) {
        let mut watched = self.feed.lock();
        self.receiver = None;
        let unwatched = watched
            .get(&self.order_uuid)
            .is_some_and(|sender| sender.receiver_count() == 0);
        if unwatched {
            watched.remove(&self.order_uuid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_after_the_watch_began_is_never_missed() {
        let feed = LocalStatusFeed::default();
        let order = Uuid::from_u128(1);
        let mut watch = feed.watch(order);
        feed.changed(Uuid::from_u128(2));
        feed.changed(order);
        feed.changed(order);
        watch.changed().await;
        let again = tokio::time::timeout(std::time::Duration::from_millis(20), watch.changed());
        assert!(again.await.is_err(), "two changes before the wait are one");
        feed.all_changed();
        watch.changed().await;
    }

    #[tokio::test]
    async fn an_order_is_forgotten_with_its_last_watch() {
        let feed = LocalStatusFeed::default();
        let order = Uuid::from_u128(1);
        let first = feed.watch(order);
        let mut second = feed.watch(order);
        drop(first);
        assert_eq!(feed.watched_orders(), 1);
        feed.changed(order);
        second.changed().await;
        drop(second);
        assert_eq!(feed.watched_orders(), 0);
    }
}
