//! What every payment provider must do, as tests that an adapter's tests call.
//!
//! Panics where a test should fail.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use std::sync::Arc;

use rocket_runtime::money::{Currency, Money};
use uuid::Uuid;

use crate::{
    domain::{Charge, Outcome, PaymentMethod},
    ports::PaymentProvider,
};

/// An adapter under test.
pub trait ProviderUnderTest: Send + Sync {
    /// The adapter.
    fn provider(&self) -> Arc<dyn PaymentProvider>;

    /// Makes the provider decline this charge, if it has not been made yet. It may
    /// change the amount to one that is declined.
    fn decline(&self, charge: Charge) -> Charge;
}

/// Runs the whole suite.
pub async fn suite(under_test: &dyn ProviderUnderTest) {
    a_repeated_charge_has_the_same_answer(under_test).await;
    charges_at_once_have_one_answer(under_test).await;
    every_order_and_attempt_is_a_charge_of_its_own(under_test).await;
    a_decline_stays_and_a_new_attempt_may_succeed(under_test).await;
    every_method_and_amount_is_taken(under_test).await;
}

/// Some charge.
pub fn a_charge() -> Charge {
    Charge {
        order_uuid: Uuid::new_v4(),
        attempt: 1,
        user_uuid: Uuid::new_v4(),
        method: PaymentMethod::Card,
        amount: Money::from_minor(1_250).unwrap(),
        currency: Currency::USD,
    }
}

fn transaction(outcome: &Outcome) -> Uuid {
    match outcome {
        Outcome::Charged { transaction_uuid } => *transaction_uuid,
        Outcome::Declined { reason } => panic!("declined: {reason}"),
    }
}

async fn a_repeated_charge_has_the_same_answer(under_test: &dyn ProviderUnderTest) {
    let provider = under_test.provider();
    let charge = a_charge();
    let first = provider.charge(&charge).await.unwrap();
    let second = provider.charge(&charge).await.unwrap();
    assert_eq!(transaction(&first), transaction(&second));
}

async fn charges_at_once_have_one_answer(under_test: &dyn ProviderUnderTest) {
    let charge = a_charge();
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let provider = under_test.provider();
            tokio::spawn(async move { provider.charge(&charge).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(transaction(&call.await.unwrap()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

async fn every_order_and_attempt_is_a_charge_of_its_own(under_test: &dyn ProviderUnderTest) {
    let provider = under_test.provider();
    let charge = a_charge();
    let next_attempt = Charge {
        attempt: 2,
        ..charge
    };
    let other_order = a_charge();
    let mut ids = Vec::new();
    for charge in [charge, next_attempt, other_order] {
        ids.push(transaction(&provider.charge(&charge).await.unwrap()));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

async fn a_decline_stays_and_a_new_attempt_may_succeed(under_test: &dyn ProviderUnderTest) {
    let provider = under_test.provider();
    let affordable = a_charge();
    let declined = under_test.decline(affordable);
    let first = provider.charge(&declined).await.unwrap();
    let Outcome::Declined { reason } = &first else {
        panic!("expected a decline, got {first:?}");
    };
    assert!(!reason.is_empty());
    assert_eq!(provider.charge(&declined).await.unwrap(), first);
    let again = Charge {
        attempt: declined.attempt + 1,
        ..affordable
    };
    transaction(&provider.charge(&again).await.unwrap());
}

async fn every_method_and_amount_is_taken(under_test: &dyn ProviderUnderTest) {
    let provider = under_test.provider();
    for method in PaymentMethod::ALL {
        for amount in [Money::ZERO, Money::from_minor(1).unwrap()] {
            let charge = Charge {
                method,
                amount,
                ..a_charge()
            };
            transaction(&provider.charge(&charge).await.unwrap());
        }
    }
}
