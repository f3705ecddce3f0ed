//! An account's e-mail address.

use std::fmt;

/// An e-mail address of simple shape, at most 254 bytes (RFC 5321 section 4.5.3.1.3
/// leaves that much between the angle brackets).
///
/// The spelling is kept, because only the receiving host may interpret the part
/// before the `@`; two accounts still cannot differ by case alone ([`Email::key`]).
/// `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The rule, for people.
    pub const EXPECTED: &'static str = "an address such as ann@example.org, at most 254 bytes";

    /// Reads an address; `None` when it has not the shape of one.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '@';
        let fits = text.len() <= 254
            && (1..=64).contains(&local.len())
            && text.chars().filter(|c| *c != '@').all(plain)
            && !domain.contains('@')
            && domain.contains('.')
            && domain.split('.').all(|label| !label.is_empty());
        fits.then(|| Self(text.to_owned()))
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is unique among accounts: the address without regard to case.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(hidden)")
    }
}
