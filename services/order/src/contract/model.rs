//! The rules in their plainest form: one map, no I/O. Adapters are compared to it.

use std::collections::{BTreeMap, HashSet};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{Assembly, Guard, Order, OrderStatus, Payment, Step},
    ports::{Assembled, Begin, Cancel, Insert, NewGuard, ShipAssembled, TakenOver},
};

/// What the outbox would hold: destination and topic, per order.
pub type Message = (Uuid, &'static str, &'static str);

/// The store as it should be.
#[derive(Debug, Default)]
pub struct Model {
    /// The orders by id.
    pub orders: BTreeMap<Uuid, Order>,
    /// The outbox in the order of writing.
    pub outbox: Vec<Message>,
    events: HashSet<Uuid>,
}

impl Model {
    /// See [`crate::ports::OrderRepository::insert`]; so for the rest.
    pub fn insert(&mut self, order: &Order, max_unpaid: usize) -> Insert {
        if let Some(earlier) = self.orders.get(&order.uuid) {
            return Insert::Exists(Box::new(earlier.clone()));
        }
        let unpaid = self.orders.values().filter(|other| {
            other.user_uuid == order.user_uuid && other.status == OrderStatus::PendingPayment
        });
        if unpaid.count() >= max_unpaid {
            return Insert::TooManyUnpaid;
        }
        self.orders.insert(order.uuid, order.clone());
        Insert::Inserted
    }

    fn own(&mut self, order: Uuid, user: Uuid) -> Option<&mut Order> {
        self.orders
            .get_mut(&order)
            .filter(|order| order.user_uuid == user)
    }

    /// The order, if `token` holds it at `step`.
    fn held(&mut self, order: Uuid, token: Uuid, step: Option<Step>) -> Option<&mut Order> {
        self.orders.get_mut(&order).filter(|order| {
            let guard = order.guard.as_ref();
            guard.is_some_and(|guard| {
                guard.token == token && step.is_none_or(|step| step == guard.step)
            })
        })
    }

    /// Puts a guard on a free order.
    pub fn begin_payment(&mut self, order: Uuid, user: Uuid, guard: NewGuard) -> Begin {
        let Some(order) = self.own(order, user) else {
            return Begin::NotFound;
        };
        if order.blocked().is_some() {
            return Begin::Blocked(Box::new(order.clone()));
        }
        order.guard = Some(Guard {
            token: guard.token,
            method: guard.method,
            step: Step::Reserving,
            since: guard.since,
            until: guard.until,
        });
        order.operation = Some(guard.operation);
        Begin::Begun(Box::new(order.clone()))
    }

    /// Reserving to charging.
    pub fn begin_charging(&mut self, order: Uuid, token: Uuid, until: OffsetDateTime) -> bool {
        let held = self.held(order, token, Some(Step::Reserving));
        let Some(guard) = held.and_then(|order| order.guard.as_mut()) else {
            return false;
        };
        guard.step = Step::Charging;
        guard.until = until;
        true
    }

    /// Reserving to free.
    pub fn abandon_payment(&mut self, order: Uuid, token: Uuid) -> bool {
        let held = self.held(order, token, Some(Step::Reserving));
        held.map(|order| order.guard = None).is_some()
    }

    /// Charging to free, with the next attempt.
    pub fn record_decline(&mut self, order: Uuid, token: Uuid) -> bool {
        let Some(order) = self.held(order, token, Some(Step::Charging)) else {
            return false;
        };
        order.guard = None;
        order.attempt += 1;
        true
    }

    /// Charging to PAID.
    pub fn settle_paid(
        &mut self,
        order: Uuid,
        token: Uuid,
        transaction_uuid: Uuid,
        now: OffsetDateTime,
    ) -> bool {
        let Some(held) = self.held(order, token, Some(Step::Charging)) else {
            return false;
        };
        held.payment = held.guard.take().map(|guard| Payment {
            transaction_uuid,
            method: guard.method,
            paid_at: now,
        });
        held.status = OrderStatus::Paid;
        held.updated_at = now;
        self.outbox.push((order, "events", "order.paid"));
        self.outbox.push((order, "inventory", "commit_reservation"));
        true
    }

    /// Another end of the lease.
    pub fn set_lease(&mut self, order: Uuid, token: Uuid, until: OffsetDateTime) -> bool {
        let held = self.held(order, token, None);
        let guard = held.and_then(|order| order.guard.as_mut());
        guard.map(|guard| guard.until = until).is_some()
    }

    /// All guards whose lease ran out; the charging ones sorted by id.
    pub fn take_over(
        &mut self,
        token: Uuid,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> TakenOver {
        let mut outcome = TakenOver::default();
        for row in self.orders.values_mut() {
            match &mut row.guard {
                Some(guard) if guard.until <= now && guard.step == Step::Charging => {
                    guard.token = token;
                    guard.until = until;
                    outcome.charging.push(row.clone());
                }
                Some(guard) if guard.until <= now => {
                    row.guard = None;
                    outcome.unguarded += 1;
                }
                _ => {}
            }
        }
        outcome
    }

    /// Free to CANCELLED.
    pub fn cancel(&mut self, order: Uuid, user: Uuid, now: OffsetDateTime) -> Cancel {
        let Some(own) = self.own(order, user) else {
            return Cancel::NotFound;
        };
        if own.blocked().is_some() {
            return Cancel::Blocked(Box::new(own.clone()));
        }
        self.end(order, now);
        Cancel::Cancelled
    }

    fn end(&mut self, order: Uuid, now: OffsetDateTime) {
        if let Some(order) = self.orders.get_mut(&order) {
            order.status = OrderStatus::Cancelled;
            order.updated_at = now;
        }
        self.outbox
            .push((order, "inventory", "release_reservation"));
    }

    /// All that are free and too old; sorted by id.
    pub fn expire(&mut self, created_by: OffsetDateTime, now: OffsetDateTime) -> Vec<Uuid> {
        let due: Vec<Uuid> = self
            .orders
            .values()
            .filter(|order| order.blocked().is_none() && order.created_at <= created_by)
            .map(|order| order.uuid)
            .collect();
        for order in &due {
            self.end(*order, now);
        }
        due
    }

    /// PAID to ASSEMBLED.
    pub fn mark_assembled(&mut self, ship: ShipAssembled, now: OffsetDateTime) -> Assembled {
        let Some(order) = self.orders.get_mut(&ship.order_uuid) else {
            return Assembled::NotFound;
        };
        match order.status {
            OrderStatus::Paid if self.events.insert(ship.event_uuid) => {
                order.status = OrderStatus::Assembled;
                order.updated_at = now;
                order.assembly = Some(Assembly {
                    build_time: ship.build_time,
                    assembled_at: now,
                });
                Assembled::Done
            }
            OrderStatus::Paid => Assembled::Already,
            OrderStatus::Assembled => {
                self.events.insert(ship.event_uuid);
                Assembled::Already
            }
            status => Assembled::NotPaid(status),
        }
    }
}
