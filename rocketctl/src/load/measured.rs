//! What the platform's own processes use, where they run on this machine.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;
use uuid::Uuid;

use super::{
    cpu,
    figures::{float, thousandths},
    ledger::{Ending, Fate},
    reader::Reader,
    run::Run,
    tally::lock,
    target::Target,
};
use crate::exit::Failure;

/// How often an order that is not yet assembled is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Use between the start of a load and the last ship's assembly.
#[derive(Debug, Serialize)]
pub(super) struct Usage {
    cpu_seconds: f64,
    pub(super) cpu_seconds_per_1000_orders: f64,
    pub(super) resident_mib: f64,
    processes: Vec<ProcessUsage>,
}

#[derive(Debug, Serialize)]
struct ProcessUsage {
    pid: u32,
    cpu_seconds: f64,
    resident_mib: f64,
}

/// Processes that are being measured.
#[derive(Debug)]
pub(super) struct Measurement(Vec<(u32, Duration)>);

impl Measurement {
    /// Begins; none for no processes.
    pub(super) fn begin(pids: &[u32]) -> Result<Option<Self>, Failure> {
        let begun = pids
            .iter()
            .map(|&pid| {
                let used = cpu::used_by(pid).ok_or_else(|| {
                    Failure::config(format!(
                        "--measure {pid}: expected a process of this machine, on Linux"
                    ))
                })?;
                Ok((pid, used))
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        Ok((!begun.is_empty()).then_some(Self(begun)))
    }

    /// Waits until what was paid is assembled, then looks again.
    pub(super) async fn end(
        self,
        run: &Run,
        target: &Arc<Target>,
        settle: Duration,
    ) -> Result<Usage, Failure> {
        until_assembled(run, target, Instant::now() + settle).await?;
        let gone = |pid| Failure::failed(format!("process {pid} has ended"));
        let mut processes = Vec::new();
        for (pid, before) in self.0 {
            let used = cpu::used_by(pid).ok_or_else(|| gone(pid))?;
            let resident_kib = cpu::resident_kib(pid).ok_or_else(|| gone(pid))?;
            processes.push(ProcessUsage {
                pid,
                cpu_seconds: thousandths(used.saturating_sub(before).as_secs_f64()),
                resident_mib: thousandths(float(resident_kib) / 1_024.0),
            });
        }
        let cpu_seconds = processes.iter().map(|it| it.cpu_seconds).sum::<f64>();
        let paid = lock(&run.tally).paid.max(1);
        Ok(Usage {
            cpu_seconds: thousandths(cpu_seconds),
            cpu_seconds_per_1000_orders: thousandths(cpu_seconds * 1_000.0 / float(paid)),
            resident_mib: thousandths(processes.iter().map(|it| it.resident_mib).sum()),
            processes,
        })
    }
}

/// Each customer's last paid order stands for the others: looking at all of them
/// would be work that is measured too.
async fn until_assembled(
    run: &Run,
    target: &Arc<Target>,
    deadline: Instant,
) -> Result<(), Failure> {
    let mut last: Vec<Option<Uuid>> = vec![None; run.customers.len()];
    for entry in lock(&run.ledger).iter() {
        if let Fate::Created {
            order_uuid,
            ending: Ending::Paid { .. },
            ..
        } = entry.fate
        {
            last[entry.customer] = Some(order_uuid);
        }
    }
    let mut reader = Reader::new(Arc::clone(target));
    for (customer, order) in run.customers.iter().zip(last) {
        let Some(order) = order else { continue };
        loop {
            let found = reader
                .order(&customer.session, order, deadline)
                .await
                .map_err(|error| Failure::failed(error.to_string()))?;
            if found.is_some_and(|found| found.status == "ASSEMBLED") {
                break;
            }
            if Instant::now() >= deadline {
                return Err(Failure::failed(format!(
                    "order {order} is not assembled within --settle"
                )));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_measured_from_the_beginning_to_the_end() {
        let pid = std::process::id();
        let run = Run::of_nobody();
        lock(&run.tally).paid = 500;
        let target = Arc::new("http://127.0.0.1:9".parse().unwrap());
        let measurement = Measurement::begin(&[pid]).unwrap().unwrap();
        let before = cpu::used().unwrap();
        let least = Duration::from_millis(30);
        while cpu::used().unwrap() < before + least {
            std::hint::spin_loop();
        }
        let usage = measurement.end(&run, &target, least).await.unwrap();
        assert!(usage.cpu_seconds >= least.as_secs_f64(), "{usage:?}");
        // Other tests use this process too, but hardly hours.
        assert!(usage.cpu_seconds < 600.0, "{usage:?}");
        assert!((usage.cpu_seconds_per_1000_orders - 2.0 * usage.cpu_seconds).abs() < 0.001);
        assert!(usage.resident_mib > 1.0, "{usage:?}");
        assert_eq!(usage.processes.len(), 1);
        assert_eq!(usage.processes[0].pid, pid);
    }

    #[test]
    fn nothing_is_measured_of_nothing_and_of_no_process() {
        assert!(Measurement::begin(&[]).unwrap().is_none());
        // Above the greatest pid that Linux gives.
        let failure = Measurement::begin(&[u32::MAX]).unwrap_err().to_string();
        assert!(failure.starts_with("--measure 4294967295"), "{failure}");
    }
}
