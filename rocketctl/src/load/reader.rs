//! Reading from the API, patiently: the platform may be starting again meanwhile.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;

use super::{
    calls::{again, code},
    connection::{Answer, Call, Connection, TransportError},
    target::Target,
    wire::{OrderView, OrdersPage, PartView, PartsPage},
};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// Nothing could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("nothing answers: {0}")]
    Away(String),
    #[error("{path} answers {status} ({code})")]
    Refused {
        path: String,
        status: StatusCode,
        code: String,
    },
    #[error("{path}: unexpected answer: {source}")]
    Unexpected {
        path: String,
        source: serde_json::Error,
    },
}

/// A connection to read with.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
}

impl Reader {
    pub(super) fn new(target: Arc<Target>) -> Self {
        Self {
            connection: Connection::new(target),
        }
    }

    /// The answer to one GET, tried once.
    pub(super) async fn try_get(
        &mut self,
        session: Option<&HeaderValue>,
        path: &str,
    ) -> Result<Answer, TransportError> {
        let call = get(session, path);
        self.connection.call(&call, ATTEMPT).await
    }

    /// The definite answer to a GET, tried until `deadline`, at least once.
    pub(super) async fn answer(
        &mut self,
        session: &HeaderValue,
        path: &str,
        deadline: Instant,
    ) -> Result<Answer, ReadError> {
        let call = get(Some(session), path);
        loop {
            let outcome = self.connection.call(&call, ATTEMPT).await;
            let why = match (again(&outcome), outcome) {
                (None, Ok(answer)) => return Ok(answer),
                (None, Err(error)) => return Err(ReadError::Away(error.to_string())),
                (Some(again), _) => again,
            };
            let wait = why.wait.unwrap_or(PAUSE);
            if Instant::now() + wait >= deadline {
                return Err(ReadError::Away(why.why));
            }
            tokio::time::sleep(wait).await;
        }
    }

    pub(super) async fn json<T: DeserializeOwned>(
        &mut self,
        session: &HeaderValue,
        path: &str,
        deadline: Instant,
    ) -> Result<T, ReadError> {
        let answer = self.answer(session, path, deadline).await?;
        parse(path, &answer)
    }

    /// One order; none when the platform does not know it.
    pub(super) async fn order(
        &mut self,
        session: &HeaderValue,
        order_uuid: uuid::Uuid,
        deadline: Instant,
    ) -> Result<Option<OrderView>, ReadError> {
        let path = format!("/api/v1/orders/{order_uuid}");
        let answer = self.answer(session, &path, deadline).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        parse(&path, &answer).map(Some)
    }

    /// All orders of a customer, page by page.
    pub(super) async fn orders(
        &mut self,
        session: &HeaderValue,
        deadline: Instant,
    ) -> Result<Vec<OrderView>, ReadError> {
        let first = "/api/v1/orders?page_size=100";
        let mut orders = Vec::new();
        let mut path = first.to_owned();
        loop {
            let page: OrdersPage = self.json(session, &path, deadline).await?;
            orders.extend(page.orders);
            match page.next_page_token.filter(|next| !next.is_empty()) {
                Some(next) => path = format!("{first}&page_token={next}"),
                None => return Ok(orders),
            }
        }
    }

    /// All parts, page by page.
    pub(super) async fn parts(
        &mut self,
        session: &HeaderValue,
        deadline: Instant,
    ) -> Result<Vec<PartView>, ReadError> {
        let first = "/api/v1/parts?page_size=100";
        let mut parts = Vec::new();
        let mut path = first.to_owned();
        loop {
            let page: PartsPage = self.json(session, &path, deadline).await?;
            parts.extend(page.parts);
            match page.next_page_token.filter(|next| !next.is_empty()) {
                Some(next) => path = format!("{first}&page_token={next}"),
                None => return Ok(parts),
            }
        }
    }
}

fn get(session: Option<&HeaderValue>, path: &str) -> Call {
    Call {
        method: Method::GET,
        path: path.to_owned(),
        session: session.cloned(),
        key: None,
        body: Bytes::new(),
    }
}

/// The body of a success.
pub(super) fn parse<T: DeserializeOwned>(path: &str, answer: &Answer) -> Result<T, ReadError> {
    if !answer.status.is_success() {
        return Err(ReadError::Refused {
            path: path.to_owned(),
            status: answer.status,
            code: code(answer),
        });
    }
    serde_json::from_slice(&answer.body).map_err(|source| ReadError::Unexpected {
        path: path.to_owned(),
        source,
    })
}
