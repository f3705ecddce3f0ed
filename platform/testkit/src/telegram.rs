//! A Telegram Bot API that tells nobody: it remembers what it was asked to send.
//!
//! Only `POST /bot<token>/sendMessage`, with the answers and the refusals of the
//! real one (<https://core.telegram.org/bots/api#making-requests>), including a text
//! whose HTML does not parse or that is longer than 4,096 characters.

mod html;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
pub use html::{Parsed, parse as parse_html};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::script::Script;

const MAX_TEXT: usize = 4_096;

/// What the server does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Accepts the message and says so.
    Accept,
    /// Accepts the message and says so, after this long.
    Slow(Duration),
    /// 429 with `parameters.retry_after` in whole seconds.
    TooManyRequests {
        /// Seconds to stay away.
        retry_after: u64,
    },
    /// A server error, for example 502.
    Fail(u16),
    /// Never answers, and does nothing.
    Hang,
    /// 400 "chat not found".
    ChatNotFound,
    /// 403 "bot was blocked by the user".
    Blocked,
    /// Accepts the message, then closes the connection without an answer.
    AcceptThenDrop,
    /// Accepts the message, then never answers.
    AcceptThenHang,
}

/// A message that was accepted.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The chat it went to.
    pub chat_id: i64,
    /// The text as it was sent, with its markup.
    pub raw: String,
    /// What the person sees.
    pub parsed: Parsed,
    /// When.
    pub at: Instant,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Telegram {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    token: String,
    script: Script<Behaviour>,
    sent: Mutex<Vec<Sent>>,
    requests: AtomicUsize,
}

#[derive(Debug, Deserialize)]
struct SendMessage {
    chat_id: Value,
    text: String,
    parse_mode: Option<String>,
}

impl Telegram {
    /// Opens on a free port of 127.0.0.1, for the bot with this token.
    pub async fn start(token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            token: token.to_owned(),
            script: Script::new(Behaviour::Accept),
            sent: Mutex::default(),
            requests: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route("/{bot}/sendMessage", post(send_message))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            address,
            shared,
            server,
        }
    }

    /// The base URL of the API, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does this to one request, after those that were scripted before.
    pub fn next(&self, behaviour: Behaviour) {
        self.shared.script.push(behaviour);
    }

    /// Does this to every request that nothing else was scripted for.
    pub fn always(&self, behaviour: Behaviour) {
        self.shared.script.stand(behaviour);
    }

    /// Every accepted message, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.sent().clone()
    }

    /// How many requests came in, accepted or not.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn sent(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(&self, message: SendMessage) -> Result<Value, String> {
        let chat_id = match &message.chat_id {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
        .ok_or("chat not found")?;
        let parsed = match message.parse_mode.as_deref() {
            Some("HTML") => {
                parse_html(&message.text).map_err(|why| format!("can't parse entities: {why}"))?
            }
            Some(_) => return Err("unsupported parse_mode".to_owned()),
            None => Parsed {
                text: message.text.clone(),
                entities: Vec::new(),
            },
        };
        if parsed.text.trim().is_empty() {
            return Err("message text is empty".to_owned());
        }
        if parsed.text.chars().count() > MAX_TEXT {
            return Err("message is too long".to_owned());
        }
        let mut sent = self.sent();
        sent.push(Sent {
            chat_id,
            raw: message.text,
            parsed,
            at: Instant::now(),
        });
        Ok(json!({ "message_id": sent.len(), "chat": { "id": chat_id } }))
    }
}

async fn send_message(
    State(shared): State<Arc<Shared>>,
    Path(bot): Path<String>,
    Json(message): Json<SendMessage>,
) -> Response {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    if bot.strip_prefix("bot") != Some(&shared.token) {
        return refuse(401, "Unauthorized", None);
    }
    let behaviour = shared.script.take();
    match behaviour {
        Behaviour::Slow(delay) => tokio::time::sleep(delay).await,
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Fail(code) => return refuse(code, "Bad Gateway", None),
        Behaviour::ChatNotFound => return refuse(400, "Bad Request: chat not found", None),
        Behaviour::Blocked => {
            return refuse(403, "Forbidden: bot was blocked by the user", None);
        }
        Behaviour::TooManyRequests { retry_after } => {
            let description = format!("Too Many Requests: retry after {retry_after}");
            return refuse(
                429,
                &description,
                Some(json!({ "retry_after": retry_after })),
            );
        }
        _ => {}
    }
    let result = match shared.accept(message) {
        Ok(result) => result,
        Err(why) => return refuse(400, &format!("Bad Request: {why}"), None),
    };
    match behaviour {
        Behaviour::AcceptThenDrop => hang_up(),
        Behaviour::AcceptThenHang => std::future::pending().await,
        _ => Json(json!({ "ok": true, "result": result })).into_response(),
    }
}

fn refuse(code: u16, description: &str, parameters: Option<Value>) -> Response {
    let mut body = json!({ "ok": false, "error_code": code, "description": description });
    if let Some(parameters) = parameters {
        body["parameters"] = parameters;
    }
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

/// Ends the task that serves the connection, which closes it. Unlike `panic!` it
/// prints nothing into the test's output.
fn hang_up() -> ! {
    std::panic::resume_unwind(Box::new("telegram hangs up"))
}

#[cfg(test)]
mod tests;
