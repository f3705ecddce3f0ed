//! The real services: no request makes one panic or answer that it is the server's
//! fault, and every refusal is a problem document.

use std::cell::RefCell;

use axum::{body::Body, extract::Request};
use http::{HeaderMap, Response, header::CONTENT_TYPE};
use http_body_util::BodyExt as _;
use rocket_rpc::error::Problem;
use tokio::runtime::{Builder, Runtime};

use crate::{front_door::SERVER_FAULTS, input::pieces, request, world::World};

/// How many inputs one world answers: stock runs out and stores grow.
const LIFE: usize = 2_048;
/// Between requests of one input.
const THEN: &[u8] = b"\n---\n";
const MOST: usize = 8;
/// What tonic itself answers, as gRPC's table of codes has it
/// (<https://grpc.github.io/grpc/core/md_doc_statuscodes.html>), when a request does not
/// hold one readable message. The services' own errors all carry details.
const INTERNAL: &str = "13";

struct State {
    runtime: Runtime,
    world: World,
    left: usize,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::new());
}

impl State {
    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without threads needs only memory");
        let world = runtime.block_on(World::new());
        Self {
            runtime,
            world,
            left: LIFE,
        }
    }
}

/// Requests as text, one after another.
pub fn run(data: &[u8]) {
    STATE.with_borrow_mut(|state| {
        if state.left == 0 {
            *state = State::new();
        }
        state.left -= 1;
        for text in pieces(data, THEN).into_iter().take(MOST) {
            if let Some(request) = request::read(text, &state.world.session) {
                state.runtime.block_on(ask(&state.world, request));
            }
        }
    });
}

async fn ask(world: &World, request: Request) {
    let asked = format!("{} {}", request.method(), request.uri());
    let answer = world.send(request).await;
    let status = answer.status();
    assert!(!status.is_server_error(), "{asked}: {answer:?}");
    let (head, body, trailers) = whole(answer).await;
    let status_of = |name| trailers.get(name).or(head.get(name));
    if let Some(code) = status_of("grpc-status") {
        let code = code.to_str().expect("a code is a number");
        let explained = status_of("grpc-status-details-bin").is_some();
        assert!(
            !SERVER_FAULTS.contains(&code) || (code == INTERNAL && !explained),
            "{asked}: grpc-status {code}: {:?}",
            status_of("grpc-message")
        );
    } else if status.is_client_error() {
        let problem: Problem = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{asked}: {status} without a problem: {error}"));
        assert_eq!(problem.status, status.as_u16());
        assert!(!problem.code.is_empty() && !problem.detail.is_empty());
    }
}

/// Streams stay open; their heads are enough.
async fn whole(answer: Response<Body>) -> (HeaderMap, Vec<u8>, HeaderMap) {
    let (parts, body) = answer.into_parts();
    let stream = parts
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|media| media.as_bytes().starts_with(b"text/event-stream"));
    if stream {
        return (parts.headers, Vec::new(), HeaderMap::new());
    }
    let body = body
        .collect()
        .await
        .expect("an answer of a service is whole");
    let trailers = body.trailers().cloned().unwrap_or_default();
    (parts.headers, body.to_bytes().to_vec(), trailers)
}
