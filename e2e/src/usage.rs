//! What a process uses, as the kernel counts it.

use std::{fs, time::Duration};

/// Memory that is resident now, in bytes.
pub fn resident(pid: u32) -> u64 {
    of_status(pid, "VmRSS:")
}

/// The most memory that was ever resident, in bytes.
pub fn peak(pid: u32) -> u64 {
    of_status(pid, "VmHWM:")
}

/// Processor time that was used up to now, in user and kernel mode.
pub fn processor(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name before the last parenthesis may hold anything.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    // USER_HZ is 100 on every Linux that Rust runs on.
    Duration::from_millis(ticks * 10)
}

fn of_status(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().unwrap() * 1_024
}

/// Bytes as whole MiB.
pub fn mebibytes(bytes: u64) -> u64 {
    bytes / (1_024 * 1_024)
}
