//! Where a request came from before the gateway.

use axum::http::HeaderMap;
use rocket_runtime::ClientAddress;

use crate::ports::Source;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The last address in `X-Forwarded-For`: the gateway appends the one it sees, so
/// everything before it is what the client says of itself.
pub(super) fn of(headers: &HeaderMap) -> Source {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?;
    let address = last.to_str().ok()?.rsplit(',').next()?.trim();
    address.parse().ok().map(ClientAddress::new)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn source(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        of(&headers).map(|client| client.ip().to_string())
    }

    #[test]
    fn only_the_address_that_the_gateway_added_counts() {
        assert_eq!(source(&[]), None);
        assert_eq!(source(&["192.0.2.1"]).unwrap(), "192.0.2.1");
        assert_eq!(source(&["spoofed, 192.0.2.1"]).unwrap(), "192.0.2.1");
        assert_eq!(
            source(&["192.0.2.9", "2001:db8::1"]).unwrap(),
            "2001:db8::1"
        );
        assert_eq!(source(&["192.0.2.1, nobody"]), None);
    }
}
