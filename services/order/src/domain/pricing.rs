//! What an order costs and what it takes from the stock.

use std::collections::{BTreeMap, HashMap};

use rocket_runtime::money::{Currency, Money, MoneyError};
use uuid::Uuid;

/// The most parts one order may name, duplicates counted.
pub const MAX_PARTS: usize = 100;

/// What Inventory asks for one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPrice {
    /// The part.
    pub part_uuid: Uuid,
    /// Its price.
    pub price: Money,
    /// The currency of `price`.
    pub currency: Currency,
}

/// One kind of part and how many of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartQuantity {
    /// The part.
    pub part_uuid: Uuid,
    /// How many.
    pub quantity: u32,
}

/// Why there is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// No such part.
    #[error("part {0} does not exist")]
    UnknownPart(Uuid),
    /// A part is sold in another currency than this installation's.
    #[error("part {0} is priced in another currency")]
    OtherCurrency(Uuid),
    /// The sum does not fit.
    #[error("the total price is too large")]
    TooLarge(#[from] MoneyError),
}

/// The sum of the prices, per requested id: a part named twice costs twice.
pub fn price(
    requested: &[Uuid],
    offers: &[PartPrice],
    currency: Currency,
) -> Result<Money, PricingError> {
    let offers: HashMap<Uuid, &PartPrice> = offers
        .iter()
        .map(|offer| (offer.part_uuid, offer))
        .collect();
    let mut total = Money::ZERO;
    for part in requested {
        let offer = offers.get(part).ok_or(PricingError::UnknownPart(*part))?;
        if offer.currency != currency {
            return Err(PricingError::OtherCurrency(*part));
        }
        total = total.checked_add(offer.price)?;
    }
    Ok(total)
}

/// How many of each part, in the order of their ids.
pub fn quantities(requested: &[Uuid]) -> Vec<PartQuantity> {
    let mut counts: BTreeMap<Uuid, u32> = BTreeMap::new();
    for part in requested {
        *counts.entry(*part).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(part_uuid, quantity)| PartQuantity {
            part_uuid,
            quantity,
        })
        .collect()
}
