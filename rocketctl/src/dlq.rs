//! `rocketctl dlq`: what could not be handled, why, and another try.
//!
//! Works on the event log's file, beside a running platform or on a stopped one: the
//! right to use the data directory is the right to do this.

mod list;
mod outbox;
mod payload;
mod replay;
mod show;
mod waiting;

use std::{future::Future, path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};
use rocket_events::{LogError, embedded::EmbeddedLog, topics};
use rocket_runtime::SystemClock;
use rocket_telemetry::{chain, printable};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use self::{list::ListArgs, outbox::Outbox, replay::ReplayArgs, show::ShowArgs};
use crate::{exit::Failure, up::data_dir::DataDir};

#[derive(Debug, Args)]
pub(crate) struct DlqArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the letters that wait.
    List(ListArgs),
    /// Show one letter: its reason, where it came from, and its payload, decoded.
    Show(ShowArgs),
    /// Append letters to their own topic again, for the group that failed.
    Replay(ReplayArgs),
}

/// Where the letters are.
#[derive(Debug, Args)]
struct Place {
    /// The platform's data directory; the platform may be running.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

pub(crate) fn run(args: &DlqArgs) -> Result<(), Failure> {
    match &args.command {
        Command::List(args) => block_on(list::run(args)),
        Command::Show(args) => block_on(show::run(args)),
        Command::Replay(args) => block_on(replay::run(args)),
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?
        .block_on(work)
}

/// The topics that have dead letters.
const TOPICS: [&str; 2] = [topics::ORDER_PAID, topics::SHIP_ASSEMBLED];

/// The stores that a command looks into.
struct Stores {
    log: EmbeddedLog,
    outbox: Option<Outbox>,
}

impl Stores {
    fn open(place: &Place, with_outbox: bool) -> Result<Self, Failure> {
        let file = DataDir::store_beside(&place.data, "events.db")?;
        let log = EmbeddedLog::open(&file, Arc::new(SystemClock))
            .map_err(|error| Failure::data(chain(&error)))?;
        let outbox = with_outbox.then(|| Outbox::open(&place.data)).transpose()?;
        Ok(Self { log, outbox })
    }
}

fn log_failed(error: &LogError) -> Failure {
    Failure::failed(chain(error))
}

/// The first characters of a text that may be of any length.
fn shortened(text: &str, most: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{start}...")
}

/// RFC 3339, to the second.
fn when(at: OffsetDateTime) -> String {
    let seconds = at.replace_nanosecond(0).unwrap_or(at);
    seconds.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests;
