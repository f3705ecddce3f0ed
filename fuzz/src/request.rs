//! Requests written as text:
//!
//! ```text
//! POST /api/v1/orders
//! x-session-uuid: @session
//! content-type: application/json
//!
//! {"part_uuids": []}
//! ```
//!
//! `@session` stands for the id of a session that exists. The header `@frame` is not
//! sent: it puts the five bytes before the body that begin a gRPC message.

use axum::{body::Body, extract::Request};
use http::{HeaderName, HeaderValue, Method, Uri};

use crate::input::{pieces, split};

const SESSION: &[u8] = b"@session";
const FRAME: &[u8] = b"@frame";

/// The request, unless the types of `http` refuse it, which every reader of the wire
/// builds requests with.
pub(crate) fn read(text: &[u8], session: &str) -> Option<Request> {
    let (head, body) = split(text, b"\n\n");
    let mut lines = pieces(head, b"\n").into_iter();
    let (method, target) = split(lines.next()?, b" ");
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = Uri::try_from(target).ok()?;
    let mut framed = false;
    for line in lines {
        let (name, value) = split(line, b":");
        if name == FRAME {
            framed = true;
            continue;
        }
        let name = HeaderName::from_bytes(name).ok()?;
        let value = HeaderValue::from_bytes(&with_session(value.trim_ascii(), session)).ok()?;
        request.headers_mut().append(name, value);
    }
    let body = if framed { frame(body) } else { body.to_vec() };
    *request.body_mut() = Body::from(body);
    Some(request)
}

fn with_session(value: &[u8], session: &str) -> Vec<u8> {
    pieces(value, SESSION).join(session.as_bytes())
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut frame = vec![0];
    frame.extend(length.to_be_bytes());
    frame.extend(message);
    frame
}
