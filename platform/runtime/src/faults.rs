//! Named places where a test may stop a process for good.
//!
//! With the feature `fault-points`, a task that reaches the place named by the
//! environment variable `ROCKET_FAULT_POINT` says so on standard error and never
//! goes on; the test then kills the process there. Without the feature, which is
//! how every release is built, a place is nothing at all.
//!
//! The same feature lets a test set the program's wall clock wrong: see [`clock`].

use std::sync::Arc;

use crate::{SharedClock, SystemClock};

/// The variable that names the place.
pub const VARIABLE: &str = "ROCKET_FAULT_POINT";

/// The variable that names a file which says by how many seconds the wall clock is
/// wrong. It is read whenever the time is asked for, so the clock jumps when the file
/// changes. The file must be replaced as a whole (renamed into place).
pub const CLOCK_VARIABLE: &str = "ROCKET_CLOCK_FILE";

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

/// The wall clock: the operating system's, or with the feature `fault-points` one that
/// a test sets wrong.
pub fn clock() -> SharedClock {
    #[cfg(feature = "fault-points")]
    if let Some(file) = std::env::var_os(CLOCK_VARIABLE) {
        return Arc::new(wrong::WrongClock::new(file.into()));
    }
    Arc::new(SystemClock)
}

#[cfg(feature = "fault-points")]
mod wrong {
    use std::path::PathBuf;

    use time::{Duration, OffsetDateTime};

    use crate::{Clock, SystemClock};

    /// The system's clock, off by what a file says.
    #[derive(Debug)]
    pub(super) struct WrongClock {
        file: PathBuf,
    }

    impl WrongClock {
        pub(super) fn new(file: PathBuf) -> Self {
            Self { file }
        }
    }

    impl Clock for WrongClock {
        fn now(&self) -> OffsetDateTime {
            let offset = std::fs::read_to_string(&self.file)
                .ok()
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or_default();
            SystemClock.now() + Duration::seconds(offset)
        }
    }
}
