use std::time::Duration;

use crate::{
    Gateway, Hosts, Profile, Quantity, RateLimit, RateUnit, RocketPlatformSpec, SecretRef,
    SessionValidation,
};

/// The front door with nothing left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveGateway {
    /// GatewayClass to use.
    pub class_name: String,
    /// The two names.
    pub hosts: Hosts,
    /// How a session is checked.
    pub session_validation: SessionValidation,
    /// The certificate; `None` serves plain HTTP.
    pub tls: Option<SecretRef>,
    /// Requests per session.
    pub rate_limit: RateLimit,
    /// Requests to sign in or register per client address.
    pub login_rate_limit: RateLimit,
    /// Largest body.
    pub body_limit: Quantity,
    /// Largest sum of headers, in KiB.
    pub headers_kib: i32,
    /// From the first byte of a request to the last of its answer.
    pub request_timeout: Duration,
    /// How long a connection may be silent.
    pub idle_timeout: Duration,
    /// Bounds towards each service.
    pub circuit_breaker: EffectiveBreaker,
}

/// Bounds towards one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveBreaker {
    /// Connections.
    pub max_connections: i32,
    /// Requests that wait for a connection.
    pub max_pending_requests: i32,
    /// Requests at the same time.
    pub max_parallel_requests: i32,
}

pub(super) fn of(spec: &RocketPlatformSpec) -> EffectiveGateway {
    let Gateway {
        class_name,
        hosts,
        session_validation,
        tls,
        rate_limit,
        login_rate_limit,
        limits,
        timeouts,
        circuit_breaker,
    } = spec.gateway.clone().unwrap_or_default();
    let (limits, timeouts) = (limits.unwrap_or_default(), timeouts.unwrap_or_default());
    let breaker = circuit_breaker.unwrap_or_default();
    EffectiveGateway {
        class_name: class_name.unwrap_or_else(|| "envoy-gateway".to_owned()),
        hosts: hosts.unwrap_or_else(local_hosts),
        session_validation: session_validation.unwrap_or(SessionValidation::ExtAuth),
        tls: tls.map(|tls| tls.secret_ref),
        rate_limit: rate_limit.unwrap_or(match spec.profile {
            Profile::Dev => per_minute(6_000),
            Profile::Production => per_minute(600),
        }),
        login_rate_limit: login_rate_limit.unwrap_or(match spec.profile {
            Profile::Dev => per_minute(1_200),
            Profile::Production => per_minute(30),
        }),
        body_limit: limits.body.unwrap_or_else(|| Quantity::from("1Mi")),
        headers_kib: limits.headers_kib.unwrap_or(32),
        request_timeout: timeouts
            .request
            .map_or(Duration::from_secs(15), |timeout| timeout.get()),
        idle_timeout: timeouts
            .idle
            .map_or(Duration::from_mins(5), |timeout| timeout.get()),
        circuit_breaker: EffectiveBreaker {
            max_connections: breaker.max_connections.unwrap_or(1_024),
            max_pending_requests: breaker.max_pending_requests.unwrap_or(1_024),
            max_parallel_requests: breaker.max_parallel_requests.unwrap_or(1_024),
        },
    }
}

/// Names under `localhost` reach the own machine without any DNS entry (RFC 6761).
fn local_hosts() -> Hosts {
    Hosts {
        http: "api.rocket.localhost".to_owned(),
        grpc: "grpc.rocket.localhost".to_owned(),
    }
}

fn per_minute(requests: i32) -> RateLimit {
    RateLimit {
        requests,
        unit: RateUnit::Minute,
    }
}
