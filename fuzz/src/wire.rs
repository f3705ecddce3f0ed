//! Any bytes on a connection: HTTP/1.1, HTTP/2 frames or neither. The connection ends,
//! and no answer is a 5xx.

use std::{cell::RefCell, net::SocketAddr, time::Duration};

use axum::{middleware, response::Response};
use rocket_runtime::{
    serve::{Limits, serve},
    shutdown::CancellationToken,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

use crate::front_door::{Door, check_answer};

/// Far longer than reading an input takes; a connection that outlives it hangs.
const PATIENCE: Duration = Duration::from_secs(8);
const SESSION: &[u8] = b"@session";

struct State {
    runtime: Runtime,
    address: SocketAddr,
    door: Door,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(start());
}

fn start() -> State {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime without threads needs only a selector");
    let door = Door::new();
    let router = door.router.clone();
    let router = router.layer(middleware::map_response(|response: Response| async {
        check_answer(&response);
        response
    }));
    let address = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("the loopback interface has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        tokio::spawn(serve(
            listener,
            router,
            Limits::default(),
            CancellationToken::new(),
        ));
        address
    });
    State {
        runtime,
        address,
        door,
    }
}

/// Any bytes; `@session` in them stands for a session's id.
pub fn run(data: &[u8]) {
    STATE.with_borrow_mut(|state| {
        let id = state.door.session.id.to_string();
        let sent = crate::input::pieces(data, SESSION).join(id.as_bytes());
        let ended = state.runtime.block_on(async {
            // Made in here, because a timer belongs to its runtime.
            tokio::time::timeout(PATIENCE, talk(state.address, &sent)).await
        });
        assert!(ended.is_ok(), "the connection does not end");
        drop(state.door.arrived());
    });
}

/// Errors are the server hanging up, which it may at any time.
async fn talk(address: SocketAddr, sent: &[u8]) {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return;
    };
    let (mut read, mut write) = stream.split();
    let speak = async {
        let _ = write.write_all(sent).await;
        let _ = write.shutdown().await;
    };
    let mut answer = Vec::new();
    let _ = tokio::join!(speak, read.read_to_end(&mut answer));
}
