//! `rocketctl parts`: what the shop sells.
//!
//! Works on Inventory's file, beside a running platform or on a stopped one: the right
//! to use the data directory is the right to do this.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use rocket_inventory::{
    adapters::sqlite::SqliteInventory,
    service::{ImportError, ImportParts, ImportSummary},
};
use rocket_runtime::SystemClock;
use rocket_telemetry::chain;
use serde_json::json;

use crate::{exit::Failure, up::data_dir::DataDir};

#[derive(Debug, Args)]
pub(crate) struct PartsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add and update parts from a file: all of it or nothing.
    Import(ImportArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  rocketctl parts import examples/catalogue.yaml --dry-run\n\n\
                  `stock` is how many pieces were ever brought in. What can be ordered becomes \
                  that, less what is held and sold. Parts that the file does not name stay as \
                  they are; the same file once more changes nothing."
)]
struct ImportArgs {
    /// Parts as YAML or JSON, as in examples/catalogue.yaml; `-` reads standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The platform's data directory; the platform may be running.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

/// Bytes of a file; five thousand parts of everyday size are a tenth of it.
const LARGEST: u64 = 32 << 20;

pub(crate) fn run(args: &PartsArgs) -> Result<(), Failure> {
    let Command::Import(args) = &args.command;
    let text = read(&args.file)?;
    let store = DataDir::store_beside(&args.data, "inventory.db")?;
    let summary = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?
        .block_on(import(args, &store, &text))?;
    crate::print(told(args, &summary)?.as_bytes())
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::config(format!("{}: {error}", file.display()));
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(LARGEST + 1).read_to_string(&mut text)
    } else {
        let opened = std::fs::File::open(file).map_err(failed)?;
        opened.take(LARGEST + 1).read_to_string(&mut text)
    }
    .map_err(failed)?;
    if text.len() as u64 > LARGEST {
        let most = LARGEST >> 20;
        return Err(Failure::config(format!(
            "{}: larger than {most} MiB; split it",
            file.display()
        )));
    }
    Ok(text)
}

async fn import(args: &ImportArgs, store: &Path, text: &str) -> Result<ImportSummary, Failure> {
    let store = SqliteInventory::open(store).map_err(|error| Failure::data(chain(&error)))?;
    let import = ImportParts::new(Arc::new(store), Arc::new(SystemClock));
    let done = if args.dry_run {
        import.check(text).await
    } else {
        import.run(text).await
    };
    done.map_err(|error| match error {
        ImportError::Catalogue(found) => {
            let file = args.file.display();
            let lines = found.0.iter();
            let lines: Vec<_> = lines.map(|problem| format!("{file}: {problem}")).collect();
            Failure::config(lines.join("\nrocketctl: "))
        }
        ImportError::Store(error) => Failure::failed(chain(&error)),
    })
}

fn told(args: &ImportArgs, summary: &ImportSummary) -> Result<String, Failure> {
    let ImportSummary {
        added,
        updated,
        unchanged,
    } = summary;
    if args.json {
        return crate::json(&json!({
            "added": added, "updated": updated, "unchanged": unchanged,
            "dry_run": args.dry_run,
        }));
    }
    let counts = format!("{added} added, {updated} updated, {unchanged} unchanged");
    let done = if args.dry_run {
        "Would import"
    } else {
        "Imported"
    };
    Ok(format!("{done}: {counts}.\n"))
}
