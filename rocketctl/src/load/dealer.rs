//! Chooses what each order buys.

use fastrand::Rng;
use uuid::Uuid;

use super::wire::PartView;

/// The parts there are, in a fixed order, with their stock at one moment.
#[derive(Debug, Clone)]
pub(super) struct Catalogue {
    parts: Vec<PartView>,
}

impl Catalogue {
    pub(super) fn new(mut parts: Vec<PartView>) -> Self {
        parts.sort_by_key(|part| part.uuid);
        Self { parts }
    }

    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn uuid(&self, part: usize) -> Uuid {
        self.parts[part].uuid
    }

    pub(super) fn index(&self, uuid: Uuid) -> Option<usize> {
        self.parts
            .binary_search_by_key(&uuid, |part| part.uuid)
            .ok()
    }

    pub(super) fn in_stock(&self) -> bool {
        self.parts.iter().any(|part| part.stock_quantity > 0)
    }

    pub(super) fn stock(&self, part: usize) -> i64 {
        self.parts[part].stock_quantity
    }

    /// What these parts cost together.
    pub(super) fn price(&self, parts: &[usize]) -> i64 {
        parts.iter().map(|part| self.parts[*part].price).sum()
    }
}

/// Deals parts and decides which orders are cancelled.
#[derive(Debug)]
pub(super) struct Dealer {
    rng: Rng,
    /// What is left of each part, as far as this load knows.
    left: Vec<i64>,
    /// The parts of which something is left.
    available: Vec<usize>,
    cancel_percent: u8,
}

/// What an order is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deal {
    pub(super) parts: Vec<usize>,
    pub(super) cancel: bool,
}

impl Dealer {
    pub(super) fn new(catalogue: &Catalogue, cancel_percent: u8, seed: u64) -> Self {
        let left: Vec<_> = catalogue
            .parts
            .iter()
            .map(|part| part.stock_quantity)
            .collect();
        let available = (0..left.len()).filter(|part| left[*part] > 0).collect();
        Self {
            rng: Rng::with_seed(seed),
            left,
            available,
            cancel_percent,
        }
    }

    /// One to three parts, or none when nothing is left.
    pub(super) fn deal(&mut self) -> Option<Deal> {
        let count = self.rng.usize(1..=3);
        let mut parts = Vec::with_capacity(count);
        while parts.len() < count && !self.available.is_empty() {
            let place = self.rng.usize(..self.available.len());
            let part = self.available[place];
            self.left[part] -= 1;
            if self.left[part] == 0 {
                self.available.swap_remove(place);
            }
            parts.push(part);
        }
        let cancel = self.rng.u8(..100) < self.cancel_percent;
        (!parts.is_empty()).then_some(Deal { parts, cancel })
    }

    /// The parts of an order that does not hold them any more.
    pub(super) fn give_back(&mut self, parts: &[usize]) {
        for part in parts {
            if self.left[*part] == 0 {
                self.available.push(*part);
            }
            self.left[*part] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(stock: &[i64]) -> Catalogue {
        Catalogue::new(
            stock
                .iter()
                .zip(1_u128..)
                .map(|(stock, id)| PartView {
                    uuid: Uuid::from_u128(id),
                    price: 100,
                    stock_quantity: *stock,
                })
                .collect(),
        )
    }

    #[test]
    fn deals_what_there_is_and_no_more() {
        let mut dealer = Dealer::new(&catalogue(&[5, 0, 7]), 0, 1);
        let mut dealt = [0; 3];
        let mut last = Vec::new();
        while let Some(deal) = dealer.deal() {
            assert!((1..=3).contains(&deal.parts.len()) && !deal.cancel);
            deal.parts.iter().for_each(|part| dealt[*part] += 1);
            last = deal.parts;
        }
        assert_eq!(dealt, [5, 0, 7]);
        dealer.give_back(&last);
        let mut again = 0;
        while let Some(deal) = dealer.deal() {
            again += deal.parts.len();
        }
        assert_eq!(again, last.len());
    }

    #[test]
    fn a_seed_deals_the_same_again_and_cancels_its_share() {
        let deal_all = |seed| {
            let mut dealer = Dealer::new(&catalogue(&[1_000_000; 9]), 10, seed);
            (0..10_000)
                .map(|_| dealer.deal().unwrap())
                .collect::<Vec<_>>()
        };
        let deals = deal_all(7);
        assert_eq!(deals, deal_all(7));
        assert_ne!(deals, deal_all(8));
        let cancelled = deals.iter().filter(|deal| deal.cancel).count();
        assert!((900..1_100).contains(&cancelled), "{cancelled}");
    }
}
