//! The consumer of `ship.assembled`.

use std::time::Duration;

use async_trait::async_trait;
use prost::Message as _;
use rocket_events::{Delivery, HandleError, Handler};
use rocket_proto::events::v1::ShipAssembled as ShipAssembledMessage;
use uuid::Uuid;

use crate::{
    ports::ShipAssembled,
    service::{MarkAssembled, MarkError},
};

/// Turns events into the use case. What can never be handled goes to the dead
/// letters: bytes that are no event, an order that does not exist or was never
/// paid.
pub struct ShipAssembledHandler {
    use_case: MarkAssembled,
}

/// The bytes are no event of ours.
#[derive(Debug, thiserror::Error)]
enum MalformedEvent {
    #[error("not a ShipAssembled message")]
    Protobuf(#[from] prost::DecodeError),
    #[error("{0} is not a UUID")]
    Id(&'static str, #[source] uuid::Error),
    #[error("build_time is missing or negative")]
    BuildTime,
}

impl ShipAssembledHandler {
    /// Hands events to `use_case`.
    pub fn new(use_case: MarkAssembled) -> Self {
        Self { use_case }
    }
}

#[async_trait]
impl Handler for ShipAssembledHandler {
    async fn handle(&self, delivery: &Delivery) -> Result<(), HandleError> {
        let ship = decode(&delivery.record.payload)
            .map_err(|error| HandleError::Permanent(error.into()))?;
        match self.use_case.run(ship).await {
            Ok(()) => Ok(()),
            Err(MarkError::Store(error)) => Err(HandleError::Transient(error.into())),
            Err(error) => Err(HandleError::Permanent(error.into())),
        }
    }
}

fn decode(payload: &[u8]) -> Result<ShipAssembled, MalformedEvent> {
    let message = ShipAssembledMessage::decode(payload)?;
    let id = |name: &'static str, text: &str| {
        text.parse::<Uuid>()
            .map_err(|error| MalformedEvent::Id(name, error))
    };
    Ok(ShipAssembled {
        event_uuid: id("event_uuid", &message.event_uuid)?,
        order_uuid: id("order_uuid", &message.order_uuid)?,
        build_time: message
            .build_time
            .and_then(|time| Duration::try_from(time).ok())
            .ok_or(MalformedEvent::BuildTime)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn message() -> ShipAssembledMessage {
        ShipAssembledMessage {
            event_uuid: Uuid::from_u128(1).to_string(),
            order_uuid: Uuid::from_u128(2).to_string(),
            user_uuid: Uuid::from_u128(3).to_string(),
            build_time: Some(prost_types::Duration {
                seconds: 10,
                nanos: 500,
            }),
            occurred_at: None,
        }
    }

    #[test]
    fn an_event_is_read() {
        let ship = decode(&message().encode_to_vec()).unwrap();
        assert_eq!(ship.event_uuid, Uuid::from_u128(1));
        assert_eq!(ship.order_uuid, Uuid::from_u128(2));
        assert_eq!(ship.build_time, Duration::new(10, 500));
    }

    #[test]
    fn what_is_no_event_is_told_apart() {
        let bad = |message: ShipAssembledMessage| decode(&message.encode_to_vec()).unwrap_err();
        let error = bad(ShipAssembledMessage {
            order_uuid: "x".to_owned(),
            ..message()
        });
        assert_eq!(error.to_string(), "order_uuid is not a UUID");
        let negative = prost_types::Duration {
            seconds: -1,
            nanos: 0,
        };
        for build_time in [None, Some(negative)] {
            let error = bad(ShipAssembledMessage {
                build_time,
                ..message()
            });
            assert!(matches!(error, MalformedEvent::BuildTime));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
