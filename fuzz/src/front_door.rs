//! The front door over stand-ins: nothing but an allowed request arrives, it arrives
//! with the identity that IAM gave it and no other, and no input makes a 5xx.

use std::{
    cell::RefCell,
    mem,
    net::Ipv4Addr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, request::Parts};
use rocket_gateway::{
    Config, FrontDoor, Rate, Upstreams,
    conformance::{ScriptedIam, Session},
};
use rocket_routes::{Access, Match, Service, headers, match_route, normalise};
use rocket_rpc::client::{ClientConfig, in_process};
use rocket_runtime::ClientAddress;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

use crate::request;

/// How many requests one door answers; its stand-in remembers every question.
const LIFE: usize = 4_096;
/// Where requests come from.
const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);

/// A request that came through, and to whom.
type Arrived = Arc<Mutex<Vec<(Service, Parts)>>>;

/// A door and what is behind it.
pub(crate) struct Door {
    pub(crate) router: Router,
    pub(crate) session: Session,
    arrived: Arrived,
}

impl Door {
    pub(crate) fn new() -> Self {
        let arrived = Arrived::default();
        let iam = ScriptedIam::new();
        let upstreams = Upstreams {
            order: stand_in(Service::Order, &arrived),
            inventory: stand_in(Service::Inventory, &arrived),
            iam: stand_in(Service::Iam, &arrived),
            notification: stand_in(Service::Notification, &arrived),
        };
        let check = in_process(iam.router(), &ClientConfig::default());
        let door = FrontDoor::with_config(upstreams, check, "{}".to_owned(), unhurried());
        Self {
            router: door.into_router(),
            session: iam.sign_in(),
            arrived,
        }
    }

    pub(crate) fn arrived(&self) -> Vec<(Service, Parts)> {
        mem::take(&mut *self.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Rates that no fuzzer exceeds: they are not what is looked at.
pub(crate) fn unhurried() -> Config {
    let rate = Rate {
        requests: NonZeroU32::MAX,
        per: Duration::from_secs(1),
    };
    Config {
        session_rate: rate,
        sign_in_rate: rate,
        ..Config::default()
    }
}

fn stand_in(service: Service, arrived: &Arrived) -> Router {
    let arrived = Arc::clone(arrived);
    Router::new().fallback(move |request: Request| {
        let (parts, _body) = request.into_parts();
        let grpc = rocket_rpc::is_grpc(&parts.headers);
        arrived
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((service, parts));
        async move { answer(grpc) }
    })
}

fn answer(grpc: bool) -> Response {
    if grpc {
        let head = [("content-type", "application/grpc"), ("grpc-status", "0")];
        return head.into_response();
    }
    StatusCode::NO_CONTENT.into_response()
}

struct State {
    runtime: Runtime,
    door: Door,
    left: usize,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State {
        runtime: Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without threads needs only memory"),
        door: Door::new(),
        left: LIFE,
    });
}

/// One request as text.
pub fn run(data: &[u8]) {
    STATE.with_borrow_mut(|state| {
        if state.left == 0 {
            (state.door, state.left) = (Door::new(), LIFE);
        }
        state.left -= 1;
        let door = &state.door;
        let Some(request) = request::read(data, &door.session.id.to_string()) else {
            return;
        };
        let (sent, body) = request.into_parts();
        let mut copy = Request::from_parts(sent.clone(), body);
        copy.extensions_mut()
            .insert(ClientAddress::new(CLIENT.into()));
        let response = state
            .runtime
            .block_on(door.router.clone().oneshot(copy))
            .unwrap_or_else(|never| match never {});
        check_answer(&response);
        check_arrival(&sent, response.status(), &door.arrived(), door.session);
    });
}

/// gRPC's codes that blame the server: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL,
/// UNAVAILABLE, DATA_LOSS.
pub(crate) const SERVER_FAULTS: [&str; 5] = ["2", "4", "13", "14", "15"];

pub(crate) fn check_answer(response: &Response) {
    let head = response.headers();
    assert!(!response.status().is_server_error(), "{response:?}");
    let code = head.get("grpc-status").and_then(|code| code.to_str().ok());
    assert!(
        !code.is_some_and(|code| SERVER_FAULTS.contains(&code)),
        "{response:?}"
    );
    assert_eq!(head["x-content-type-options"], "nosniff");
}

fn check_arrival(sent: &Parts, status: StatusCode, arrived: &[(Service, Parts)], session: Session) {
    let [(service, got)] = arrived else {
        assert!(
            arrived.is_empty(),
            "one request arrived {} times",
            arrived.len()
        );
        return;
    };
    assert!(status.is_success(), "it arrived and was answered {status}");
    let path = normalise(sent.uri.path().as_bytes()).expect("only a plain path is let in");
    let Match::Found(route) = match_route(sent.method.as_str(), path) else {
        panic!("{} {path} has no row in the table", sent.method);
    };
    assert_eq!(route.service, *service);
    assert_eq!(got.method, sent.method);
    assert_eq!(got.uri.path_and_query(), sent.uri.path_and_query());
    assert!(got.uri.host().is_none(), "a host of the client arrived");
    check_headers(sent, got, route.access, session);
}

fn check_headers(sent: &Parts, got: &Parts, access: Access, session: Session) {
    let (id, user) = (session.id.to_string(), session.user.to_string());
    for (name, value) in &got.headers {
        assert!(!name.as_str().contains('_'), "{name} arrived");
        let identified = access == Access::Session;
        let ours = match name.as_str() {
            headers::SESSION => identified && *value == *id,
            headers::USER => identified && *value == *user,
            headers::FORWARDED_FOR => *value == *CLIENT.to_string(),
            _ => !headers::is_removed(name.as_str()),
        };
        assert!(ours, "{name} arrived");
    }
    let one = |name| got.headers.get_all(name).iter().count() == 1;
    assert!(one(headers::FORWARDED_FOR), "no address");
    if access == Access::Public {
        return;
    }
    assert!(one(headers::SESSION) && one(headers::USER), "no identity");
    let mut shown = sent.headers.get_all(headers::SESSION).iter();
    let proven = match (shown.next(), shown.next()) {
        (Some(value), None) => *value == *id,
        (None, _) => sent
            .headers
            .get_all("cookie")
            .iter()
            .any(|cookie| String::from_utf8_lossy(cookie.as_bytes()).contains(&id)),
        _ => false,
    };
    assert!(proven, "let in without a session: {sent:?}");
}
