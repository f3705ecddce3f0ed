//! `envoy.service.auth.v3.Authorization`: the gateway asks before it lets a request in.

use std::collections::HashMap;

use rocket_proto::envoy::service::auth::v3::{
    CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpStatus,
    OkHttpResponse, RpcStatus, authorization_server::Authorization, check_response::HttpResponse,
    header_value_option::HeaderAppendAction,
};
use rocket_rpc::error::ApiError;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use super::cookie;
use crate::{
    domain::SessionId,
    service::{CheckSession, Decision},
};

/// Envoy sends header names in lower case.
const SESSION_HEADER: &str = "x-session-uuid";
const USER_HEADER: &str = "x-user-uuid";
const COOKIE_HEADER: &str = "cookie";

/// The gateway's question over gRPC.
#[derive(Debug, Clone)]
pub struct CheckGrpc {
    /// Decides.
    pub check: CheckSession,
}

#[tonic::async_trait]
impl Authorization for CheckGrpc {
    /// An error status makes the gateway answer 503: it fails closed.
    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let headers = headers(request.into_inner());
        let decision = self.check.run(presented(&headers)).await;
        let answer = match decision.map_err(ApiError::from)? {
            Decision::Allow { id, session } => allow(id, session.user_uuid),
            Decision::Deny => deny(),
        };
        Ok(Response::new(answer))
    }
}

fn headers(request: CheckRequest) -> HashMap<String, String> {
    let context = request.attributes.and_then(|attributes| attributes.request);
    let http = context.and_then(|context| context.http);
    http.map(|http| http.headers).unwrap_or_default()
}

/// The header wins even when it is malformed: falling back would let two readers of
/// one request disagree on who sent it.
fn presented(headers: &HashMap<String, String>) -> Option<&str> {
    if let Some(value) = headers.get(SESSION_HEADER) {
        return Some(value);
    }
    cookie::find(headers.get(COOKIE_HEADER).map(String::as_str).into_iter())
}

/// The identity travels on in headers that replace what the client may have sent. The
/// cookie stays behind: with the header set nobody needs it.
fn allow(id: SessionId, user_uuid: Uuid) -> CheckResponse {
    let set = |name, value: Uuid| header(name, value.to_string());
    CheckResponse {
        status: Some(RpcStatus {
            code: Code::Ok.into(),
            message: String::new(),
        }),
        http_response: Some(HttpResponse::OkResponse(OkHttpResponse {
            headers: vec![
                set(SESSION_HEADER, id.reveal()),
                set(USER_HEADER, user_uuid),
            ],
            headers_to_remove: vec![COOKIE_HEADER.to_owned()],
        })),
    }
}

/// The same problem document that the services themselves answer with.
fn deny() -> CheckResponse {
    let problem = ApiError::unauthenticated().problem();
    CheckResponse {
        status: Some(RpcStatus {
            code: Code::Unauthenticated.into(),
            message: problem.detail.clone(),
        }),
        http_response: Some(HttpResponse::DeniedResponse(DeniedHttpResponse {
            status: Some(HttpStatus {
                code: i32::from(problem.status),
            }),
            headers: vec![header(
                "content-type",
                "application/problem+json".to_owned(),
            )],
            body: serde_json::to_string(&problem).unwrap_or_default(),
        })),
    }
}

fn header(name: &str, value: String) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue {
            key: name.to_owned(),
            value,
        }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
    }
}
