//! `rocketctl load`: drives a running platform at a constant rate, and can audit
//! every order from outside afterwards.
//!
//! Latency counts from the moment an order was due, not from when a free connection
//! was found for it, so a stall of the platform shows in every order that was due
//! meanwhile (Gil Tene, "How NOT to Measure Latency").

mod args;
mod audit;
mod calls;
mod connection;
mod cpu;
mod customers;
mod dealer;
mod driver;
mod figures;
mod ledger;
mod measured;
mod progress;
mod reader;
mod report;
mod run;
mod settle;
mod tally;
mod target;
mod told;
mod watch;
mod wire;

use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Instant,
};

use http::HeaderValue;
use tokio::task::JoinSet;
use uuid::Uuid;

pub(crate) use self::args::LoadArgs;
use self::{
    dealer::{Catalogue, Dealer},
    driver::Pace,
    measured::Measurement,
    progress::Progress,
    reader::Reader,
    report::Report,
    run::Run,
    tally::{Tally, lock},
    target::Target,
    watch::Watch,
};
use crate::exit::Failure;

pub(crate) fn run(args: &LoadArgs) -> Result<(), Failure> {
    // One thread: the generator shares its machine with what it measures.
    let report = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?
        .block_on(load(args))?;
    report.print(args.json)?;
    report.verdict()
}

async fn load(args: &LoadArgs) -> Result<Report, Failure> {
    let target = Arc::new(args.url.clone());
    let progress = Progress::new();
    let run = Arc::new(prepare(args, &target, &progress).await?);

    let watch = args.verify.then(|| Watch::start(&run, &target));
    let measurement = Measurement::begin(&args.measure)?;
    let before = cpu::used();
    let shown = progress.load(Arc::clone(&run.tally), args.duration);
    let pace = if args.closed {
        Pace::Closed
    } else {
        Pace::Open { rate: args.rate }
    };
    let driven = driver::drive(&run, &target, args.connections, pace, args.duration).await;
    shown.abort();
    let elapsed = driven?;
    let cpu = cpu::used()
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before));

    let measured = match measurement {
        Some(measurement) => match measurement.end(&run, &target, args.settle).await {
            Ok(usage) => Some(usage),
            // The load itself has been run, and what it saw counts.
            Err(failure) => {
                progress.warn(&format!("not measured: {failure}"));
                None
            }
        },
        None => None,
    };
    let audit = match watch {
        Some(watch) => Some(settle::audit(&run, &target, watch, args, &progress).await?),
        None => None,
    };
    progress.clear();
    let report = Report::new(&lock(&run.tally), elapsed, cpu, measured, audit);
    Ok(report)
}

/// Waits for all of them; what one that panicked has left undone is not passed over.
async fn all_ended(mut tasks: JoinSet<()>, doing: &str) -> Result<(), Failure> {
    let mut failure = None;
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            failure = Some(Failure::failed(format!("{doing}: {error}")));
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Everything that an order needs: customers, the parts there are.
async fn prepare(
    args: &LoadArgs,
    target: &Arc<Target>,
    progress: &Progress,
) -> Result<Run, Failure> {
    let mut reader = Reader::new(Arc::clone(target));
    reader.try_get(None, "/healthz").await.map_err(|error| {
        Failure::unavailable(format!(
            "nothing answers at {}: {error}; start the platform with: make run",
            target.address()
        ))
    })?;
    let tally = Arc::new(Mutex::new(Tally::new()));
    let customers = customers::register(target, args.customers(), &tally, progress).await?;
    let catalogue = read_catalogue(args, &mut reader, &customers[0].session).await?;
    let dealer = Dealer::new(&catalogue, args.cancel_percent(), args.seed);
    // What registering repeated is not part of the load.
    *lock(&tally) = Tally::new();
    Ok(Run {
        pays: customers.iter().map(|_| AtomicU64::new(0)).collect(),
        customers,
        catalogue,
        patience: args.patience,
        dealer: Mutex::new(dealer),
        ledger: Mutex::default(),
        tally,
        id: Uuid::new_v4(),
    })
}

async fn read_catalogue(
    args: &LoadArgs,
    reader: &mut Reader,
    session: &HeaderValue,
) -> Result<Catalogue, Failure> {
    let deadline = Instant::now() + args.patience;
    let parts = reader
        .parts(session, deadline)
        .await
        .map_err(|error| Failure::failed(error.to_string()))?;
    let catalogue = Catalogue::new(parts);
    if catalogue.in_stock() {
        Ok(catalogue)
    } else {
        Err(Failure::failed("no part is in stock"))
    }
}
