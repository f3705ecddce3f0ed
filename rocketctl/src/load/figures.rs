//! Numbers as they are reported.

/// To three places.
pub(super) fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// A count, to calculate with.
#[expect(
    clippy::cast_precision_loss,
    reason = "no count of orders comes near 2^52"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
