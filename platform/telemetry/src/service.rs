//! Which service speaks: a log line, a span, a record of either.

use std::cell::Cell;

use tracing::{
    Metadata,
    field::{Field, Visit},
};

/// The span field that names the service, where the crate cannot: a crate that all
/// services are built from writes it once, at a service's outermost span.
pub const FIELD: &str = "rocket.service";

/// What can be named. Spans keep the name from here, so it costs them no allocation.
const NAMES: [&str; 8] = [
    "gateway",
    "order",
    "inventory",
    "payment",
    "assembly",
    "notification",
    "iam",
    "rocketctl",
];

/// The service whose crate wrote this, if one did.
pub(crate) fn of_crate(metadata: &Metadata<'_>) -> Option<&'static str> {
    known(crate_name(metadata.target()))
}

/// What a line is headed with when no service is known: the crate's short name.
pub(crate) fn crate_name(target: &str) -> &str {
    let name = target.split("::").next().unwrap_or(target);
    name.strip_prefix("rocket_").unwrap_or(name)
}

fn known(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| *known == name)
}

/// Reads [`FIELD`] off a span.
#[derive(Default)]
pub(crate) struct Named(pub(crate) Option<&'static str>);

impl Visit for Named {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FIELD {
            self.0 = known(value);
        }
    }
}

thread_local! {
    /// The service of the span that closes, or of the event that is written, on this
    /// thread right now: layers further out export it, and see no span themselves.
    static SPEAKING: Cell<Option<&'static str>> = const { Cell::new(None) };
}

pub(crate) fn set_speaking(service: Option<&'static str>) {
    SPEAKING.set(service);
}

pub(crate) fn speaking() -> Option<&'static str> {
    SPEAKING.get()
}
