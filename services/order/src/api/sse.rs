//! Server-sent events (WHATWG HTML, section 9.2).

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _};

use super::{dto::StatusEventDto, streams::StreamPermit};
use crate::service::StatusUpdate;

/// A comment now and then keeps proxies from cutting a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The stream of updates as events named `status`. `permit` is held until the
/// stream ends.
pub(super) fn respond(
    updates: impl Stream<Item = StatusUpdate> + Send + 'static,
    permit: StreamPermit,
) -> Response {
    let events = updates.filter_map(move |update| {
        let _held = &permit;
        let event = event(&update);
        async move { event.map(Ok::<_, Infallible>) }
    });
    Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

fn event(update: &StatusUpdate) -> Option<Event> {
    Event::default()
        .event("status")
        .json_data(StatusEventDto::from(update))
        .ok()
}
