//! What processes cost: the generator itself, and those it is asked to measure.

use std::time::Duration;

/// Processor time of this process so far, in steps of 10 ms; none where the kernel
/// does not tell.
pub(super) fn used() -> Option<Duration> {
    used_by(std::process::id())
}

/// The same of another process.
pub(super) fn used_by(pid: u32) -> Option<Duration> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Memory of a process that is in RAM.
pub(super) fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// `utime` and `stime`, the 14th and 15th fields of proc_pid_stat(5), in ticks. A tick
/// is 10 ms on every Linux: `USER_HZ` is part of the kernel's interface.
fn parse(stat: &str) -> Option<Duration> {
    // The second field, the name, is in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added() {
        let stat = "42 (a ) b) S 1 1 1 0 -1 4194304 100 0 0 0 250 75 0 0 20 0 3 0 99 1 2";
        assert_eq!(parse(stat), Some(Duration::from_millis(3_250)));
        assert_eq!(parse("42"), None);
    }
}
