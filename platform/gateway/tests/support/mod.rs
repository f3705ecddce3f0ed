//! Front doors over stand-ins.

use std::time::Duration;

use axum::Router;
use rocket_gateway::{
    FrontDoor, Upstreams,
    conformance::{Echo, ScriptedIam},
};
use rocket_rpc::client::{ClientConfig, in_process};

pub(crate) const OPENAPI: &str = r#"{"openapi":"3.1.0","paths":{}}"#;

/// Echoes as every service.
pub(crate) fn echoes(echo: &Echo) -> Upstreams {
    Upstreams {
        order: echo.router("order"),
        inventory: echo.router("inventory"),
        iam: echo.router("iam"),
        notification: echo.router("notification"),
    }
}

/// A front door to `upstreams` that asks `iam`.
pub(crate) fn front_door(upstreams: Upstreams, iam: &ScriptedIam) -> Router {
    // So long that only the front door's own patience can end a check.
    let client = ClientConfig {
        deadline: Duration::from_hours(1),
        ..ClientConfig::default()
    };
    let check = in_process(iam.router(), &client);
    FrontDoor::new(upstreams, check, OPENAPI.to_owned()).into_router()
}
