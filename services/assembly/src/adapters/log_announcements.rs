//! Ships announced as `ship.assembled` events.

use std::{mem, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use prost::Message as _;
use rocket_events::{EventLog, LogError, Record, cloud, topics};
use rocket_proto::events::v1::ShipAssembled;
use rocket_telemetry::propagate;
use tokio::sync::{mpsc, oneshot};

use crate::{
    domain::AssembledShip,
    ports::{AnnounceError, Announcements},
};

const EVENT_TYPE: &str = "events.v1.ShipAssembled";
const SOURCE: &str = "assembly";
/// Events of one append. Ships that are ready at once share it, as the log pays per
/// append more than per event.
const BATCH: usize = 256;

type Acknowledged = Result<(), Arc<LogError>>;

struct Pending {
    record: Record,
    done: oneshot::Sender<Acknowledged>,
}

/// The appender has ended, as it does at shutdown.
#[derive(Debug, thiserror::Error)]
#[error("no more events are appended")]
struct Ended;

/// Hands events to the [`Appender`] and waits for its word.
pub(crate) struct LogAnnouncements {
    queue: mpsc::Sender<Pending>,
}

/// Appends what waits, batch by batch.
pub(crate) struct Appender {
    log: Arc<dyn EventLog>,
    queue: mpsc::Receiver<Pending>,
}

impl LogAnnouncements {
    /// The two ends; nothing is announced until the appender runs.
    pub(crate) fn new(log: Arc<dyn EventLog>) -> (Self, Appender) {
        let (sender, receiver) = mpsc::channel(BATCH);
        let appender = Appender {
            log,
            queue: receiver,
        };
        (Self { queue: sender }, appender)
    }
}

#[async_trait]
impl Announcements for LogAnnouncements {
    async fn announce(
        &self,
        ship: &AssembledShip,
        traceparent: Option<&str>,
    ) -> Result<(), AnnounceError> {
        let (done, acknowledged) = oneshot::channel();
        let record = record(ship, traceparent);
        let ended = |_| AnnounceError(Ended.into());
        self.queue
            .send(Pending { record, done })
            .await
            .map_err(|_| AnnounceError(Ended.into()))?;
        acknowledged
            .await
            .map_err(ended)?
            .map_err(|error| AnnounceError(error.into()))
    }
}

impl Appender {
    /// Works until nobody can announce any more.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            let (records, waiting): (Vec<_>, Vec<_>) = mem::take(&mut batch)
                .into_iter()
                .map(|pending| (pending.record, pending.done))
                .unzip();
            let outcome = self.log.append(records).await.map_err(Arc::new);
            for done in waiting {
                // Whoever was stopped meanwhile finds the event on its next try.
                let _ = done.send(outcome.clone());
            }
        }
    }
}

fn record(ship: &AssembledShip, traceparent: Option<&str>) -> Record {
    let id = cloud::event_uuid(ship.order_uuid, topics::SHIP_ASSEMBLED);
    let event = ShipAssembled {
        event_uuid: id.to_string(),
        order_uuid: ship.order_uuid.to_string(),
        user_uuid: ship.user_uuid.to_string(),
        // Out of range only beyond 292 billion years.
        build_time: prost_types::Duration::try_from(ship.build_time).ok(),
        occurred_at: Some(prost_types::Timestamp {
            seconds: ship.assembled_at.unix_timestamp(),
            // Below a billion.
            nanos: i32::try_from(ship.assembled_at.nanosecond()).unwrap_or_default(),
        }),
    };
    // The span that is current here; without one, the trace of the paid order itself.
    let traceparent = propagate::traceparent().or_else(|| traceparent.map(str::to_owned));
    Record {
        topic: topics::SHIP_ASSEMBLED.to_owned(),
        key: event.order_uuid.clone(),
        payload: Bytes::from(event.encode_to_vec()),
        headers: cloud::headers(id, EVENT_TYPE, SOURCE, ship.assembled_at, traceparent),
    }
}
