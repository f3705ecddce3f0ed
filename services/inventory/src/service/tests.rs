use std::sync::Mutex;

use async_trait::async_trait;
use rocket_runtime::SystemClock;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::{
    domain::{Expiry, Items},
    ports::{CommitError, ReleaseError, ReservationRepository, ReserveError, StoreError},
};

/// Has these orders due; settles all but one.
struct Due {
    orders: Mutex<Vec<Uuid>>,
    stuck: Option<Uuid>,
}

#[async_trait]
impl ReservationRepository for Due {
    async fn reserve(
        &self,
        _: Uuid,
        _: &Items,
        _: Expiry,
        _: OffsetDateTime,
    ) -> Result<(), ReserveError> {
        Ok(())
    }

    async fn commit(&self, _: Uuid, _: OffsetDateTime) -> Result<(), CommitError> {
        Ok(())
    }

    async fn release(&self, _: Uuid, _: OffsetDateTime) -> Result<(), ReleaseError> {
        Ok(())
    }

    async fn due(&self, _: OffsetDateTime, limit: u32) -> Result<Vec<Uuid>, StoreError> {
        let orders = self.orders.lock().unwrap();
        Ok(orders.iter().copied().take(limit as usize).collect())
    }

    async fn settle(&self, order: Uuid, _: OffsetDateTime) -> Result<bool, StoreError> {
        if self.stuck == Some(order) {
            return Err(StoreError::Damaged {
                what: "on purpose".to_owned(),
            });
        }
        self.orders.lock().unwrap().retain(|due| *due != order);
        Ok(true)
    }
}

fn due(many: u128, stuck: Option<Uuid>) -> std::sync::Arc<Due> {
    std::sync::Arc::new(Due {
        orders: Mutex::new((0..many).map(Uuid::from_u128).collect()),
        stuck,
    })
}

#[tokio::test]
async fn a_sweep_ends_all_that_is_due_however_much() {
    for many in [0, 1, 99, 100, 101, 250] {
        let store = due(many, None);
        let sweep = SweepReservations::new(store.clone(), std::sync::Arc::new(SystemClock));
        assert_eq!(u128::from(sweep.run().await.unwrap()), many);
        assert!(store.orders.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_hold_that_cannot_be_ended_stops_no_other() {
    let stuck = Uuid::from_u128(0);
    let store = due(50, Some(stuck));
    let sweep = SweepReservations::new(store.clone(), std::sync::Arc::new(SystemClock));
    assert!(sweep.run().await.is_err());
    assert_eq!(*store.orders.lock().unwrap(), [stuck]);
}
