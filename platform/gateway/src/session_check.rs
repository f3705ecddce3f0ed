//! The question to IAM that stands before every route that is not public.

use std::{collections::HashMap, time::Duration};

use http::{HeaderMap, header};
use rocket_proto::envoy::service::auth::v3::{
    AttributeContext, CheckRequest, CheckResponse,
    attribute_context::{HttpRequest, Request as CheckedRequest},
    authorization_client::AuthorizationClient,
    check_response::HttpResponse,
};
use rocket_routes::{NormalPath, Route, headers};
use rocket_rpc::{
    Channel,
    error::{ApiError, Kind},
};
use tonic::Code;

use crate::{identity::Identity, refusal::Refusal};

/// Asks IAM. It holds no answers: a session ends at the gateway the moment it ends.
#[derive(Clone)]
pub(crate) struct SessionCheck {
    iam: AuthorizationClient<Channel>,
    timeout: Duration,
}

impl SessionCheck {
    pub(crate) fn new(iam: Channel, timeout: Duration) -> Self {
        Self {
            iam: AuthorizationClient::new(iam),
            timeout,
        }
    }

    /// Who sent this request. Everything but a clear yes is a refusal.
    pub(crate) async fn ask(
        &self,
        route: &Route,
        path: NormalPath<'_>,
        headers: &HeaderMap,
    ) -> Result<Identity, Refusal> {
        let question = question(route, path, presented(headers)?);
        let mut iam = self.iam.clone();
        match tokio::time::timeout(self.timeout, iam.check(question)).await {
            Ok(Ok(answer)) => verdict(answer.into_inner()),
            Ok(Err(status)) => Err(Refusal::undecided(status)),
            Err(_elapsed) => Err(Refusal::undecided("no answer within the check's timeout")),
        }
    }
}

/// The headers that prove a session ([`headers::CHECKED`]). Several session headers
/// would let two readers pick differently, so they prove none. Several cookie headers
/// are one list (RFC 9113 section 8.2.3), and other sites' cookies may be anything.
fn presented(map: &HeaderMap) -> Result<HashMap<String, String>, Refusal> {
    let mut presented = HashMap::new();
    let mut sessions = map.get_all(headers::SESSION).iter();
    if let Some(value) = sessions.next() {
        let text = value.to_str().map_err(|_| ApiError::unauthenticated())?;
        if sessions.next().is_some() {
            return Err(ApiError::unauthenticated().into());
        }
        presented.insert(headers::SESSION.to_owned(), text.to_owned());
    }
    let cookies: Vec<_> = map
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
        .collect();
    if !cookies.is_empty() {
        presented.insert(header::COOKIE.as_str().to_owned(), cookies.join("; "));
    }
    Ok(presented)
}

fn question(route: &Route, path: NormalPath<'_>, headers: HashMap<String, String>) -> CheckRequest {
    let http = HttpRequest {
        method: route.method.as_str().to_owned(),
        path: path.as_str().to_owned(),
        headers,
        ..HttpRequest::default()
    };
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(CheckedRequest { http: Some(http) }),
        }),
    }
}

/// A missing status would read as zero, and zero is OK: so it must be there, and the
/// rest of the answer must agree with it.
fn verdict(answer: CheckResponse) -> Result<Identity, Refusal> {
    let code = answer.status.map(|status| Code::from_i32(status.code));
    match (code, answer.http_response) {
        (Some(Code::Ok), Some(HttpResponse::OkResponse(ok))) => {
            Identity::read(&ok).ok_or_else(|| Refusal::undecided("the check allowed nobody"))
        }
        (Some(code), Some(HttpResponse::DeniedResponse(denied))) if code != Code::Ok => {
            Err(denial(denied.status.map(|status| status.code)))
        }
        _ => Err(Refusal::undecided("the check's answer contradicts itself")),
    }
}

fn denial(status: Option<i32>) -> Refusal {
    match status {
        Some(401) => ApiError::unauthenticated().into(),
        Some(403) => ApiError::forbidden("forbidden", "this session may not do that").into(),
        Some(429) => ApiError::new(Kind::TooMany, "too_many_requests", "too many requests").into(),
        _ => Refusal::undecided("the check denied with a status of no meaning here"),
    }
}

#[cfg(test)]
mod tests;
