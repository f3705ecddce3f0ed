//! Customers who order, pay and cancel at once, whatever happens to the platform, and
//! remember what they were promised.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{Answer, Customer};

/// How long a customer waits for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Customers at work until they are told to stop.
#[derive(Debug)]
pub struct Crowd {
    /// The customers; each has a chat with Telegram, by its number from 1 on.
    pub customers: Vec<Customer>,
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    workers: Vec<JoinHandle<()>>,
}

/// What the crowd was answered.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// How often each request was answered how, as `pay 503 payment_pending`, or
    /// `pay none` when no answer came.
    pub answers: BTreeMap<String, usize>,
    /// Orders that the platform said it had taken.
    pub orders: BTreeSet<Uuid>,
    /// Orders that it said were paid.
    pub paid: BTreeSet<Uuid>,
    /// Orders that it said were cancelled.
    pub cancelled: BTreeSet<Uuid>,
    /// Answers that were no answers of this API: no stable code where one belongs,
    /// or a word that only the inside knows.
    pub strange: Vec<String>,
}

impl Seen {
    /// How many answers begin with this, for example `pay 5`.
    pub fn count(&self, prefix: &str) -> usize {
        let matching = self
            .answers
            .iter()
            .filter(|(what, _)| what.starts_with(prefix));
        matching.map(|(_, times)| times).sum()
    }
}

impl Crowd {
    /// This many customers, registered and not yet at work.
    pub async fn gather(url: &str, size: usize) -> Self {
        let mut customers = Vec::new();
        for number in 1..=size {
            customers.push(Customer::with_telegram(url, Some(&number.to_string())).await);
        }
        Self {
            customers,
            stop: Arc::default(),
            seen: Arc::default(),
            workers: Vec::new(),
        }
    }

    /// Sets them to work on these parts, each with a pause after every request.
    pub fn work(&mut self, parts: &[String], pause: Duration) {
        self.stop.store(false, Ordering::SeqCst);
        for customer in &self.customers {
            let worker = Worker {
                customer: customer.clone(),
                parts: parts.to_vec(),
                stop: Arc::clone(&self.stop),
                seen: Arc::clone(&self.seen),
                pause,
            };
            self.workers.push(tokio::spawn(worker.run()));
        }
    }

    /// What they have been answered up to now.
    pub fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }

    /// Forgets how requests were answered, not what was promised.
    pub fn forget_answers(&self) {
        lock(&self.seen).answers.clear();
    }

    /// Lets everybody finish what they are at.
    pub async fn rest(&mut self) -> Seen {
        self.stop.store(true, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.await.unwrap();
        }
        self.seen()
    }
}

struct Worker {
    customer: Customer,
    parts: Vec<String>,
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    pause: Duration,
}

impl Worker {
    async fn run(self) {
        let mut round = 0_usize;
        while !self.stop.load(Ordering::SeqCst) {
            round += 1;
            self.buy(round).await;
        }
    }

    /// One order; every fifth is cancelled, every fourth paid twice at once.
    async fn buy(&self, round: usize) {
        let count = 1 + round % 3;
        let parts: Vec<_> = (0..count)
            .map(|number| &self.parts[(round + number) % self.parts.len()])
            .collect();
        let created = self
            .ask(
                "create",
                "/api/v1/orders",
                Some(json!({ "part_uuids": parts })),
            )
            .await;
        let order = created
            .as_ref()
            .filter(|answer| answer.status == 201)
            .map(|answer| answer.body["order_uuid"].as_str().unwrap().to_owned());
        let Some(order) = order else { return };
        let id = order.parse().unwrap();
        let new = lock(&self.seen).orders.insert(id);
        assert!(new, "two orders have the id {order}");
        if round.is_multiple_of(5) {
            let path = format!("/api/v1/orders/{order}/cancel");
            let answer = self.ask("cancel", &path, None).await;
            if answer.is_some_and(|answer| answer.status == 204) {
                lock(&self.seen).cancelled.insert(id);
            }
            return;
        }
        let path = format!("/api/v1/orders/{order}/pay");
        let pay = || self.ask("pay", &path, Some(json!({"payment_method": "CARD"})));
        let answers = if round.is_multiple_of(4) {
            let (one, other) = tokio::join!(pay(), pay());
            [one, other]
        } else {
            [pay().await, None]
        };
        if answers.iter().flatten().any(|answer| answer.status == 200) {
            lock(&self.seen).paid.insert(id);
        }
    }

    async fn ask(&self, what: &str, path: &str, body: Option<serde_json::Value>) -> Option<Answer> {
        let sent = self.customer.try_send(Method::POST, path, body);
        let answer = tokio::time::timeout(PATIENCE, sent).await.ok().flatten();
        let heard = match &answer {
            Some(answer) => format!("{what} {} {}", answer.status.as_u16(), answer.code()),
            None => format!("{what} none"),
        };
        {
            let mut seen = lock(&self.seen);
            if let Some(answer) = &answer
                && let Some(why) = strange(answer)
            {
                seen.strange.push(format!("{what}: {why}: {answer:?}"));
            }
            *seen.answers.entry(heard).or_default() += 1;
        }
        tokio::time::sleep(self.pause).await;
        answer
    }
}

/// What is wrong with an answer: an error without a code, or internal text in it.
pub fn strange(answer: &Answer) -> Option<&'static str> {
    let failed = answer.status.is_client_error() || answer.status.is_server_error();
    if failed && answer.code().is_empty() {
        return Some("an error without a code");
    }
    let text = answer.body.to_string().to_lowercase();
    let inside = [
        "sqlite",
        "database",
        ".db",
        "disk",
        "panick",
        "os error",
        "127.0.0.1",
    ];
    inside
        .iter()
        .any(|word| text.contains(word))
        .then_some("internal text")
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
