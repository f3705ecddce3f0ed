//! The real services over embedded stores, in one thread and without their loops.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use rocket_gateway::{FrontDoor, Upstreams};
use rocket_iam::fakes::CountingHasher;
use rocket_rpc::{
    Channel,
    client::{ClientConfig, in_process},
    credential::{Credential, Credentials},
    session::{IamSessions, SharedSessions},
};
use rocket_runtime::{IdSource, SharedClock, SharedIds, SystemClock};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    front_door::unhurried,
    scripted_log::{ScriptedLog, shared},
};

/// What only services call, and so not through the front door.
const INTERNAL: [&str; 6] = [
    "/inventory.v1.InventoryService/ReserveParts",
    "/inventory.v1.InventoryService/CommitReservation",
    "/inventory.v1.InventoryService/ReleaseReservation",
    "/payment.v1.PaymentService/PayOrder",
    "/user.v1.UserService/GetUser",
    "/envoy.service.auth.v3.Authorization/Check",
];

/// Ids in order, so that an input means the same each time.
#[derive(Debug)]
struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next_id(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0001_0000 + u128::from(number))
    }
}

/// Everything that answers requests.
pub(crate) struct World {
    /// Of a user who exists.
    pub(crate) session: String,
    pub(crate) log: Arc<ScriptedLog>,
    /// Its loops are run by who wants them.
    pub(crate) notification: Option<rocket_notification::App>,
    door: Router,
    iam: Router,
    inventory: Router,
    payment: Router,
    bearer: String,
    _dir: TempDir,
}

/// What every part is built from.
struct Parts<'a> {
    dir: &'a Path,
    clock: SharedClock,
    ids: SharedIds,
    log: Arc<ScriptedLog>,
    caller: Credential,
}

impl World {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().expect("the temporary directory is writable");
        let secret = Uuid::new_v4().to_string();
        let parts = Parts {
            dir: dir.path(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(CountedIds(AtomicU64::new(0))),
            log: Arc::default(),
            caller: Credential::from_secret(secret.clone()),
        };
        let iam = parts.iam();
        let whoami = in_process(iam.clone(), &ClientConfig::default());
        let sessions: SharedSessions = Arc::new(IamSessions::new(whoami, parts.clock.clone()));
        let inventory = parts.inventory(&sessions).await;
        let payment = parts.payment().await;
        let notification = parts.notification(&sessions, &iam);
        let upstreams = Upstreams {
            order: parts.order(&sessions, &inventory, &payment),
            inventory: inventory.clone(),
            iam: iam.clone(),
            notification: notification.router(),
        };
        let check = parts.call(&iam);
        let door = FrontDoor::with_config(upstreams, check, "{}".to_owned(), unhurried());
        Self {
            session: sign_in(&iam).await,
            log: parts.log,
            notification: Some(notification),
            door: door.into_router(),
            iam,
            inventory,
            payment,
            bearer: format!("Bearer {secret}"),
            _dir: dir,
        }
    }

    /// Sends a request the way it would take: a customer's to the front door, a
    /// service's to the service.
    pub(crate) async fn send(&self, mut request: Request) -> http::Response<Body> {
        let path = request.uri().path().to_owned();
        let mut router = &self.door;
        if INTERNAL.contains(&&*path) {
            let bearer = self.bearer.parse().expect("a UUID fits into a header");
            request.headers_mut().insert("authorization", bearer);
            router = match path.get(..5) {
                Some("/inve") => &self.inventory,
                Some("/paym") => &self.payment,
                _ => &self.iam,
            };
        }
        let answer = router.clone().oneshot(request).await;
        answer.unwrap_or_else(|never| match never {})
    }
}

impl Parts<'_> {
    fn call(&self, router: &Router) -> Channel {
        let config = ClientConfig {
            credential: Some(self.caller.clone()),
            ..ClientConfig::default()
        };
        in_process(router.clone(), &config)
    }

    fn credentials(&self) -> Credentials {
        Credentials::new().allow("fuzz", self.caller.hash(), &INTERNAL)
    }

    fn iam(&self) -> Router {
        let mut config = rocket_iam::Config::new(self.dir.join("iam.db"));
        config.throttle.account_failures = usize::MAX;
        config.throttle.account_failures_everywhere = usize::MAX;
        let mut ports = rocket_iam::Ports::embedded(&config).expect("a new database opens");
        ports.hasher = Arc::new(CountingHasher::default());
        let deps = rocket_iam::Deps {
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            credentials: self.credentials(),
        };
        let app = rocket_iam::App::from_ports(&config, deps, ports);
        app.expect("the defaults make sense").router()
    }

    async fn inventory(&self, sessions: &SharedSessions) -> Router {
        let config = rocket_inventory::Config {
            catalogue: Some(include_str!("../../examples/catalogue.yaml").to_owned()),
            credentials: self.credentials(),
            ..rocket_inventory::Config::new(self.dir.join("inventory.db"))
        };
        let deps = rocket_inventory::Deps {
            clock: self.clock.clone(),
            sessions: sessions.clone(),
        };
        let app = rocket_inventory::App::build(config, deps).await;
        app.expect("the example catalogue is sound").router()
    }

    async fn payment(&self) -> Router {
        let deps = rocket_payment::Deps {
            credentials: self.credentials(),
        };
        let app = rocket_payment::App::build(rocket_payment::Config::default(), deps).await;
        app.expect("the defaults make sense").router()
    }

    fn order(&self, sessions: &SharedSessions, inventory: &Router, payment: &Router) -> Router {
        let mut config = rocket_order::Config::new(self.dir.join("order.db"));
        config.max_unpaid_orders = u32::MAX;
        let deps = rocket_order::Deps {
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            sessions: sessions.clone(),
            log: shared(&self.log),
            inventory: self.call(inventory),
            payment: self.call(payment),
        };
        let app = rocket_order::App::build(config, deps);
        app.expect("the defaults make sense").router()
    }

    fn notification(&self, sessions: &SharedSessions, iam: &Router) -> rocket_notification::App {
        let mut config = rocket_notification::Config::new(self.dir.join("notification.db"));
        config.max_in_flight = 1;
        let deps = rocket_notification::Deps {
            clock: self.clock.clone(),
            sessions: sessions.clone(),
            log: shared(&self.log),
            iam: self.call(iam),
        };
        rocket_notification::App::build(config, deps).expect("the defaults make sense")
    }
}

/// Opens an account and signs in.
async fn sign_in(iam: &Router) -> String {
    let account = r#"{"login": "tester", "email": "tester@example.org", "password": "correct horse",
        "notification_methods": []}"#;
    post(iam, "/api/v1/auth/register", account).await;
    let login = r#"{"login": "tester", "password": "correct horse"}"#;
    let answer = post(iam, "/api/v1/auth/login", login).await;
    let session = answer["session_uuid"].as_str();
    session
        .expect("an account that exists can sign in")
        .to_owned()
}

async fn post(router: &Router, path: &str, body: &'static str) -> Value {
    let request = Request::post(path)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .expect("a constant request is one");
    let answer = router.clone().oneshot(request).await;
    let answer = answer.unwrap_or_else(|never| match never {});
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    let body = answer.into_body().collect().await.expect("a whole answer");
    serde_json::from_slice(&body.to_bytes()).unwrap_or_default()
}
