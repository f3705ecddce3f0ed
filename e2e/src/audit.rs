//! Is everything in exactly one right place? The invariants, checked by their numbers
//! in the stores, the bank's ledger and Telegram's.
//!
//! It reads the files beside the running platform, so it sees what a customer would
//! only learn piece by piece.

mod stores;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use rocket_testkit::{bank::Bank, telegram::Telegram};
use uuid::Uuid;

use self::stores::{Books, Stores};
use crate::{Platform, crowd::Seen};

/// What is audited.
#[derive(Debug, Clone)]
pub struct Audit<'a> {
    /// Whose data it is; it may run or not.
    pub platform: &'a Platform,
    /// Who moved the money; none: the built-in simulated provider.
    pub bank: Option<&'a Bank>,
    /// Who was told; none: nobody.
    pub telegram: Option<&'a Telegram>,
    /// The assembly time.
    pub assembly_time: Duration,
    /// False when the wall clock jumped, so that times of day say nothing.
    pub steady_clock: bool,
}

/// The figures of an audit.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// All orders.
    pub orders: usize,
    /// Those that were paid, and so are assembled.
    pub paid: usize,
    /// Those that were cancelled.
    pub cancelled: usize,
    /// Messages that Telegram took.
    pub told: usize,
    /// Messages that Telegram took a second time: the one documented window.
    pub doubles: usize,
    /// Reservations whose order was never written: their time will end them.
    pub orphans: usize,
    /// What is wrong, one sentence each, with the number of the invariant.
    pub findings: Vec<String>,
}

impl Report {
    /// Fails the test unless nothing is wrong.
    pub fn assert_clean(&self) {
        assert!(self.findings.is_empty(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} orders, {} paid and assembled, {} cancelled, {} messages, {} of them twice, {} orphaned holds",
            self.orders, self.paid, self.cancelled, self.told, self.doubles, self.orphans
        )?;
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        Ok(())
    }
}

impl Audit<'_> {
    /// Waits until nothing is under way, then audits. What a crowd was promised must
    /// have been kept.
    pub async fn when_settled(&self, promised: &Seen, deadline: Duration) -> Report {
        let started = std::time::Instant::now();
        let mut waits_for = self.stores().under_way();
        while !waits_for.is_empty() && started.elapsed() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
            waits_for = self.stores().under_way();
        }
        let mut report = self.run(promised);
        if !waits_for.is_empty() {
            let text = waits_for.join(", ");
            report
                .findings
                .push(format!("after {deadline:?} still: {text}"));
        }
        report
    }

    /// Audits what is there now.
    pub fn run(&self, promised: &Seen) -> Report {
        let stores = self.stores();
        let mut report = Report {
            orders: stores.orders.len(),
            paid: stores.paid().len(),
            cancelled: stores.cancelled().len(),
            ..Report::default()
        };
        self.charges(&stores, &mut report);
        events(&stores, &mut report);
        stock(&stores.books, &stores, &mut report);
        self.ships(&stores, &mut report);
        self.messages(&stores, &mut report);
        promises(&stores, promised, &mut report);
        report
    }

    /// What breaks invariant 2, which holds at every moment and not only at rest.
    pub fn announced(&self) -> Vec<String> {
        let mut report = Report::default();
        events(&self.stores(), &mut report);
        report.findings
    }

    fn stores(&self) -> Stores {
        match self.platform.disk() {
            Some(disk) => Stores::read(disk.copy_of(&self.platform.data()).path()),
            None => Stores::read(&self.platform.data()),
        }
    }

    fn charges(&self, stores: &Stores, report: &mut Report) {
        let Some(bank) = self.bank else { return };
        let mut charged: BTreeMap<Uuid, Vec<(Uuid, i64)>> = BTreeMap::new();
        for charge in bank.charges() {
            let entry = charged.entry(charge.order_uuid).or_default();
            entry.push((charge.transaction_uuid, charge.amount));
        }
        for (id, order) in &stores.orders {
            let found = charged.remove(id).unwrap_or_default();
            let expected: Vec<_> = order
                .transaction
                .map(|it| (it, order.total))
                .into_iter()
                .collect();
            if found != expected {
                report.findings.push(format!(
                    "invariant 1: {id} is {} and was charged {found:?}, expected {expected:?}",
                    order.status
                ));
            }
        }
        for id in charged.keys() {
            let finding = format!("invariant 1: {id} was charged and is no order");
            report.findings.push(finding);
        }
    }

    fn ships(&self, stores: &Stores, report: &mut Report) {
        for id in stores.paid() {
            let order = &stores.orders[&id];
            if order.status != "ASSEMBLED" {
                let finding = format!("invariant 4: {id} is {}", order.status);
                report.findings.push(finding);
                continue;
            }
            let least = i64::try_from(self.assembly_time.as_micros()).unwrap();
            let built = order.build_micros.unwrap_or_default();
            // Two clocks took part: the one that waits, and the one that tells the time.
            let between =
                order.assembled_at.unwrap_or_default() - order.paid_at.unwrap_or_default();
            if built < least || (self.steady_clock && between < least - 10_000) {
                report.findings.push(format!(
                    "invariant 4: {id} was assembled {between} µs after its payment, in {built} µs"
                ));
            }
        }
        let ships = stores.distinct("ship.assembled");
        if ships.keys().copied().collect::<BTreeSet<_>>() != stores.paid() {
            let finding = "invariant 4: the log's ships are not those of the paid orders";
            report.findings.push(finding.to_owned());
        }
        for (id, events) in ships {
            if events != 1 {
                let finding = format!("invariant 4: {events} ships of {id} are in the log");
                report.findings.push(finding);
            }
        }
    }

    fn messages(&self, stores: &Stores, report: &mut Report) {
        let Some(telegram) = self.telegram else {
            return;
        };
        let mut told: BTreeMap<(Uuid, String), usize> = BTreeMap::new();
        for sent in telegram.sent() {
            report.told += 1;
            let Some(order) = stores.order_in(&sent.parsed.text) else {
                let finding = format!("invariant 5: nobody's message: {}", sent.parsed.text);
                report.findings.push(finding);
                continue;
            };
            let heading = sent.parsed.text.lines().next().unwrap_or_default();
            *told.entry((order, heading.to_owned())).or_default() += 1;
        }
        report.doubles = told.values().map(|times| times - 1).sum();
        let mut kinds: BTreeMap<Uuid, usize> = BTreeMap::new();
        for (order, _) in told.keys() {
            *kinds.entry(*order).or_default() += 1;
        }
        for id in stores.paid() {
            let events = kinds.remove(&id).unwrap_or_default();
            if events != 2 {
                let finding = format!("invariant 5: {id} was told of {events} events, not 2");
                report.findings.push(finding);
            }
        }
        for id in kinds.keys() {
            let finding = format!("invariant 5: {id} is not paid and its user was told");
            report.findings.push(finding);
        }
    }
}

