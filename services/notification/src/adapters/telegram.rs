//! The Bot API (<https://core.telegram.org/bots/api>): `sendMessage`, nothing else.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, Response, StatusCode, Url};
use rocket_telemetry::spans;
use serde::{Deserialize, Serialize};
use tracing::{Instrument as _, info_span};

use crate::{
    config::TelegramConfig,
    domain::ChatId,
    ports::{Messenger, SendError},
};

/// How long to be silent when 429 comes without `retry_after`.
const SILENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read; a real one has some hundred bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// A bot.
pub struct TelegramBot {
    client: Client,
    /// Holds the token.
    send_message: Url,
}

/// Why the bot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TelegramError {
    /// The token could not be part of a URL, so it is none.
    #[error("the telegram bot token must be letters, digits, and the characters : _ -")]
    Token,
    /// The base URL is not one.
    #[error("the telegram base URL must be an http or https URL")]
    Url,
    /// The HTTP client could not be made.
    #[error("the HTTP client for telegram cannot be made")]
    Client(#[source] reqwest::Error),
}

/// An answer that is neither "sent" nor "never".
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("telegram refuses the bot's token ({0})")]
    Token(StatusCode),
    #[error("telegram answered {0}")]
    Status(StatusCode),
    #[error("telegram's answer is not one")]
    Malformed,
}

#[derive(Serialize)]
struct SendMessage<'a> {
    chat_id: i64,
    text: &'a str,
    parse_mode: &'static str,
}

/// Only what decides what happens next is read.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl TelegramBot {
    /// Connects to nothing yet. The process must have a TLS provider installed.
    pub fn new(config: &TelegramConfig) -> Result<Self, TelegramError> {
        let token = config.token.expose();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte);
        if token.is_empty() || !token.bytes().all(allowed) {
            return Err(TelegramError::Token);
        }
        let base = config.base_url.trim_end_matches('/');
        let send_message = Url::parse(&format!("{base}/bot{token}/sendMessage"))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or(TelegramError::Url)?;
        let client = Client::builder()
            .timeout(config.deadline)
            // A redirect would carry the token to who knows whom.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(TelegramError::Client)?;
        Ok(Self {
            client,
            send_message,
        })
    }

    async fn post(&self, chat: ChatId, text: &str) -> Result<(), SendError> {
        let body = SendMessage {
            chat_id: chat.expose(),
            text: &to_html(text),
            parse_mode: "HTML",
        };
        let request = self.client.post(self.send_message.clone()).json(&body);
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        let answer = read(response).await;
        outcome(status, answer)
    }
}

#[async_trait]
impl Messenger for TelegramBot {
    async fn send(&self, chat: ChatId, text: &str) -> Result<(), SendError> {
        let span = info_span!("send telegram message", otel.kind = "client");
        if let Some(span) = spans::recorded(&span) {
            span.name("POST sendMessage")
                .set("peer.service", "telegram")
                .set("http.request.method", "POST")
                // The path itself holds the bot's token.
                .set("url.template", "/bot{token}/sendMessage");
        }
        let outcome = self.post(chat, text).instrument(span.clone()).await;
        if let (Err(error), Some(span)) = (&outcome, spans::recorded(&span)) {
            span.failed(match error {
                SendError::TooMany { .. } => "too_many",
                SendError::Undeliverable { .. } => "undeliverable",
                SendError::Transient(_) => "transient",
            });
        }
        outcome
    }
}

fn outcome(status: StatusCode, answer: Result<Answer, SendError>) -> Result<(), SendError> {
    let no_answer = |why: NoAnswer| Err(SendError::Transient(why.into()));
    match status {
        // Whether it was sent is only known from the answer itself.
        StatusCode::OK => match answer? {
            answer if answer.ok => Ok(()),
            _ => no_answer(NoAnswer::Malformed),
        },
        StatusCode::TOO_MANY_REQUESTS => Err(SendError::TooMany {
            retry_after: answer
                .ok()
                .and_then(|answer| answer.parameters.retry_after)
                .map_or(SILENCE, Duration::from_secs),
        }),
        // Settings, not the message: once mended, everything is to be told.
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => no_answer(NoAnswer::Token(status)),
        StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN => match answer {
            // The chat is gone, or the user blocked the bot.
            Ok(answer) => Err(SendError::Undeliverable {
                reason: words_for(&answer.description).to_owned(),
            }),
            // Not Telegram's own answer; something between refused.
            Err(_) => no_answer(NoAnswer::Status(status)),
        },
        _ => no_answer(NoAnswer::Status(status)),
    }
}

/// What Telegram says for people, in words of ours: a text of somebody else's could
/// hold anything, the token in the request's URL included, and is never logged.
fn words_for(description: &str) -> &'static str {
    let known = [
        "chat not found",
        "bot was blocked by the user",
        "user is deactivated",
        "bot was kicked",
        "bot can't initiate conversation",
        "message text is empty",
        "message is too long",
        "can't parse entities",
    ];
    known
        .into_iter()
        .find(|words| description.contains(words))
        .unwrap_or("refused for good")
}

async fn read(mut response: Response) -> Result<Answer, SendError> {
    let malformed = || SendError::Transient(NoAnswer::Malformed.into());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(malformed());
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| malformed())
}

/// The URL holds the token, so it goes before anything can print it.
fn lost(error: reqwest::Error) -> SendError {
    SendError::Transient(error.without_url().into())
}

/// The first line bold, everything escaped as Telegram's HTML wants it
/// (<https://core.telegram.org/bots/api#html-style>).
fn to_html(text: &str) -> String {
    let (heading, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut html = String::with_capacity(text.len() + 16);
    html.push_str("<b>");
    escape(heading, &mut html);
    html.push_str("</b>");
    if !rest.is_empty() {
        html.push('\n');
        escape(rest, &mut html);
    }
    html
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
}

impl fmt::Debug for TelegramBot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramBot").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rocket_testkit::telegram::parse_html;

    use super::*;

    proptest! {
        /// Whatever a text holds, Telegram reads back that text and one bold heading.
        #[test]
        fn no_text_becomes_markup(
            heading in "[^\n]{0,40}",
            rest in "(?s).{0,80}",
            nasty in prop::sample::select(vec![
                "", "</b>", "<a href=\"tg://user?id=1\">", "&lt;b&gt;", "&", "<", "&#60;", "</b><i>",
            ]),
        ) {
            let heading = format!("{heading}{nasty}");
            let text = format!("{heading}\n{nasty}{rest}{nasty}");
            let parsed = parse_html(&to_html(&text)).unwrap();
            prop_assert_eq!(parsed.entities, vec![("b".to_owned(), heading)]);
            let seen = text.strip_suffix('\n').filter(|it| !it.contains('\n')).unwrap_or(&text);
            prop_assert_eq!(parsed.text, seen);
        }
    }
}
