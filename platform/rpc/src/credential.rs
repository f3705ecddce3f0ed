//! Credentials of services among themselves: one per caller and callee.
//!
//! The caller holds the secret; the callee holds its SHA-256 and the methods that
//! it opens. A random 256-bit secret needs no slow hash.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The caller's side: a secret that is sent as `authorization: Bearer …`.
#[derive(Clone)]
pub struct Credential(String);

/// No randomness was to be had from the operating system.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomError(#[from] getrandom::Error);

impl Credential {
    /// A new random secret of 256 bits.
    pub fn generate() -> Result<Self, RandomError> {
        use fmt::Write as _;

        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        let mut text = String::with_capacity(64);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text))
    }

    /// A secret that was made before, for example read from a mounted file.
    pub fn from_secret(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// What the callee keeps.
    pub fn hash(&self) -> CredentialHash {
        CredentialHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The value of the `authorization` header.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(hidden)")
    }
}

/// The SHA-256 of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialHash([u8; 32]);

/// The callee's side: who may call which internal methods.
#[derive(Debug, Clone, Default)]
pub struct Credentials(Vec<Grant>);

#[derive(Debug, Clone)]
struct Grant {
    caller: String,
    hash: CredentialHash,
    methods: Vec<String>,
}

/// The name of a service that proved itself with its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerService(pub String);

/// Why an internal call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No credential, or one that nobody holds.
    Unknown,
    /// A known caller that may not call this method.
    NotAllowed,
}

impl Credentials {
    /// Nobody may call anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the holder of `hash`'s secret call `methods` (full paths). A caller has
    /// several grants while its credential is being rotated.
    #[must_use]
    pub fn allow(mut self, caller: &str, hash: CredentialHash, methods: &[&str]) -> Self {
        self.0.push(Grant {
            caller: caller.to_owned(),
            hash,
            methods: methods.iter().map(|&method| method.to_owned()).collect(),
        });
        self
    }

    /// Checks an `authorization` header's value for a call of `method`.
    pub fn verify(
        &self,
        authorization: Option<&str>,
        method: &str,
    ) -> Result<CallerService, Refused> {
        let secret = authorization
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Refused::Unknown)?;
        let presented: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let mut known = false;
        for grant in &self.0 {
            if bool::from(grant.hash.0.ct_eq(&presented)) {
                known = true;
                if grant.methods.iter().any(|allowed| allowed == method) {
                    return Ok(CallerService(grant.caller.clone()));
                }
            }
        }
        Err(if known {
            Refused::NotAllowed
        } else {
            Refused::Unknown
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_credential_opens_its_methods_and_no_others() {
        let order = Credential::generate().unwrap();
        let other = Credential::generate().unwrap();
        let credentials = Credentials::new().allow("order", order.hash(), &["/a/Pay"]);
        let caller = credentials.verify(Some(&order.bearer()), "/a/Pay");
        assert_eq!(caller, Ok(CallerService("order".to_owned())));
        assert_eq!(
            credentials.verify(Some(&order.bearer()), "/a/Refund"),
            Err(Refused::NotAllowed)
        );
        for wrong in [
            None,
            Some(""),
            Some("Bearer "),
            Some(other.bearer().as_str()),
        ] {
            assert_eq!(credentials.verify(wrong, "/a/Pay"), Err(Refused::Unknown));
        }
    }

    #[test]
    fn a_credential_never_prints() {
        let credential = Credential::from_secret("s3cret");
        assert!(!format!("{credential:?}").contains("s3cret"));
    }
}
