//! When sessions cannot be checked, nothing that needs one passes.

use tonic::Code;

use super::{Mode, Target};

const LIST_PARTS: &str = "/inventory.v1.InventoryService/ListParts";

/// IAM fails, is silent or answers nonsense: 503 and `UNAVAILABLE` for everybody,
/// with a live session as well as without. Public routes stay open. When IAM is back,
/// so is everything.
pub async fn the_gateway_fails_closed(target: &Target, mode: Mode) {
    let id = target.iam.sign_in().id.to_string();
    let session = [("x-session-uuid", &*id)];
    target.passed("GET", "/api/v1/orders", &session).await;

    target.iam.set(mode);
    let answer = target
        .refused("GET", "/api/v1/orders", &session, &[503])
        .await;
    assert!(answer.header("x-echo-service").is_none());
    target.refused("POST", "/api/v1/orders", &[], &[503]).await;
    let before = target.echo.hits();
    let status = target.call(LIST_PARTS, &session).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(target.echo.hits(), before);

    target.passed("POST", "/api/v1/auth/login", &[]).await;
    assert_eq!(target.send("GET", "/healthz", &[]).await.status, 200);

    target.iam.set(Mode::Answers);
    target.passed("GET", "/api/v1/orders", &session).await;
}
