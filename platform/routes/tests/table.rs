//! The table as the design states it, written down a second time.

use std::collections::HashSet;

use rocket_routes::{Access, Counted, Match, Protocol, Service, match_route, normalise, table};

const PUBLIC: [(&str, &str); 10] = [
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/login"),
    ("GET", "/healthz"),
    ("GET", "/docs"),
    ("GET", "/docs/docs.css"),
    ("GET", "/docs/docs.js"),
    ("GET", "/openapi.json"),
    ("POST", "/auth.v1.AuthService/Login"),
    ("POST", "/user.v1.UserService/Register"),
    ("POST", "/grpc.health.v1.Health/Check"),
];

const INTERNAL: [&str; 10] = [
    "/user.v1.UserService/GetUser",
    "/inventory.v1.InventoryService/ReserveParts",
    "/inventory.v1.InventoryService/CommitReservation",
    "/inventory.v1.InventoryService/ReleaseReservation",
    "/payment.v1.PaymentService/PayOrder",
    "/envoy.service.auth.v3.Authorization/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/metrics",
];

fn find(method: &str, path: &str) -> Match {
    match_route(method, normalise(path.as_bytes()).expect("a plain path"))
}

#[test]
fn the_public_list_is_exact() {
    let public: HashSet<_> = table()
        .iter()
        .filter(|route| route.access == Access::Public)
        .map(|route| (route.method.as_str(), route.path))
        .collect();
    assert_eq!(public, HashSet::from(PUBLIC));
}

#[test]
fn internal_methods_have_no_route() {
    for path in INTERNAL {
        for method in ["GET", "POST"] {
            assert_eq!(find(method, path), Match::NotFound, "{method} {path}");
        }
    }
}

#[test]
fn no_request_fits_two_rows() {
    let shapes: HashSet<_> = table()
        .iter()
        .map(|route| {
            let shape: Vec<_> = route
                .segments()
                .map(|s| if s.starts_with('{') { "{}" } else { s })
                .collect();
            (route.method, shape)
        })
        .collect();
    assert_eq!(shapes.len(), table().len());
}

#[test]
fn another_method_is_told_which_are_allowed() {
    let allowed = |method, path| match find(method, path) {
        Match::MethodNotAllowed { allow } => allow,
        other => panic!("{method} {path}: {other:?}"),
    };
    assert_eq!(allowed("DELETE", "/api/v1/orders"), "POST, GET");
    assert_eq!(allowed("GET", "/api/v1/auth/login"), "POST");
    assert_eq!(allowed("HEAD", "/api/v1/parts"), "GET");
    assert_eq!(allowed("get", "/healthz"), "GET, HEAD");
    assert_eq!(allowed("GET", "/auth.v1.AuthService/Login"), "POST");
}

#[test]
fn the_pages_answer_head_and_nothing_else_does() {
    for route in table() {
        let page = route.service == Service::Platform;
        assert_eq!(route.answers("HEAD"), page, "{}", route.path);
    }
}

/// What costs a password hash is counted by who can be told without a session.
#[test]
fn every_request_that_costs_something_is_counted() {
    for route in table() {
        let name = route.path.rsplit('/').next().unwrap();
        let expected = match name.to_ascii_lowercase().as_str() {
            "register" | "login" => Counted::ByAddress,
            // Or a thief with the session could keep its owner from ending it.
            "logout" => Counted::Not,
            _ if route.service == Service::Platform => Counted::Not,
            _ => Counted::BySession,
        };
        assert_eq!(route.limits.counted, expected, "{}", route.path);
    }
}

#[test]
fn only_streams_are_without_a_timeout() {
    for route in table() {
        let stream = route.protocol == Protocol::ServerSentEvents;
        assert_eq!(route.limits.timeout.is_none(), stream, "{}", route.path);
        assert!(route.limits.max_body_bytes > 0);
    }
}

#[test]
fn grpc_rows_name_their_service_and_method() {
    for route in table() {
        match route.protocol {
            Protocol::Grpc => {
                let (service, method) = route.grpc().expect("a gRPC row has both");
                assert_eq!(format!("/{service}/{method}"), route.path);
            }
            _ => assert_eq!(route.grpc(), None),
        }
    }
}

#[test]
fn identity_headers_of_clients_are_removed() {
    use rocket_routes::headers::{is_ambiguous, is_removed};

    for name in [
        "x-user-uuid",
        "x-user-",
        "x-session-uuid",
        "x-session-user",
        "x-internal-caller",
        "x-forwarded-for",
        "x-envoy-original-path",
        "authorization",
        "cookie",
        "forwarded",
    ] {
        assert!(is_removed(name), "{name}");
    }
    for name in [
        "content-type",
        "idempotency-key",
        "traceparent",
        "grpc-timeout",
        "x-user",
    ] {
        assert!(!is_removed(name), "{name}");
    }
    assert!(is_ambiguous("x_user_uuid") && is_ambiguous("x-user_uuid"));
    assert!(!is_ambiguous("x-user-uuid"));
}
