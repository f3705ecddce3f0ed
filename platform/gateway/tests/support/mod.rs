//! Front doors over stand-ins. No test file needs all of it.
#![allow(dead_code)]

use std::time::Duration;

use axum::Router;
use rocket_gateway::{
    Config, FrontDoor, Upstreams,
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
    front_door_with(upstreams, iam, Config::default())
}

/// The same, within other bounds.
pub(crate) fn front_door_with(upstreams: Upstreams, iam: &ScriptedIam, config: Config) -> Router {
    // So long that only the front door's own patience can end a check.
    let client = ClientConfig {
        deadline: Duration::from_hours(1),
        ..ClientConfig::default()
    };
    let check = in_process(iam.router(), &client);
    FrontDoor::with_config(upstreams, check, OPENAPI.to_owned(), config).into_router()
}
