//! The front door's bounds, from the resource.

use std::num::NonZeroU32;

use rocket_gateway::{Config, Rate};
use rocket_operator_api::{RateLimit, effective::EffectiveGateway};

/// What the resource says, and the usual for the rest. A route's own bound on bodies
/// is narrower than the resource's and holds.
pub(super) fn config(gateway: &EffectiveGateway) -> Config {
    let count = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
    let max_requests = count(gateway.circuit_breaker.max_parallel_requests);
    Config {
        max_header_bytes: count(gateway.headers_kib) * 1024,
        max_requests,
        requests_per_network: max_requests / 4,
        session_rate: rate(&gateway.rate_limit),
        sign_in_rate: rate(&gateway.login_rate_limit),
        ..Config::default()
    }
}

/// The resource's rules let through positive numbers only.
fn rate(limit: &RateLimit) -> Rate {
    let requests = u32::try_from(limit.requests).unwrap_or(1);
    Rate {
        requests: NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN),
        per: limit.unit.length(),
    }
}
