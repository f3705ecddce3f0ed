//! The consumer of `order.paid`.

use async_trait::async_trait;
use prost::Message as _;
use rocket_events::{Delivery, HandleError, Handler, cloud};
use rocket_proto::events::v1::OrderPaid;
use uuid::Uuid;

use crate::{domain::PaidOrder, service::AssembleShip};

/// Turns events into the use case. Bytes that are no event of ours go to the dead
/// letters; nothing else can fail for good.
pub(crate) struct OrderPaidHandler {
    use_case: AssembleShip,
}

#[derive(Debug, thiserror::Error)]
enum MalformedEvent {
    #[error("not an OrderPaid message")]
    Protobuf(#[from] prost::DecodeError),
    #[error("{0} is missing or not a UUID")]
    Id(&'static str, #[source] uuid::Error),
}

impl OrderPaidHandler {
    pub(crate) fn new(use_case: AssembleShip) -> Self {
        Self { use_case }
    }
}

#[async_trait]
impl Handler for OrderPaidHandler {
    async fn handle(&self, delivery: &Delivery) -> Result<(), HandleError> {
        let order = decode(&delivery.record.payload)
            .map_err(|error| HandleError::Permanent(error.into()))?;
        let traceparent = delivery.record.header(cloud::TRACEPARENT);
        self.use_case.run(order, traceparent).await;
        Ok(())
    }
}

fn decode(payload: &[u8]) -> Result<PaidOrder, MalformedEvent> {
    let message = OrderPaid::decode(payload)?;
    let id = |name: &'static str, text: &str| {
        text.parse::<Uuid>()
            .map_err(|error| MalformedEvent::Id(name, error))
    };
    id("event_uuid", &message.event_uuid)?;
    Ok(PaidOrder {
        order_uuid: id("order_uuid", &message.order_uuid)?,
        user_uuid: id("user_uuid", &message.user_uuid)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn message() -> OrderPaid {
        OrderPaid {
            event_uuid: Uuid::from_u128(1).to_string(),
            order_uuid: Uuid::from_u128(2).to_string(),
            user_uuid: Uuid::from_u128(3).to_string(),
            ..OrderPaid::default()
        }
    }

    #[test]
    fn an_event_is_read() {
        let order = decode(&message().encode_to_vec()).unwrap();
        let expected = PaidOrder {
            order_uuid: Uuid::from_u128(2),
            user_uuid: Uuid::from_u128(3),
        };
        assert_eq!(order, expected);
    }

    #[test]
    fn a_missing_or_malformed_id_is_named() {
        type Spoil = fn(&mut OrderPaid) -> &mut String;
        let fields: [(&str, Spoil); 3] = [
            ("event_uuid", |it| &mut it.event_uuid),
            ("order_uuid", |it| &mut it.order_uuid),
            ("user_uuid", |it| &mut it.user_uuid),
        ];
        for (name, field) in fields {
            for bad in ["", "7"] {
                let mut message = message();
                *field(&mut message) = bad.to_owned();
                let error = decode(&message.encode_to_vec()).unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!("{name} is missing or not a UUID")
                );
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
