//! Requests that happen once, however often they are sent.
//!
//! The work runs in a task of its own: a client that hangs up, or a deadline that
//! passes, ends the waiting and not the work.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use rocket_rpc::error::ApiError;
use rocket_runtime::{SharedClock, SharedIds};
use rocket_telemetry::chain;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, warn};
use uuid::Uuid;

use super::convert;
use crate::ports::{Claim, IdempotencyKeys, KeptAnswer, KeyRef, NewClaim, StoreError};

const KEY_HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED_HEADER: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_MAX: usize = 255;

/// The client's `Idempotency-Key`, if it sent one.
pub(super) struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(KEY_HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let bytes = value.as_bytes();
        let valid = values.next().is_none()
            && (1..=KEY_MAX).contains(&bytes.len())
            && bytes.iter().all(u8::is_ascii_graphic);
        let key = value.to_str().ok().filter(|_| valid).map(str::to_owned);
        match key {
            Some(key) => Ok(Self(Some(key))),
            None => Err(ApiError::invalid(
                "invalid_idempotency_key",
                "the header must be sent once, with 1 to 255 visible ASCII characters",
            )
            .field("Idempotency-Key", "1 to 255 visible ASCII characters")),
        }
    }
}

/// What happens to a key when its work failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// The failure is the answer, now and later.
    Keep,
    /// The effect is not known yet: the repetition continues the same operation.
    Reopen,
    /// There was no effect: the repetition starts anew.
    Forget,
    /// This run had no effect, but could not see whether an earlier run of the same
    /// operation had one: forgotten only if this run was the first.
    ForgetFirst,
}

/// A failed piece of work.
pub(super) struct Failure {
    pub error: ApiError,
    pub keep: Disposition,
}

/// A finished piece of work.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Option<Vec<u8>>,
}

impl Answer {
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Failure> {
        match serde_json::to_vec(body) {
            Ok(body) => Ok(Self {
                status,
                body: Some(body),
            }),
            Err(error) => Err(Failure {
                error: ApiError::internal(error),
                keep: Disposition::Reopen,
            }),
        }
    }

    pub(super) const fn empty(status: StatusCode) -> Self {
        Self { status, body: None }
    }
}

/// Which request it is.
pub(super) struct Named {
    pub key: IdempotencyKey,
    pub user_uuid: Uuid,
    /// Method and path, ids included.
    pub route: String,
    /// SHA-256 of what is asked for.
    pub hash: [u8; 32],
}

/// The hash of a request's body as it was understood, so that white space and
/// the order of fields do not matter.
pub(super) fn hash(body: &impl Serialize) -> Result<[u8; 32], ApiError> {
    let bytes = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(Sha256::digest(&bytes).into())
}

/// The piece of work to be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    /// What it is known by.
    pub uuid: Uuid,
    /// True when an earlier run may have come some way.
    pub resumed: bool,
}

/// Runs pieces of work, each once per key.
#[derive(Clone)]
pub(crate) struct Keyed {
    pub keys: Arc<dyn IdempotencyKeys>,
    pub clock: SharedClock,
    pub ids: SharedIds,
    /// How long a crashed claimant blocks its key; longer than any work takes.
    pub lease: Duration,
    /// The tasks at work, for a clean stop.
    pub tasks: TaskTracker,
}

