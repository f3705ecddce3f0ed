//! `rocketctl up`: the whole platform in this process.
//!
//! Everything that can be wrong is found before a port opens: the resource, the
//! data directory, the stores. Then one listener serves, and the services' loops run
//! until a signal asks them to end.

mod compose;
pub(crate) mod data_dir;
mod door;
mod settings;

use std::{io::Write as _, net::SocketAddr, sync::Arc, time::Instant};

use axum::{Router, routing::get};
use rocket_runtime::{
    admin,
    health::Health,
    serve::{Limits, serve},
    shutdown::{self, CancellationToken},
};
use rocket_telemetry::Telemetry;
use tokio::net::TcpListener;
use tracing::info;

use self::{compose::Platform, data_dir::DataDir, settings::Settings};
use crate::{cli::UpArgs, exit::Failure};

pub(crate) fn run(args: &UpArgs) -> Result<(), Failure> {
    let started = Instant::now();
    let settings = Settings::read(args)?;
    let otlp = rocket_telemetry::Otlp::from_environment()
        .map_err(|error| Failure::config(error.to_string()))?;
    let mut telemetry = rocket_telemetry::init(&rocket_telemetry::Config {
        filter: args.log.clone(),
        format: args.log_format.map(Into::into),
        otlp,
    })
    .map_err(|error| Failure::config(error.to_string()))?;
    let data = DataDir::open(&args.data, settings.currency)?;
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?
        .block_on(serve_platform(args, settings, &data, &telemetry, started));
    // The runtime has ended, and with it the last span.
    telemetry.shut_down();
    outcome
}

async fn serve_platform(
    args: &UpArgs,
    settings: Settings,
    data: &DataDir,
    telemetry: &Telemetry,
    started: Instant,
) -> Result<(), Failure> {
    let health = Health::default();
    let ready = health.register("platform");
    let limits = Limits {
        idle: settings.idle,
        ..Limits::default()
    }
    .within_open_files();
    let platform = Platform::build(settings, data).await?;
    let listener = bind(args.listen).await?;
    let admin_listener = match args.admin {
        Some(address) => Some(bind(address).await?),
        None => None,
    };

    let shutdown = CancellationToken::new();
    let servers = CancellationToken::new();
    let mut serving = vec![tokio::spawn(serve(
        listener,
        platform.router(),
        limits,
        servers.clone(),
    ))];
    if let Some(listener) = admin_listener {
        let router = admin_router(health.clone(), telemetry);
        serving.push(tokio::spawn(serve(
            listener,
            router,
            Limits::default(),
            servers.clone(),
        )));
    }
    let running = tokio::spawn(platform.run(shutdown.clone()));
    ready.set(true);
    announce(args, started);

    tokio::select! {
        () = shutdown::signal() => {
            info!("stopping; a second signal stops at once");
            tokio::spawn(stop_at_once());
        }
        // A loop ended on its own: the process ends too, and says so by its code.
        () = shutdown.cancelled() => {}
    }
    let asked = !shutdown.is_cancelled();
    ready.set(false);
    // Requests first, loops after: what a request began, the loops may finish.
    servers.cancel();
    for server in serving {
        let _ = server.await;
    }
    shutdown.cancel();
    let _ = running.await;
    info!("stopped");
    if asked {
        Ok(())
    } else {
        Err(Failure::failed("a background loop ended; see the log"))
    }
}

/// Whoever asks twice does not want to wait; a kill loses nothing, nor does this.
async fn stop_at_once() {
    shutdown::signal().await;
    // 128 + SIGINT, as shells report it.
    std::process::exit(130);
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::unavailable(format!(
            "{address}: cannot listen: {error}; choose another address with --listen or --admin"
        ))
    })
}

fn admin_router(health: Health, telemetry: &Telemetry) -> Router {
    let metrics = Arc::new(telemetry.metrics_reader());
    admin::router(health, env!("CARGO_PKG_VERSION"))
        .route("/metrics", get(move || async move { metrics.text() }))
}

/// Where to go from here, for people; the log has the same line for machines.
fn announce(args: &UpArgs, started: Instant) {
    let ready_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    info!(address = %args.listen, data = %args.data.display(), ready_ms, "ready");
    let _ = writeln!(
        std::io::stdout(),
        "The rocket shop is open at http://{0} (HTTP and gRPC).\n  \
         API   http://{0}/docs\n  Try   make demo\n  Data  {1}\n  Stop  Ctrl-C",
        args.listen,
        args.data.display()
    );
}
