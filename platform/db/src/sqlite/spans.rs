//! What exported spans say of a store
//! (<https://opentelemetry.io/docs/specs/semconv/database/database-spans/>).

use std::path::Path;

use rocket_telemetry::spans;
use tracing::{Span, info_span};

/// A span for a job on the store in `file`: none where nothing is exported, and none
/// for work that is part of no trace, such as looking for due rows again and again.
pub(super) fn of_job(operation: &'static str, file: &Path) -> Span {
    if !spans::exporting() || Span::current().is_none() {
        return Span::none();
    }
    let span = info_span!("database", otel.kind = "client");
    if let Some(span) = spans::recorded(&span) {
        let store = file.file_stem().unwrap_or_default().to_string_lossy();
        span.name(format!("{operation} {store}"))
            .set("db.system.name", "sqlite")
            .set("db.operation.name", operation)
            .set("db.namespace", store.into_owned());
    }
    span
}
