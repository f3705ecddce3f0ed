//! The answers that the front door gives by itself.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use rocket_routes::{PathRefused, Protocol};
use rocket_rpc::{
    error::{ApiError, Kind},
    server::respond,
};

/// Why a request does not get through.
#[derive(Debug)]
pub(crate) struct Refusal {
    // Boxed, as every step on the way returns it.
    error: Box<ApiError>,
    /// For statuses that services never answer, so that no [`Kind`] has them.
    status: Option<StatusCode>,
    allow: Option<String>,
}

impl Refusal {
    fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn headers_too_large() -> Self {
        let error = ApiError::new(
            Kind::TooLarge,
            "headers_too_large",
            "the request has too many headers or too large ones",
        );
        Self::from(error).with_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    }

    pub(crate) fn ambiguous_header() -> Self {
        ApiError::invalid(
            "ambiguous_header",
            "header names must not contain an underscore",
        )
        .into()
    }

    pub(crate) fn path(reason: PathRefused) -> Self {
        ApiError::invalid("path_refused", reason.to_string()).into()
    }

    pub(crate) fn unknown_path(grpc: bool) -> Self {
        if grpc {
            ApiError::new(Kind::MethodNotAllowed, "unknown_method", "no such method").into()
        } else {
            ApiError::not_found("unknown_path", "no such path").into()
        }
    }

    pub(crate) fn method(allow: String) -> Self {
        let error = ApiError::new(
            Kind::MethodNotAllowed,
            "method_not_allowed",
            format!("this path answers {allow}"),
        );
        let mut refusal = Self::from(error);
        refusal.allow = Some(allow);
        refusal
    }

    pub(crate) fn media_type(expected: Protocol) -> Self {
        let message = match expected {
            Protocol::Grpc => "this path answers gRPC (content-type: application/grpc)",
            Protocol::Http | Protocol::ServerSentEvents => "this path does not answer gRPC",
        };
        ApiError::new(
            Kind::UnsupportedMediaType,
            "unsupported_media_type",
            message,
        )
        .into()
    }

    pub(crate) fn too_slow() -> Self {
        let error = ApiError::new(
            Kind::Invalid,
            "request_timeout",
            "the request's body did not arrive in time",
        );
        Self::from(error).with_status(StatusCode::REQUEST_TIMEOUT)
    }

    pub(crate) fn body_broken() -> Self {
        ApiError::invalid("body_broken", "the request's body ended early").into()
    }

    /// More requests are at work than may be, in all or of one network.
    pub(crate) fn overloaded() -> Self {
        ApiError::unavailable("overloaded", "too many requests at once; try again").into()
    }

    /// IAM gave no answer that allows or denies.
    pub(crate) fn undecided(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        ApiError::unavailable(
            "sessions_unavailable",
            "sessions cannot be checked right now",
        )
        .caused_by(cause)
        .into()
    }

    /// The answer in the protocol of the request.
    pub(crate) fn answer(self, grpc: bool) -> Response {
        let mut response = match self.status {
            Some(status) if !grpc => problem_with(status, &self.error),
            _ => respond(grpc, *self.error),
        };
        let allow = self
            .allow
            .and_then(|allow| HeaderValue::try_from(allow).ok());
        if let Some(allow) = allow
            && !grpc
        {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self {
            error: Box::new(error),
            status: None,
            allow: None,
        }
    }
}

fn problem_with(status: StatusCode, error: &ApiError) -> Response {
    let mut problem = error.problem();
    problem.status = status.as_u16();
    status
        .canonical_reason()
        .unwrap_or("Error")
        .clone_into(&mut problem.title);
    let mut response = (status, Json(problem)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}
