//! The one table of routes: what the platform answers from outside, who may ask,
//! and within which bounds.
//!
//! The embedded front door applies this table; the operator writes Envoy Gateway
//! objects from it. So it is plain data and this crate has no dependencies. What
//! has no row here cannot be reached from outside: internal gRPC methods, payment,
//! reflection and the authorization service are absent on purpose.

pub mod headers;
mod matching;
mod path;
mod route;
mod table;

use std::time::Duration;

pub use matching::{Match, match_route};
pub use path::{MAX_PATH_BYTES, NormalPath, PathRefused, normalise};
pub use route::{Access, Counted, Limits, Method, Protocol, Route, Service};
pub use table::table;

/// How long a gateway waits for IAM's answer on one request; after that the request
/// is refused with 503. It is one Redis (or SQLite) read, so a second means that
/// something is wrong; less would turn a short stall into refused customers.
pub const SESSION_CHECK_TIMEOUT: Duration = Duration::from_secs(1);
