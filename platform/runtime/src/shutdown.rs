//! How a process is asked to stop.

pub use tokio_util::sync::CancellationToken;

/// Completes at the first SIGTERM or SIGINT (Ctrl-C).
///
/// # Panics
/// When the operating system refuses a signal handler, which leaves no way to
/// stop the process cleanly.
pub async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate =
        signal(SignalKind::terminate()).expect("a process may always handle SIGTERM");
    let mut interrupt =
        signal(SignalKind::interrupt()).expect("a process may always handle SIGINT");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
