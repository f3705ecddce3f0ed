//! Repeating a call until its answer is definite.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use http::StatusCode;
use rocket_rpc::http::Problem;

use super::{
    connection::{Answer, Call, Connection, TransportError},
    tally::{Tally, lock},
};

/// How long one attempt may take; a server that answers at all answers sooner.
const ATTEMPT: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why a call has to be repeated.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Again {
    /// The problem's code, or what broke.
    pub(super) why: String,
    /// How long the platform asks to wait.
    pub(super) wait: Option<Duration>,
}

/// The problem's code, or the bare status of an answer that is none.
pub(super) fn code(answer: &Answer) -> String {
    serde_json::from_slice::<Problem>(&answer.body).map_or_else(
        |_| format!("status_{}", answer.status.as_u16()),
        |problem| problem.code.clone().into(),
    )
}

/// None: the answer is definite.
pub(super) fn again(outcome: &Result<Answer, TransportError>) -> Option<Again> {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(error) => {
            let why = match error {
                TransportError::Connect(_) => "connect",
                TransportError::Broken(_) => "broken",
                TransportError::Timeout => "timeout",
                TransportError::Request(_) => return None,
            };
            return Some(Again {
                why: why.to_owned(),
                wait: None,
            });
        }
    };
    let repeated = |code: String| Again {
        why: code,
        wait: answer.retry_after,
    };
    match answer.status {
        status if status.is_server_error() => Some(repeated(code(answer))),
        StatusCode::TOO_MANY_REQUESTS => Some(repeated(code(answer))),
        // The work goes on under this key, and a repetition hears how it ended.
        StatusCode::CONFLICT => Some(code(answer))
            .filter(|code| ["request_in_flight", "payment_in_progress"].contains(&code.as_str()))
            .map(repeated),
        _ => None,
    }
}

/// The definite answer; none when there was none before `deadline`.
pub(super) async fn until_definite(
    connection: &mut Connection,
    call: &Call,
    deadline: Instant,
    tally: &Mutex<Tally>,
) -> Option<Answer> {
    let mut pause = FIRST_PAUSE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let outcome = connection.call(call, left.min(ATTEMPT)).await;
        let Some(again) = again(&outcome) else {
            return outcome.ok();
        };
        let wait = again.wait.unwrap_or(pause);
        lock(tally).retry(again.why);
        if Instant::now() + wait >= deadline {
            return None;
        }
        tokio::time::sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
