//! Registers the customers who buy, and logs them in.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use http::{HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    calls::until_definite,
    connection::{Call, Connection},
    progress::Progress,
    reader::parse,
    tally::{Tally, lock},
    target::Target,
    wire::{LoggedIn, Registered},
};
use crate::exit::Failure;

/// How many are registered at once: passwords are costly to hash.
const AT_ONCE: usize = 4;
/// How long one registration may take, waiting as long as the platform asks to.
const PATIENCE: Duration = Duration::from_mins(10);

/// Somebody who buys.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) user_uuid: Uuid,
    /// The session header's value.
    pub(super) session: HeaderValue,
}

/// Registers `count` customers.
pub(super) async fn register(
    target: &Arc<Target>,
    count: usize,
    tally: &Arc<Mutex<Tally>>,
    progress: &Progress,
) -> Result<Vec<Customer>, Failure> {
    let customers = Arc::new(Mutex::new(Vec::with_capacity(count)));
    let run = Uuid::new_v4().simple().to_string();
    let mut tasks = JoinSet::new();
    for lane in 0..AT_ONCE.min(count) {
        let mut clerk = Clerk {
            connection: Connection::new(Arc::clone(target)),
            tally: Arc::clone(tally),
        };
        let (run, customers) = (run.clone(), Arc::clone(&customers));
        let progress = progress.clone();
        tasks.spawn(async move {
            for number in (lane..count).step_by(AT_ONCE) {
                let login = format!("load-{}-{number}", &run[..12]);
                let customer = clerk.admit(&login).await?;
                lock(&customers).push(customer);
                progress.registered(lock(&customers).len(), count);
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| Failure::failed(format!("registering: {error}")))??;
    }
    let customers = std::mem::take(&mut *lock(&customers));
    Ok(customers)
}

/// Registers one after another.
struct Clerk {
    connection: Connection,
    tally: Arc<Mutex<Tally>>,
}

impl Clerk {
    async fn admit(&mut self, login: &str) -> Result<Customer, Failure> {
        let password = Uuid::new_v4().to_string();
        let account = json!({
            "login": login,
            "email": format!("{login}@example.com"),
            "password": password,
            "notification_methods": [],
        });
        let registered: Registered = self.post("/api/v1/auth/register", &account).await?;
        let credentials = json!({ "login": login, "password": password });
        let logged_in: LoggedIn = self.post("/api/v1/auth/login", &credentials).await?;
        let session = HeaderValue::from_str(&logged_in.session_uuid.to_string())
            .expect("a UUID is visible ASCII");
        Ok(Customer {
            user_uuid: registered.user_uuid,
            session,
        })
    }

    async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, Failure> {
        let call = Call {
            method: Method::POST,
            path: path.to_owned(),
            session: None,
            key: None,
            body: body.to_string().into(),
        };
        let deadline = Instant::now() + PATIENCE;
        let answer = until_definite(&mut self.connection, &call, deadline, &self.tally)
            .await
            .ok_or_else(|| Failure::unavailable(format!("{path}: no answer for ten minutes")))?;
        parse(path, &answer).map_err(|error| Failure::failed(error.to_string()))
    }
}
