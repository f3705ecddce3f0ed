#![allow(clippy::unwrap_used)]

use super::*;

async fn body(error: ApiError) -> (StatusCode, http::HeaderMap, String) {
    let response = error.into_response();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (
        parts.status,
        parts.headers,
        String::from_utf8(bytes.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn bad_input_names_the_field_and_what_was_expected() {
    let (status, headers, text) = body(ApiError::invalid_field("page_size", "1 to 100")).await;
    assert_eq!(status, 400);
    assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_eq!(problem.code, "invalid_argument");
    assert_eq!(problem.errors[0].field, "page_size");
    assert_eq!(problem.errors[0].expected, "1 to 100");
}

#[tokio::test]
async fn a_cause_is_never_sent() {
    let error = || ApiError::internal("password of db.internal refused");
    let (status, _, text) = body(error()).await;
    assert_eq!(status, 500);
    assert!(!text.contains("db.internal"), "{text}");
    let status = Status::from(error());
    assert!(!format!("{status:?}").contains("db.internal"));
}

#[tokio::test]
async fn retry_after_is_rounded_up_to_whole_seconds() {
    let error = ApiError::too_many("slow_down", "wait", Some(Duration::from_millis(1_200)));
    let (status, headers, _) = body(error).await;
    assert_eq!(status, 429);
    assert_eq!(headers[header::RETRY_AFTER], "2");
}

#[test]
fn code_and_fields_survive_the_way_through_grpc() {
    let sent = ApiError::conflict("out_of_stock", "none left").field("parts[0]", "at most 3");
    let status = Status::from(sent);
    assert_eq!(status.code(), Code::FailedPrecondition);
    let received = ApiError::from_status(status);
    assert_eq!(received.kind(), Kind::Conflict);
    assert_eq!(received.code(), "out_of_stock");
    assert_eq!(received.violations[0].field, "parts[0]");
}

#[test]
fn a_foreign_status_passes_no_text_of_ours_on() {
    let received = ApiError::from_status(Status::internal("stack trace"));
    assert_eq!(received.kind(), Kind::Internal);
    assert!(!received.problem().detail.contains("stack trace"));
}
