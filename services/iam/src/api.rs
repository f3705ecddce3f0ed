//! What IAM answers: gRPC and HTTP, conversion only.

mod auth_grpc;
mod check_grpc;
mod convert;
pub mod cookie;
mod dto;
mod error;
mod http;
mod source;
mod user_grpc;
mod validator;

pub use auth_grpc::AuthGrpc;
pub use check_grpc::CheckGrpc;
pub use http::{HttpApi, openapi, router};
pub use user_grpc::UserGrpc;
pub use validator::OwnSessions;

/// The full paths of the methods and routes, as access is declared for them.
pub mod paths {
    /// Opens an account.
    pub const HTTP_REGISTER: &str = "/api/v1/auth/register";
    /// Begins a session.
    pub const HTTP_LOGIN: &str = "/api/v1/auth/login";
    /// Ends the caller's session.
    pub const HTTP_LOGOUT: &str = "/api/v1/auth/logout";
    /// Tells who the caller is.
    pub const HTTP_WHOAMI: &str = "/api/v1/auth/whoami";
    /// Begins a session.
    pub const GRPC_LOGIN: &str = "/auth.v1.AuthService/Login";
    /// Tells who the caller is.
    pub const GRPC_WHOAMI: &str = "/auth.v1.AuthService/Whoami";
    /// Ends the caller's session.
    pub const GRPC_LOGOUT: &str = "/auth.v1.AuthService/Logout";
    /// Opens an account.
    pub const GRPC_REGISTER: &str = "/user.v1.UserService/Register";
    /// Looks an account up; for services.
    pub const GRPC_GET_USER: &str = "/user.v1.UserService/GetUser";
    /// Decides about a request; for the gateway.
    pub const GRPC_CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
}
