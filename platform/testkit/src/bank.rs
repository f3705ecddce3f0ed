//! A payment provider over HTTP with a durable ledger.
//!
//! `POST /charges` with `Idempotency-Key` and a [`ChargeRequest`] answers
//! 200 `{"transaction_uuid"}` or 402 `{"reason"}`. The answer is on disk before it is
//! sent, so what the ledger counts is what was charged, whoever heard of it: the
//! count that proves "charged at most once" comes from here and from no id that
//! somebody derived. The same key with another request is 422.

mod ledger;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
pub use ledger::Charge;
use ledger::{Answer, Entry, Ledger};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

use crate::script::Script;

/// The body of `POST /charges`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeRequest {
    /// The order.
    pub order_uuid: Uuid,
    /// The attempt of that order.
    pub attempt: i32,
    /// Who pays.
    pub user_uuid: Uuid,
    /// How, for example `CARD`.
    pub payment_method: String,
    /// Minor units of `currency`.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// What the bank does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Charges and says so.
    Charge,
    /// Charges and says so, after this long.
    Slow(Duration),
    /// Never answers, and does nothing.
    Hang,
    /// Answers 503, and does nothing.
    Refuse,
    /// Declines with this reason.
    Decline(String),
    /// Charges, then closes the connection without an answer.
    ChargeThenDrop,
    /// Charges, then answers 500.
    ChargeThenError,
    /// Charges, then never answers.
    ChargeThenHang,
    /// Charges, then answers 200 with something that is not its answer.
    ChargeThenBabble,
}

/// A running bank. Dropping it stops the server; the ledger stays.
#[derive(Debug)]
pub struct Bank {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    ledger: Ledger,
    script: Script<Behaviour>,
    requests: AtomicUsize,
}

impl Bank {
    /// Opens on a free port of 127.0.0.1, with the ledger in this file: a new one, or
    /// that of a bank before it.
    pub async fn start(ledger: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            ledger: Ledger::open(ledger),
            script: Script::new(Behaviour::Charge),
            requests: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route("/charges", post(charge))
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

    /// Where it listens, without a trailing slash.
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

    /// Every charge on the ledger, oldest first.
    pub fn charges(&self) -> Vec<Charge> {
        self.shared.ledger.charges()
    }

    /// How often this order was charged, under whatever keys.
    pub fn charges_of(&self, order: Uuid) -> usize {
        let charges = self.charges();
        charges.iter().filter(|it| it.order_uuid == order).count()
    }

    /// How many declines the ledger holds.
    pub fn declines(&self) -> usize {
        self.shared.ledger.declines()
    }

    /// How many requests came in since the start, answered or not.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn charge(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<ChargeRequest>,
) -> Response {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let Some(key) = headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
    else {
        return refuse(StatusCode::BAD_REQUEST, "Idempotency-Key is required");
    };
    let behaviour = shared.script.take();
    match &behaviour {
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Refuse => return refuse(StatusCode::SERVICE_UNAVAILABLE, "closed"),
        Behaviour::Slow(delay) => tokio::time::sleep(*delay).await,
        _ => {}
    }
    let entry = shared.ledger.answer(key, &request, || decide(&behaviour));
    match behaviour {
        Behaviour::ChargeThenDrop => hang_up(),
        Behaviour::ChargeThenError => refuse(StatusCode::INTERNAL_SERVER_ERROR, "lost"),
        Behaviour::ChargeThenHang => std::future::pending().await,
        Behaviour::ChargeThenBabble => "well, it went through".into_response(),
        _ => tell(entry),
    }
}

fn decide(behaviour: &Behaviour) -> Answer {
    match behaviour {
        Behaviour::Decline(reason) => Answer::Declined {
            reason: reason.clone(),
        },
        _ => Answer::Charged {
            transaction_uuid: Uuid::new_v4(),
        },
    }
}

fn tell(entry: Entry) -> Response {
    match entry {
        Entry::Recorded(Answer::Charged { transaction_uuid }) => {
            Json(json!({ "transaction_uuid": transaction_uuid })).into_response()
        }
        Entry::Recorded(Answer::Declined { reason }) => (
            StatusCode::PAYMENT_REQUIRED,
            Json(json!({ "reason": reason })),
        )
            .into_response(),
        Entry::KeyReused => refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "this key was used for another request",
        ),
    }
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

/// Ends the task that serves the connection, which closes it. Unlike `panic!` it
/// prints nothing into the test's output.
fn hang_up() -> ! {
    std::panic::resume_unwind(Box::new("the bank hangs up"))
}

#[cfg(test)]
mod tests;
