//! The bot against a stand-in for the Bot API.
#![allow(clippy::unwrap_used)]

use std::{error::Error, fmt::Write as _, time::Duration};

use rocket_notification::{
    TelegramBot, TelegramConfig,
    domain::ChatId,
    ports::{Messenger, SendError},
};
use rocket_testkit::telegram::{Behaviour, Telegram};

const TOKEN: &str = "123456:AAF-s3cret_token";

fn chat() -> ChatId {
    ChatId::parse("987654321012").unwrap()
}

fn bot(url: &str) -> TelegramBot {
    rocket_testkit::tls::install();
    let config = TelegramConfig {
        base_url: url.to_owned(),
        deadline: Duration::from_millis(800),
        ..TelegramConfig::new(TOKEN)
    };
    TelegramBot::new(&config).unwrap()
}

fn kind(error: &SendError) -> &'static str {
    match error {
        SendError::TooMany { .. } => "too many",
        SendError::Undeliverable { .. } => "undeliverable",
        SendError::Transient(_) => "transient",
    }
}

#[tokio::test]
async fn a_message_arrives_with_its_heading_bold_and_its_text_as_it_was() {
    let telegram = Telegram::start(TOKEN).await;
    let text = "Order <paid> & done\n1 < 2 && \"x\"\n</b>";
    bot(&telegram.url()).send(chat(), text).await.unwrap();
    let sent = telegram.sent();
    assert_eq!((sent.len(), sent[0].chat_id), (1, 987_654_321_012));
    assert_eq!(sent[0].parsed.text, text);
    let heading = ("b".to_owned(), "Order <paid> & done".to_owned());
    assert_eq!(sent[0].parsed.entities, [heading]);
}

#[tokio::test]
async fn every_answer_means_what_it_should() {
    let table = [
        (
            Behaviour::TooManyRequests { retry_after: 17 },
            "too many",
            0,
        ),
        (Behaviour::ChatNotFound, "undeliverable", 0),
        (Behaviour::Blocked, "undeliverable", 0),
        (Behaviour::Fail(500), "transient", 0),
        (Behaviour::Fail(502), "transient", 0),
        (Behaviour::Fail(302), "transient", 0),
        (Behaviour::Hang, "transient", 0),
        (Behaviour::AcceptThenDrop, "transient", 1),
        (Behaviour::AcceptThenHang, "transient", 1),
    ];
    for (behaviour, expected, accepted) in table {
        let telegram = Telegram::start(TOKEN).await;
        telegram.next(behaviour.clone());
        let outcome = bot(&telegram.url()).send(chat(), "hello").await;
        let error = outcome.unwrap_err();
        assert_eq!(kind(&error), expected, "{behaviour:?}: {error:?}");
        assert_eq!(telegram.sent().len(), accepted, "{behaviour:?}");
        if let SendError::TooMany { retry_after } = error {
            assert_eq!(retry_after, Duration::from_secs(17));
        }
    }
}

#[tokio::test]
async fn a_refused_token_is_nobodys_last_word() {
    let telegram = Telegram::start("1:another").await;
    let error = bot(&telegram.url()).send(chat(), "hello").await;
    assert_eq!(kind(&error.unwrap_err()), "transient");
}

#[tokio::test]
async fn no_failure_prints_the_token_or_the_chat() {
    let telegram = Telegram::start(TOKEN).await;
    let url = telegram.url();
    let bot = bot(&url);
    let mut printed = format!("{bot:?}{:?}", TelegramConfig::new(TOKEN));
    for behaviour in [
        Behaviour::Hang,
        Behaviour::AcceptThenDrop,
        Behaviour::Blocked,
    ] {
        telegram.next(behaviour);
        print(&bot.send(chat(), "hello").await.unwrap_err(), &mut printed);
    }
    drop(telegram);
    print(&bot.send(chat(), "hello").await.unwrap_err(), &mut printed);
    assert!(!printed.contains("s3cret"), "{printed}");
    assert!(!printed.contains("987654321012"), "{printed}");
}

fn print(error: &SendError, printed: &mut String) {
    write!(printed, "{error:?}").unwrap();
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        *printed += &error.to_string();
        cause = error.source();
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    rocket_testkit::tls::install();
    for token in ["", "1:2/../x", "1:2 3", "1:2?x", "ключ"] {
        let error = TelegramBot::new(&TelegramConfig::new(token)).unwrap_err();
        assert!(error.to_string().contains("token"), "{token}: {error}");
    }
    for url in ["", "telegram", "ftp://telegram"] {
        let config = TelegramConfig {
            base_url: url.to_owned(),
            ..TelegramConfig::new(TOKEN)
        };
        let error = TelegramBot::new(&config).unwrap_err();
        assert!(error.to_string().contains("URL"), "{url}: {error}");
    }
    assert!(TelegramBot::new(&TelegramConfig::new(TOKEN)).is_ok());
}
