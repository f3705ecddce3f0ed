//! What Payment needs from outside.

use async_trait::async_trait;

use crate::domain::{Charge, Outcome};

/// The cause of a failure, for the log.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// No definite answer: the money may have been taken. Repeating the same charge is
/// safe, and is the only way to find out.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider did not answer in time.
    #[error("the payment provider gave no answer in time")]
    Deadline,
    /// The provider is away, or lost the answer.
    #[error("the payment provider cannot answer for now")]
    Unavailable(#[source] Cause),
    /// The provider does not understand us, or we not it: settings or a defect, which
    /// repeating alone does not mend.
    #[error("the payment provider and this service do not understand each other")]
    Protocol(#[source] Cause),
}

/// Who moves the money.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Charges once per order and attempt.
    ///
    /// An adapter MUST
    /// - take the money at most once for the same order and attempt, however often and
    ///   however concurrently it is called, and give the same answer each time;
    /// - answer [`Outcome::Charged`] or [`Outcome::Declined`] only when the provider
    ///   said so in so many words, and an error in every other case;
    /// - end by itself within a bounded time.
    async fn charge(&self, charge: &Charge) -> Result<Outcome, ProviderError>;
}