fn events(stores: &Stores, report: &mut Report) {
    let mut announced = stores.distinct("order.paid");
    for id in &stores.unsent {
        // What waits in the outbox will be in the log; it may be there already.
        announced.entry(*id).or_insert(1);
    }
    for id in stores.paid() {
        match announced.remove(&id) {
            Some(1) => {}
            found => report.findings.push(format!(
                "invariant 2: {id} is paid and has {} events",
                found.unwrap_or_default()
            )),
        }
    }
    for id in announced.keys() {
        let finding = format!("invariant 2: {id} has an event and is not paid");
        report.findings.push(finding);
    }
    for topic in stores.dead_letters() {
        let finding = format!("invariant 8: a record of ours is in {topic}");
        report.findings.push(finding);
    }
}

fn stock(books: &Books, stores: &Stores, report: &mut Report) {
    let mut wrong = |finding: String| report.findings.push(format!("invariant 3: {finding}"));
    for (part, row) in &books.stock {
        if row.free < 0 || row.free + row.held + row.sold != row.stocked {
            wrong(format!("{part} does not balance: {row:?}"));
        }
    }
    let (mut held, mut sold): (BTreeMap<Uuid, i64>, BTreeMap<Uuid, i64>) = Default::default();
    let mut orphans = 0;
    for (id, reservation) in &books.reservations {
        let status = stores.orders.get(id).map(|order| order.status.as_str());
        let fits = match (status, reservation.state.as_str()) {
            (Some("PAID" | "ASSEMBLED"), "COMMITTED")
            | (Some("CANCELLED"), "RELEASED")
            | (Some("PENDING_PAYMENT"), "HELD" | "EXPIRED")
            | (None, "RELEASED" | "EXPIRED") => true,
            (None, "HELD") => {
                orphans += 1;
                reservation.expires
            }
            _ => false,
        };
        if !fits {
            wrong(format!(
                "the reservation of {id} ({status:?}) is {}",
                reservation.state
            ));
        }
        for (part, quantity) in &reservation.items {
            match reservation.state.as_str() {
                "HELD" => *held.entry(*part).or_default() += quantity,
                "COMMITTED" => *sold.entry(*part).or_default() += quantity,
                _ => {}
            }
        }
    }
    for (part, row) in &books.stock {
        let counted = (
            held.remove(part).unwrap_or_default(),
            sold.remove(part).unwrap_or_default(),
        );
        if counted != (row.held, row.sold) {
            wrong(format!(
                "{part}: counted {counted:?}, the books say {row:?}"
            ));
        }
    }
    for id in stores.orders.keys() {
        if !books.reservations.contains_key(id) {
            wrong(format!("{id} never had a reservation"));
        }
    }
    report.orphans = orphans;
}

fn promises(stores: &Stores, promised: &Seen, report: &mut Report) {
    let known: BTreeSet<Uuid> = stores.orders.keys().copied().collect();
    let kept = [
        ("taken", &promised.orders, known),
        ("paid", &promised.paid, stores.paid()),
        ("cancelled", &promised.cancelled, stores.cancelled()),
    ];
    for (what, promised, kept) in kept {
        for id in promised.difference(&kept) {
            let finding = format!("a promise is broken: {id} was said to be {what}");
            report.findings.push(finding);
        }
    }
    report.findings.extend(promised.strange.iter().cloned());
}
