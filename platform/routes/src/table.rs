//! The rows.

use std::time::Duration;

use crate::route::{
    Access::{self, Public, Session},
    Counted, Limits,
    Method::{self, Get, Post},
    Protocol, Route,
    Service::{self, Iam, Inventory, Notification, Order, Platform},
};

/// Longer than the services' own deadline (10 s), so that the one who knows what
/// happened answers first.
const TIMEOUT: Option<Duration> = Some(Duration::from_secs(15));

const STANDARD: Limits = Limits {
    max_body_bytes: 64 * 1024,
    timeout: TIMEOUT,
    counted: Counted::BySession,
};
const ACCOUNT: Limits = Limits {
    max_body_bytes: 16 * 1024,
    ..STANDARD
};
/// Everybody may send these, and each costs a password hash.
const SIGN_IN: Limits = Limits {
    counted: Counted::ByAddress,
    ..ACCOUNT
};
/// Pages and health, which cost next to nothing.
const PAGE: Limits = Limits {
    counted: Counted::Not,
    ..ACCOUNT
};
/// Whoever has stolen a session must not be able to use up what its owner needs to
/// end it. It ends but once.
const LOGOUT: Limits = Limits {
    counted: Counted::Not,
    ..ACCOUNT
};
const STREAM: Limits = Limits {
    timeout: None,
    ..ACCOUNT
};

const fn http(
    method: Method,
    path: &'static str,
    service: Service,
    access: Access,
    limits: Limits,
) -> Route {
    Route {
        method,
        path,
        protocol: Protocol::Http,
        service,
        access,
        limits,
    }
}

const fn grpc(path: &'static str, service: Service, access: Access, limits: Limits) -> Route {
    Route {
        method: Post,
        path,
        protocol: Protocol::Grpc,
        service,
        access,
        limits,
    }
}

const EVENTS: Route = Route {
    method: Get,
    path: "/api/v1/orders/{order_uuid}/events",
    protocol: Protocol::ServerSentEvents,
    service: Order,
    access: Session,
    limits: STREAM,
};

// One row a line reads as the table it is.
#[rustfmt::skip]
static TABLE: [Route; 25] = [
    http(Post, "/api/v1/auth/register", Iam, Public, SIGN_IN),
    http(Post, "/api/v1/auth/login", Iam, Public, SIGN_IN),
    http(Post, "/api/v1/auth/logout", Iam, Session, LOGOUT),
    http(Get, "/api/v1/auth/whoami", Iam, Session, ACCOUNT),
    http(Get, "/api/v1/parts", Inventory, Session, STANDARD),
    http(Get, "/api/v1/parts/{uuid}", Inventory, Session, STANDARD),
    http(Post, "/api/v1/orders", Order, Session, STANDARD),
    http(Get, "/api/v1/orders", Order, Session, STANDARD),
    http(Get, "/api/v1/orders/{order_uuid}", Order, Session, STANDARD),
    http(Post, "/api/v1/orders/{order_uuid}/pay", Order, Session, STANDARD),
    http(Post, "/api/v1/orders/{order_uuid}/cancel", Order, Session, STANDARD),
    EVENTS,
    http(Get, "/api/v1/notifications", Notification, Session, STANDARD),
    http(Get, "/healthz", Platform, Public, PAGE),
    http(Get, "/docs", Platform, Public, PAGE),
    http(Get, "/docs/docs.css", Platform, Public, PAGE),
    http(Get, "/docs/docs.js", Platform, Public, PAGE),
    http(Get, "/openapi.json", Platform, Public, PAGE),
    grpc("/auth.v1.AuthService/Login", Iam, Public, SIGN_IN),
    grpc("/auth.v1.AuthService/Whoami", Iam, Session, ACCOUNT),
    grpc("/auth.v1.AuthService/Logout", Iam, Session, LOGOUT),
    grpc("/user.v1.UserService/Register", Iam, Public, SIGN_IN),
    grpc("/inventory.v1.InventoryService/GetPart", Inventory, Session, STANDARD),
    grpc("/inventory.v1.InventoryService/ListParts", Inventory, Session, STANDARD),
    // Health is answered by IAM: without it nothing but the public rows works.
    grpc("/grpc.health.v1.Health/Check", Iam, Public, ACCOUNT),
];

/// Every route that exists from outside, in no particular order of precedence: no
/// request fits two rows.
pub fn table() -> &'static [Route] {
    &TABLE
}
