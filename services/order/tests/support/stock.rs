//! An Inventory in memory, with the states of the real one.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rocket_order::{
    domain::{PartPrice, PartQuantity},
    ports::{Inventory, InventoryError},
};
use rocket_rpc::session::SessionToken;
use rocket_runtime::money::{Currency, Money};
use uuid::Uuid;

use super::id;

/// Where one order's parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// For a while.
    Held(Duration),
    /// Until committed or released.
    Kept,
    /// Given back by time.
    Expired,
    /// Sold.
    Committed,
    /// Given back for good.
    Released,
}

/// The parts 1, 2 and 3 at 100, 250 and 1 minor units.
#[derive(Default)]
pub struct Stock {
    holds: Mutex<HashMap<Uuid, Hold>>,
    /// Nothing can be taken anew.
    pub sold_out: AtomicBool,
    /// No call is answered.
    pub away: AtomicBool,
    /// Reservations are made, but their answers get lost.
    pub deaf: AtomicBool,
    /// Sessions are refused.
    pub signed_out: AtomicBool,
    /// Part 3 costs something in another currency.
    pub foreign: AtomicBool,
    /// How often parts were asked to be reserved.
    pub reserves: AtomicUsize,
}

impl Stock {
    /// Where the order's parts are.
    pub fn hold_of(&self, order: Uuid) -> Option<Hold> {
        self.holds.lock().unwrap().get(&order).copied()
    }

    /// Ends all temporary holds.
    pub fn expire_holds(&self) {
        for hold in self.holds.lock().unwrap().values_mut() {
            if matches!(hold, Hold::Held(_)) {
                *hold = Hold::Expired;
            }
        }
    }

    /// All orders that have, or had, parts.
    pub fn orders(&self) -> Vec<Uuid> {
        self.holds.lock().unwrap().keys().copied().collect()
    }

    fn reachable(&self) -> Result<(), InventoryError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(InventoryError::Unavailable("away".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Inventory for Stock {
    async fn prices(
        &self,
        parts: &[Uuid],
        _session: &SessionToken,
    ) -> Result<Vec<PartPrice>, InventoryError> {
        self.reachable()?;
        if self.signed_out.load(Ordering::SeqCst) {
            return Err(InventoryError::Unauthenticated);
        }
        let other: Currency = "EUR".parse().unwrap();
        let foreign = self.foreign.load(Ordering::SeqCst);
        let known = [(id(1), 100), (id(2), 250), (id(3), 1), (id(4), i64::MAX)];
        let offers = known.into_iter().filter(|(part, _)| parts.contains(part));
        Ok(offers
            .map(|(part_uuid, minor)| PartPrice {
                part_uuid,
                price: Money::from_minor(minor).unwrap(),
                currency: if foreign && part_uuid == id(3) {
                    other
                } else {
                    Currency::USD
                },
            })
            .collect())
    }

    async fn reserve(
        &self,
        order: Uuid,
        parts: &[PartQuantity],
        ttl: Option<Duration>,
    ) -> Result<(), InventoryError> {
        tokio::task::yield_now().await;
        self.reachable()?;
        assert!(!parts.is_empty());
        self.reserves.fetch_add(1, Ordering::SeqCst);
        let mut holds = self.holds.lock().unwrap();
        let wanted = ttl.map_or(Hold::Kept, Hold::Held);
        match holds.get(&order) {
            Some(Hold::Released) => return Err(InventoryError::Released),
            Some(Hold::Committed | Hold::Kept) => {}
            Some(Hold::Held(_)) => drop(holds.insert(order, wanted)),
            None | Some(Hold::Expired) => {
                if self.sold_out.load(Ordering::SeqCst) {
                    return Err(InventoryError::OutOfStock);
                }
                holds.insert(order, wanted);
            }
        }
        if self.deaf.load(Ordering::SeqCst) {
            return Err(InventoryError::Unavailable("answer lost".into()));
        }
        Ok(())
    }

    async fn commit(&self, order: Uuid) -> Result<(), InventoryError> {
        self.reachable()?;
        let mut holds = self.holds.lock().unwrap();
        match holds.get(&order) {
            Some(Hold::Held(_) | Hold::Kept | Hold::Committed) => {
                holds.insert(order, Hold::Committed);
                Ok(())
            }
            Some(Hold::Released) => Err(InventoryError::Released),
            Some(Hold::Expired) | None => Err(InventoryError::Impossible("no hold".into())),
        }
    }

    async fn release(&self, order: Uuid) -> Result<(), InventoryError> {
        self.reachable()?;
        let mut holds = self.holds.lock().unwrap();
        if holds.get(&order) == Some(&Hold::Committed) {
            return Err(InventoryError::Impossible("sold".into()));
        }
        holds.insert(order, Hold::Released);
        Ok(())
    }
}
