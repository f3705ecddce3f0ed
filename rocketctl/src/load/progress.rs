//! What is shown on standard error while the load runs, when that is a terminal.

use std::{
    io::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use super::tally::{Tally, lock};

const REFRESH: Duration = Duration::from_millis(250);

/// A bar that hides itself when standard error is no terminal.
#[derive(Debug, Clone)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        bar.set_style(style("{spinner} {msg}"));
        bar.enable_steady_tick(REFRESH);
        Self(bar)
    }

    pub(super) fn registered(&self, done: usize, of: usize) {
        self.0
            .set_message(format!("registering customers: {done}/{of}"));
    }

    /// Shows the tally until the handle is aborted.
    pub(super) fn load(&self, tally: Arc<Mutex<Tally>>, duration: Duration) -> JoinHandle<()> {
        let bar = self.0.clone();
        bar.set_style(style("{spinner} [{bar:30.green}] {elapsed} {msg}"));
        bar.set_length(duration.as_secs().max(1));
        bar.reset_elapsed();
        tokio::spawn(async move {
            let mut every = tokio::time::interval(REFRESH);
            let mut last = 0;
            loop {
                every.tick().await;
                let tally = lock(&tally);
                let done = tally.paid + tally.cancelled;
                let refused: u64 = tally.refused.values().sum();
                let retries: u64 = tally.retries.values().sum();
                let a_second = (done - last) * 4;
                last = done;
                bar.set_position(bar.elapsed().as_secs());
                bar.set_message(format!(
                    "{a_second}/s, {done} done, {} in flight, {refused} refused, \
                     {retries} repeated, {} late",
                    tally.in_flight, tally.late
                ));
            }
        })
    }

    /// Says something that stays, terminal or not.
    pub(super) fn warn(&self, text: &str) {
        self.0.suspend(|| {
            let _ = writeln!(std::io::stderr(), "rocketctl: {text}");
        });
    }

    pub(super) fn say(&self, text: impl Into<String>) {
        self.0.set_style(style("{spinner} {msg} ({elapsed})"));
        self.0.set_message(text.into());
    }

    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// The templates are constant; the plain style would only look different.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
