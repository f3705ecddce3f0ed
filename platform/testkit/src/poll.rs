//! Waiting for what happens on its own time, with a deadline instead of a sleep.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(10);

/// Looks at `condition` until it gives a value, and fails the test when it has
/// given none within `deadline`.
///
/// # Panics
/// When the deadline passes; the message names what was waited for.
pub async fn eventually<T, F, Fut>(what: &str, deadline: Duration, mut condition: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(
            started.elapsed() < deadline,
            "waited {deadline:?} in vain: {what}"
        );
        tokio::time::sleep(INTERVAL).await;
    }
}
