//! The use cases' errors as clients see them.

use rocket_rpc::error::{ApiError, Kind};

use crate::{
    domain::Violation,
    ports::{HashError, StoreError},
    service::{GetUserError, LogInError, RegisterError},
};

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::unavailable("store_unavailable", "accounts cannot be reached right now")
            .caused_by(error)
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => {
                Self::unavailable("busy", "too many sign-ins at once; try again").caused_by(error)
            }
            HashError::Failed(_) => Self::internal(error),
        }
    }
}

impl From<GetUserError> for ApiError {
    fn from(error: GetUserError) -> Self {
        match error {
            GetUserError::NotFound => Self::not_found("user_not_found", "no such user"),
            GetUserError::Store(source) => source.into(),
        }
    }
}

/// Why nobody was signed in, in this transport's field names.
pub(super) fn of_login(error: LogInError) -> ApiError {
    match error {
        LogInError::Invalid(violations) => invalid(violations, |field| field),
        LogInError::InvalidCredentials => ApiError::new(
            Kind::Unauthenticated,
            "invalid_credentials",
            "the login or the password is wrong",
        ),
        LogInError::Throttled(throttled) => ApiError::too_many(
            "too_many_attempts",
            "too many failed attempts; wait before the next",
            Some(throttled.retry_after),
        ),
        LogInError::Hash(source) => source.into(),
        LogInError::Store(source) => source.into(),
        LogInError::Random(_) => ApiError::internal(error),
    }
}

/// Why no account was opened; `rename` turns a field's name into the transport's.
pub(super) fn of_register(error: RegisterError, rename: fn(String) -> String) -> ApiError {
    match error {
        RegisterError::Invalid(violations) => invalid(violations, rename),
        RegisterError::LoginTaken => {
            ApiError::already_exists("login_taken", "another account has this login")
        }
        RegisterError::EmailTaken => {
            ApiError::already_exists("email_taken", "another account has this e-mail address")
        }
        RegisterError::Hash(source) => source.into(),
        RegisterError::Store(source) => source.into(),
    }
}

fn invalid(violations: Vec<Violation>, rename: fn(String) -> String) -> ApiError {
    let fields: Vec<_> = violations
        .into_iter()
        .map(|violation| (rename(violation.field), violation.expected))
        .collect();
    let told: Vec<_> = fields
        .iter()
        .map(|(field, expected)| format!("{field}: expected {expected}"))
        .collect();
    let error = ApiError::invalid("invalid_argument", told.join("; "));
    fields.into_iter().fold(error, |error, (field, expected)| {
        error.field(field, expected)
    })
}