impl Keyed {
    /// The answer to a request: of `work`, or as it was given before.
    pub(super) async fn once<W, F>(&self, named: Named, work: W) -> Response
    where
        W: FnOnce(Operation) -> F + Send + 'static,
        F: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        let keyed = self.clone();
        let task = async move { keyed.run(named, work).await };
        match self.tasks.spawn(task.instrument(Span::current())).await {
            Ok(response) => response,
            Err(panic) => ApiError::internal(panic).into_response(),
        }
    }

    async fn run<W, F>(&self, named: Named, work: W) -> Response
    where
        W: FnOnce(Operation) -> F,
        F: Future<Output = Result<Answer, Failure>>,
    {
        let fresh = self.ids.next_id();
        let Some(key) = named.key.0 else {
            let operation = Operation {
                uuid: fresh,
                resumed: false,
            };
            return respond(work(operation).await);
        };
        let key = KeyRef {
            user_uuid: named.user_uuid,
            route: named.route,
            key,
        };
        let holder = self.ids.next_id();
        let now = self.clock.now();
        let claim = NewClaim {
            request_hash: named.hash,
            holder,
            operation: fresh,
            now,
            until: now + self.lease,
        };
        let operation = match self.keys.claim(&key, claim).await {
            Ok(Claim::Granted { operation, resumed }) => Operation {
                uuid: operation,
                resumed,
            },
            Ok(Claim::Done(answer)) => return replay(answer),
            Ok(Claim::InFlight) => return in_flight().into_response(),
            Ok(Claim::Reused) => return reused().into_response(),
            Err(error) => return convert::store(error).into_response(),
        };
        let outcome = work(operation).await;
        if let Err(error) = self.end(&key, holder, operation, &outcome).await {
            warn!(
                error = chain(&error),
                "an idempotency key stays claimed until its lease is over"
            );
        }
        respond(outcome)
    }

    async fn end(
        &self,
        key: &KeyRef,
        holder: Uuid,
        operation: Operation,
        outcome: &Result<Answer, Failure>,
    ) -> Result<(), StoreError> {
        match outcome {
            Ok(answer) => self.keys.keep(key, holder, &keep_answer(answer)).await,
            Err(failure) => match failure.keep {
                Disposition::Keep => self.keys.keep(key, holder, &keep_error(failure)).await,
                Disposition::ForgetFirst if operation.resumed => {
                    self.keys.reopen(key, holder).await
                }
                Disposition::Reopen => self.keys.reopen(key, holder).await,
                Disposition::Forget | Disposition::ForgetFirst => {
                    self.keys.forget(key, holder).await
                }
            },
        }
    }
}

fn keep_answer(answer: &Answer) -> KeptAnswer {
    let content_type = answer.body.as_ref().map_or("", |_| "application/json");
    KeptAnswer {
        status: answer.status.as_u16(),
        content_type: content_type.to_owned(),
        body: answer.body.clone().unwrap_or_default(),
    }
}

fn keep_error(failure: &Failure) -> KeptAnswer {
    KeptAnswer {
        status: failure.error.kind().http().as_u16(),
        content_type: "application/problem+json".to_owned(),
        body: serde_json::to_vec(&failure.error.problem()).unwrap_or_default(),
    }
}

fn respond(outcome: Result<Answer, Failure>) -> Response {
    match outcome {
        Ok(answer) => {
            let kept = keep_answer(&answer);
            build(answer.status, &kept.content_type, kept.body)
        }
        Err(failure) => failure.error.into_response(),
    }
}

fn replay(answer: KeptAnswer) -> Response {
    let Ok(status) = StatusCode::from_u16(answer.status) else {
        return ApiError::internal("a kept answer has no valid status").into_response();
    };
    let mut response = build(status, &answer.content_type, answer.body);
    response
        .headers_mut()
        .insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
    response
}

fn build(status: StatusCode, content_type: &str, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    // A body of bytes brings a content type of its own.
    match HeaderValue::from_str(content_type) {
        Ok(value) if !value.is_empty() => {
            response.headers_mut().insert(header::CONTENT_TYPE, value)
        }
        _ => response.headers_mut().remove(header::CONTENT_TYPE),
    };
    response
}

fn in_flight() -> ApiError {
    ApiError::conflict(
        "request_in_flight",
        "a request with this idempotency key is being answered; try again in a moment",
    )
}

fn reused() -> ApiError {
    ApiError::unprocessable(
        "idempotency_key_reused",
        "this idempotency key named another request before",
    )
}
