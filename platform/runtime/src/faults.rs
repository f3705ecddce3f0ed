//! Named places where a test may stop a process for good.
//!
//! With the feature `fault-points`, a task that reaches the place named by the
//! environment variable `ROCKET_FAULT_POINT` says so on standard error and never
//! goes on; the test then kills the process there. Without the feature, which is
//! how every release is built, a place is nothing at all.

/// The variable that names the place.
pub const VARIABLE: &str = "ROCKET_FAULT_POINT";

/// What is printed, before the name, when the place is reached.
pub const REACHED: &str = "fault point reached: ";

/// A place between two steps.
#[cfg(feature = "fault-points")]
pub async fn point(name: &'static str) {
    use std::{io::Write as _, sync::LazyLock};

    static CHOSEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());
    if CHOSEN.as_deref() == Some(name) {
        let _ = writeln!(std::io::stderr(), "{REACHED}{name}");
        std::future::pending::<()>().await;
    }
}

/// A place between two steps.
#[cfg(not(feature = "fault-points"))]
#[inline]
pub fn point(_name: &'static str) -> std::future::Ready<()> {
    std::future::ready(())
}
