//! The whole service: events in, Telegram and the reader's own messages out.
#![allow(clippy::unwrap_used)]

mod platform;

use http::StatusCode;
use platform::{CHAT, Platform, TOKEN};
use rocket_events::{EventLog as _, Record, topics};
use rocket_testkit::telegram::{Behaviour, Telegram};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_paid_order_and_its_ship_are_told_and_read() {
    let telegram = Telegram::start(TOKEN).await;
    let platform = Platform::start(Some(&telegram));
    let (order, user) = (Uuid::new_v4(), platform.user_with_chat());
    platform
        .log
        .append(vec![platform::paid(order, user)])
        .await
        .unwrap();
    platform.until_messages(user, 1).await;
    platform
        .log
        .append(vec![platform::assembled(order, user)])
        .await
        .unwrap();
    let messages = platform.until_messages(user, 2).await;

    let newest = &messages[0];
    assert_eq!(newest["kind"], json!("ship.assembled"));
    assert_eq!(newest["order_uuid"], json!(order));
    assert_eq!(newest["occurred_at"], json!(platform::rfc3339(10)));
    let paid = &messages[1];
    assert_eq!(paid["kind"], json!("order.paid"));
    let text = paid["text"].as_str().unwrap();
    assert!(text.contains("\n1200.05 USD, paid by card\n"), "{text}");

    platform.until_delivery(user, "sent").await;
    let sent = telegram.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|it| it.chat_id == CHAT));
    assert_eq!(sent[0].parsed.text, text);
    // One order, two messages, one question to IAM.
    assert_eq!(platform.iam.asked(), 1);
    platform.stop().await;
}

#[tokio::test]
async fn what_the_log_repeats_is_told_once_even_after_a_restart() {
    let telegram = Telegram::start(TOKEN).await;
    let platform = Platform::start(Some(&telegram));
    let (order, user) = (Uuid::new_v4(), platform.user_with_chat());
    let record = platform::paid(order, user);
    platform.log.append(vec![record.clone(); 5]).await.unwrap();
    platform.until_committed(5).await;
    let platform = platform.restart(Some(&telegram)).await;
    platform.log.append(vec![record]).await.unwrap();
    platform.until_committed(6).await;
    assert_eq!(telegram.sent().len(), 1);
    assert_eq!(platform.until_messages(user, 1).await.len(), 1);
    platform.stop().await;
}

#[tokio::test]
async fn a_message_waits_for_telegram_and_for_iam_and_can_be_read_meanwhile() {
    let telegram = Telegram::start(TOKEN).await;
    telegram.always(Behaviour::Fail(502));
    let platform = Platform::start(Some(&telegram));
    platform.iam.go_away(true);
    let (order, user) = (Uuid::new_v4(), platform.user_with_chat());
    platform
        .log
        .append(vec![platform::paid(order, user)])
        .await
        .unwrap();
    platform.iam.until_asked(1).await;
    assert_eq!(telegram.requests(), 0);
    platform.iam.go_away(false);
    platform.until_delivery(user, "pending").await;
    telegram.always(Behaviour::Accept);
    platform.until_delivery(user, "sent").await;
    assert_eq!(telegram.sent().len(), 1);
    platform.stop().await;
}

#[tokio::test]
async fn without_a_token_messages_are_kept_and_iam_is_not_asked() {
    let platform = Platform::start(None);
    let (order, user) = (Uuid::new_v4(), platform.user_with_chat());
    platform
        .log
        .append(vec![platform::paid(order, user)])
        .await
        .unwrap();
    platform.until_delivery(user, "kept").await;
    assert_eq!(platform.iam.asked(), 0);
    platform.stop().await;
}

#[tokio::test]
async fn a_user_iam_does_not_know_blocks_nobody() {
    let telegram = Telegram::start(TOKEN).await;
    let platform = Platform::start(Some(&telegram));
    let (stranger, user) = (Uuid::new_v4(), platform.user_with_chat());
    for user in [stranger, user] {
        let record = platform::paid(Uuid::new_v4(), user);
        platform.log.append(vec![record]).await.unwrap();
    }
    platform.until_delivery(user, "sent").await;
    platform.until_delivery(stranger, "kept").await;
    platform.stop().await;
}

#[tokio::test]
async fn a_poison_record_is_parked_and_blocks_nobody() {
    let platform = Platform::start(None);
    let user = platform.user_with_chat();
    let order = Uuid::new_v4();
    let good = platform::paid(order, user);
    // Of the same key, so of the same partition.
    let poison = Record {
        payload: b"\xff\xff poison".to_vec().into(),
        ..good.clone()
    };
    platform
        .log
        .append(vec![poison.clone(), good])
        .await
        .unwrap();
    platform.until_messages(user, 1).await;
    let parked = platform
        .next_record(&topics::dead_letters_of(topics::ORDER_PAID))
        .await;
    assert_eq!(parked.payload, poison.payload);
    platform.stop().await;
}

#[tokio::test]
async fn only_the_reader_with_a_session_reads_and_only_their_own() {
    let platform = Platform::start(None);
    let (user, other) = (Uuid::new_v4(), Uuid::new_v4());
    let record = platform::paid(Uuid::new_v4(), user);
    platform.log.append(vec![record]).await.unwrap();
    platform.until_messages(user, 1).await;
    let (status, body) = platform.get("/api/v1/notifications", Some(other)).await;
    assert_eq!(
        (status, body),
        (StatusCode::OK, json!({ "notifications": [] }))
    );

    let (status, body) = platform.get("/api/v1/notifications", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["code"], "unauthenticated");
    // Who reads is never taken from the query.
    let path = format!("/api/v1/notifications?user_uuid={user}");
    let (status, body) = platform.get(&path, Some(other)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["errors"][0]["field"], "user_uuid");
    let (status, _) = platform.get("/api/v1/notifications/", Some(other)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let status = platform.post("/api/v1/notifications", user).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    platform.stop().await;
}

#[test]
fn the_openapi_document_describes_the_one_route() {
    let document = serde_json::to_value(rocket_notification::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 1);
    let get = &paths["/api/v1/notifications"]["get"];
    for status in ["200", "400", "401", "503"] {
        assert!(get["responses"][status].is_object(), "{status}");
    }
    assert_eq!(get["security"][0]["session"], json!([]));
}
