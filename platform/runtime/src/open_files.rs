//! How many files the process may open; a connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Left for stores, logs and outgoing connections.
const OTHERS: u64 = 512;

/// As many connections as wanted, or as fit.
pub(crate) fn connections_within(wanted: usize) -> usize {
    let needed = u64::try_from(wanted)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHERS);
    fitting(wanted, raised_to(needed))
}

/// Raises the limit to `needed` if the system lets it; what it is now. Many systems
/// start programs with a low one for the sake of `select(2)`, which is not used here.
fn raised_to(needed: u64) -> Option<u64> {
    let now = getrlimit(Resource::Nofile);
    let current = now.current?;
    if current >= needed {
        return Some(current);
    }
    let raised = now.maximum.map_or(needed, |most| most.min(needed));
    let wish = Rlimit {
        current: Some(raised),
        maximum: now.maximum,
    };
    match setrlimit(Resource::Nofile, wish) {
        Ok(()) => Some(raised),
        Err(_refused) => Some(current),
    }
}

/// At most half of the files when they are few.
fn fitting(wanted: usize, files: Option<u64>) -> usize {
    let Some(files) = files else {
        return wanted;
    };
    let room = files.saturating_sub(OTHERS).max(files / 2).max(1);
    usize::try_from(room).map_or(wanted, |room| room.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest() {
        for (files, connections) in [
            (None, 4_096),
            (Some(1_000_000), 4_096),
            (Some(4_608), 4_096),
            (Some(1_536), 1_024),
            (Some(1_024), 512),
            (Some(64), 32),
            (Some(0), 1),
        ] {
            assert_eq!(fitting(4_096, files), connections, "{files:?} files");
        }
    }

    #[test]
    fn a_limit_that_is_enough_is_left_alone() {
        let now = getrlimit(Resource::Nofile);
        let raised = raised_to(1);
        assert_eq!(raised, now.current, "never lowered");
    }
}
