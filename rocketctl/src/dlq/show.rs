//! `rocketctl dlq show`.

use std::fmt::Write as _;

use clap::Args;
use rocket_events::{Record, cloud, letters};
use rocket_telemetry::printable;
use serde_json::{Value, json};

use super::{
    Place, Stores, log_failed, payload,
    waiting::{Id, Waiting, What},
    when,
};
use crate::exit::Failure;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  rocketctl dlq show order.paid.dlq/2/41")]
pub(super) struct ShowArgs {
    /// The letter, as `list` names it.
    #[arg(value_name = "ID")]
    id: Id,
    #[command(flatten)]
    place: Place,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ShowArgs) -> Result<(), Failure> {
    let stores = Stores::open(&args.place, matches!(args.id, Id::Parked(_)))?;
    let gone = || Failure::failed(format!("{}: no such letter", args.id));
    let all = stores.all(None).await?;
    let letter = all.into_iter().find(|letter| letter.id == args.id);
    let letter = letter.ok_or_else(gone)?;
    let record = whole(&stores, &letter).await?.ok_or_else(gone)?;
    let text = if args.json {
        crate::json(&as_json(&letter, &record))?
    } else {
        as_text(&letter, &record)
    };
    crate::print(text.as_bytes())
}

/// The record with its headers and payload.
async fn whole(stores: &Stores, letter: &Waiting) -> Result<Option<Record>, Failure> {
    match &letter.what {
        What::Letter(found) => {
            let record = letters::read(&stores.log, &found.id).await;
            let record = record.map_err(|error| log_failed(&error))?;
            Ok(record.map(|delivery| delivery.record))
        }
        What::Parked(parked) => Ok(Some(Record {
            topic: parked.topic.clone(),
            key: parked.key.clone(),
            payload: parked.payload.clone().into(),
            headers: std::iter::once((cloud::ID.to_owned(), parked.id.to_string()))
                .chain(
                    parked
                        .traceparent
                        .iter()
                        .map(|trace| (cloud::TRACEPARENT.to_owned(), trace.clone())),
                )
                .collect(),
        })),
    }
}

fn as_json(letter: &Waiting, record: &Record) -> Value {
    let number = |name| {
        record
            .header(name)
            .and_then(|text| text.parse::<i64>().ok())
    };
    let headers = record.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({
        "id": letter.id,
        "at": when(letter.at),
        "topic": letter.topic,
        "partition": number(letters::PARTITION),
        "offset": number(letters::OFFSET),
        "key": letter.key,
        "group": letter.group,
        "reason": letter.reason,
        "replayed_at": letter.replayed_at.map(when),
        "traceparent": record.header(cloud::TRACEPARENT),
        "headers": headers,
        "payload": payload::decode(&letter.topic, &record.payload).into_json(),
    })
}

fn as_text(letter: &Waiting, record: &Record) -> String {
    let from = match (
        record.header(letters::PARTITION),
        record.header(letters::OFFSET),
    ) {
        (Some(partition), Some(offset)) => {
            format!("{}, partition {partition}, offset {offset}", letter.topic)
        }
        _ => letter.topic.clone(),
    };
    let unknown = || "not said".to_owned();
    let mut text = String::new();
    for (name, value) in [
        ("Letter", letter.id.to_string()),
        ("Since", when(letter.at)),
        ("Group", letter.group.clone().unwrap_or_else(unknown)),
        ("Reason", letter.reason.clone().unwrap_or_else(unknown)),
        ("Read from", from),
        ("Key", letter.key.clone()),
        (
            "Trace",
            record
                .header(cloud::TRACEPARENT)
                .map_or_else(unknown, str::to_owned),
        ),
        (
            "Replayed",
            letter.replayed_at.map_or_else(|| "no".to_owned(), when),
        ),
    ] {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{name:<10} {}", printable(&value));
    }
    let _ = writeln!(text, "\nHeaders");
    for (name, value) in &record.headers {
        let _ = writeln!(text, "  {:<16} {}", printable(name), printable(value));
    }
    let decoded = payload::decode(&letter.topic, &record.payload);
    let _ = writeln!(text, "\nPayload, {} bytes", record.payload.len());
    let _ = writeln!(text, "{}", decoded.into_text());
    text
}
