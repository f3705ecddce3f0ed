//! Random histories against a naive model.

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{Stores, at, items, until};
use crate::domain::Expiry;

const PARTS: usize = 3;
const ORDERS: usize = 4;
const STOCK: [i64; PARTS] = [3, 5, 2];

type Wanted = [i64; PARTS];

#[derive(Debug, Clone)]
enum Call {
    /// The second way of an order asks for other parts.
    Reserve {
        order: usize,
        other: bool,
        ttl: Option<i64>,
    },
    Commit(usize),
    Release(usize),
    Wait(i64),
    Sweep,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Standing {
    /// Held, until a second or for ever.
    Held(Wanted, i64),
    Expired(Wanted),
    Sold(Wanted),
    Released,
}

/// The rules in their plainest form.
#[derive(Default)]
struct Model {
    orders: BTreeMap<usize, Standing>,
    now: i64,
}

impl Model {
    fn left(&self) -> Wanted {
        let mut left = STOCK;
        for standing in self.orders.values() {
            if let Standing::Held(wanted, _) | Standing::Sold(wanted) = standing {
                (0..PARTS).for_each(|part| left[part] -= wanted[part]);
            }
        }
        left
    }

    /// Whether the call succeeds.
    fn reserve(&mut self, order: usize, wanted: Wanted, end: i64) -> bool {
        let fits = |left: Wanted| (0..PARTS).all(|part| left[part] >= wanted[part]);
        let next = match self.orders.get(&order) {
            None if fits(self.left()) => Standing::Held(wanted, end),
            Some(Standing::Expired(had)) if *had == wanted && fits(self.left()) => {
                Standing::Held(wanted, end)
            }
            Some(Standing::Held(had, until)) if *had == wanted => {
                Standing::Held(wanted, end.max(*until))
            }
            Some(Standing::Sold(had)) if *had == wanted => Standing::Sold(wanted),
            _ => return false,
        };
        self.orders.insert(order, next);
        true
    }

    fn commit(&mut self, order: usize) -> bool {
        match self.orders.get(&order) {
            Some(Standing::Held(wanted, _) | Standing::Sold(wanted)) => {
                let sold = Standing::Sold(*wanted);
                self.orders.insert(order, sold);
                true
            }
            _ => false,
        }
    }

    fn release(&mut self, order: usize) -> bool {
        if matches!(self.orders.get(&order), Some(Standing::Sold(_))) {
            return false;
        }
        self.orders.insert(order, Standing::Released);
        true
    }

    fn sweep(&mut self) {
        for standing in self.orders.values_mut() {
            match *standing {
                Standing::Held(wanted, until) if until <= self.now => {
                    *standing = Standing::Expired(wanted);
                }
                _ => {}
            }
        }
    }
}

fn call() -> impl Strategy<Value = Call> {
    let order = 0..ORDERS;
    let reserve = (
        order.clone(),
        prop::bool::weighted(0.1),
        prop::option::of(1..30_i64),
    );
    prop_oneof![
        4 => reserve.prop_map(|(order, other, ttl)| Call::Reserve { order, other, ttl }),
        2 => order.clone().prop_map(Call::Commit),
        1 => order.prop_map(Call::Release),
        2 => (1..20_i64).prop_map(Call::Wait),
        2 => Just(Call::Sweep),
    ]
}

/// What an order wants; the numbers make orders compete.
fn wanted(order: usize, other: bool) -> Wanted {
    let all = [[1, 1, 0], [2, 0, 1], [0, 3, 1], [1, 2, 2]];
    all[(order + usize::from(other)) % ORDERS]
}

struct History {
    stores: Stores,
    parts: [Uuid; PARTS],
    orders: [Uuid; ORDERS],
    model: Model,
}

impl History {
    /// Makes the call and tells whether it succeeded.
    async fn make(&self, call: &Call) -> bool {
        let (store, now) = (&self.stores.reservations, at(self.model.now));
        match *call {
            Call::Reserve { order, other, ttl } => {
                let wanted = wanted(order, other);
                let wanted: Vec<(Uuid, i64)> = self.parts.into_iter().zip(wanted).collect();
                let wanted: Vec<_> = wanted.into_iter().filter(|(_, many)| *many > 0).collect();
                let expiry = ttl.map_or(Expiry::Never, |ttl| until(self.model.now + ttl));
                let order = self.orders[order];
                store
                    .reserve(order, &items(&wanted), expiry, now)
                    .await
                    .is_ok()
            }
            Call::Commit(order) => store.commit(self.orders[order], now).await.is_ok(),
            Call::Release(order) => store.release(self.orders[order], now).await.is_ok(),
            Call::Wait(_) => true,
            Call::Sweep => {
                self.stores.sweep(now).await;
                true
            }
        }
    }

    fn model(&mut self, call: &Call) -> bool {
        let model = &mut self.model;
        match *call {
            Call::Reserve { order, other, ttl } => {
                let end = ttl.map_or(i64::MAX, |ttl| model.now + ttl);
                model.reserve(order, wanted(order, other), end)
            }
            Call::Commit(order) => model.commit(order),
            Call::Release(order) => model.release(order),
            Call::Wait(seconds) => {
                model.now += seconds;
                true
            }
            Call::Sweep => {
                model.sweep();
                true
            }
        }
    }

    async fn run(mut self, calls: Vec<(Call, bool)>) -> Result<(), TestCaseError> {
        for (call, again) in calls {
            let made = self.make(&call).await;
            // As after a lost answer: a repeat ends as the call did.
            if again {
                prop_assert_eq!(self.make(&call).await, made, "{:?}", call);
            }
            let expected = self.model(&call);
            prop_assert_eq!(made, expected, "{:?}", call);
            let left = self.model.left();
            let audit = self.stores.parts.stock_audit().await.unwrap();
            for (part, left) in self.parts.iter().zip(left) {
                let audit = audit.iter().find(|a| a.part_uuid == *part).unwrap();
                prop_assert!(audit.is_sound(), "{:?} after {:?}", audit, call);
                prop_assert_eq!(audit.stock, left, "after {:?}", call);
            }
        }
        Ok(())
    }
}

pub async fn invariant_3_holds_under_random_histories(stores: Stores) {
    let runtime = Handle::current();
    let property = move || {
        let calls = prop::collection::vec((call(), any::<bool>()), 1..25);
        let mut runner = TestRunner::new(Config::with_cases(64));
        let outcome = runner.run(&calls, |calls| {
            runtime.block_on(async {
                let parts = stores.stocked(STOCK).await;
                let history = History {
                    stores: stores.clone(),
                    parts,
                    orders: [(); ORDERS].map(|()| Uuid::new_v4()),
                    model: Model::default(),
                };
                history.run(calls).await
            })
        });
        outcome.map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(property)
        .await
        .unwrap()
        .unwrap();
}
