//! The name an account signs in with.

/// A login: 3 to 64 of `a-z 0-9 . _ -`.
///
/// Upper case is accepted and folded, so that `Ann` and `ann` are one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginName(String);

impl LoginName {
    /// The rule, for people.
    pub const EXPECTED: &'static str =
        "3 to 64 characters out of letters a-z, digits, dot, underscore and hyphen";

    /// Reads a login; `None` when it breaks the rule.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let fits = (3..=64).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
