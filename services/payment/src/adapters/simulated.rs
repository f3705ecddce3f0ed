//! A provider that moves no money.

use async_trait::async_trait;
use rocket_runtime::money::Money;
use uuid::Uuid;

use crate::{
    domain::{Charge, Outcome},
    ports::{PaymentProvider, ProviderError},
};

/// The namespace of simulated transaction ids: fixed for good, as an id must come out
/// the same on every replica and after every restart.
const NAMESPACE: Uuid = Uuid::from_u128(0x5d0c_1f0e_8f4b_4f6e_9a52_3b7d_20c6_41aa);

/// The reason it declines with.
const LIMIT_EXCEEDED: &str = "limit_exceeded";

/// Charges by deriving the transaction's id (UUIDv5, RFC 9562 section 5.5) from order
/// and attempt, so a repeated charge has the same answer although nothing is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimulatedProvider {
    decline_above: Option<Money>,
}

impl SimulatedProvider {
    /// Declines amounts above `decline_above`, and nothing without it.
    pub fn new(decline_above: Option<Money>) -> Self {
        Self { decline_above }
    }
}

#[async_trait]
impl PaymentProvider for SimulatedProvider {
    async fn charge(&self, charge: &Charge) -> Result<Outcome, ProviderError> {
        if self
            .decline_above
            .is_some_and(|limit| charge.amount > limit)
        {
            return Ok(Outcome::Declined {
                reason: LIMIT_EXCEEDED.to_owned(),
            });
        }
        Ok(Outcome::Charged {
            transaction_uuid: Uuid::new_v5(&NAMESPACE, charge.idempotency_key().as_bytes()),
        })
    }
}
