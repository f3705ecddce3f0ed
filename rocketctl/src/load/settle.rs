//! Waits until everything has come to rest, and looks at all of it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    all_ended,
    args::LoadArgs,
    audit::{Audit, Evidence, Judge, Observed},
    dealer::Catalogue,
    ledger::{Ending, Fate},
    progress::Progress,
    reader::{ReadError, Reader},
    run::Run,
    tally::lock,
    target::Target,
    told::Told,
    watch::Watch,
};
use crate::exit::Failure;

const LANES: usize = 8;
const PAUSE: Duration = Duration::from_millis(250);
/// How long reading may take at least, however short the time to settle was.
const READING: Duration = Duration::from_secs(30);
/// A paid order makes a message when it is paid and one when it is assembled.
const MESSAGES_OF_AN_ORDER: usize = 2;

/// Audits until nothing is wrong any more, and once more, or until the time to settle
/// is over.
pub(super) async fn audit(
    run: &Arc<Run>,
    target: &Arc<Target>,
    watch: Watch,
    args: &LoadArgs,
    progress: &Progress,
) -> Result<Audit, Failure> {
    let deadline = Instant::now() + args.settle;
    rest(run, &watch, deadline, progress).await;
    let mut judge = Judge::default();
    let audit = loop {
        progress.say("looking at every order");
        let observed = observe(run, target, deadline.max(Instant::now() + READING)).await?;
        let mut audit = compare(run, &observed, &watch, args.assembly_time);
        let whole = observed.unread.is_empty();
        if judge.is_verdict(&mut audit, whole, Instant::now() >= deadline) {
            break audit;
        }
        progress.say(format!("{} findings, looking again", audit.findings.len()));
        tokio::time::sleep(PAUSE).await;
    };
    watch.stop().await?;
    Ok(audit)
}

/// Waits until every customer was told of everything that is to come.
async fn rest(run: &Run, watch: &Watch, deadline: Instant, progress: &Progress) {
    let paid = lock(&run.ledger)
        .iter()
        .filter(|entry| is_paid(&entry.fate))
        .count();
    let owed = paid * MESSAGES_OF_AN_ORDER;
    loop {
        let told: usize = watch.told().iter().map(|told| lock(told).count()).sum();
        if told >= owed || Instant::now() >= deadline {
            return;
        }
        progress.say(format!(
            "waiting until all is assembled: {told} of {owed} messages"
        ));
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_paid(fate: &Fate) -> bool {
    matches!(
        fate,
        Fate::Created {
            ending: Ending::Paid { .. },
            ..
        }
    )
}

fn compare(
    run: &Run,
    observed: &Observed,
    watch: &Watch,
    assembly_time: Option<Duration>,
) -> Audit {
    let users: Vec<_> = run
        .customers
        .iter()
        .map(|customer| customer.user_uuid)
        .collect();
    let told: Vec<_> = watch.told().iter().map(lock).collect();
    let told: Vec<&Told> = told.iter().map(|told| &**told).collect();
    Audit::of(&Evidence {
        users: &users,
        ledger: &lock(&run.ledger),
        before: &run.catalogue,
        observed,
        told: &told,
        assembly_time,
    })
}

/// Reads the stock, every customer's list and every order.
async fn observe(
    run: &Arc<Run>,
    target: &Arc<Target>,
    deadline: Instant,
) -> Result<Observed, Failure> {
    let count = run.customers.len();
    let mut orders = vec![Vec::new(); count];
    for entry in lock(&run.ledger).iter() {
        if let Fate::Created { order_uuid, .. } = &entry.fate {
            orders[entry.customer].push(*order_uuid);
        }
    }
    let observed = Arc::new(Mutex::new(Observed {
        lists: vec![Vec::new(); count],
        ..Observed::default()
    }));
    let orders = Arc::new(orders);
    let mut lanes = JoinSet::new();
    for lane in 0..LANES.min(count) {
        let mut lane = Lane {
            run: Arc::clone(run),
            reader: Reader::new(Arc::clone(target)),
            observed: Arc::clone(&observed),
            deadline,
            customers: (lane..count).step_by(LANES).collect(),
        };
        let orders = Arc::clone(&orders);
        lanes.spawn(async move {
            for customer in std::mem::take(&mut lane.customers) {
                if let Err(error) = lane.look(customer, &orders[customer]).await {
                    let what = format!("customer {customer}: could not be looked at: {error}");
                    lock(&lane.observed).unread.push(what);
                }
            }
        });
    }
    all_ended(lanes, "looking at every order").await?;
    let mut seen = std::mem::take(&mut *lock(&observed));
    let session = &run.customers[0].session;
    match Reader::new(Arc::clone(target))
        .parts(session, deadline)
        .await
    {
        Ok(parts) => seen.parts = Some(Catalogue::new(parts)),
        Err(error) => seen
            .unread
            .push(format!("the stock could not be read: {error}")),
    }
    Ok(seen)
}

/// One connection, and the customers it reads.
struct Lane {
    run: Arc<Run>,
    reader: Reader,
    observed: Arc<Mutex<Observed>>,
    deadline: Instant,
    customers: Vec<usize>,
}

impl Lane {
    async fn look(&mut self, customer: usize, orders: &[Uuid]) -> Result<(), ReadError> {
        let session = self.run.customers[customer].session.clone();
        let list = self.reader.orders(&session, self.deadline).await?;
        lock(&self.observed).lists[customer] = list;
        for order_uuid in orders {
            let order = self
                .reader
                .order(&session, *order_uuid, self.deadline)
                .await?;
            lock(&self.observed).orders.insert(*order_uuid, order);
        }
        Ok(())
    }
}
