//! What the business counts.

use rocket_runtime::money::{Currency, Money};
use rocket_telemetry::metrics::{Counter, counter};

/// Orders created, orders paid, and the money taken for them.
#[derive(Debug, Clone)]
pub struct OrderMetrics {
    created: Counter,
    paid: Counter,
    revenue: Counter,
}

impl OrderMetrics {
    /// Makes the counters.
    pub fn new() -> Self {
        Self {
            created: counter("orders_created_total", "Orders created."),
            paid: counter("orders_paid_total", "Orders paid."),
            revenue: counter(
                "order_revenue_minor_total",
                "Money taken for orders, in minor units of the currency.",
            ),
        }
    }

    pub(crate) fn created(&self) {
        self.created.add(1, &[]);
    }

    pub(crate) fn paid(&self, amount: Money, currency: Currency) {
        self.paid.add(1, &[]);
        // Money is never negative.
        let minor = u64::try_from(amount.minor()).unwrap_or_default();
        self.revenue.add(minor, &[("currency", currency.as_str())]);
    }
}

impl Default for OrderMetrics {
    fn default() -> Self {
        Self::new()
    }
}
