//! What every gateway of the platform must do, as tests that take a running one:
//! the embedded front door, or Envoy in front of the same stand-ins.
//!
//! A [`Target`] is a gateway whose session check leads to a [`ScriptedIam`] and
//! whose services are [`Echo`]es. Each function is one class of behaviour and panics
//! when the gateway does something else. Where gateways may differ (Envoy resolves
//! a dot segment, the front door refuses it) the function says what matters: the
//! request did not arrive.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod failures;
pub mod grpc;
pub mod identity;
pub mod limits;
pub mod paths;
pub mod sessions;
pub mod sizes;
mod stand_ins;
pub mod web;
pub mod wire;

use std::net::SocketAddr;

use rocket_routes::Route;
pub use stand_ins::{Echo, Mode, ScriptedIam, Session};

use self::wire::Answer;

/// A gateway under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The host name of its HTTP routes.
    pub http_host: String,
    /// The host name of its gRPC routes.
    pub grpc_host: String,
    /// What its session check asks.
    pub iam: ScriptedIam,
    /// What stands behind its routes.
    pub echo: Echo,
}

impl Target {
    /// Sends a request without a body and checks that no service saw it.
    pub(crate) async fn refused(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        statuses: &[u16],
    ) -> Answer {
        let before = self.echo.hits();
        let answer = self.send(method, path, headers).await;
        assert!(
            statuses.contains(&answer.status),
            "{method} {path} {headers:?} was answered {}",
            answer.status
        );
        assert_eq!(self.echo.hits(), before, "{method} {path} arrived");
        answer
    }

    /// Sends a request without a body that must reach a service.
    pub(crate) async fn passed(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let before = self.echo.hits();
        let answer = self.send(method, path, headers).await;
        assert_eq!(answer.status, 200, "{method} {path}");
        assert_eq!(
            self.echo.hits(),
            before + 1,
            "{method} {path} did not arrive"
        );
        answer
    }
}

/// A path that fits the route.
pub(crate) fn instance(route: &Route) -> String {
    let mut path = String::new();
    for segment in route.segments() {
        path.push('/');
        if segment.starts_with('{') {
            path.push_str("0190b2f4-7a3c-7d55-9c1e-3f2a6b8c4d10");
        } else {
            path.push_str(segment);
        }
    }
    path
}
