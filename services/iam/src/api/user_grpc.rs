//! `user.v1.UserService`.

use rocket_proto::user::v1::{
    GetUserRequest, GetUserResponse, RegisterRequest, RegisterResponse,
    user_service_server::UserService,
};
use rocket_rpc::{error::ApiError, http::parse_uuid};
use tonic::{Request, Response, Status};

use super::{convert, error};
use crate::service::{GetUser, Register, Registration};

/// Accounts over gRPC.
#[derive(Debug, Clone)]
pub struct UserGrpc {
    /// Opens accounts.
    pub register: Register,
    /// Looks them up.
    pub get_user: GetUser,
}

#[tonic::async_trait]
impl UserService for UserGrpc {
    async fn register(
        &self,
        request: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        let registration = registration(request.into_inner());
        let outcome = self.register.run(&registration).await;
        let user_uuid = outcome.map_err(|refused| error::of_register(refused, field_path))?;
        Ok(Response::new(RegisterResponse {
            user_uuid: user_uuid.to_string(),
        }))
    }

    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let user_uuid = parse_uuid("user_uuid", &request.into_inner().user_uuid)?;
        let found = self.get_user.run(user_uuid).await;
        let user = found.map_err(ApiError::from)?;
        Ok(Response::new(GetUserResponse {
            user: Some(convert::user(&user)),
        }))
    }
}

/// A missing `info` reads as an empty one (proto3), and its fields are then refused.
fn registration(request: RegisterRequest) -> Registration {
    let info = request.info.unwrap_or_default();
    Registration {
        login: info.login,
        email: info.email,
        password: request.password,
        notification_methods: info
            .notification_methods
            .into_iter()
            .map(|method| (method.provider_name, method.target))
            .collect(),
    }
}

fn field_path(field: String) -> String {
    if field == "password" {
        field
    } else {
        format!("info.{field}")
    }
}
