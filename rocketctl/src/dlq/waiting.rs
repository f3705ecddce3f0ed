//! What a person may look at and send again: dead letters and parked messages.

use std::{fmt, str::FromStr};

use rocket_db::outbox::Parked;
use rocket_events::letters::{self, Letter, LetterId};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::{Stores, log_failed, when};
use crate::exit::Failure;

/// The name of parked messages where letters have that of their topic.
const OUTBOX: &str = "order.outbox";

/// Names one of them: `order.paid.dlq/2/41` or `order.outbox/17`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Id {
    Letter(LetterId),
    Parked(i64),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Letter(id) => id.fmt(f),
            Self::Parked(row) => write!(f, "{OUTBOX}/{row}"),
        }
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let row = text
            .strip_prefix(OUTBOX)
            .and_then(|rest| rest.strip_prefix('/'));
        match row {
            Some(row) => row
                .parse()
                .map(Self::Parked)
                .map_err(|_| format!("expected {OUTBOX}/ROW")),
            None => text
                .parse()
                .map(Self::Letter)
                .map_err(|error: letters::NoLetterId| error.to_string()),
        }
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One of them, as a list shows it.
#[derive(Debug, Serialize)]
pub(super) struct Waiting {
    pub(super) id: Id,
    /// When it failed; of a parked message, when it was written.
    #[serde(serialize_with = "time")]
    pub(super) at: OffsetDateTime,
    pub(super) topic: String,
    pub(super) key: String,
    /// The group that failed; of a parked message, its destination.
    pub(super) group: Option<String>,
    pub(super) reason: Option<String>,
    #[serde(serialize_with = "maybe_time")]
    pub(super) replayed_at: Option<OffsetDateTime>,
    #[serde(skip)]
    pub(super) what: What,
}

/// What it is, for sending it again.
#[derive(Debug)]
pub(super) enum What {
    Letter(Letter),
    Parked(Box<Parked>),
}

impl From<Letter> for Waiting {
    fn from(letter: Letter) -> Self {
        Self {
            id: Id::Letter(letter.id.clone()),
            at: letter.failed_at,
            topic: letter.topic.clone(),
            key: letter.key.clone(),
            group: letter.group.clone(),
            reason: letter.reason.clone(),
            replayed_at: letter.replayed_at,
            what: What::Letter(letter),
        }
    }
}

impl From<Parked> for Waiting {
    fn from(parked: Parked) -> Self {
        Self {
            id: Id::Parked(parked.row),
            at: parked.created_at,
            topic: parked.topic.clone(),
            key: parked.key.clone(),
            group: Some(parked.destination.clone()),
            reason: Some(parked.reason.clone()),
            replayed_at: None,
            what: What::Parked(Box::new(parked)),
        }
    }
}

impl Stores {
    /// Everything there is, replayed letters too, those of the log first.
    pub(super) async fn all(&self, topic: Option<&str>) -> Result<Vec<Waiting>, Failure> {
        let letters = letters::list(&self.log, topic).await;
        let letters = letters.map_err(|error| log_failed(&error))?;
        let mut all: Vec<_> = letters.into_iter().map(Waiting::from).collect();
        if let Some(outbox) = &self.outbox {
            all.extend(outbox.list()?.into_iter().map(Waiting::from));
        }
        Ok(all)
    }
}

fn time<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&when(*at))
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn maybe_time<S: Serializer>(
    at: &Option<OffsetDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => time(at, serializer),
        None => serializer.serialize_none(),
    }
}
