//! The ways in which an account wants to be told.

use std::fmt;

use super::Violation;

/// How many ways one account may name.
pub const MAX_NOTIFICATION_METHODS: usize = 5;

const EXPECTED_PROVIDER: &str =
    "1 to 32 characters out of letters a-z, digits, underscore and hyphen, such as telegram";
const EXPECTED_TARGET: &str = "1 to 128 characters without control characters";
const EXPECTED_COUNT: &str = "at most 5 notification methods";
const EXPECTED_ONCE: &str = "each notification method once";

/// A provider and where it finds the account's owner, for example `telegram` and a
/// chat id.
///
/// Providers are not a closed list here: which ones are delivered to is Notification's
/// knowledge, and it skips the others. `Debug` hides the target.
#[derive(Clone, PartialEq, Eq)]
pub struct NotificationMethod {
    provider_name: String,
    target: String,
}

impl NotificationMethod {
    /// Reads one method; `prefix` is how the client names it.
    pub fn parse(prefix: &str, provider_name: &str, target: &str) -> Result<Self, Vec<Violation>> {
        let mut violations = Vec::new();
        if !is_provider(provider_name) {
            violations.push(Violation::new(
                format!("{prefix}.provider_name"),
                EXPECTED_PROVIDER,
            ));
        }
        if !is_target(target) {
            violations.push(Violation::new(format!("{prefix}.target"), EXPECTED_TARGET));
        }
        if violations.is_empty() {
            Ok(Self::from_stored(provider_name.into(), target.into()))
        } else {
            Err(violations)
        }
    }

    /// Takes back what a store kept.
    pub fn from_stored(provider_name: String, target: String) -> Self {
        Self {
            provider_name,
            target,
        }
    }

    /// For example `telegram`.
    pub fn provider_name(&self) -> &str {
        &self.provider_name
    }

    /// For example a chat id.
    pub fn target(&self) -> &str {
        &self.target
    }
}

/// Reads the list an account names: in its order, each method once.
pub fn methods_from<'a>(
    given: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<NotificationMethod>, Vec<Violation>> {
    if given.len() > MAX_NOTIFICATION_METHODS {
        return Err(vec![Violation::new("notification_methods", EXPECTED_COUNT)]);
    }
    let mut methods = Vec::with_capacity(given.len());
    let mut violations = Vec::new();
    for (index, (provider_name, target)) in given.enumerate() {
        let prefix = format!("notification_methods[{index}]");
        match NotificationMethod::parse(&prefix, provider_name, target) {
            Ok(method) if methods.contains(&method) => {
                violations.push(Violation::new(prefix, EXPECTED_ONCE));
            }
            Ok(method) => methods.push(method),
            Err(found) => violations.extend(found),
        }
    }
    if violations.is_empty() {
        Ok(methods)
    } else {
        Err(violations)
    }
}

fn is_provider(text: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_target(text: &str) -> bool {
    (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

impl fmt::Debug for NotificationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationMethod")
            .field("provider_name", &self.provider_name)
            .finish_non_exhaustive()
    }
}
