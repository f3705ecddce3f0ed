//! Random sequences of calls do to the store what they do to the model.
//!
//! A small generator of its own keeps this usable outside this crate's tests; the
//! seed of a failing run is in its message.

use std::time::Duration;

use rocket_runtime::money::Currency;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Harness, START, guard, id, model::Model, order};
use crate::{
    domain::{Order, PaymentMethod},
    ports::{NewGuard, ShipAssembled},
};

const SEQUENCES: u64 = 40;
const CALLS: u64 = 60;
const LIMIT: u32 = 2;

/// A linear congruential generator (Knuth, MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// One sequence: its ids do not meet those of others in the same store.
struct Run<'a> {
    h: &'a Harness,
    model: Model,
    random: Random,
    base: u128,
    now: OffsetDateTime,
}

/// The rule, for many sequences one after another in one store.
pub async fn random_calls_do_as_the_model_does(h: Harness) {
    for seed in 0..SEQUENCES {
        let mut run = Run {
            h: &h,
            model: Model::default(),
            random: Random(seed.wrapping_mul(977).wrapping_add(13)),
            base: u128::from(seed + 1) * 10_000,
            // Later sequences begin later: old rows must not be due in them.
            now: START + Duration::from_secs(100_000 * seed),
        };
        for call in 0..CALLS {
            let context = format!("seed {seed}, call {call}");
            run.step(&context).await;
            run.compare(&context).await;
        }
        run.finish().await;
    }
}

