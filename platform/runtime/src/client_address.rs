//! Where a request came from.

use std::net::{IpAddr, Ipv6Addr};

/// The address of the client at the other end of the connection, as the listener saw
/// it. [`crate::serve::serve`] puts it into each request's extensions; no header of
/// a client has a say in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// An address; an IPv4 one that arrived on an IPv6 socket is IPv4.
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address itself.
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// Who is counted together: an IPv4 address, or an IPv6 network of 64 bits, which
    /// is the least that one customer of a provider has (RFC 6177).
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn network(text: &str) -> String {
        let address = ClientAddress::new(text.parse().unwrap());
        address.network().to_string()
    }

    #[test]
    fn ipv4_counts_whole_and_ipv6_by_its_network_of_64_bits() {
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(
            network("2001:db8:1:2::1"),
            network("2001:db8:1:3::1"),
            "neighbours are not one"
        );
    }
}
