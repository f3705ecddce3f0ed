//! What is wrong with one field of an input.

/// One field that does not hold what it must.
///
/// It names the rule and never repeats the value: the value may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field, as the client wrote it, for example `notification_methods[0].target`.
    pub field: String,
    /// What the field must hold.
    pub expected: &'static str,
}

impl Violation {
    /// `field` does not hold `expected`.
    pub fn new(field: impl Into<String>, expected: &'static str) -> Self {
        Self {
            field: field.into(),
            expected,
        }
    }
}
