//! One order from its due moment to its definite end.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    calls::{code, until_definite},
    connection::{Answer, Call, Connection},
    customers::Customer,
    dealer::{Catalogue, Deal, Dealer},
    ledger::{Ending, Entry, Fate},
    tally::{Tally, lock},
    wire::{Created, PaidView},
};

/// How long a worker rests when there is nothing to buy; cancelled orders give back.
const NOTHING_LEFT: Duration = Duration::from_millis(10);

/// What all workers share.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) customers: Vec<Customer>,
    pub(super) catalogue: Catalogue,
    pub(super) patience: Duration,
    pub(super) dealer: Mutex<Dealer>,
    pub(super) ledger: Mutex<Vec<Entry>>,
    pub(super) tally: Arc<Mutex<Tally>>,
    /// For each customer, for how many orders paying was begun.
    pub(super) pays: Vec<AtomicU64>,
    /// Keys of this load begin with it.
    pub(super) id: Uuid,
}

impl Run {
    /// Creates the `number`th order, which was due at `due`, and pays or cancels it.
    pub(super) async fn order(&self, connection: &mut Connection, number: u64, due: Instant) {
        let Some(deal) = lock(&self.dealer).deal() else {
            lock(&self.tally).refuse("nothing_in_stock".to_owned());
            tokio::time::sleep(NOTHING_LEFT).await;
            return;
        };
        lock(&self.tally).in_flight += 1;
        let entry = self.entry(connection, number, due, deal).await;
        let gives_back = match &entry.fate {
            Fate::Refused(_) => true,
            Fate::Unknown | Fate::Unreadable => false,
            Fate::Created { ending, .. } => *ending == Ending::Cancelled,
        };
        if gives_back {
            lock(&self.dealer).give_back(&entry.parts);
        }
        let mut tally = lock(&self.tally);
        tally.in_flight -= 1;
        tally.unresolved += u64::from(entry.unresolved());
        drop(tally);
        lock(&self.ledger).push(entry);
    }

    async fn entry(
        &self,
        connection: &mut Connection,
        number: u64,
        due: Instant,
        deal: Deal,
    ) -> Entry {
        let customers = u64::try_from(self.customers.len()).unwrap_or(u64::MAX);
        let customer = usize::try_from(number % customers).expect("below a length");
        let fate = self.create(connection, number, customer, due, &deal).await;
        Entry {
            customer,
            parts: deal.parts,
            cancel: deal.cancel,
            fate,
        }
    }

    async fn create(
        &self,
        connection: &mut Connection,
        number: u64,
        customer: usize,
        due: Instant,
        deal: &Deal,
    ) -> Fate {
        let part_uuids: Vec<_> = deal
            .parts
            .iter()
            .map(|it| self.catalogue.uuid(*it))
            .collect();
        let body = json!({ "part_uuids": part_uuids }).to_string();
        let call = self.call(
            customer,
            number,
            "create",
            "/api/v1/orders".to_owned(),
            body,
        );
        let Some(answer) = self.send(connection, &call).await else {
            return Fate::Unknown;
        };
        lock(&self.tally).create.record(due.elapsed());
        let created = match self.expect::<Created>(&answer, StatusCode::CREATED) {
            Ok(created) => created,
            Err(Unexpected::Refused(code)) => return Fate::Refused(code),
            Err(Unexpected::Unreadable) => return Fate::Unreadable,
        };
        lock(&self.tally).orders += 1;
        let ending = if deal.cancel {
            self.cancel(connection, number, customer, created.order_uuid)
                .await
        } else {
            self.pay(connection, number, customer, created.order_uuid)
                .await
        };
        Fate::Created {
            order_uuid: created.order_uuid,
            price: created.total_price,
            ending,
        }
    }

    async fn pay(
        &self,
        connection: &mut Connection,
        number: u64,
        customer: usize,
        order_uuid: Uuid,
    ) -> Ending {
        let path = format!("/api/v1/orders/{order_uuid}/pay");
        let body = json!({ "payment_method": "CARD" }).to_string();
        let call = self.call(customer, number, "pay", path, body);
        self.pays[customer].fetch_add(1, Ordering::Relaxed);
        let (sent_at, sent) = (OffsetDateTime::now_utc(), Instant::now());
        let Some(answer) = self.send(connection, &call).await else {
            return Ending::PayUnknown { sent_at };
        };
        lock(&self.tally).pay.record(sent.elapsed());
        let paid = match self.expect::<PaidView>(&answer, StatusCode::OK) {
            Ok(paid) => paid,
            Err(Unexpected::Refused(code)) => return Ending::Refused(code),
            Err(Unexpected::Unreadable) => return Ending::PaidUnreadably { sent_at },
        };
        lock(&self.tally).paid += 1;
        Ending::Paid {
            transaction_uuid: paid.transaction_uuid,
            sent_at,
        }
    }

    async fn cancel(
        &self,
        connection: &mut Connection,
        number: u64,
        customer: usize,
        order_uuid: Uuid,
    ) -> Ending {
        let path = format!("/api/v1/orders/{order_uuid}/cancel");
        let call = self.call(customer, number, "cancel", path, String::new());
        let Some(answer) = self.send(connection, &call).await else {
            return Ending::CancelUnknown;
        };
        if answer.status != StatusCode::NO_CONTENT {
            return Ending::Refused(self.refused(&answer));
        }
        lock(&self.tally).cancelled += 1;
        Ending::Cancelled
    }

    fn call(&self, customer: usize, number: u64, step: &str, path: String, body: String) -> Call {
        let key = format!("load-{}-{number}-{step}", self.id.simple());
        Call {
            method: Method::POST,
            path,
            session: Some(self.customers[customer].session.clone()),
            key: Some(HeaderValue::from_str(&key).expect("letters, digits and dashes")),
            body: Bytes::from(body),
        }
    }

    async fn send(&self, connection: &mut Connection, call: &Call) -> Option<Answer> {
        let deadline = Instant::now() + self.patience;
        until_definite(connection, call, deadline, &self.tally).await
    }

    /// The body of a success; a refusal is counted by its code.
    fn expect<T: serde::de::DeserializeOwned>(
        &self,
        answer: &Answer,
        status: StatusCode,
    ) -> Result<T, Unexpected> {
        if answer.status != status {
            return Err(Unexpected::Refused(self.refused(answer)));
        }
        serde_json::from_slice(&answer.body).map_err(|_| {
            lock(&self.tally).refuse("unexpected_answer".to_owned());
            Unexpected::Unreadable
        })
    }

    /// Counts a refusal, and returns its code.
    fn refused(&self, answer: &Answer) -> String {
        let code = code(answer);
        lock(&self.tally).refuse(code.clone());
        code
    }
}

/// No success that can be read.
enum Unexpected {
    /// Another status; the problem's code.
    Refused(String),
    /// The right status, and a body that is not what belongs to it.
    Unreadable,
}

#[cfg(test)]
impl Run {
    /// One part, and no customers.
    pub(super) fn of_nobody() -> Self {
        let catalogue = Catalogue::new(vec![super::wire::PartView {
            uuid: Uuid::from_u128(1),
            price: 100,
            stock_quantity: 1_000,
        }]);
        Self {
            customers: Vec::new(),
            patience: Duration::from_secs(1),
            dealer: Mutex::new(Dealer::new(&catalogue, 0, 1)),
            catalogue,
            ledger: Mutex::default(),
            tally: Arc::new(Mutex::new(Tally::new())),
            pays: Vec::new(),
            id: Uuid::from_u128(2),
        }
    }
}

#[cfg(test)]
mod tests;
