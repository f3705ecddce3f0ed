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
        |problem| problem.code.clone(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, code: &str) -> Answer {
        let body = serde_json::json!({
            "type": "about:blank", "title": "", "status": status, "code": code, "detail": "",
        });
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: body.to_string().into(),
        }
    }

    #[test]
    fn only_what_is_open_is_repeated() {
        for (status, code) in [
            (500, "internal"),
            (503, "payment_pending"),
            (429, "rate_limited"),
            (409, "request_in_flight"),
            (409, "payment_in_progress"),
        ] {
            let again = again(&Ok(answered(status, code))).map(|again| again.why);
            assert_eq!(again.as_deref(), Some(code));
        }
        for (status, code) in [
            (200, ""),
            (201, ""),
            (204, ""),
            (402, "payment_declined"),
            (404, "order_not_found"),
            (409, "out_of_stock"),
            (409, "already_paid"),
            (422, "idempotency_key_reused"),
        ] {
            assert_eq!(again(&Ok(answered(status, code))), None, "{status} {code}");
        }
        let timeout = again(&Err(TransportError::Timeout)).map(|again| again.why);
        assert_eq!(timeout.as_deref(), Some("timeout"));
    }

    #[test]
    fn the_platform_says_how_long_to_wait_and_a_bare_answer_has_its_status() {
        let wait = Some(Duration::from_secs(7));
        let bare = Ok(Answer {
            status: StatusCode::BAD_GATEWAY,
            retry_after: wait,
            body: bytes::Bytes::from_static(b"<html>"),
        });
        let why = "status_502".to_owned();
        assert_eq!(again(&bare), Some(Again { why, wait }));
    }
}
