//! A payment service that keeps a ledger of what it really charged.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use rocket_order::ports::{Charge, ChargeOutcome, Payments, PaymentsError};
use uuid::Uuid;

/// How the next call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Charges and says so.
    Charge,
    /// Declines and says so.
    Decline,
    /// Does nothing and gives no answer.
    FailBefore,
    /// Charges and gives no answer.
    FailAfter,
    /// Declines and gives no answer.
    FailAfterDecline,
}

#[derive(Default)]
struct Ledger {
    moods: VecDeque<Mood>,
    usually: Option<Mood>,
    answers: HashMap<(Uuid, i32), ChargeOutcome>,
    charges: Vec<Charge>,
    calls: Vec<Charge>,
}

/// Idempotent per order and attempt, as the contract says; a charge under two
/// attempts of one order would be two charges here.
#[derive(Default)]
pub struct Bank(Mutex<Ledger>);

impl Bank {
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }

    /// The mood of the next call that is not scripted otherwise.
    pub fn next(&self, mood: Mood) {
        self.lock().moods.push_back(mood);
    }

    /// The mood of all calls from now on.
    pub fn always(&self, mood: Mood) {
        let mut ledger = self.lock();
        ledger.moods.clear();
        ledger.usually = Some(mood);
    }

    /// How often money of this order was taken.
    pub fn charges_of(&self, order: Uuid) -> usize {
        let ledger = self.lock();
        let of_order = |charge: &&Charge| charge.order_uuid == order;
        ledger.charges.iter().filter(of_order).count()
    }

    /// The attempts that this order was called with.
    pub fn attempts_of(&self, order: Uuid) -> Vec<i32> {
        let ledger = self.lock();
        let calls = ledger.calls.iter();
        calls
            .filter(|charge| charge.order_uuid == order)
            .map(|charge| charge.attempt)
            .collect()
    }

    /// The last charge of this order.
    pub fn last_charge(&self, order: Uuid) -> Charge {
        let ledger = self.lock();
        let mut charges = ledger.charges.iter().rev();
        *charges.find(|charge| charge.order_uuid == order).unwrap()
    }
}

fn no_answer() -> PaymentsError {
    PaymentsError("the bank hung up".into())
}

#[async_trait]
impl Payments for Bank {
    async fn charge(&self, charge: &Charge) -> Result<ChargeOutcome, PaymentsError> {
        tokio::task::yield_now().await;
        let mut ledger = self.lock();
        ledger.calls.push(*charge);
        let usually = ledger.usually.unwrap_or(Mood::Charge);
        let mood = ledger.moods.pop_front().unwrap_or(usually);
        if mood == Mood::FailBefore {
            return Err(no_answer());
        }
        let name = (charge.order_uuid, charge.attempt);
        let known = ledger.answers.get(&name).cloned();
        let answer = known.unwrap_or_else(|| match mood {
            Mood::Decline | Mood::FailAfterDecline => ChargeOutcome::Declined {
                reason: "limit_exceeded".to_owned(),
            },
            _ => {
                ledger.charges.push(*charge);
                ChargeOutcome::Charged {
                    transaction_uuid: Uuid::new_v4(),
                }
            }
        });
        ledger.answers.insert(name, answer.clone());
        match mood {
            Mood::FailAfter | Mood::FailAfterDecline => Err(no_answer()),
            _ => Ok(answer),
        }
    }
}
