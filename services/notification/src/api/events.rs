//! The consumer of `order.paid` and `ship.assembled`.

use std::time::Duration;

use async_trait::async_trait;
use prost::Message as _;
use rocket_events::{Delivery, HandleError, Handler, topics};
use rocket_proto::{
    events::v1::{OrderPaid, ShipAssembled},
    payment::v1 as wire,
};
use rocket_runtime::money::{Currency, CurrencyError, Money, MoneyError};
use time::OffsetDateTime;
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use crate::{
    domain::{Event, Notice, PaymentMethod},
    service::{NotifyError, NotifyUser},
};

/// Turns events into the use case. Bytes that are no event of ours go to the dead
/// letters; everything else is tried until it succeeds.
pub(crate) struct EventHandler {
    use_case: NotifyUser,
}

#[derive(Debug, thiserror::Error)]
enum MalformedEvent {
    #[error("no event is expected on topic {0}")]
    Topic(String),
    #[error("not a message of this topic")]
    Protobuf(#[from] prost::DecodeError),
    #[error("{0} is missing or not a UUID")]
    Id(&'static str, #[source] uuid::Error),
    #[error("amount cannot be paid")]
    Amount(#[from] MoneyError),
    #[error("currency is none")]
    Currency(#[from] CurrencyError),
    #[error("{0} is missing or out of range")]
    Time(&'static str),
}

impl EventHandler {
    pub(crate) fn new(use_case: NotifyUser) -> Self {
        Self { use_case }
    }
}

#[async_trait]
impl Handler for EventHandler {
    async fn handle(&self, delivery: &Delivery) -> Result<(), HandleError> {
        let record = &delivery.record;
        let notice = decode(&record.topic, &record.payload)
            .map_err(|error| HandleError::Permanent(error.into()))?;
        let span = info_span!("notify user", order_uuid = %notice.order_uuid, kind = notice.event.kind().as_str());
        let told = self.use_case.run(&notice).instrument(span).await;
        told.map_err(|error| match error {
            NotifyError::Template(_) => HandleError::Permanent(error.into()),
            _ => HandleError::Transient(error.into()),
        })
    }
}

fn decode(topic: &str, payload: &[u8]) -> Result<Notice, MalformedEvent> {
    match topic {
        topics::ORDER_PAID => order_paid(&OrderPaid::decode(payload)?),
        topics::SHIP_ASSEMBLED => ship_assembled(&ShipAssembled::decode(payload)?),
        other => Err(MalformedEvent::Topic(other.to_owned())),
    }
}

fn order_paid(message: &OrderPaid) -> Result<Notice, MalformedEvent> {
    let currency: Currency = message.currency.parse()?;
    Ok(Notice {
        event_uuid: id("event_uuid", &message.event_uuid)?,
        order_uuid: id("order_uuid", &message.order_uuid)?,
        user_uuid: id("user_uuid", &message.user_uuid)?,
        event: Event::OrderPaid {
            method: method(message.payment_method()),
            transaction_uuid: id("transaction_uuid", &message.transaction_uuid)?,
            amount: Money::from_minor(message.amount)?,
            currency,
        },
        occurred_at: occurred_at(
            message
                .occurred_at
                .as_ref()
                .map(|at| (at.seconds, at.nanos)),
        )?,
    })
}

fn ship_assembled(message: &ShipAssembled) -> Result<Notice, MalformedEvent> {
    let build_time = message
        .build_time
        .and_then(|time| Duration::try_from(time).ok())
        .ok_or(MalformedEvent::Time("build_time"))?;
    Ok(Notice {
        event_uuid: id("event_uuid", &message.event_uuid)?,
        order_uuid: id("order_uuid", &message.order_uuid)?,
        user_uuid: id("user_uuid", &message.user_uuid)?,
        event: Event::ShipAssembled { build_time },
        occurred_at: occurred_at(
            message
                .occurred_at
                .as_ref()
                .map(|at| (at.seconds, at.nanos)),
        )?,
    })
}

fn id(name: &'static str, text: &str) -> Result<Uuid, MalformedEvent> {
    text.parse()
        .map_err(|error| MalformedEvent::Id(name, error))
}

/// Seconds and nanoseconds since 1970, in whole microseconds.
fn occurred_at(at: Option<(i64, i32)>) -> Result<OffsetDateTime, MalformedEvent> {
    let out_of_range = MalformedEvent::Time("occurred_at");
    let Some((seconds, nanos @ 0..=999_999_999)) = at else {
        return Err(out_of_range);
    };
    let micros = i128::from(seconds) * 1_000_000 + i128::from(nanos / 1_000);
    OffsetDateTime::from_unix_timestamp_nanos(micros * 1_000).map_err(|_| out_of_range)
}

/// A method that this version does not know is no reason to be silent.
fn method(method: wire::PaymentMethod) -> Option<PaymentMethod> {
    match method {
        wire::PaymentMethod::Unspecified => None,
        wire::PaymentMethod::Card => Some(PaymentMethod::Card),
        wire::PaymentMethod::Sbp => Some(PaymentMethod::Sbp),
        wire::PaymentMethod::CreditCard => Some(PaymentMethod::CreditCard),
        wire::PaymentMethod::InvestorMoney => Some(PaymentMethod::InvestorMoney),
    }
}

#[cfg(test)]
mod tests;
