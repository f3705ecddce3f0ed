//! Messages that a relay parked in Order's outbox.

use std::path::Path;

use rocket_db::{
    DbError,
    outbox::{Parked, ParkedMessages},
};
use rocket_telemetry::chain;

use crate::{exit::Failure, up::data_dir::DataDir};

/// Order's outbox, beside Order.
pub(super) struct Outbox(ParkedMessages);

impl Outbox {
    pub(super) fn open(data: &Path) -> Result<Self, Failure> {
        let file = DataDir::store_beside(data, "order.db")?;
        let messages = ParkedMessages::open(&file);
        Ok(Self(
            messages.map_err(|error| Failure::data(chain(&error)))?,
        ))
    }

    pub(super) fn list(&self) -> Result<Vec<Parked>, Failure> {
        self.0.list().map_err(|error| failed(&error))
    }

    /// False when it is not parked any more.
    pub(super) fn send_again(&self, row: i64) -> Result<bool, Failure> {
        self.0.send_again(row).map_err(|error| failed(&error))
    }
}

fn failed(error: &DbError) -> Failure {
    Failure::failed(format!("order.db: {}", chain(error)))
}
