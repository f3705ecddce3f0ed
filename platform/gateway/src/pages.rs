//! What the front door answers itself: health and documentation.

use axum::{
    body::Bytes,
    response::{IntoResponse as _, Response},
};
use http::header;

use crate::refusal::Refusal;

const DOCS: &str = include_str!("pages/docs.html");
const STYLE: &str = include_str!("pages/docs.css");
const SCRIPT: &str = include_str!("pages/docs.js");

/// The page runs its own script and style and reads the document beside it, and that
/// is all it can do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// The pages, with the document they show.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    openapi: Bytes,
}

impl Pages {
    pub(crate) fn new(openapi: String) -> Self {
        Self {
            openapi: Bytes::from(openapi),
        }
    }

    /// The answer to a route of the platform itself.
    pub(crate) fn answer(&self, path: &str) -> Response {
        match path {
            "/healthz" => page(TEXT, Bytes::from_static(b"ok")),
            "/openapi.json" => page(JSON, self.openapi.clone()),
            "/docs" => page(HTML, Bytes::from_static(DOCS.as_bytes())),
            "/docs/docs.css" => page(CSS, Bytes::from_static(STYLE.as_bytes())),
            "/docs/docs.js" => page(JAVASCRIPT, Bytes::from_static(SCRIPT.as_bytes())),
            _ => Refusal::unknown_path(false).answer(false),
        }
    }
}

fn page(media: &'static str, body: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        // The documentation changes with the program and has no name for that.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests;
