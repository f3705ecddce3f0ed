//! A provider over HTTP: `POST /charges` with an `Idempotency-Key`.

use std::fmt;

use async_trait::async_trait;
use reqwest::{Client, Response, StatusCode, Url};
use rocket_telemetry::{propagate, spans};
use serde::{Deserialize, Serialize};
use tracing::{Instrument as _, Span, info_span};
use uuid::Uuid;

use crate::{
    config::{ApiKey, HttpProviderConfig},
    domain::{Charge, Outcome},
    ports::{PaymentProvider, ProviderError},
};

/// The longest answer that is read; a real one has some hundred bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// The longest reason that is passed on.
const MAX_REASON: usize = 64;
/// What is passed on for a reason that is no word.
const OTHER_REASON: &str = "declined";

/// Charges through a provider's HTTP API, idempotent under the key `order:attempt`.
///
/// Only 200 with a transaction id and 402 with a reason are definite. Everything else
/// (a 5xx, a 4xx, a lost connection, an answer that does not parse) leaves open what
/// happened at the provider, and is an error.
pub struct HttpProvider {
    client: Client,
    charges: Url,
    api_key: Option<ApiKey>,
}

/// Why the adapter could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpProviderError {
    /// The base URL is not one.
    #[error("the payment provider's URL must be an http or https URL")]
    Url,
    /// The HTTP client could not be made.
    #[error("the HTTP client for the payment provider cannot be made")]
    Client(#[source] reqwest::Error),
}

#[derive(Serialize)]
struct ChargeBody {
    order_uuid: Uuid,
    attempt: u32,
    user_uuid: Uuid,
    payment_method: &'static str,
    amount: i64,
    currency: String,
}

#[derive(Deserialize)]
struct ChargedBody {
    transaction_uuid: Uuid,
}

#[derive(Deserialize)]
struct DeclinedBody {
    reason: String,
}

/// An answer that is neither "charged" nor "declined".
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("the provider answered {0}")]
    Status(StatusCode),
    #[error("the provider's answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
}

impl HttpProvider {
    /// Connects to nothing yet. The process must have a TLS provider installed
    /// (`rustls::crypto::CryptoProvider::install_default`).
    pub fn new(config: HttpProviderConfig) -> Result<Self, HttpProviderError> {
        let base = config.url.trim_end_matches('/');
        let charges = Url::parse(&format!("{base}/charges"))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or(HttpProviderError::Url)?;
        let client = Client::builder()
            .timeout(config.deadline)
            // A redirected charge would be sent to who knows whom.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(HttpProviderError::Client)?;
        Ok(Self {
            client,
            charges,
            api_key: config.api_key,
        })
    }

    async fn send(&self, charge: &Charge) -> Result<Response, reqwest::Error> {
        let mut request = self
            .client
            .post(self.charges.clone())
            .header("idempotency-key", charge.idempotency_key())
            .json(&ChargeBody {
                order_uuid: charge.order_uuid,
                attempt: charge.attempt,
                user_uuid: charge.user_uuid,
                payment_method: charge.method.as_str(),
                amount: charge.amount.minor(),
                currency: charge.currency.to_string(),
            });
        if let Some(key) = &self.api_key {
            request = request.bearer_auth(key.expose());
        }
        if let Some(traceparent) = propagate::traceparent() {
            request = request.header("traceparent", traceparent);
        }
        request.send().await
    }
}

#[async_trait]
impl PaymentProvider for HttpProvider {
    async fn charge(&self, charge: &Charge) -> Result<Outcome, ProviderError> {
        let span = info_span!("call payment provider", otel.kind = "client");
        let sent = self.send(charge).instrument(span.clone()).await;
        describe(&span, &sent);
        let response = sent.map_err(no_answer)?;
        let status = response.status();
        match status {
            StatusCode::OK => {
                let body: ChargedBody = parse(&read(response).await?)?;
                Ok(Outcome::Charged {
                    transaction_uuid: body.transaction_uuid,
                })
            }
            StatusCode::PAYMENT_REQUIRED => {
                let body: DeclinedBody = parse(&read(response).await?)?;
                Ok(Outcome::Declined {
                    reason: word(body.reason),
                })
            }
            // 408 and 429 ask for a repetition (RFC 9110 section 15.5.9, RFC 6585 section 4).
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(ProviderError::Unavailable(NoAnswer::Status(status).into()))
            }
            _ if status.is_server_error() => {
                Err(ProviderError::Unavailable(NoAnswer::Status(status).into()))
            }
            _ => Err(ProviderError::Protocol(NoAnswer::Status(status).into())),
        }
    }
}

/// How the provider answered; a decline is an answer as good as any.
fn describe(span: &Span, sent: &Result<Response, reqwest::Error>) {
    let Some(span) = spans::recorded(span) else {
        return;
    };
    span.name("POST charges")
        .set("peer.service", "payment-provider")
        .set("http.request.method", "POST");
    match sent {
        Ok(response) => {
            let status = response.status();
            span.set("http.response.status_code", i64::from(status.as_u16()));
            if !status.is_success() && status != StatusCode::PAYMENT_REQUIRED {
                span.failed(status.as_str().to_owned());
            }
        }
        Err(_no_answer) => {
            span.failed("no_answer");
        }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ProviderError::Protocol(NoAnswer::TooLong.into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body).map_err(|error| ProviderError::Protocol(error.into()))
}

fn no_answer(error: reqwest::Error) -> ProviderError {
    if error.is_timeout() {
        ProviderError::Deadline
    } else {
        ProviderError::Unavailable(error.without_url().into())
    }
}

/// The provider's reason when it is a word for programs; another text could hold
/// anything, and would reach the customer.
fn word(reason: String) -> String {
    let is_word = (1..=MAX_REASON).contains(&reason.len())
        && reason
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_word {
        reason
    } else {
        OTHER_REASON.to_owned()
    }
}

impl fmt::Debug for HttpProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProvider").finish_non_exhaustive()
    }
}
