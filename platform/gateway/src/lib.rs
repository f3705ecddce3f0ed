//! The embedded front door: one router that stands where Envoy Gateway stands in a
//! cluster and applies the same rules (`rocket-routes`) with the same answers.
//!
//! What happens to a request, in this order:
//!
//! 1. too many or too large headers are refused (431), and header names with an
//!    underscore (400);
//! 2. a path with more than one reading is refused (400), one without a route is 404,
//!    another method 405, another protocol than the route's 415, a body over the
//!    route's limit 413;
//! 3. more requests at once than the front door works on, or works on for one client
//!    network, are shed (503): bodies that never come hold up nobody else;
//! 4. unless the route is public, IAM's `Check` is asked, each time and with the
//!    session header and the cookies only. A refusal is 401 (gRPC `UNAUTHENTICATED`);
//!    no answer, a late one or one that is not understood is 503 (`UNAVAILABLE`),
//!    never a pass;
//! 5. the request counts against the rate of its session, or, where somebody signs in
//!    or registers or asks for gRPC health, of its address (429 with `Retry-After`).
//!    Logging out is not counted: whoever has a stolen session must not be able to
//!    use up what its owner needs to end it;
//! 6. every header that only a gateway may set, the session among them, is removed,
//!    and what IAM said and the client's address are set;
//! 7. the body is read within its limit (413) and its time (408), and the service is
//!    called: too late is 504, a panic 500.
//!
//! gRPC-Web is translated to gRPC before all that, and the answer back. No CORS header
//! is ever set: pages of other origins have no business here, and a browser refuses
//! them what they ask for.
//!
//! Pages and health are answered with neither check nor count: they cost no more than
//! the connection they come on, and the listener bounds those.
//!
//! A trace is continued from `traceparent` or begun. The answer names it in
//! `traceresponse`, the response header that W3C Trace Context drafts for that:
//! `traceparent` is defined for requests only.

#[cfg(feature = "conformance")]
pub mod conformance;
mod front_door;
mod identity;
mod observe;
mod pages;
mod protocol;
mod rate;
mod refusal;
mod session_check;
mod shape;
mod web;

use std::time::Duration;

use axum::Router;
pub use front_door::FrontDoor;
pub use rate::Rate;
use rocket_routes::Service;

/// The services behind the front door, each as the router it would serve on its own
/// port. What is not here cannot be reached through it.
#[derive(Debug, Clone)]
pub struct Upstreams {
    /// Orders.
    pub order: Router,
    /// Parts.
    pub inventory: Router,
    /// Accounts and sessions.
    pub iam: Router,
    /// Messages to users.
    pub notification: Router,
}

impl Upstreams {
    /// None for what the front door answers itself.
    fn of(&self, service: Service) -> Option<&Router> {
        match service {
            Service::Order => Some(&self.order),
            Service::Inventory => Some(&self.inventory),
            Service::Iam => Some(&self.iam),
            Service::Notification => Some(&self.notification),
            Service::Platform => None,
        }
    }
}

/// Bounds that hold for every route; the routes' own are in the table.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// The largest sum of the request target and all header names and values, in
    /// bytes.
    pub max_header_bytes: usize,
    /// The most headers one request may have.
    pub max_headers: usize,
    /// How long IAM may take for one check.
    pub check_timeout: Duration,
    /// How long a client may take to send its body.
    pub body_timeout: Duration,
    /// Requests at work at once, each with a body of at most 64 KiB: with the default
    /// of 1,024, at most 64 MiB of bodies.
    pub max_requests: usize,
    /// How many of them one client network (an IPv4 address, 64 bits of an IPv6 one)
    /// may have, at least one. Behind another proxy everybody is one network.
    pub requests_per_network: usize,
    /// What one session may ask; and, in a count of their own, how often one address
    /// may ask for gRPC health.
    pub session_rate: Rate,
    /// How often one address (IPv6: one network of 64 bits) may sign in or register.
    pub sign_in_rate: Rate,
    /// Sessions, and addresses, that are counted one by one; more share one count.
    /// Each takes less than 64 bytes.
    pub rate_keys: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_header_bytes: 16 * 1024,
            max_headers: 64,
            check_timeout: rocket_routes::SESSION_CHECK_TIMEOUT,
            body_timeout: Duration::from_secs(10),
            max_requests: 1_024,
            requests_per_network: 256,
            session_rate: Rate::per_minute(6_000),
            sign_in_rate: Rate::per_minute(1_200),
            rate_keys: 65_536,
        }
    }
}
