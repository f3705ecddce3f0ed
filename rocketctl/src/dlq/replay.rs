//! `rocketctl dlq replay`.

use std::collections::HashSet;

use clap::Args;
use rocket_events::letters;
use rocket_telemetry::{chain, printable};
use serde::Serialize;

use super::{
    Place, Stores, TOPICS,
    waiting::{Id, Waiting, What},
    when,
};
use crate::exit::Failure;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  rocketctl dlq replay order.paid.dlq/2/41\n  \
                  rocketctl dlq replay --all --topic order.paid --dry-run\n\n\
                  A letter that fails again is a new letter. Whom an event was told to is \
                  remembered for\n30 days: replaying an older letter may tell a user again. \
                  Exit code 1 when one of\nthem was not replayed."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct ReplayArgs {
    /// The letters, as `list` names them.
    #[arg(
        value_name = "ID",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    ids: Vec<Id>,
    #[command(flatten)]
    place: Place,
    /// All that wait.
    #[arg(long)]
    all: bool,
    /// With --all: only letters of this topic.
    #[arg(long, value_name = "TOPIC", value_parser = TOPICS, requires = "all")]
    topic: Option<String>,
    /// With --all: also messages that Order parked in its outbox.
    #[arg(long, requires = "all", conflicts_with = "topic")]
    outbox: bool,
    /// Also a letter that was replayed before; its record may then be there twice,
    /// which consumers recognise.
    #[arg(long, conflicts_with = "all")]
    again: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
}

/// What became of one letter.
#[derive(Debug, Serialize)]
struct Line {
    id: Id,
    outcome: Outcome,
    /// In words.
    detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Replayed,
    WouldReplay,
    AlreadyReplayed,
    NotFound,
    Failed,
}

pub(super) async fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let parked = args.ids.iter().any(|id| matches!(id, Id::Parked(_)));
    let stores = Stores::open(&args.place, args.outbox || parked)?;
    let found = stores.all(args.topic.as_deref()).await?;
    let mut lines = Vec::new();
    for (id, letter) in chosen(args, &found) {
        let (outcome, detail) = match letter {
            None => (Outcome::NotFound, "no such letter".to_owned()),
            Some(letter) => one(args, &stores, letter).await,
        };
        let line = Line {
            id,
            outcome,
            detail,
        };
        if !args.json {
            let text = format!("{}  {}\n", line.id, printable(&line.detail));
            crate::print(text.as_bytes())?;
        }
        lines.push(line);
    }
    if args.json {
        crate::print(crate::json(&lines)?.as_bytes())?;
    } else if lines.is_empty() {
        crate::print(b"No dead letters wait.\n")?;
    }
    let done = [Outcome::Replayed, Outcome::WouldReplay];
    let missed = lines.iter().filter(|line| !done.contains(&line.outcome));
    match missed.count() {
        0 => Ok(()),
        count => Err(Failure::failed(format!(
            "{count} of {} letters not replayed",
            lines.len()
        ))),
    }
}

/// The letters asked for, each once, with what is known of them.
fn chosen<'a>(args: &ReplayArgs, found: &'a [Waiting]) -> Vec<(Id, Option<&'a Waiting>)> {
    if args.all {
        let waiting = found.iter().filter(|letter| letter.replayed_at.is_none());
        return waiting
            .map(|letter| (letter.id.clone(), Some(letter)))
            .collect();
    }
    let mut seen = HashSet::new();
    let ids = args.ids.iter().filter(|id| seen.insert(*id));
    ids.map(|id| (id.clone(), found.iter().find(|letter| letter.id == *id)))
        .collect()
}

async fn one(args: &ReplayArgs, stores: &Stores, letter: &Waiting) -> (Outcome, String) {
    if let Some(at) = letter.replayed_at
        && !args.again
    {
        let detail = format!(
            "replayed before, at {}; --again does it once more",
            when(at)
        );
        return (Outcome::AlreadyReplayed, detail);
    }
    let whom = letter.group.as_deref().unwrap_or("every group");
    let to = match &letter.what {
        What::Letter(_) => format!("to {} for {whom}", letter.topic),
        What::Parked(_) => format!("by Order's relay to {whom}"),
    };
    if args.dry_run {
        return (Outcome::WouldReplay, format!("would be sent again {to}"));
    }
    match send_again(stores, letter).await {
        Ok(true) => (Outcome::Replayed, format!("sent again {to}")),
        Ok(false) => (Outcome::NotFound, "gone meanwhile".to_owned()),
        Err(problem) => (Outcome::Failed, problem),
    }
}

async fn send_again(stores: &Stores, letter: &Waiting) -> Result<bool, String> {
    match (&letter.what, &stores.outbox) {
        (What::Letter(letter), _) => letters::replay(&stores.log, letter)
            .await
            .map_err(|error| chain(&error)),
        (What::Parked(parked), Some(outbox)) => outbox
            .send_again(parked.row)
            .map_err(|failure| failure.to_string()),
        (What::Parked(_), None) => Ok(false),
    }
}
