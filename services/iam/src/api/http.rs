//! The HTTP API.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use rocket_rpc::{
    error::{ApiError, Kind},
    http::{JsonBody, Problem},
    session::{Caller, SessionToken},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    cookie,
    dto::{LoggedInBody, LoginBody, RegisterBody, RegisteredBody, WhoamiBody},
    error, source,
};
use crate::{
    config::CookieConfig,
    service::{LogIn, LogOut, Register, Whoami},
};

/// What the HTTP API is made of.
#[derive(Debug, Clone)]
pub struct HttpApi {
    /// Opens accounts.
    pub register: Register,
    /// Begins sessions.
    pub log_in: LogIn,
    /// Ends them.
    pub log_out: LogOut,
    /// Tells whose they are.
    pub whoami: Whoami,
    /// The session cookie.
    pub cookie: CookieConfig,
}

const NO_STORE: (header::HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

#[derive(OpenApi)]
#[openapi(modifiers(&Sessions))]
struct Document;

/// How a request proves its session.
struct Sessions;

impl Modify for Sessions {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let header = ApiKey::Header(ApiKeyValue::new("X-Session-Uuid"));
        let cookie = ApiKey::Cookie(ApiKeyValue::new(cookie::NAME));
        components.add_security_scheme("session", SecurityScheme::ApiKey(header));
        components.add_security_scheme("session_cookie", SecurityScheme::ApiKey(cookie));
    }
}

fn routes() -> OpenApiRouter<HttpApi> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(whoami))
}

/// The HTTP routes.
pub fn router(api: HttpApi) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(api)
}

/// The OpenAPI description of the HTTP routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

/// Opens an account.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    tag = "auth",
    request_body = RegisterBody,
    responses(
        (status = 201, description = "The account is open", body = RegisteredBody),
        (status = 400, description = "A field breaks its rule", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`login_taken` or `email_taken`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn register(
    State(api): State<HttpApi>,
    JsonBody(body): JsonBody<RegisterBody>,
) -> Result<impl IntoResponse, ApiError> {
    let outcome = api.register.run(&body.into()).await;
    let user_uuid = outcome.map_err(|refused| error::of_register(refused, |field| field))?;
    Ok((StatusCode::CREATED, Json(RegisteredBody { user_uuid })))
}

/// Begins a session of 24 hours, and sets it as a cookie too.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "auth",
    request_body = LoginBody,
    responses(
        (status = 200, description = "The session began", body = LoggedInBody),
        (status = 400, description = "A field is missing", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_credentials`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`; see Retry-After", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn login(
    State(api): State<HttpApi>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<LoginBody>,
) -> Result<impl IntoResponse, ApiError> {
    let source = source::of(&headers);
    let outcome = api.log_in.run(&body.login, &body.password, source).await;
    let signed_in = outcome.map_err(error::of_login)?;
    let cookie = cookie::set(&api.cookie, signed_in.session_id);
    let body = LoggedInBody {
        session_uuid: signed_in.session_id.reveal(),
        expires_at: signed_in.expires_at,
    };
    let headers = AppendHeaders([(header::SET_COOKIE, cookie), NO_STORE]);
    Ok((headers, Json(body)))
}

/// Ends the session at once.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "auth",
    security(("session" = []), ("session_cookie" = [])),
    responses(
        (status = 204, description = "The session is over"),
        (status = 401, description = "No valid session", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn logout(State(api): State<HttpApi>, caller: Caller) -> Result<impl IntoResponse, ApiError> {
    api.log_out.run(caller.session.expose().into()).await?;
    let headers = [(header::SET_COOKIE, cookie::clear(&api.cookie))];
    Ok((StatusCode::NO_CONTENT, AppendHeaders(headers)))
}

/// Tells who the caller is.
#[utoipa::path(
    get,
    path = "/api/v1/auth/whoami",
    tag = "auth",
    security(("session" = []), ("session_cookie" = [])),
    responses(
        (status = 200, description = "The caller and their session", body = WhoamiBody),
        (status = 401, description = "No valid session", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn whoami(
    State(api): State<HttpApi>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let token = SessionToken::from_headers(&headers)?.ok_or_else(ApiError::unauthenticated)?;
    let found = api.whoami.run(token.expose().into()).await?;
    let (session, user) = found.ok_or_else(ApiError::unauthenticated)?;
    let body = WhoamiBody::new(&session, &user);
    Ok((AppendHeaders([NO_STORE]), Json(body)))
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::new(
        Kind::MethodNotAllowed,
        "method_not_allowed",
        format!("this path does not take {method}"),
    )
}
