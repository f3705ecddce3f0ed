//! What is printed at the end: one JSON object, or text.

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use serde::Serialize;

use super::{
    audit::Audit,
    figures::{float, thousandths},
    measured::Usage,
    tally::{Latencies, Tally},
};
use crate::exit::Failure;

/// How many findings are listed.
const LISTED: usize = 50;

/// The end of a load.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    orders: u64,
    pub(super) paid: u64,
    cancelled: u64,
    refused: BTreeMap<String, u64>,
    pub(super) unresolved: u64,
    late: u64,
    not_started: u64,
    retries: BTreeMap<String, u64>,
    seconds: f64,
    orders_per_second: f64,
    create: Latency,
    pay: Latency,
    generator_cpu_seconds: Option<f64>,
    measured: Option<Usage>,
    audit: Option<AuditReport>,
}

#[derive(Debug, Serialize)]
struct Latency {
    count: u64,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
}

/// What the audit saw.
#[derive(Debug, Serialize)]
struct AuditReport {
    clean: bool,
    #[serde(flatten)]
    audit: Audit,
    findings_left_out: usize,
}

impl Report {
    pub(super) fn new(
        tally: &Tally,
        elapsed: Duration,
        cpu: Option<Duration>,
        measured: Option<Usage>,
        audit: Option<Audit>,
    ) -> Self {
        let seconds = elapsed.as_secs_f64();
        Self {
            orders: tally.orders,
            paid: tally.paid,
            cancelled: tally.cancelled,
            refused: tally.refused.clone(),
            unresolved: tally.unresolved,
            late: tally.late,
            not_started: tally.not_started,
            retries: tally.retries.clone(),
            seconds: thousandths(seconds),
            orders_per_second: thousandths(float(tally.paid) / seconds),
            create: Latency::new(&tally.create),
            pay: Latency::new(&tally.pay),
            generator_cpu_seconds: cpu.map(|cpu| cpu.as_secs_f64()),
            measured,
            audit: audit.map(AuditReport::new),
        }
    }

    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        let text = if json {
            serde_json::to_string(self)
                .map_err(|error| Failure::failed(format!("cannot print: {error}")))?
        } else {
            self.text()
        };
        writeln!(std::io::stdout(), "{text}")
            .map_err(|error| Failure::failed(format!("standard output: {error}")))
    }

    /// Why the command does not succeed, if it does not.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if let Some(report) = self.audit.as_ref().filter(|report| !report.clean) {
            let found = report.audit.findings.len() + report.findings_left_out;
            return Err(Failure::failed(format!(
                "the audit is not clean: {found} findings"
            )));
        }
        if self.unresolved > 0 {
            return Err(Failure::failed(format!(
                "{} orders got no definite answer in time",
                self.unresolved
            )));
        }
        Ok(())
    }

    fn text(&self) -> String {
        let mut lines = vec![
            format!(
                "{} orders in {:.1} s: {} paid ({:.1} a second), {} cancelled.",
                self.orders, self.seconds, self.paid, self.orders_per_second, self.cancelled
            ),
            String::new(),
            "             count    p50 ms    p90 ms    p99 ms  p99.9 ms    max ms".to_owned(),
            self.create.line("create"),
            self.pay.line("pay"),
            String::new(),
        ];
        lines.extend(counts("Refused", &self.refused));
        lines.extend(counts("Repeated", &self.retries));
        if self.late > 0 {
            lines.push(format!(
                "Late: {} orders found no connection free when they were due; {} of them \
                 never started.",
                self.late, self.not_started
            ));
        }
        if self.unresolved > 0 {
            lines.push(format!(
                "Unresolved: {} orders got no definite answer in time.",
                self.unresolved
            ));
        }
        if let Some(cpu) = self.generator_cpu_seconds {
            lines.push(format!("The generator used {cpu:.2} s of processor time."));
        }
        if let Some(usage) = &self.measured {
            lines.push(format!(
                "The platform used {:.2} s of processor time for 1,000 orders, and holds {:.1} MiB.",
                usage.cpu_seconds_per_1000_orders, usage.resident_mib
            ));
        }
        if let Some(report) = &self.audit {
            lines.push(String::new());
            lines.extend(report.lines());
        }
        lines.join("\n")
    }
}

impl Latency {
    fn new(latencies: &Latencies) -> Self {
        let at = |share| millis(latencies.quantile(share));
        Self {
            count: latencies.count(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: millis(latencies.max()),
        }
    }

    fn line(&self, name: &str) -> String {
        format!(
            "{name:<8}{:>10}{:>10.2}{:>10.2}{:>10.2}{:>10.2}{:>10.2}",
            self.count, self.p50_ms, self.p90_ms, self.p99_ms, self.p999_ms, self.max_ms
        )
    }
}

impl AuditReport {
    fn new(mut audit: Audit) -> Self {
        let left_out = audit.findings.len().saturating_sub(LISTED);
        let clean = audit.findings.is_empty();
        audit.findings.truncate(LISTED);
        Self {
            clean,
            audit,
            findings_left_out: left_out,
        }
    }

    fn lines(&self) -> Vec<String> {
        let audit = &self.audit;
        let mut lines = vec![format!(
            "Audit: {}. {} orders ({} assembled, {} cancelled, {} unpaid), {} messages, \
             the stock of {} parts.",
            if self.clean { "clean" } else { "NOT CLEAN" },
            audit.orders,
            audit.assembled,
            audit.cancelled,
            audit.pending,
            audit.messages,
            audit.stock_parts
        )];
        lines.extend(audit.findings.iter().map(|finding| {
            finding.order_uuid.map_or_else(
                || format!("  {}", finding.what),
                |order| format!("  order {order}: {}", finding.what),
            )
        }));
        if self.findings_left_out > 0 {
            lines.push(format!("  and {} more", self.findings_left_out));
        }
        lines
    }
}

fn counts(title: &str, counts: &BTreeMap<String, u64>) -> Option<String> {
    let each: Vec<_> = counts
        .iter()
        .map(|(what, n)| format!("{n} {what}"))
        .collect();
    (!each.is_empty()).then(|| format!("{title}: {}.", each.join(", ")))
}

fn millis(latency: Duration) -> f64 {
    thousandths(latency.as_secs_f64() * 1_000.0)
}
