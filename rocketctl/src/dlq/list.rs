//! `rocketctl dlq list`.

use clap::Args;
use comfy_table::{Table, presets};
use rocket_telemetry::printable;

use super::{Place, Stores, TOPICS, shortened, waiting::Waiting, when};
use crate::exit::Failure;

/// Characters of a reason that a table shows.
const REASON: usize = 60;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  rocketctl dlq list\n  rocketctl dlq list --json | jq -r '.[].id'"
)]
pub(super) struct ListArgs {
    #[command(flatten)]
    place: Place,
    /// Only letters of this topic.
    #[arg(long, value_name = "TOPIC", value_parser = TOPICS)]
    topic: Option<String>,
    /// Also letters that were replayed.
    #[arg(long)]
    all: bool,
    /// Also messages that Order could not send and parked in its outbox.
    #[arg(long, conflicts_with = "topic")]
    outbox: bool,
    /// Print a JSON array instead of a table.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ListArgs) -> Result<(), Failure> {
    let stores = Stores::open(&args.place, args.outbox)?;
    let mut shown = stores.all(args.topic.as_deref()).await?;
    shown.retain(|letter| args.all || letter.replayed_at.is_none());
    let text = if args.json {
        crate::json(&shown)?
    } else if shown.is_empty() {
        "No dead letters wait.\n".to_owned()
    } else {
        format!("{}\n", table(&shown, args.all))
    };
    crate::print(text.as_bytes())
}

fn table(shown: &[Waiting], replayed: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    let mut header = vec!["Letter", "When", "Order", "Group", "Reason"];
    if replayed {
        header.push("Replayed");
    }
    table.set_header(header);
    for letter in shown {
        let mut row = vec![
            printable(&letter.id.to_string()).into_owned(),
            when(letter.at),
            shortened(&letter.key, 36),
            shortened(letter.group.as_deref().unwrap_or("-"), 20),
            shortened(letter.reason.as_deref().unwrap_or("-"), REASON),
        ];
        if replayed {
            row.push(letter.replayed_at.map_or_else(|| "-".to_owned(), when));
        }
        table.add_row(row);
    }
    table
}
