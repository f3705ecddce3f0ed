//! Extractors that answer bad input with a problem that names the field.

mod words;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
};
use http::{header, request::Parts};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};
use uuid::Uuid;

use self::words::{Expected, Misfit};
use crate::error::ApiError;
pub use crate::error::Problem;

/// A JSON body, read strictly. Types refuse unknown fields with
/// `#[serde(deny_unknown_fields)]`.
#[derive(Debug, Clone, Copy)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        require_json(request.headers())?;
        let bytes = read(request, state).await?;
        parse_json(&bytes).map(Self)
    }
}

fn require_json(headers: &http::HeaderMap) -> Result<(), ApiError> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        return Ok(());
    }
    Err(ApiError::new(
        crate::error::Kind::UnsupportedMediaType,
        "unsupported_media_type",
        "the body must be JSON, sent with content-type: application/json",
    ))
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            if rejection.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::new(
                    crate::error::Kind::TooLarge,
                    "body_too_large",
                    "the body is larger than this request may be",
                )
            } else {
                ApiError::invalid("unreadable_body", "the body ended before it was complete")
            }
        })
}

/// Reads a JSON object; an error names the field and what was expected.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Serde would also read a list as the fields of a struct, in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => ApiError::invalid_field("body", "a JSON object"),
            Err(error) => malformed(&error),
        });
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(&mut json).map_err(
            |error| match serde_json::from_slice::<IgnoredAny>(bytes) {
                Ok(_) => bad_json(&error.path().to_string(), error.inner()),
                Err(syntax) => malformed(&syntax),
            },
        )?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let place = format!("line {} column {}", error.line(), error.column());
    ApiError::invalid("malformed_json", format!("the body is not JSON: {place}"))
}

fn bad_json(path: &str, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let message = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(head, _)| head);
    let misfit = words::read(message);
    let field = match (path, &misfit.name) {
        (".", Some(name)) => name.clone(),
        (".", None) => "body".to_owned(),
        // serde names a missing or unknown field in the message, its parent in the path;
        // for an unknown field the path has it already.
        (path, Some(name)) if path.split('.').next_back() != Some(name) => {
            format!("{path}.{name}")
        }
        (path, _) => path.to_owned(),
    };
    refusal(field, misfit, "unknown_field")
}

fn refusal(field: String, misfit: Misfit, unknown: &'static str) -> ApiError {
    let expected = match misfit.expected {
        Expected::Uuid => return not_a_uuid(&field),
        Expected::Words(words) => words,
    };
    let (code, problem) = if misfit.unknown {
        (unknown, "is not known; ")
    } else {
        ("invalid_argument", "")
    };
    ApiError::invalid(code, format!("{field}: {problem}expected {expected}")).field(field, expected)
}

/// The one parameter of a path, which is a UUID in its canonical form.
#[derive(Debug, Clone, Copy)]
pub struct PathUuid(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for PathUuid {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(params) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::invalid("invalid_path", error.body_text()))?;
        let Some((name, text)) = params.into_iter().next() else {
            return Err(ApiError::internal("route has no path parameter"));
        };
        parse_uuid(&name, &text).map(Self)
    }
}

/// A UUID in its canonical form; an error names the field.
pub fn parse_uuid(field: &str, text: &str) -> Result<Uuid, ApiError> {
    // `Uuid` also reads braced, urn: and bare forms; one form keeps ids comparable.
    if text.len() == uuid::fmt::Hyphenated::LENGTH
        && let Ok(id) = text.parse()
    {
        return Ok(id);
    }
    Err(not_a_uuid(field))
}

/// A UUID in its canonical form, in JSON.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct JsonUuid(Uuid);

impl TryFrom<String> for JsonUuid {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // These words are what `words` knows a bad UUID by.
        parse_uuid("", &text)
            .map(Self)
            .map_err(|_| "UUID parsing failed")
    }
}

/// For `#[serde(deserialize_with)]`: a list of UUIDs in their canonical form.
pub fn uuids<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Uuid>, D::Error> {
    let read = Vec::<JsonUuid>::deserialize(from)?;
    Ok(read.into_iter().map(|JsonUuid(id)| id).collect())
}

/// For `#[serde(deserialize_with)]`: a UUID in its canonical form, or null.
pub fn optional_uuid<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Uuid>, D::Error> {
    let read = Option::<JsonUuid>::deserialize(from)?;
    Ok(read.map(|JsonUuid(id)| id))
}

fn not_a_uuid(field: &str) -> ApiError {
    let expected = "a UUID such as 0198c6a4-5f5e-7d30-9c58-0d8f6b2f7a10";
    ApiError::invalid("invalid_uuid", format!("{field}: expected {expected}"))
        .field(field, expected)
}

/// The query of a request as a list of names and values, percent-decoded, in order.
/// An error names a parameter that is not in `known`.
pub fn query_pairs(query: Option<&str>, known: &[&str]) -> Result<Vec<(String, String)>, ApiError> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query.unwrap_or_default())
        .map_err(|_| ApiError::invalid("malformed_query", "the query string is malformed"))?;
    if let Some((name, _)) = pairs
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        let expected = format!("one of {}", known.join(", "));
        return Err(ApiError::invalid(
            "unknown_parameter",
            format!("{name}: unknown query parameter; expected {expected}"),
        )
        .field(name.clone(), expected));
    }
    Ok(pairs)
}

/// A query string, read strictly into a struct that refuses unknown fields.
#[derive(Debug, Clone, Copy)]
pub struct StrictQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|error| {
                let misfit = words::read(&error.inner().to_string());
                let path = error.path().to_string();
                let field = match (path.as_str(), &misfit.name) {
                    (_, Some(name)) => name.clone(),
                    (".", None) => "query".to_owned(),
                    (path, None) => path.to_owned(),
                };
                refusal(field, misfit, "unknown_parameter")
            })
    }
}

#[cfg(test)]
mod tests;
