//! The same over gRPC.

use rocket_routes::{Access, Protocol, Service, table};
use tonic::Code;

use super::Target;

const LIST_PARTS: &str = "/inventory.v1.InventoryService/ListParts";

/// Methods that only services may call, or that are for people at the cluster.
pub const NOT_ROUTED: [&str; 11] = [
    "/user.v1.UserService/GetUser",
    "/inventory.v1.InventoryService/ReserveParts",
    "/inventory.v1.InventoryService/CommitReservation",
    "/inventory.v1.InventoryService/ReleaseReservation",
    "/payment.v1.PaymentService/PayOrder",
    "/envoy.service.auth.v3.Authorization/Check",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.health.v1.Health/List",
    "/inventory.v1.InventoryService/getpart",
    "/inventory.v1.InventoryService/GetPart/",
    "/auth.v1.AuthService/LoginX",
];

async fn code(target: &Target, path: &'static str, metadata: &[(&str, &str)]) -> Code {
    let before = target.echo.hits();
    match target.call(path, metadata).await {
        Ok(_) => Code::Ok,
        Err(status) => {
            assert_eq!(target.echo.hits(), before, "{path} arrived");
            status.code()
        }
    }
}

fn grpc_routes(access: Access) -> impl Iterator<Item = (&'static str, Service)> {
    table()
        .iter()
        .filter(move |route| route.access == access && route.protocol == Protocol::Grpc)
        .map(|route| (route.path, route.service))
}

/// Without a session every method that is not public is `UNAUTHENTICATED`, with one
/// it leads to its service; public ones need none.
pub async fn every_method_asks_for_a_session(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    for (path, service) in grpc_routes(Access::Session) {
        assert_eq!(code(target, path, &[]).await, Code::Unauthenticated);
        let received = target.call(path, &session).await.unwrap();
        assert_eq!(received.get("x-echo-service").unwrap(), service.as_str());
    }
    for (path, service) in grpc_routes(Access::Public) {
        let received = target.call(path, &[]).await.unwrap();
        assert_eq!(received.get("x-echo-service").unwrap(), service.as_str());
    }
}

/// Bad and ended sessions are `UNAUTHENTICATED`, at once.
pub async fn bad_and_ended_sessions_are_refused(target: &Target) {
    let session = target.iam.sign_in();
    let header = [("x-session-uuid", &*session.id.to_string())];
    assert_eq!(code(target, LIST_PARTS, &header).await, Code::Ok);
    target.iam.end(session);
    assert_eq!(
        code(target, LIST_PARTS, &header).await,
        Code::Unauthenticated
    );
    for bad in ["x", "00000000-0000-0000-0000-000000000000"] {
        let header = [("x-session-uuid", bad)];
        assert_eq!(
            code(target, LIST_PARTS, &header).await,
            Code::Unauthenticated
        );
    }
}

/// Identity metadata of a client is replaced, and removed on public methods.
pub async fn spoofed_metadata_never_arrives(target: &Target) {
    let session = target.iam.sign_in();
    let (id, user) = (session.id.to_string(), session.user.to_string());
    let spoofed = [
        ("x-user-uuid", "spoofed"),
        ("x-user-role", "spoofed"),
        ("x-internal-caller", "spoofed"),
        ("authorization", "spoofed"),
    ];
    assert_eq!(
        code(target, LIST_PARTS, &spoofed).await,
        Code::Unauthenticated
    );
    let mut metadata = spoofed.to_vec();
    metadata.push(("x-session-uuid", &id));
    for path in [LIST_PARTS, "/auth.v1.AuthService/Login"] {
        let received = target.call(path, &metadata).await.unwrap();
        let names = received.iter().filter_map(|pair| match pair {
            tonic::metadata::KeyAndValueRef::Ascii(_, value) => value.to_str().ok(),
            tonic::metadata::KeyAndValueRef::Binary(..) => None,
        });
        assert_eq!(
            names.filter(|value| *value == "spoofed").count(),
            0,
            "{path}"
        );
    }
    let received = target.call(LIST_PARTS, &metadata).await.unwrap();
    let received = received.get("x-echo-received-x-user-uuid");
    assert_eq!(received.unwrap(), &user);
}

/// What is not in the table is `UNIMPLEMENTED`, with a session too.
pub async fn internal_methods_are_not_routed(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    for path in NOT_ROUTED {
        for metadata in [&[][..], &[("x-session-uuid", &*id)]] {
            assert_eq!(
                code(target, path, metadata).await,
                Code::Unimplemented,
                "{path}"
            );
        }
    }
}

/// A method is not a web page: without gRPC's content type, or with another method
/// than POST, nothing is called.
pub async fn methods_are_only_called_by_grpc(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    for method in ["GET", "PUT"] {
        let session = [("x-session-uuid", &*id)];
        target
            .refused(method, LIST_PARTS, &session, &[400, 404, 405, 415])
            .await;
    }
    for media in [
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
    ] {
        let headers = [("x-session-uuid", &*id), ("content-type", media)];
        target
            .refused("POST", LIST_PARTS, &headers, &[400, 404, 415])
            .await;
    }
}
