//! The platform with everything around it: a bank and a Telegram that can be told to
//! misbehave, customers at work, and the audit at the end.

use std::time::Duration;

use rocket_e2e::{Audit, Crowd, Customer, Gate, Options, Platform, Report};
use rocket_testkit::{bank::Bank, eventually, telegram::Telegram};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::PROGRAM;

/// Short, so that a test sees ships being assembled.
pub(crate) const ASSEMBLY_TIME: Duration = Duration::from_millis(500);
/// How long everything may take to come to rest.
pub(crate) const SETTLED: Duration = Duration::from_mins(1);

pub(crate) struct Shop {
    pub(crate) platform: Platform,
    pub(crate) bank: Bank,
    pub(crate) telegram: Telegram,
    pub(crate) to_bank: Gate,
    pub(crate) to_telegram: Gate,
    pub(crate) options: Options,
    pub(crate) crowd: Crowd,
    /// Parts of which there are many.
    pub(crate) parts: Vec<String>,
    /// False once the wall clock has jumped.
    pub(crate) steady_clock: bool,
    _ledger: TempDir,
}

impl Shop {
    /// Opens with this many customers, after a last change to how it is started.
    pub(crate) async fn open(customers: usize, change: impl FnOnce(&mut Options)) -> Self {
        let ledger = tempfile::tempdir().unwrap();
        let bank = Bank::start(&ledger.path().join("ledger")).await;
        let token = Uuid::new_v4().simple().to_string();
        let telegram = Telegram::start(&token).await;
        let to_bank = Gate::before(&bank.url());
        let to_telegram = Gate::before(&telegram.url());
        let mut options = Options {
            spec: format!(
                "  services:\n    assembly: {{assemblyTime: {}ms}}\n    \
                 payment: {{provider: {{url: \"{}\"}}}}\n    notification:\n      \
                 telegram: {{botTokenSecretRef: {{name: bot, key: token}}, apiBaseUrl: \"{}\"}}\n",
                ASSEMBLY_TIME.as_millis(),
                to_bank.url(),
                to_telegram.url()
            ),
            env: vec![
                ("TELEGRAM_BOT_TOKEN", token),
                ("RUST_LOG", "warn".to_owned()),
            ],
            ..Options::default()
        };
        change(&mut options);
        let platform = Platform::start(PROGRAM, &options).await;
        let crowd = Crowd::gather(&platform.url(), customers).await;
        let parts = many_of(&crowd.customers[0]).await;
        Self {
            platform,
            bank,
            telegram,
            to_bank,
            to_telegram,
            options,
            crowd,
            parts,
            steady_clock: true,
            _ledger: ledger,
        }
    }

    /// Sets the customers to work: about this many orders a second between them.
    pub(crate) fn work(&mut self, per_second: u32) {
        let customers = u32::try_from(self.crowd.customers.len()).unwrap();
        // An order is two requests, each with a pause.
        let pause = Duration::from_secs(1) * customers / per_second / 2;
        self.crowd.work(&self.parts, pause);
    }

    /// Waits until so many answers begin with `prefix`, for example `pay 200`.
    pub(crate) async fn until_answered(&self, prefix: &str, times: usize) {
        let what = format!("{times} times: {prefix}");
        eventually(&what, Duration::from_secs(40), || async {
            (self.crowd.seen().count(prefix) >= times).then_some(())
        })
        .await;
    }

    /// Lets the customers and then the platform come to rest, audits, and prints what
    /// it saw under `name`.
    pub(crate) async fn audit(&mut self, name: &str) -> Report {
        let promised = self.crowd.rest().await;
        let report = self.auditor().when_settled(&promised, SETTLED).await;
        println!("{name}: {report}\n  answers: {:?}", promised.answers);
        report
    }

    /// The audit itself, without waiting.
    pub(crate) fn auditor(&self) -> Audit<'_> {
        Audit {
            platform: &self.platform,
            bank: Some(&self.bank),
            telegram: Some(&self.telegram),
            assembly_time: ASSEMBLY_TIME,
            steady_clock: self.steady_clock,
        }
    }
}

async fn many_of(customer: &Customer) -> Vec<String> {
    let mut parts: Vec<Value> = Vec::new();
    for category in ["ENGINE", "FUEL", "PORTHOLE", "WING"] {
        parts.extend(customer.parts(category).await);
    }
    parts.sort_by_key(|part| -part["stock_quantity"].as_i64().unwrap());
    let ids = parts.iter().take(6).map(|part| part["uuid"].as_str());
    ids.map(|id| id.unwrap().to_owned()).collect()
}
