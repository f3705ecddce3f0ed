#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use axum::{Extension, body::Body, routing::get};
use http::{Request as HttpRequest, StatusCode};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::{
    credential::{CallerService, Credential, Credentials},
    error::Kind,
    session::{Caller, Identity, SessionToken, SessionValidator},
};

/// Knows one session; can be away.
struct OneSession {
    session: Uuid,
    user: Uuid,
    away: AtomicBool,
}

#[async_trait]
impl SessionValidator for OneSession {
    async fn validate(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(ApiError::unavailable("sessions_unavailable", "away"));
        }
        if session.expose() != self.session {
            return Err(ApiError::unauthenticated());
        }
        Ok(Identity {
            user_uuid: self.user,
            expires_at: time::OffsetDateTime::now_utc() + Duration::from_mins(1),
        })
    }

    async fn validate_fresh(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        self.validate(session).await
    }
}

struct Fixture {
    router: Router,
    sessions: Arc<OneSession>,
    credential: Credential,
}

fn fixture() -> Fixture {
    let sessions = Arc::new(OneSession {
        session: Uuid::new_v4(),
        user: Uuid::new_v4(),
        away: AtomicBool::new(false),
    });
    let credential = Credential::generate().unwrap();
    let credentials =
        Credentials::new().allow("order", credential.hash(), &["/internal", "/undeclared"]);
    let guard = Guard::new(Some(sessions.clone()), credentials)
        .public("/public")
        .public("/panics")
        .public("/slow")
        .session("/mine/{id}")
        .internal("/internal")
        .internal("/internal/other");
    let router = Router::new()
        .route("/public", get(|| async { "public" }))
        .route(
            "/panics",
            get(|| async { panic!("on purpose") as &'static str }),
        )
        .route("/slow", get(std::future::pending::<&'static str>))
        .route(
            "/mine/{id}",
            get(|caller: Caller| async move { caller.user_uuid.to_string() }),
        )
        .route(
            "/internal",
            get(|Extension(CallerService(name)): Extension<CallerService>| async move { name }),
        )
        .route("/internal/other", get(|| async { "other" }))
        .route("/undeclared", get(|| async { "leaked" }));
    let config = ServerConfig {
        deadline: Duration::from_secs(5),
        ..ServerConfig::default()
    };
    Fixture {
        router: stack(router, guard, config),
        sessions,
        credential,
    }
}

impl Fixture {
    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
        let mut request = HttpRequest::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
}

#[tokio::test]
async fn a_path_that_is_not_declared_is_refused_even_with_every_key() {
    let fixture = fixture();
    let session = fixture.sessions.session.to_string();
    let bearer = fixture.credential.bearer();
    let keys = [
        ("x-session-uuid", session.as_str()),
        ("authorization", bearer.as_str()),
    ];
    assert_eq!(fixture.get("/undeclared", &keys).await.0, 404);
    assert_eq!(fixture.get("/nowhere", &keys).await.0, 404);
}

#[tokio::test]
async fn a_session_path_wants_one_valid_session() {
    let fixture = fixture();
    let session = fixture.sessions.session.to_string();
    let other = Uuid::new_v4().to_string();
    let user = fixture.sessions.user.to_string();
    let (status, body) = fixture
        .get("/mine/1", &[("x-session-uuid", &session)])
        .await;
    assert_eq!((status, body), (StatusCode::OK, user));
    let refused: [&[(&str, &str)]; 5] = [
        &[],
        &[("x-session-uuid", "")],
        &[("x-session-uuid", "not-a-uuid")],
        &[("x-session-uuid", &other)],
        &[("x-session-uuid", &session), ("x-session-uuid", &other)],
    ];
    for headers in refused {
        assert_eq!(fixture.get("/mine/1", headers).await.0, 401, "{headers:?}");
    }
}

#[tokio::test]
async fn sessions_away_is_503_and_never_a_pass() {
    let fixture = fixture();
    fixture.sessions.away.store(true, Ordering::Relaxed);
    let session = fixture.sessions.session.to_string();
    let (status, _) = fixture
        .get("/mine/1", &[("x-session-uuid", &session)])
        .await;
    assert_eq!(status, 503);
    assert_eq!(fixture.get("/public", &[]).await.0, 200);
}

#[tokio::test]
async fn an_internal_path_wants_a_credential_that_opens_it() {
    let fixture = fixture();
    let bearer = fixture.credential.bearer();
    let session = fixture.sessions.session.to_string();
    let key = ("authorization", bearer.as_str());
    assert_eq!(
        fixture.get("/internal", &[key]).await,
        (StatusCode::OK, "order".to_owned())
    );
    assert_eq!(fixture.get("/internal/other", &[key]).await.0, 403);
    assert_eq!(fixture.get("/internal", &[]).await.0, 401);
    assert_eq!(
        fixture
            .get("/internal", &[("x-session-uuid", &session)])
            .await
            .0,
        401
    );
}

#[tokio::test]
async fn a_panic_is_500_without_its_text() {
    let (status, body) = fixture().get("/panics", &[]).await;
    assert_eq!(status, 500);
    assert!(!body.contains("on purpose"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_504() {
    assert_eq!(fixture().get("/slow", &[]).await.0, 504);
}

#[tokio::test]
async fn requests_beyond_the_bound_are_shed() {
    let config = ServerConfig {
        max_concurrent: 1,
        ..ServerConfig::default()
    };
    let (entered, mut wait) = tokio::sync::mpsc::channel(1);
    let router = Router::new().route(
        "/",
        get(move || {
            let entered = entered.clone();
            async move {
                let _ = entered.send(()).await;
                std::future::pending::<()>().await;
            }
        }),
    );
    let router = stack(
        router,
        Guard::new(None, Credentials::new()).public("/"),
        config,
    );
    let request = || HttpRequest::get("/").body(Body::empty()).unwrap();
    let first = tokio::spawn(router.clone().oneshot(request()));
    wait.recv().await.unwrap();
    let second = router.oneshot(request()).await.unwrap();
    assert_eq!(second.status(), 503);
    first.abort();
}

#[tokio::test]
async fn a_grpc_caller_is_answered_in_grpc() {
    let response = respond(
        true,
        ApiError::new(Kind::Conflict, "out_of_stock", "none left"),
    );
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["grpc-status"], "9");
}