impl Run<'_> {
    fn order(&mut self) -> Uuid {
        id(self.base + u128::from(self.random.below(4)))
    }

    fn user(&mut self) -> Uuid {
        id(self.base + 100 + u128::from(self.random.below(2)))
    }

    /// Mostly the token that holds the order, sometimes one that never did.
    fn token(&mut self, order: Uuid) -> Uuid {
        let held = self.model.orders.get(&order).and_then(|o| o.guard.as_ref());
        match held {
            Some(guard) if self.random.below(5) > 0 => guard.token,
            _ => id(self.base + 200 + u128::from(self.random.below(3))),
        }
    }

    fn owner(&mut self, order: Uuid) -> Uuid {
        let known = self.model.orders.get(&order).map(|order| order.user_uuid);
        match known {
            Some(user) if self.random.below(8) > 0 => user,
            _ => self.user(),
        }
    }

    fn new_guard(&mut self) -> NewGuard {
        let methods = PaymentMethod::ALL.len() as u64;
        let method = PaymentMethod::ALL[usize::try_from(self.random.below(methods)).unwrap_or(0)];
        NewGuard {
            method,
            ..guard(
                id(self.base + 300 + u128::from(self.random.below(500))),
                self.now,
            )
        }
    }

    async fn step(&mut self, context: &str) {
        self.now += Duration::from_millis(self.random.below(4_000));
        match self.random.below(12) {
            0 | 1 => self.insert(context).await,
            2 | 3 => self.begin(context).await,
            4 | 5 => self.charging(context).await,
            6 => self.settle(context).await,
            7 => self.decline_or_abandon(context).await,
            8 => self.sweep(context).await,
            9 => self.cancel(context).await,
            10 => self.assemble(context).await,
            _ => self.expire_or_lease(context).await,
        }
    }

    async fn insert(&mut self, context: &str) {
        let (uuid, user) = (self.order(), self.user());
        let new = order(uuid, user, self.now);
        let found = self.h.orders.insert(&new, LIMIT).await.ok();
        let expected = self.model.insert(&new, LIMIT as usize);
        assert_eq!(found, Some(expected), "insert, {context}");
    }

    async fn begin(&mut self, context: &str) {
        let order = self.order();
        let (user, guard) = (self.owner(order), self.new_guard());
        let found = self.h.orders.begin_payment(order, user, guard).await.ok();
        let expected = self.model.begin_payment(order, user, guard);
        assert_eq!(found, Some(expected), "begin payment, {context}");
    }

    async fn charging(&mut self, context: &str) {
        let order = self.order();
        let (token, until) = (self.token(order), self.now + Duration::from_secs(10));
        let found = self.h.orders.begin_charging(order, token, until).await.ok();
        let expected = self.model.begin_charging(order, token, until);
        assert_eq!(found, Some(expected), "begin charging, {context}");
    }

    async fn settle(&mut self, context: &str) {
        let order = self.order();
        let token = self.token(order);
        let transaction = id(order.as_u128() + 5_000);
        let settled = self
            .h
            .orders
            .settle_paid(order, token, transaction, self.now);
        let found = settled.await.ok();
        let expected = self.model.settle_paid(order, token, transaction, self.now);
        assert_eq!(found, Some(expected), "settle, {context}");
    }

    async fn decline_or_abandon(&mut self, context: &str) {
        let order = self.order();
        let token = self.token(order);
        let (found, expected) = if self.random.below(2) == 0 {
            let found = self.h.orders.record_decline(order, token).await.ok();
            (found, self.model.record_decline(order, token))
        } else {
            let found = self.h.orders.abandon_payment(order, token).await.ok();
            (found, self.model.abandon_payment(order, token))
        };
        assert_eq!(found, Some(expected), "decline or abandon, {context}");
    }

    async fn sweep(&mut self, context: &str) {
        let token = id(self.base + 900 + u128::from(self.random.below(3)));
        let until = self.now + Duration::from_secs(5);
        let found = self.h.orders.take_over(token, self.now, until, 100).await;
        let mut found = found.expect("the store is there");
        found.charging.sort_by_key(|order| order.uuid);
        let expected = self.model.take_over(token, self.now, until);
        assert_eq!(found, expected, "take over, {context}");
    }

    async fn cancel(&mut self, context: &str) {
        let order = self.order();
        let user = self.owner(order);
        let found = self.h.orders.cancel(order, user, self.now).await.ok();
        let expected = self.model.cancel(order, user, self.now);
        assert_eq!(found, Some(expected), "cancel, {context}");
    }

    async fn assemble(&mut self, context: &str) {
        let order = self.order();
        let ship = ShipAssembled {
            event_uuid: id(order.as_u128() + 7_000 + u128::from(self.random.below(2))),
            order_uuid: order,
            build_time: Duration::from_secs(10),
        };
        let found = self.h.orders.mark_assembled(ship, self.now).await.ok();
        let expected = self.model.mark_assembled(ship, self.now);
        assert_eq!(found, Some(expected), "assemble, {context}");
    }

    async fn expire_or_lease(&mut self, context: &str) {
        if self.random.below(2) == 0 {
            let order = self.order();
            let token = self.token(order);
            let found = self.h.orders.set_lease(order, token, self.now).await.ok();
            let expected = self.model.set_lease(order, token, self.now);
            assert_eq!(found, Some(expected), "set lease, {context}");
        } else {
            let created_by = self.now - Duration::from_secs(40);
            let found = self.h.orders.expire(created_by, self.now, 100).await;
            let mut found = found.expect("the store is there").orders;
            found.sort();
            let expected = self.model.expire(created_by, self.now);
            assert_eq!(found, expected, "expire, {context}");
        }
    }

    async fn compare(&self, context: &str) {
        for number in 0..4 {
            let order = id(self.base + number);
            let found = self.h.orders.get(order).await.ok().flatten();
            assert_eq!(found.as_ref(), self.model.orders.get(&order), "{context}");
            if let Some(order) = found {
                hold_invariants(&order, context);
            }
        }
        let mut found: Vec<_> = self.h.outbox.messages().await;
        found.retain(|message| {
            let key = message.key.parse().unwrap_or_default();
            self.model.orders.contains_key(&key)
        });
        let mut found: Vec<_> = found
            .into_iter()
            .map(|message| (message.key, message.destination, message.topic))
            .collect();
        let mut expected: Vec<_> = self
            .model
            .outbox
            .iter()
            .map(|(key, to, topic)| (key.to_string(), (*to).to_owned(), (*topic).to_owned()))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{context}");
    }

    /// Leaves nothing that a later sequence could sweep.
    async fn finish(&mut self) {
        let far = self.now + Duration::from_secs(1_000);
        let token = id(self.base + 999);
        let swept = self.h.orders.take_over(token, far, far, 100).await;
        for order in swept.expect("the store is there").charging {
            let declined = self.h.orders.record_decline(order.uuid, token).await;
            assert!(matches!(declined, Ok(true)), "{declined:?}");
        }
        let expired = self.h.orders.expire(far, far, 100).await;
        assert!(expired.is_ok(), "{expired:?}");
    }
}

fn hold_invariants(order: &Order, context: &str) {
    let paid = order.payment.is_some();
    assert_eq!(paid, order.status.is_paid(), "{context}");
    assert!(order.guard.is_none() || !paid, "{context}");
    assert_eq!(order.currency, Currency::USD, "{context}");
}
