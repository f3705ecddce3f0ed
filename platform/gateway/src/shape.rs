//! What is checked before anything is looked up: the sizes and names of headers.

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use rocket_routes::{Limits, headers};
use rocket_rpc::error::ApiError;

use crate::{Config, refusal::Refusal};

/// Refuses too many headers, too large ones and ambiguous names.
pub(crate) fn check_headers(request: &Request, config: &Config) -> Result<(), Refusal> {
    let map = request.headers();
    let target = request.uri().path_and_query();
    let target = target.map_or(0, |target| target.as_str().len());
    let bytes: usize = map
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if map.len() > config.max_headers || target + bytes > config.max_header_bytes {
        return Err(Refusal::headers_too_large());
    }
    if map.keys().any(|name| headers::is_ambiguous(name.as_str())) {
        return Err(Refusal::ambiguous_header());
    }
    Ok(())
}

/// Refuses a body that says itself to be too large, before anything is read of it.
pub(crate) fn check_length(body: &Body, limits: Limits) -> Result<(), Refusal> {
    let most = u64::try_from(limits.max_body_bytes).unwrap_or(u64::MAX);
    if body.size_hint().lower() > most {
        return Err(ApiError::too_large(limits.max_body_bytes).into());
    }
    Ok(())
}

/// Reads the whole body, so that a service sees all of an acceptable request or
/// nothing of it. Every request here is one small message; only answers stream.
pub(crate) async fn read_body(
    request: Request,
    limits: Limits,
    config: &Config,
) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, limits.max_body_bytes).collect();
    match tokio::time::timeout(config.body_timeout, read).await {
        Ok(Ok(whole)) => Ok(Request::from_parts(parts, Body::from(whole.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError::too_large(limits.max_body_bytes).into())
        }
        Ok(Err(_gone)) => Err(Refusal::body_broken()),
        Err(_elapsed) => Err(Refusal::too_slow()),
    }
}
