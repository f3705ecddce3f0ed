//! Following one order.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::{Stream, stream};
use rocket_rpc::session::{SessionToken, SessionValidator};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use uuid::Uuid;

use super::GetError;
use crate::{
    domain::{Order, OrderStatus, StatusChange},
    ports::{OrderRepository, StatusFeed, StatusWatch},
};

/// The use case.
pub struct OrderEvents {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Status changes.
    pub feed: Arc<dyn StatusFeed>,
    /// Sessions.
    pub sessions: Arc<dyn SessionValidator>,
    /// How often a follower's session is checked again.
    pub recheck: Duration,
    /// How long one such check may take.
    pub recheck_timeout: Duration,
}

/// One status that the order entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUpdate {
    /// What happened.
    pub change: StatusChange,
    /// The order, as it was when the change was noticed.
    pub order: Order,
}

impl OrderEvents {
    /// The current status, then every later one, each once and in order. Ends after
    /// a final status, when the session is not valid any more or cannot be
    /// checked, or when the store fails; a client that is cut off reconnects.
    pub async fn run(
        &self,
        order: Uuid,
        user: Uuid,
        session: SessionToken,
    ) -> Result<impl Stream<Item = StatusUpdate> + Send + 'static, GetError> {
        // Watching first: a change between the two is then seen, not missed.
        let watch = self.feed.watch(order);
        let found = self
            .orders
            .get(order)
            .await?
            .filter(|order| order.user_uuid == user)
            .ok_or(GetError::NotFound)?;
        let mut ticks = interval_at(Instant::now() + self.recheck, self.recheck);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let follower = Follower {
            orders: Arc::clone(&self.orders),
            sessions: Arc::clone(&self.sessions),
            session,
            watch,
            ticks,
            recheck_timeout: self.recheck_timeout,
            order_uuid: order,
            seen: found.status,
            ready: VecDeque::from([now(found)]),
        };
        Ok(stream::unfold(follower, |mut follower| async move {
            let update = follower.next().await?;
            Some((update, follower))
        }))
    }
}

struct Follower {
    orders: Arc<dyn OrderRepository>,
    sessions: Arc<dyn SessionValidator>,
    session: SessionToken,
    watch: Box<dyn StatusWatch>,
    ticks: Interval,
    recheck_timeout: Duration,
    order_uuid: Uuid,
    seen: OrderStatus,
    ready: VecDeque<StatusUpdate>,
}

impl Follower {
    async fn next(&mut self) -> Option<StatusUpdate> {
        loop {
            if let Some(update) = self.ready.pop_front() {
                return Some(update);
            }
            if self.seen.is_final() {
                return None;
            }
            tokio::select! {
                // The session first: a busy order must not outlast it.
                biased;
                _ = self.ticks.tick() => self.still_signed_in().await?,
                () = self.watch.changed() => self.read_again().await?,
            }
        }
    }

    async fn still_signed_in(&self) -> Option<()> {
        let check = self.sessions.validate_fresh(&self.session);
        timeout(self.recheck_timeout, check).await.ok()?.ok()?;
        Some(())
    }

    async fn read_again(&mut self) -> Option<()> {
        let order = self.orders.get(self.order_uuid).await.ok()??;
        for change in order.changes_after(self.seen) {
            self.ready.push_back(StatusUpdate {
                change,
                order: order.clone(),
            });
        }
        self.seen = order.status;
        Some(())
    }
}

fn now(order: Order) -> StatusUpdate {
    let change = StatusChange {
        status: order.status,
        at: order.updated_at,
    };
    StatusUpdate { change, order }
}
