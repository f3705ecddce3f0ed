use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::load::target::Target;

/// What becomes of an order when creating and paying are answered like this.
async fn fate(answers: [(u16, &'static str); 2]) -> Fate {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let target: Arc<Target> = Arc::new(url.parse().unwrap());
    let mut run = Run::of_nobody();
    run.customers.push(Customer {
        user_uuid: Uuid::from_u128(3),
        session: HeaderValue::from_static("session"),
    });
    run.pays.push(AtomicU64::new(0));
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        for (status, body) in answers {
            let mut request = Vec::new();
            // Its body is a JSON object.
            while !request.ends_with(b"}") {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
            }
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        std::future::pending::<()>().await;
    };
    let mut connection = Connection::new(target);
    tokio::select! {
        () = run.order(&mut connection, 0, Instant::now()) => {}
        () = serve => {}
    }
    lock(&run.ledger).pop().unwrap().fate
}

const CREATED: (u16, &str) = (
    201,
    r#"{"order_uuid":"00000000-0000-0000-0000-000000000009","total_price":100}"#,
);

#[tokio::test]
async fn a_success_that_cannot_be_read_is_no_refusal() {
    let Fate::Created { ending, .. } = fate([CREATED, (200, "{}")]).await else {
        panic!("it was created");
    };
    assert!(
        matches!(ending, Ending::PaidUnreadably { .. }),
        "{ending:?}"
    );
    assert_eq!(fate([(201, "<html>"), CREATED]).await, Fate::Unreadable);
}

#[tokio::test]
async fn a_refusal_keeps_its_code() {
    let Fate::Created { ending, .. } = fate([CREATED, (404, "")]).await else {
        panic!("it was created");
    };
    assert_eq!(ending, Ending::Refused("status_404".to_owned()));
    let refused = Fate::Refused("status_401".to_owned());
    assert_eq!(fate([(401, ""), CREATED]).await, refused);
}
