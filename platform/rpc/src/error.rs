//! The one boundary between what went wrong and what a client is told.
//!
//! Use cases return their own errors; `api/` modules turn them into an
//! [`ApiError`], and it knows its HTTP and its gRPC form. What the client sees is
//! the kind, a stable `code`, a sentence and, for bad input, the fields. The causes
//! are logged here, once, and never sent.

use std::{borrow::Cow, collections::HashMap, error::Error as StdError, fmt, time::Duration};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tracing::error;
use utoipa::ToSchema;

/// `google.rpc.ErrorInfo.domain` of every error.
pub const DOMAIN: &str = "rocketscience.dev";

/// What kind of failure it is: decides the HTTP status and the gRPC code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 400, `INVALID_ARGUMENT`.
    Invalid,
    /// 401, `UNAUTHENTICATED`.
    Unauthenticated,
    /// 402, `FAILED_PRECONDITION`.
    Declined,
    /// 403, `PERMISSION_DENIED`.
    Forbidden,
    /// 404, `NOT_FOUND`.
    NotFound,
    /// 405, `UNIMPLEMENTED`.
    MethodNotAllowed,
    /// 409, `FAILED_PRECONDITION`.
    Conflict,
    /// 409, `ALREADY_EXISTS`.
    AlreadyExists,
    /// 413, `RESOURCE_EXHAUSTED`.
    TooLarge,
    /// 415, `INVALID_ARGUMENT`.
    UnsupportedMediaType,
    /// 422, `INVALID_ARGUMENT`.
    Unprocessable,
    /// 429, `RESOURCE_EXHAUSTED`.
    TooMany,
    /// 500, `INTERNAL`.
    Internal,
    /// 503, `UNAVAILABLE`.
    Unavailable,
    /// 504, `DEADLINE_EXCEEDED`.
    Deadline,
}

impl Kind {
    /// The HTTP status of this kind.
    pub fn http(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Declined => StatusCode::PAYMENT_REQUIRED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::AlreadyExists => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Deadline => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The gRPC code of this kind.
    pub fn grpc(self) -> Code {
        match self {
            Self::Invalid | Self::UnsupportedMediaType | Self::Unprocessable => {
                Code::InvalidArgument
            }
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Declined | Self::Conflict => Code::FailedPrecondition,
            Self::Forbidden => Code::PermissionDenied,
            Self::NotFound => Code::NotFound,
            Self::MethodNotAllowed => Code::Unimplemented,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::TooLarge | Self::TooMany => Code::ResourceExhausted,
            Self::Internal => Code::Internal,
            Self::Unavailable => Code::Unavailable,
            Self::Deadline => Code::DeadlineExceeded,
        }
    }

    fn is_ours(self) -> bool {
        matches!(self, Self::Internal | Self::Unavailable | Self::Deadline)
    }
}

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldViolation {
    /// The field's path, for example `part_uuids[2]`.
    pub field: String,
    /// What was expected there.
    pub expected: String,
}

/// The body of every HTTP error: a problem document (RFC 9457),
/// `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI for this kind of problem; its last segment is `code`.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable word for programs.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
    /// The wrong fields, for a request that was malformed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldViolation>,
}

type Source = Box<dyn StdError + Send + Sync>;

/// A failure as a client sees it, with its cause for the log.
#[derive(Debug)]
pub struct ApiError {
    kind: Kind,
    code: Cow<'static, str>,
    message: String,
    violations: Vec<FieldViolation>,
    retry_after: Option<Duration>,
    source: Option<Source>,
}

