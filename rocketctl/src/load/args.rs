//! What `rocketctl load` accepts.

use std::time::Duration;

use clap::Args;

use super::target::Target;

/// The share of orders that are cancelled instead of paid, when an audit follows and
/// nothing else is asked for: the audit should see that path too.
const AUDITED_CANCEL_PERCENT: u8 = 10;
/// Beyond these, more customers only make the start longer.
const CUSTOMERS: std::ops::RangeInclusive<usize> = 8..=64;

#[derive(Debug, Args)]
#[command(
    after_help = "Latency counts from the moment an order was due, so a stall is not \
hidden.\nEvery call carries an Idempotency-Key and is repeated until its answer is \
definite.\n\nExamples:\n  rocketctl load --rate 200 --duration 30s\n  \
rocketctl load --closed --connections 16 --duration 20s --json\n  \
rocketctl load --rate 50 --duration 10m --verify --patience 2m\n\n\
With --verify nobody else may buy meanwhile: the stock is counted before and after.\n\
The API shows one message of an event however often Telegram was asked to deliver it."
)]
pub(crate) struct LoadArgs {
    /// Where the platform listens.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(super) url: Target,
    /// Orders a second, started evenly whatever the answers do.
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "closed",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) rate: u32,
    /// How long orders are started.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = some_time)]
    pub(super) duration: Duration,
    /// How many connections, each with one call at a time. An order that finds none
    /// free starts late, and is counted as late.
    #[arg(long, value_name = "N", default_value_t = 32,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) connections: u16,
    /// How many customers buy; each is registered anew. By default a quarter of the
    /// rate, 8 to 64; with --closed two for each connection.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    customers: Option<u16>,
    /// How many orders of a hundred are cancelled instead of paid; by default 0, with
    /// --verify 10.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    cancel_percent: Option<u8>,
    /// No rate: each connection orders and pays without a pause.
    #[arg(long)]
    pub(super) closed: bool,
    /// Afterwards look at every order, the stock and the messages from outside.
    #[arg(long)]
    pub(super) verify: bool,
    /// With --verify or --measure: how long everything may take to come to rest.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(super) settle: Duration,
    /// How long a call is repeated that gets no definite answer.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(super) patience: Duration,
    /// With --verify: no ship may be assembled sooner than this after its payment.
    #[arg(long, value_name = "TIME", requires = "verify", value_parser = duration)]
    pub(super) assembly_time: Option<Duration>,
    /// Chooses the parts; the same number, the same choices.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Also measure this process (Linux), once per process: processor time until the
    /// last ship is assembled, within --settle, and memory.
    #[arg(long, value_name = "PID")]
    pub(super) measure: Vec<u32>,
    /// Print one JSON object at the end instead of text.
    #[arg(long)]
    pub(super) json: bool,
}

/// The same forms as in the resource: `500ms`, `10s`, `1h30m`.
fn duration(text: &str) -> Result<Duration, rocket_operator_api::DurationError> {
    Ok(text.parse::<rocket_operator_api::Duration>()?.get())
}

fn some_time(text: &str) -> Result<Duration, String> {
    match duration(text) {
        Ok(Duration::ZERO) => Err("expected more than no time at all".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

impl LoadArgs {
    /// How many customers buy.
    pub(super) fn customers(&self) -> usize {
        let by_default = if self.closed {
            usize::from(self.connections) * 2
        } else {
            usize::try_from(self.rate / 4)
                .unwrap_or(usize::MAX)
                .clamp(*CUSTOMERS.start(), *CUSTOMERS.end())
        };
        self.customers.map_or(by_default, usize::from)
    }

    /// How many orders of a hundred are cancelled.
    pub(super) fn cancel_percent(&self) -> u8 {
        let by_default = if self.verify {
            AUDITED_CANCEL_PERCENT
        } else {
            0
        };
        self.cancel_percent.unwrap_or(by_default)
    }
}
