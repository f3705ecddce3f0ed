//! What can be set. Each struct is one concern; the defaults are for production,
//! except the path of the database.

use std::{path::PathBuf, time::Duration};

/// All of IAM's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The SQLite file of the embedded store; created when missing.
    pub database: PathBuf,
    /// How passwords are hashed.
    pub hashing: HashingConfig,
    /// How guessing is limited.
    pub throttle: ThrottleConfig,
    /// The session cookie.
    pub cookie: CookieConfig,
    /// Whether the gateway's `Check` needs a credential. Envoy cannot carry one; there,
    /// a network policy admits only the gateway.
    pub check_requires_credential: bool,
    /// How often expired sessions are deleted.
    pub sweep_period: Duration,
}

impl Config {
    /// The defaults, on this database.
    pub fn new(database: PathBuf) -> Self {
        Self {
            database,
            hashing: HashingConfig::default(),
            throttle: ThrottleConfig::default(),
            cookie: CookieConfig::default(),
            check_requires_credential: true,
            sweep_period: Duration::from_mins(5),
        }
    }
}

/// How passwords are hashed, with argon2id (RFC 9106).
#[derive(Debug, Clone)]
pub struct HashingConfig {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub iterations: u32,
    /// Lanes of one hash; each runs on the same thread.
    pub lanes: u32,
    /// How many are hashed at once. Each takes a core, and `memory_kib` that the
    /// process keeps.
    pub concurrent: usize,
    /// How many may wait for that; beyond, the answer is 503.
    pub waiting: usize,
}

impl Default for HashingConfig {
    /// OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. One at a time
    /// is some forty logins a second, and leaves the other cores to everybody else.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            lanes: 1,
            concurrent: 1,
            waiting: 32,
        }
    }
}

/// How guessing passwords is limited, on each replica by itself. Nobody can shut an
/// account for its owner: what counts is who failed where, and an address that has not
/// failed on an account may always try it.
#[derive(Debug, Clone)]
pub struct ThrottleConfig {
    /// Failures on one account from one address within `account_window` before 429.
    pub account_failures: usize,
    /// How long a failure counts.
    pub account_window: Duration,
    /// Failures on one account from everywhere within `account_window`, after which
    /// each address has one attempt in place of `account_failures`.
    pub account_failures_everywhere: usize,
    /// Failures that are remembered of all accounts together; beyond, the oldest are
    /// forgotten early. More than can be hashed within `account_window`.
    pub remembered: usize,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self {
            account_failures: 10,
            account_window: Duration::from_mins(15),
            account_failures_everywhere: 100,
            remembered: 100_000,
        }
    }
}

/// When browsers send the cookie along from other sites (RFC 6265bis section 5.5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when following a link.
    Lax,
}

/// The session cookie.
#[derive(Debug, Clone)]
pub struct CookieConfig {
    /// Whether browsers send it over TLS only. Off only where there is no TLS, as on a
    /// laptop.
    pub secure: bool,
    /// When browsers send it along from other sites.
    pub same_site: SameSite,
}

impl Default for CookieConfig {
    fn default() -> Self {
        Self {
            secure: true,
            same_site: SameSite::Lax,
        }
    }
}
