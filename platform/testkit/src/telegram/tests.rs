use proptest::prelude::*;

use super::*;

async fn send(telegram: &Telegram, body: Value) -> Result<(u16, Value), reqwest::Error> {
    crate::tls::install();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    let response = client
        .post(format!("{}/bot1:secret/sendMessage", telegram.url()))
        .json(&body)
        .send()
        .await?;
    Ok((
        response.status().as_u16(),
        response.json().await.unwrap_or(Value::Null),
    ))
}

fn hello() -> Value {
    json!({ "chat_id": 7, "text": "<b>hello</b> &amp; bye", "parse_mode": "HTML" })
}

#[tokio::test]
async fn a_message_is_remembered_as_a_person_sees_it() {
    let telegram = Telegram::start("1:secret").await;
    let (status, body) = send(&telegram, hello()).await.unwrap();
    assert_eq!((status, &body["ok"]), (200, &json!(true)));
    let sent = telegram.sent();
    assert_eq!((sent.len(), sent[0].chat_id), (1, 7));
    assert_eq!(sent[0].parsed.text, "hello & bye");
    assert_eq!(
        sent[0].parsed.entities,
        [("b".to_owned(), "hello".to_owned())]
    );
}

#[tokio::test]
async fn refusals_remember_nothing() {
    let telegram = Telegram::start("1:secret").await;
    for (behaviour, status) in [
        (Behaviour::TooManyRequests { retry_after: 3 }, 429),
        (Behaviour::Fail(502), 502),
        (Behaviour::ChatNotFound, 400),
        (Behaviour::Blocked, 403),
    ] {
        telegram.next(behaviour);
        let (got, body) = send(&telegram, hello()).await.unwrap();
        assert_eq!((got, &body["ok"]), (status, &json!(false)));
        if status == 429 {
            assert_eq!(body["parameters"]["retry_after"], 3);
        }
    }
    assert!(telegram.sent().is_empty());
}

#[tokio::test]
async fn what_telegram_would_not_take_is_400() {
    let telegram = Telegram::start("1:secret").await;
    for body in [
        json!({ "chat_id": 7, "text": "a < b", "parse_mode": "HTML" }),
        json!({ "chat_id": 7, "text": " " }),
        json!({ "chat_id": 7, "text": "x".repeat(4_097) }),
        json!({ "chat_id": "nobody", "text": "x" }),
    ] {
        assert_eq!(send(&telegram, body).await.unwrap().0, 400);
    }
    assert!(telegram.sent().is_empty());
}

#[tokio::test]
async fn failures_after_accepting_remember_the_message() {
    let telegram = Telegram::start("1:secret").await;
    for (count, behaviour) in [Behaviour::AcceptThenDrop, Behaviour::AcceptThenHang]
        .into_iter()
        .enumerate()
    {
        telegram.next(behaviour);
        assert!(send(&telegram, hello()).await.is_err());
        assert_eq!(telegram.sent().len(), count + 1);
    }
}

#[tokio::test]
async fn another_token_is_401() {
    let telegram = Telegram::start("2:other").await;
    assert_eq!(send(&telegram, hello()).await.unwrap().0, 401);
}

#[test]
fn only_what_telegram_knows_is_markup() {
    for bad in [
        "<a>",
        "<b>",
        "</b>",
        "<b><i></b></i>",
        "&nbsp;",
        "a & b",
        "<",
        "<b",
    ] {
        assert!(parse_html(bad).is_err(), "{bad}");
    }
    let parsed = parse_html("<b>x<i>y</i></b>").unwrap();
    assert_eq!(parsed.text, "xy");
    assert_eq!(parsed.entities.len(), 2);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in ".{0,60}") {
        let _ = parse_html(&text);
    }
}
