//! A running service with one customer and one calling service.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses some of it"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use rocket_inventory::{App, Config, Deps};
use rocket_rpc::{
    credential::{Credential, Credentials},
    error::ApiError,
    session::{Identity, SessionToken, SessionValidator},
};
use rocket_runtime::Clock;
use tempfile::TempDir;
use time::OffsetDateTime;
use uuid::Uuid;

/// The parts of `catalogue()`.
pub(crate) const ENGINE: &str = "01980000-0000-7000-8000-000000000001";
pub(crate) const FUEL: &str = "01980000-0000-7000-8000-000000000002";
pub(crate) const WING: &str = "01980000-0000-7000-8000-000000000003";

pub(crate) const INTERNAL: [&str; 3] = [
    "/inventory.v1.InventoryService/ReserveParts",
    "/inventory.v1.InventoryService/CommitReservation",
    "/inventory.v1.InventoryService/ReleaseReservation",
];

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// Knows one session.
pub(crate) struct OneSession(pub(crate) Uuid);

#[async_trait]
impl SessionValidator for OneSession {
    async fn validate(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        if session.expose() != self.0 {
            return Err(ApiError::unauthenticated());
        }
        Ok(Identity {
            user_uuid: Uuid::nil(),
            expires_at: OffsetDateTime::now_utc() + Duration::from_mins(1),
        })
    }

    async fn validate_fresh(&self, session: &SessionToken) -> Result<Identity, ApiError> {
        self.validate(session).await
    }
}

pub(crate) fn catalogue() -> String {
    let part = |uuid: &str, name: &str, category: &str, country: &str, stock: i64, tags: &str| {
        format!(
            "  - uuid: {uuid}\n    name: {name}\n    description: For tests.\n    price: 150050\n    \
             stock: {stock}\n    category: {category}\n    \
             dimensions: {{length_cm: 1, width_cm: 2, height_cm: 3, weight_kg: 4.5}}\n    \
             manufacturer: {{name: Maker, country: {country}, website: 'https://maker.example'}}\n    \
             tags: [{tags}]\n    metadata: {{text: word, whole: 3, fraction: 3.0, flag: true}}\n"
        )
    };
    format!(
        "parts:\n{}{}{}",
        part(ENGINE, "Big Engine", "ENGINE", "Japan", 1, "heavy, booster"),
        part(FUEL, "Clean Fuel", "FUEL", "France", 100, "heavy"),
        part(WING, "Long Wing", "WING", "Japan", 10, "light"),
    )
}

pub(crate) struct Service {
    pub(crate) app: App,
    pub(crate) session: Uuid,
    pub(crate) secret: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dir: TempDir,
}

pub(crate) async fn service() -> Service {
    let dir = tempfile::tempdir().unwrap();
    let session = Uuid::new_v4();
    let secret = Uuid::new_v4().to_string();
    let hash = Credential::from_secret(secret.clone()).hash();
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let clock = Arc::new(ManualClock(Mutex::new(now)));
    let config = Config {
        catalogue: Some(catalogue()),
        currency: "EUR".parse().unwrap(),
        credentials: Credentials::new().allow("order", hash, &INTERNAL),
        sweep_interval: Duration::from_millis(5),
        ..Config::new(dir.path().join("inventory.db"))
    };
    let app = App::build(config, deps(session, &clock)).await.unwrap();
    Service {
        app,
        session,
        secret,
        clock,
        dir,
    }
}

pub(crate) fn deps(session: Uuid, clock: &Arc<ManualClock>) -> Deps {
    Deps {
        clock: clock.clone(),
        sessions: Arc::new(OneSession(session)),
    }
}
