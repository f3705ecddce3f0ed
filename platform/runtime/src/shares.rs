//! How much of something bounded one client has at a time.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::ClientAddress;

/// Places of which each client network ([`ClientAddress::network`]) may hold so many.
/// Only networks that hold one take memory, so what bounds all places bounds that too.
#[derive(Debug, Clone)]
pub struct Shares(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    each: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// One place; dropped, it is free again.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Inner>,
    network: IpAddr,
}

impl Shares {
    /// At most `each` (at least one) for each network.
    pub fn new(each: usize) -> Self {
        Self(Arc::new(Inner {
            each: each.max(1),
            held: Mutex::default(),
        }))
    }

    /// A place for this client, or none when its network has all that it may have.
    pub fn take(&self, client: ClientAddress) -> Option<Share> {
        let network = client.network();
        let mut held = self.0.lock();
        let held = held.entry(network).or_default();
        if *held >= self.0.each {
            return None;
        }
        *held += 1;
        Some(Share {
            shares: Arc::clone(&self.0),
            network,
        })
    }
}

impl Inner {
    /// The map is whole between its own calls, so a panic elsewhere leaves it usable.
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Entry::Occupied(mut held) = self.shares.lock().entry(self.network) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn client(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    #[test]
    fn a_network_has_its_share_and_takes_nothing_from_others() {
        let shares = Shares::new(2);
        let mut held = vec![
            shares.take(client("2001:db8::1")).unwrap(),
            shares.take(client("2001:db8::2")).unwrap(),
        ];
        assert!(shares.take(client("2001:db8::3")).is_none());
        held.push(shares.take(client("2001:db8:0:1::1")).unwrap());
        held.push(shares.take(client("192.0.2.1")).unwrap());
        held.remove(0);
        held.push(shares.take(client("2001:db8::3")).unwrap());
        assert!(shares.take(client("2001:db8::1")).is_none());
    }

    #[test]
    fn who_holds_nothing_is_forgotten() {
        let shares = Shares::new(1);
        for n in 0..100 {
            let client = client(&format!("192.0.2.{n}"));
            let share = shares.take(client).unwrap();
            assert!(shares.take(client).is_none());
            drop(share);
        }
        assert!(shares.0.lock().is_empty());
    }
}
