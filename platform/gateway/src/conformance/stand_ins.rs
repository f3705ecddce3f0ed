//! What stands behind the gateway in these tests.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use rocket_proto::envoy::service::auth::v3::{
    CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValue as Pair, HeaderValueOption,
    HttpStatus, OkHttpResponse, RpcStatus,
    attribute_context::HttpRequest,
    authorization_server::{Authorization, AuthorizationServer},
    check_response::HttpResponse,
    header_value_option::HeaderAppendAction,
};
use tonic::{Code, Status};
use uuid::Uuid;

/// A session of [`ScriptedIam`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its id, which is what a client sends.
    pub id: Uuid,
    /// Whose it is.
    pub user: Uuid,
}

/// How [`ScriptedIam`] behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It decides.
    Answers,
    /// It fails with `UNAVAILABLE`.
    Unavailable,
    /// It never answers.
    Silent,
    /// It answers with neither yes nor no.
    Empty,
}

/// An `envoy.service.auth.v3.Authorization` that does as it is told.
#[derive(Debug, Clone)]
pub struct ScriptedIam(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    mode: Mode,
    sessions: HashMap<String, Uuid>,
    asked: Vec<HttpRequest>,
}

impl ScriptedIam {
    /// Decides, and knows nobody.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            mode: Mode::Answers,
            sessions: HashMap::new(),
            asked: Vec::new(),
        })))
    }

    /// A new session of a new user.
    pub fn sign_in(&self) -> Session {
        let session = Session {
            id: Uuid::new_v4(),
            user: Uuid::new_v4(),
        };
        let key = session.id.to_string();
        self.state().sessions.insert(key, session.user);
        session
    }

    /// The session is over, by logout or by its time; a gateway cannot tell.
    pub fn end(&self, session: Session) {
        self.state().sessions.remove(&session.id.to_string());
    }

    /// From now on it behaves so.
    pub fn set(&self, mode: Mode) {
        self.state().mode = mode;
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<HttpRequest> {
        self.state().asked.clone()
    }

    /// The gRPC service, for a listener or in process.
    pub fn router(&self) -> Router {
        tonic::service::Routes::new(AuthorizationServer::new(self.clone())).into_axum_router()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, http: HttpRequest) -> CheckResponse {
        let mut state = self.state();
        let cookie = http.headers.get("cookie").and_then(|cookies| {
            let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == "session_uuid")
        });
        let header = http.headers.get("x-session-uuid").map(String::as_str);
        let id = header
            .or(cookie.map(|(_, value)| value))
            .unwrap_or_default();
        let answer = match state.sessions.get(id) {
            Some(user) => allow(id, *user),
            None => deny(),
        };
        state.asked.push(http);
        answer
    }
}

impl Default for ScriptedIam {
    fn default() -> Self {
        Self::new()
    }
}

#[tonic::async_trait]
impl Authorization for ScriptedIam {
    async fn check(
        &self,
        request: tonic::Request<CheckRequest>,
    ) -> Result<tonic::Response<CheckResponse>, Status> {
        let attributes = request.into_inner().attributes;
        let http = attributes.and_then(|a| a.request).and_then(|r| r.http);
        let mode = self.state().mode;
        match mode {
            Mode::Answers => Ok(tonic::Response::new(self.decide(http.unwrap_or_default()))),
            Mode::Unavailable => Err(Status::unavailable("down")),
            Mode::Silent => std::future::pending().await,
            Mode::Empty => Ok(tonic::Response::new(CheckResponse {
                status: Some(RpcStatus {
                    code: Code::Internal.into(),
                    message: String::new(),
                }),
                http_response: None,
            })),
        }
    }
}

fn allow(id: &str, user: Uuid) -> CheckResponse {
    let set = |key: &str, value: String| HeaderValueOption {
        header: Some(Pair {
            key: key.to_owned(),
            value,
        }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
    };
    CheckResponse {
        status: Some(RpcStatus::default()),
        http_response: Some(HttpResponse::OkResponse(OkHttpResponse {
            headers: vec![
                set("x-session-uuid", id.to_owned()),
                set("x-user-uuid", user.to_string()),
            ],
            headers_to_remove: vec!["cookie".to_owned()],
        })),
    }
}

fn deny() -> CheckResponse {
    CheckResponse {
        status: Some(RpcStatus {
            code: Code::Unauthenticated.into(),
            message: String::new(),
        }),
        http_response: Some(HttpResponse::DeniedResponse(DeniedHttpResponse {
            status: Some(HttpStatus { code: 401 }),
            ..DeniedHttpResponse::default()
        })),
    }
}

/// Services that answer with what reached them: `x-echo-service`, `x-echo-method`,
/// `x-echo-path`, and each header `name` as `x-echo-received-name`. A gRPC request
/// gets an empty message.
#[derive(Debug, Clone, Default)]
pub struct Echo(Arc<AtomicUsize>);

impl Echo {
    /// How many requests arrived.
    pub fn hits(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// The service of this name.
    pub fn router(&self, service: &'static str) -> Router {
        let hits = Arc::clone(&self.0);
        Router::new().fallback(move |request: Request| {
            hits.fetch_add(1, Ordering::SeqCst);
            async move { answer(service, &request) }
        })
    }
}

fn answer(service: &'static str, request: &Request) -> Response {
    let target = request.uri().to_string();
    let mut headers = HeaderMap::new();
    headers.insert("x-echo-service", HeaderValue::from_static(service));
    headers.insert("x-echo-path", target.try_into().unwrap());
    let method = request.method().as_str().try_into().unwrap();
    headers.insert("x-echo-method", method);
    for (name, value) in request.headers() {
        let name = HeaderName::try_from(format!("x-echo-received-{name}")).unwrap();
        headers.append(name, value.clone());
    }
    let grpc = rocket_rpc::is_grpc(request.headers());
    let mut response = Response::new(if grpc {
        empty_message()
    } else {
        Body::from("echo")
    });
    *response.headers_mut() = headers;
    if grpc {
        let media = HeaderValue::from_static("application/grpc");
        response.headers_mut().insert("content-type", media);
    }
    response
}

/// One gRPC frame of no bytes, which is a valid message of every type.
fn empty_message() -> Body {
    let trailers = async {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        Some(Ok::<_, Infallible>(trailers))
    };
    Body::new(Full::new(Bytes::from_static(&[0; 5])).with_trailers(trailers))
}
