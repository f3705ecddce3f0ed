//! No spelling of a path opens what the path itself does not.

use rocket_routes::{Access, Protocol, table};

use super::{Target, instance};

/// Public paths that turn into protected ones, and protected ones written otherwise.
pub const DISGUISED: [&str; 22] = [
    "/healthz/../api/v1/orders",
    "/healthz/..;/api/v1/orders",
    "/docs/../api/v1/orders",
    "/docs/./../api/v1/orders",
    "/api/v1/auth/login/../../orders",
    "/api/v1/auth/login%2f..%2f..%2forders",
    "/api/v1/auth/login%2F..%2F..%2Forders",
    "/healthz%2f..%2fapi%2fv1%2forders",
    "/healthz/%2e%2e/api/v1/orders",
    "/healthz/%2E%2E/api/v1/orders",
    "/healthz/.%2e/api/v1/orders",
    "/healthz%5c..%5capi/v1/orders",
    "/healthz\\..\\api\\v1\\orders",
    "/healthz%00/../api/v1/orders",
    "/healthz%252f..%252fapi/v1/orders",
    "//api/v1/orders",
    "/api//v1/orders",
    "/api/v1/orders/.",
    "/%61pi/v1/orders",
    "/api/v1/order%73",
    "/api/v1/orders%",
    "/api/v1/orders%zz",
];

/// Without a session none of them arrives. A gateway may refuse the spelling (400),
/// not know it (404), redirect to the plain path (307), or read it plainly and ask
/// for a session (401).
pub async fn disguised_paths_need_a_session(target: &Target) {
    for path in DISGUISED {
        for method in ["GET", "POST"] {
            target
                .refused(method, path, &[], &[400, 401, 404, 405, 307])
                .await;
        }
    }
}

/// With a session too, paths are compared exactly: case and a trailing slash matter.
pub async fn paths_are_exact(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    for route in table() {
        if route.protocol == Protocol::Grpc {
            continue;
        }
        let path = instance(route);
        let method = route.method.as_str();
        for other in [
            format!("{path}/"),
            path.to_uppercase(),
            format!("{path}/more/of/it"),
            format!("/more{path}"),
        ] {
            target.refused(method, &other, &session, &[404]).await;
        }
    }
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/metrics",
        "/livez",
        "/docs/docs.html",
    ] {
        target.refused("GET", path, &session, &[404]).await;
    }
}

/// Other methods than the route's do not arrive, whoever asks.
pub async fn methods_are_exact(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    for route in table().iter().filter(|r| r.protocol != Protocol::Grpc) {
        let path = instance(route);
        for method in [
            "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get",
        ] {
            target
                .refused(method, &path, &session, &[400, 404, 405])
                .await;
        }
    }
}

/// A query changes nothing about which route it is.
pub async fn a_query_is_not_part_of_the_path(target: &Target) {
    let without = "/api/v1/orders?x=/../../healthz";
    target.refused("GET", without, &[], &[401]).await;
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    let answer = target
        .passed("GET", "/api/v1/orders?status=PAID%2C", &session)
        .await;
    let path = answer.header("x-echo-path");
    assert_eq!(path, Some("/api/v1/orders?status=PAID%2C"));
    for route in table().iter().filter(|r| r.access == Access::Public) {
        let disguised = format!("/api/v1/orders?{}", route.path);
        target.refused("GET", &disguised, &[], &[401]).await;
    }
}
