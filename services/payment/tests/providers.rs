//! Both providers under the port's contract, and the HTTP one against a bank that
//! fails in every way it can.
#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use rocket_payment::{
    ApiKey, HttpProvider, HttpProviderConfig, SimulatedProvider,
    contract::{self, ProviderUnderTest, a_charge},
    domain::{Charge, Outcome},
    ports::{PaymentProvider, ProviderError},
};
use rocket_runtime::money::Money;
use rocket_testkit::bank::{Bank, Behaviour};

const LIMIT: Money = match Money::from_minor(1_000_000) {
    Ok(limit) => limit,
    Err(_) => Money::ZERO,
};

struct Simulated;

impl ProviderUnderTest for Simulated {
    fn provider(&self) -> Arc<dyn PaymentProvider> {
        Arc::new(SimulatedProvider::new(Some(LIMIT)))
    }

    fn decline(&self, charge: Charge) -> Charge {
        let amount = Money::from_minor(LIMIT.minor() + 1).unwrap();
        Charge { amount, ..charge }
    }
}

struct OverHttp {
    bank: Bank,
    provider: Arc<HttpProvider>,
    _dir: tempfile::TempDir,
}

impl OverHttp {
    async fn start() -> Self {
        rocket_testkit::tls::install();
        let dir = tempfile::tempdir().unwrap();
        let bank = Bank::start(&dir.path().join("bank.db")).await;
        let config = HttpProviderConfig {
            // Shorter than the tests' patience, longer than a loaded machine's answer.
            deadline: Duration::from_secs(2),
            ..HttpProviderConfig::new(bank.url())
        };
        Self {
            provider: Arc::new(HttpProvider::new(config).unwrap()),
            bank,
            _dir: dir,
        }
    }
}

impl ProviderUnderTest for OverHttp {
    fn provider(&self) -> Arc<dyn PaymentProvider> {
        self.provider.clone()
    }

    fn decline(&self, charge: Charge) -> Charge {
        self.bank
            .next(Behaviour::Decline("limit_exceeded".to_owned()));
        charge
    }
}

#[tokio::test]
async fn the_simulated_provider_keeps_the_contract() {
    contract::suite(&Simulated).await;
}

#[tokio::test]
async fn the_http_provider_keeps_the_contract_and_the_ledger_agrees() {
    let over_http = OverHttp::start().await;
    contract::suite(&over_http).await;
    let mut keys: Vec<_> = over_http
        .bank
        .charges()
        .into_iter()
        .map(|charge| charge.idempotency_key)
        .collect();
    let charges = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), charges, "one key was charged twice");
    assert_eq!(over_http.bank.declines(), 1);
}

fn kind(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::Deadline => "deadline",
        ProviderError::Unavailable(_) => "unavailable",
        ProviderError::Protocol(_) => "protocol",
    }
}

#[tokio::test]
async fn every_failure_is_no_answer_and_repeating_finds_the_one_charge() {
    let table = [
        (Behaviour::Refuse, "unavailable", 0),
        (Behaviour::Hang, "deadline", 0),
        (Behaviour::ChargeThenDrop, "unavailable", 1),
        (Behaviour::ChargeThenError, "unavailable", 1),
        (Behaviour::ChargeThenHang, "deadline", 1),
        (Behaviour::ChargeThenBabble, "protocol", 1),
    ];
    let over_http = OverHttp::start().await;
    for (behaviour, expected, charged) in table {
        let charge = a_charge();
        over_http.bank.next(behaviour.clone());
        let error = over_http.provider.charge(&charge).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{behaviour:?}: {error:?}");
        let bank = &over_http.bank;
        assert_eq!(bank.charges_of(charge.order_uuid), charged, "{behaviour:?}");
        let outcome = over_http.provider.charge(&charge).await.unwrap();
        let on_record = bank.charges().pop().unwrap();
        let transaction_uuid = on_record.transaction_uuid;
        assert_eq!(outcome, Outcome::Charged { transaction_uuid });
        assert_eq!(bank.charges_of(charge.order_uuid), 1, "{behaviour:?}");
        assert_eq!(on_record.amount, charge.amount.minor());
    }
}

#[tokio::test]
async fn a_slow_bank_is_waited_for_within_the_deadline() {
    let over_http = OverHttp::start().await;
    over_http
        .bank
        .next(Behaviour::Slow(Duration::from_millis(100)));
    let outcome = over_http.provider.charge(&a_charge()).await.unwrap();
    assert!(matches!(outcome, Outcome::Charged { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_reason_that_is_no_word_is_not_passed_on() {
    let over_http = OverHttp::start().await;
    for text in ["", "Card 4111 of J. Doe <b>", "ÄÖ", &"x".repeat(65)] {
        over_http.bank.next(Behaviour::Decline(text.to_owned()));
        let outcome = over_http.provider.charge(&a_charge()).await.unwrap();
        let reason = "declined".to_owned();
        assert_eq!(outcome, Outcome::Declined { reason });
    }
}

#[tokio::test]
async fn a_key_that_was_used_for_another_amount_is_not_an_answer() {
    let over_http = OverHttp::start().await;
    let charge = a_charge();
    over_http.provider.charge(&charge).await.unwrap();
    let dearer = Charge {
        amount: Money::from_minor(charge.amount.minor() + 1).unwrap(),
        ..charge
    };
    let error = over_http.provider.charge(&dearer).await.unwrap_err();
    assert_eq!(kind(&error), "protocol");
    assert_eq!(over_http.bank.charges_of(charge.order_uuid), 1);
}

#[tokio::test]
async fn nobody_listening_is_no_answer() {
    let over_http = OverHttp::start().await;
    let url = over_http.bank.url();
    drop(over_http);
    let provider = HttpProvider::new(HttpProviderConfig::new(url)).unwrap();
    let error = provider.charge(&a_charge()).await.unwrap_err();
    assert!(
        matches!(kind(&error), "unavailable" | "deadline"),
        "{error:?}"
    );
}

#[test]
fn a_base_url_must_be_one() {
    rocket_testkit::tls::install();
    for bad in ["", "bank", "ftp://bank", "file:///etc/passwd"] {
        assert!(
            HttpProvider::new(HttpProviderConfig::new(bad)).is_err(),
            "{bad}"
        );
    }
    let config = HttpProviderConfig::new("https://bank.example/v2/");
    assert!(HttpProvider::new(config).is_ok());
}

#[test]
fn the_api_key_never_prints() {
    let config = HttpProviderConfig {
        api_key: Some(ApiKey::new("s3cret")),
        ..HttpProviderConfig::new("https://bank.example")
    };
    assert!(!format!("{config:?}").contains("s3cret"));
}

proptest! {
    #[test]
    fn the_limit_itself_is_not_declined(minor in 0..3_000_000_i64) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let charge = Charge { amount: Money::from_minor(minor).unwrap(), ..a_charge() };
        let outcome = runtime.block_on(SimulatedProvider::new(Some(LIMIT)).charge(&charge)).unwrap();
        let declined = matches!(outcome, Outcome::Declined { .. });
        prop_assert_eq!(declined, minor > LIMIT.minor());
    }
}
