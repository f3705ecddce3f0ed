//! What a request speaks.

use http::{HeaderMap, header::CONTENT_TYPE};
use rocket_routes::{Protocol, Route};

use crate::refusal::Refusal;

/// The media type of the content, in lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next()?.trim().to_ascii_lowercase())
}

/// True for gRPC proper: `application/grpc`, with or without a message format.
/// gRPC-Web (`application/grpc-web`) is another protocol.
pub(crate) fn speaks_grpc(headers: &HeaderMap) -> bool {
    media_type(headers)
        .is_some_and(|media| media == "application/grpc" || media.starts_with("application/grpc+"))
}

/// Refuses a protocol that the route does not have. The gRPC servers behind do not
/// look at the content type themselves, and a browser sends a form or plain text
/// anywhere without asking first; neither may end in a call.
pub(crate) fn require(route: &Route, headers: &HeaderMap) -> Result<(), Refusal> {
    if (route.protocol == Protocol::Grpc) == speaks_grpc(headers) {
        Ok(())
    } else {
        Err(Refusal::media_type(route.protocol))
    }
}
