//! What the command line accepts.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use rocket_telemetry::LogFormat;

use crate::{dlq::DlqArgs, load::LoadArgs, parts::PartsArgs};

const EXIT_CODES: &str = "\
Exit codes:
  0   success
  1   the command ran and did not succeed
  2   the command line is wrong
  64  a file or setting is wrong; nothing was started
  69  something outside is away or taken, such as a port or the platform
  73  the data directory cannot be used";

/// Runs the rocket shop, and shows it at work.
#[derive(Debug, Parser)]
#[command(name = "rocketctl", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole platform in this process.
    Up(UpArgs),
    /// Buy a rocket: register, log in, order, pay, watch it being assembled.
    Demo(DemoArgs),
    /// Buy many rockets at a constant rate, measure it, and audit every order.
    Load(LoadArgs),
    /// Look at records that could not be handled, and bring them back.
    Dlq(DlqArgs),
    /// Bring parts into the shop.
    Parts(PartsArgs),
    /// Print the CustomResourceDefinition of RocketPlatform as YAML.
    #[command(after_help = "Example:\n  rocketctl crd | kubectl apply --server-side -f -")]
    Crd,
    /// Print the OpenAPI 3.1 document of the HTTP API as JSON.
    #[command(after_help = "Example:\n  rocketctl openapi > openapi.json")]
    Openapi,
    /// Print the protobuf descriptor set of the gRPC API, in binary.
    #[command(after_help = "Example:\n  rocketctl descriptors > rocket.binpb\n  \
                      grpcurl -protoset rocket.binpb describe")]
    Descriptors,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  rocketctl up -f examples/laptop.yaml --data data\n\n\
                  Environment:\n  \
                  TELEGRAM_BOT_TOKEN           the bot that sends messages\n  \
                  PAYMENT_PROVIDER_KEY         the payment provider's key\n  \
                  OTEL_EXPORTER_OTLP_ENDPOINT  exports traces, metrics and logs; see docs/telemetry.md\n\n\
                  Stops at SIGTERM or Ctrl-C; a kill at any moment loses nothing."
)]
pub(crate) struct UpArgs {
    /// The RocketPlatform resource to run.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where everything is kept; made when missing.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) data: PathBuf,
    /// The one address that is opened, for HTTP and gRPC alike.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Also open /livez, /readyz, /metrics and /version here; off by default.
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// Parts to load when the store is empty and the profile is dev; a catalogue
    /// is built in.
    #[arg(long, value_name = "FILE")]
    pub(crate) catalogue: Option<PathBuf>,
    /// Which log lines are written.
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", default_value = "info")]
    pub(crate) log: String,
    /// How log lines look; text on a terminal, json elsewhere.
    #[arg(long, value_name = "FORMAT", env = "LOG_FORMAT")]
    pub(crate) log_format: Option<Format>,
    /// The bot that sends messages; without it they go to the log and to
    /// GET /api/v1/notifications only.
    #[arg(long, env = "TELEGRAM_BOT_TOKEN", hide_env_values = true, hide = true)]
    pub(crate) telegram_bot_token: Option<String>,
    /// The payment provider's key, when the resource names a provider.
    #[arg(
        long,
        env = "PAYMENT_PROVIDER_KEY",
        hide_env_values = true,
        hide = true
    )]
    pub(crate) payment_provider_key: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line.
    Json,
    /// Columns for people.
    Text,
}

impl From<Format> for LogFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Text => Self::Text,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  rocketctl demo\n  \
                        rocketctl demo --json | jq .order_uuid")]
pub(crate) struct DemoArgs {
    /// Where the platform listens.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// Your Telegram chat, to be told there as well (the platform needs
    /// TELEGRAM_BOT_TOKEN).
    #[arg(long, value_name = "ID", env = "TELEGRAM_CHAT_ID")]
    pub(crate) telegram_chat_id: Option<String>,
    /// Print one JSON object at the end instead of a story.
    #[arg(long)]
    pub(crate) json: bool,
}
