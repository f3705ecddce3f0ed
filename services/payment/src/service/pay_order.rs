//! Charging an order.

use std::sync::Arc;

use rocket_runtime::money::Currency;
use tracing::{Instrument as _, info, info_span};

use crate::{
    domain::{Charge, Outcome},
    ports::{PaymentProvider, ProviderError},
};

/// The use case.
#[derive(Clone)]
pub struct PayOrder {
    /// Who moves the money.
    pub provider: Arc<dyn PaymentProvider>,
    /// The currency of the installation.
    pub currency: Currency,
}

/// Why there is no definite answer.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The charge is in another currency; nobody was asked for money.
    #[error("charges are in {expected} here")]
    WrongCurrency {
        /// The currency of the installation.
        expected: Currency,
    },
    /// The provider gave no definite answer.
    #[error("the charge has no definite answer")]
    Provider(#[from] ProviderError),
}

impl PayOrder {
    /// Charges once per order and attempt; see [`PaymentProvider::charge`].
    pub async fn run(&self, charge: &Charge) -> Result<Outcome, PayError> {
        if charge.currency != self.currency {
            return Err(PayError::WrongCurrency {
                expected: self.currency,
            });
        }
        let span =
            info_span!("charge order", order_uuid = %charge.order_uuid, attempt = charge.attempt);
        async {
            let outcome = self.provider.charge(charge).await?;
            match &outcome {
                Outcome::Charged { transaction_uuid } => {
                    info!(%transaction_uuid, "order charged");
                }
                Outcome::Declined { reason } => info!(%reason, "payment declined"),
            }
            Ok(outcome)
        }
        .instrument(span)
        .await
    }
}
