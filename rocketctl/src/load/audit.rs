//! Compares what the load was told with what can be seen afterwards. Pure: what was
//! seen comes in, what is wrong goes out.

mod judge;
mod messages;
mod orders;
mod refusals;
mod stock;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use uuid::Uuid;

pub(super) use self::judge::Judge;
use super::{dealer::Catalogue, ledger::Entry, told::Told, wire::OrderView};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Audit {
    pub(super) orders: usize,
    pub(super) assembled: usize,
    pub(super) cancelled: usize,
    pub(super) pending: usize,
    pub(super) messages: usize,
    pub(super) stock_parts: usize,
    pub(super) findings: Vec<Finding>,
}

/// One thing that should not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The order it is about, if it is about one.
    pub(super) order_uuid: Option<Uuid>,
    /// A sentence for people, about the order.
    pub(super) what: String,
    /// It stays true when a later look does not show it any more.
    #[serde(skip)]
    lasting: bool,
}

impl Finding {
    fn order(order_uuid: Uuid, what: impl Into<String>) -> Self {
        Self {
            order_uuid: Some(order_uuid),
            what: what.into(),
            lasting: false,
        }
    }

    fn general(what: impl Into<String>) -> Self {
        Self {
            order_uuid: None,
            what: what.into(),
            lasting: false,
        }
    }

    fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }
}

/// What the platform showed once everything had come to rest.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// What each order's own address answered; none when it is not known there.
    pub(super) orders: HashMap<Uuid, Option<OrderView>>,
    /// Each customer's list.
    pub(super) lists: Vec<Vec<OrderView>>,
    /// The parts and their stock.
    pub(super) parts: Option<Catalogue>,
    /// What could not be read, and why.
    pub(super) unread: Vec<String>,
}

/// Everything an audit looks at.
pub(super) struct Evidence<'a> {
    /// The customers' user ids.
    pub(super) users: &'a [Uuid],
    pub(super) ledger: &'a [Entry],
    /// The parts and their stock before the load.
    pub(super) before: &'a Catalogue,
    pub(super) observed: &'a Observed,
    /// What each customer was told.
    pub(super) told: &'a [&'a Told],
    /// No ship may be assembled sooner after its payment was sent.
    pub(super) assembly_time: Option<Duration>,
}

impl Audit {
    pub(super) fn of(evidence: &Evidence<'_>) -> Self {
        let mut audit = Self {
            messages: evidence.told.iter().map(|told| told.count()).sum(),
            ..Self::default()
        };
        let unread = evidence.observed.unread.iter();
        audit.findings.extend(unread.map(Finding::general));
        refusals::check(evidence, &mut audit);
        if !evidence.observed.unread.is_empty() {
            // What was not read is not missing, so nothing is said of the rest.
            return audit;
        }
        orders::check(evidence, &mut audit);
        let extra = orders::check_lists(evidence, &mut audit);
        stock::check(evidence, &extra, &mut audit);
        messages::check(evidence, &mut audit);
        audit
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn count(&mut self, order: &OrderView) {
        self.orders += 1;
        match order.status.as_str() {
            "ASSEMBLED" => self.assembled += 1,
            "CANCELLED" => self.cancelled += 1,
            "PENDING_PAYMENT" => self.pending += 1,
            _ => {}
        }
    }
}

impl Evidence<'_> {
    /// What an order's own address showed.
    fn order(&self, order_uuid: Uuid) -> Option<&OrderView> {
        self.observed.orders.get(&order_uuid)?.as_ref()
    }

    /// The ids of these parts, in a fixed order.
    fn part_uuids(&self, parts: &[usize]) -> Vec<Uuid> {
        let mut uuids: Vec<_> = parts.iter().map(|part| self.before.uuid(*part)).collect();
        uuids.sort_unstable();
        uuids
    }
}
