//! What the demo shows: text, a table and a progress bar, or nothing until the
//! JSON at the end.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rocket_runtime::money::{Currency, Money};

use super::{
    Summary,
    api::{Message, Order, Part},
    sse::Events,
};
use crate::exit::Failure;

/// The order of an order's life, as the bar counts it.
const STEPS: [&str; 3] = ["PENDING_PAYMENT", "PAID", "ASSEMBLED"];

pub(super) struct Story {
    json: bool,
}

/// What the event stream said.
pub(super) struct Watched {
    pub(super) statuses: Vec<String>,
    pub(super) assembly_seconds: f64,
}

impl Story {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) fn say(&self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    pub(super) fn parts(&self, parts: &[Part]) {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        table.set_header(["Part", "Category", "Price", "In stock"]);
        for part in parts {
            table.add_row([
                part.name.clone(),
                part.category.to_lowercase(),
                price(part.price, &part.currency),
                part.stock_quantity.to_string(),
            ]);
        }
        for column in [2, 3] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        self.say(&format!("{table}\n"));
    }

    pub(super) fn ordered(&self, ship: &[Part], order: &Order) {
        let names: Vec<_> = ship.iter().map(|part| part.name.as_str()).collect();
        self.say(&format!(
            "Ordered {}: {}, order {}.",
            names.join(", "),
            price(order.total_price, &order.currency),
            order.order_uuid
        ));
    }

    /// Follows the order until its ship is assembled.
    pub(super) async fn watch(&self, events: &mut Events) -> Result<Watched, Failure> {
        let bar = self.bar();
        let mut statuses = Vec::new();
        let mut paid_at = Instant::now();
        while let Some(event) = events.next().await? {
            let Some(step) = STEPS.iter().position(|step| *step == event.status) else {
                return Err(Failure::failed(format!("the order is {}", event.status)));
            };
            bar.set_position(step as u64 + 1);
            bar.set_message(match event.status.as_str() {
                "PAID" => "paid; the ship is being assembled",
                "ASSEMBLED" => "assembled",
                _ => "waiting for payment",
            });
            if event.status == "PAID" {
                paid_at = Instant::now();
            }
            statuses.push(event.status);
            if step + 1 == STEPS.len() {
                bar.finish();
                return Ok(Watched {
                    statuses,
                    assembly_seconds: paid_at.elapsed().as_secs_f64(),
                });
            }
        }
        Err(Failure::failed(
            "the event stream ended before the ship was assembled",
        ))
    }

    fn bar(&self) -> ProgressBar {
        let bar = ProgressBar::new(STEPS.len() as u64);
        if self.json {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        // The template is constant; the plain bar would only look different.
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} [{bar:30.green}] {pos}/{len} {msg} ({elapsed})")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    pub(super) fn messages(&self, messages: &[Message]) {
        self.say("\nMessages, newest first:");
        for message in messages {
            self.say(&format!("\n  {}", message.text.replace('\n', "\n  ")));
        }
    }

    pub(super) fn finish(&self, summary: &Summary) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string(summary)
            .map_err(|error| Failure::failed(format!("cannot print: {error}")))?;
        writeln!(std::io::stdout(), "{text}")
            .map_err(|error| Failure::failed(format!("standard output: {error}")))
    }
}

fn price(minor: i64, currency: &str) -> String {
    match (Money::from_minor(minor), currency.parse::<Currency>()) {
        (Ok(amount), Ok(currency)) => currency.display(amount),
        _ => format!("{minor} {currency}"),
    }
}