impl ApiError {
    /// A failure of any kind.
    pub fn new(kind: Kind, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.into(),
            message: message.into(),
            violations: Vec::new(),
            retry_after: None,
            source: None,
        }
    }

    /// The request is malformed; add the fields with [`ApiError::field`].
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// One field is wrong: 400 with code `invalid_argument`.
    pub fn invalid_field(field: impl Into<String>, expected: impl Into<String>) -> Self {
        let (field, expected) = (field.into(), expected.into());
        Self::invalid("invalid_argument", format!("{field}: expected {expected}"))
            .field(field, expected)
    }

    /// No valid session came with the request.
    pub fn unauthenticated() -> Self {
        Self::new(
            Kind::Unauthenticated,
            "unauthenticated",
            "a valid session is required",
        )
    }

    /// The payment was definitely declined.
    pub fn declined(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Declined, code, message)
    }

    /// The caller may not do this.
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, code, message)
    }

    /// The thing is not there, or not the caller's.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, code, message)
    }

    /// The thing's state does not allow it.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, message)
    }

    /// The thing exists already.
    pub fn already_exists(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::AlreadyExists, code, message)
    }

    /// Well-formed, but it contradicts an earlier request.
    pub fn unprocessable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Unprocessable, code, message)
    }

    /// Too many requests or things; `retry_after` becomes the header.
    pub fn too_many(
        code: &'static str,
        message: impl Into<String>,
        retry_after: Option<Duration>,
    ) -> Self {
        let mut error = Self::new(Kind::TooMany, code, message);
        error.retry_after = retry_after;
        error
    }

    /// The request's body is larger than allowed.
    pub fn too_large(limit_bytes: usize) -> Self {
        Self::new(
            Kind::TooLarge,
            "body_too_large",
            format!("the body must be at most {limit_bytes} bytes"),
        )
    }

    /// A defect or an unexpected state on our side.
    pub fn internal(source: impl Into<Source>) -> Self {
        let mut error = Self::new(Kind::Internal, "internal", "the request failed on our side");
        error.source = Some(source.into());
        error
    }

    /// Something that the request needs is away for now.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(Kind::Unavailable, code, message);
        error.retry_after = Some(Duration::from_secs(1));
        error
    }

    /// The request took longer than it may.
    pub fn deadline() -> Self {
        Self::new(
            Kind::Deadline,
            "deadline_exceeded",
            "the request took too long; its outcome is unknown",
        )
    }

    /// Names a wrong field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, expected: impl Into<String>) -> Self {
        self.violations.push(FieldViolation {
            field: field.into(),
            expected: expected.into(),
        });
        self
    }

    /// Adds the cause, which is logged and never sent.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The stable word for programs.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The failure that another service answered, to be passed on as it is.
    pub fn from_status(status: Status) -> Self {
        let kind = kind_of(status.code());
        let reason = reason(&status).unwrap_or_else(|| "upstream".to_owned());
        let message = if kind.is_ours() {
            "a service that this request needs failed".to_owned()
        } else {
            status.message().to_owned()
        };
        let mut error = Self::new(kind, reason, message);
        if let Some(bad) = status.get_details_bad_request() {
            for violation in bad.field_violations {
                error = error.field(violation.field, violation.description);
            }
        }
        error.caused_by(status)
    }

    /// The problem document of this failure.
    pub fn problem(&self) -> Problem {
        let status = self.kind.http();
        Problem {
            type_uri: format!("https://{DOMAIN}/problems/{}", self.code),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: self.code.clone().into_owned(),
            detail: self.message.clone(),
            errors: self.violations.clone(),
        }
    }

    fn log(&self) {
        if !self.kind.is_ours() {
            return;
        }
        if let Some(source) = &self.source {
            let cause = source.as_ref() as &(dyn StdError + 'static);
            error!(code = %self.code, error = cause, "request failed");
        } else {
            error!(code = %self.code, "request failed");
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| source.as_ref() as &(dyn StdError + 'static))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        let mut response = (self.kind.http(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(after) = self.retry_after {
            // RFC 9110 section 10.2.3 counts whole seconds; rounding up keeps the promise.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        error.log();
        let mut details = ErrorDetails::with_error_info(error.code.clone(), DOMAIN, HashMap::new());
        for violation in &error.violations {
            details.add_bad_request_violation(&violation.field, &violation.expected);
        }
        if let Some(after) = error.retry_after {
            details.set_retry_info(Some(after));
        }
        Self::with_error_details(error.kind.grpc(), error.message, details)
    }
}

/// The stable word (`google.rpc.ErrorInfo.reason`) of an answer of ours.
pub fn reason(status: &Status) -> Option<String> {
    status
        .get_details_error_info()
        .filter(|info| info.domain == DOMAIN)
        .map(|info| info.reason)
}

fn kind_of(code: Code) -> Kind {
    match code {
        Code::InvalidArgument | Code::OutOfRange => Kind::Invalid,
        Code::Unauthenticated => Kind::Unauthenticated,
        Code::PermissionDenied => Kind::Forbidden,
        Code::NotFound => Kind::NotFound,
        Code::AlreadyExists => Kind::AlreadyExists,
        Code::FailedPrecondition | Code::Aborted => Kind::Conflict,
        Code::ResourceExhausted => Kind::TooMany,
        Code::Unavailable | Code::Cancelled => Kind::Unavailable,
        Code::DeadlineExceeded => Kind::Deadline,
        _ => Kind::Internal,
    }
}

#[cfg(test)]
mod tests;
