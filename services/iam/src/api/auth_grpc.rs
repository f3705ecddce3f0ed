//! `auth.v1.AuthService`.

use rocket_proto::auth::v1::{
    LoginRequest, LoginResponse, LogoutRequest, LogoutResponse, WhoamiRequest, WhoamiResponse,
    auth_service_server::AuthService,
};
use rocket_rpc::{
    error::ApiError,
    session::{Caller, SessionToken},
};
use tonic::{Request, Response, Status};

use super::{convert, error, source};
use crate::service::{LogIn, LogOut, Whoami};

/// Sessions over gRPC.
#[derive(Debug, Clone)]
pub struct AuthGrpc {
    /// Begins sessions.
    pub log_in: LogIn,
    /// Ends them.
    pub log_out: LogOut,
    /// Tells whose they are.
    pub whoami: Whoami,
}

#[tonic::async_trait]
impl AuthService for AuthGrpc {
    async fn login(
        &self,
        request: Request<LoginRequest>,
    ) -> Result<Response<LoginResponse>, Status> {
        let source = source::of(request.metadata().as_ref());
        let LoginRequest { login, password } = request.into_inner();
        let outcome = self.log_in.run(&login, &password, source).await;
        let signed_in = outcome.map_err(error::of_login)?;
        Ok(Response::new(LoginResponse {
            session_uuid: signed_in.session_id.reveal().to_string(),
            expires_at: Some(convert::timestamp(signed_in.expires_at)),
        }))
    }

    /// Proves its session here rather than in the server stack: every public request
    /// of the platform asks this, and so it stays one read.
    async fn whoami(
        &self,
        request: Request<WhoamiRequest>,
    ) -> Result<Response<WhoamiResponse>, Status> {
        let token = SessionToken::from_headers(request.metadata().as_ref())?
            .ok_or_else(ApiError::unauthenticated)?;
        let found = self.whoami.run(token.expose().into()).await;
        let (session, user) = found
            .map_err(ApiError::from)?
            .ok_or_else(ApiError::unauthenticated)?;
        Ok(Response::new(WhoamiResponse {
            session: Some(convert::session(&session)),
            user: Some(convert::user(&user)),
        }))
    }

    async fn logout(
        &self,
        request: Request<LogoutRequest>,
    ) -> Result<Response<LogoutResponse>, Status> {
        let caller = request.extensions().get::<Caller>();
        let caller = caller.ok_or_else(ApiError::unauthenticated)?;
        let ended = self.log_out.run(caller.session.expose().into()).await;
        ended.map_err(ApiError::from)?;
        Ok(Response::new(LogoutResponse {}))
    }
}
