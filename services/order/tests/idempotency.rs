//! Idempotency keys over HTTP.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::atomic::Ordering, time::Duration};

use futures::{FutureExt as _, future::join_all};
use http::Method;
use rocket_testkit::eventually;

use support::{
    bank::Mood,
    id,
    server::{Answer, Server},
};

const ORDERS: &str = "/api/v1/orders";
const ONE: &str = r#"{"part_uuids":["00000000-0000-0000-0000-000000000001"]}"#;
const TWO: &str = r#"{"part_uuids":["00000000-0000-0000-0000-000000000002"]}"#;
const CARD: &str = r#"{"payment_method":"CARD"}"#;
const SBP: &str = r#"{"payment_method":"SBP"}"#;

fn same(first: &Answer, second: &Answer) {
    assert_eq!(first.status, second.status);
    assert_eq!(first.body, second.body);
    assert_eq!(
        first.headers.get("content-type"),
        second.headers.get("content-type")
    );
    assert!(!first.replayed(), "{first:?}");
    assert!(second.replayed(), "{second:?}");
}

async fn count(server: &Server, session: &str) -> usize {
    let list = server.get(session, "/api/v1/orders?page_size=100").await;
    list.json()["orders"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_create_is_one_order_and_one_answer() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let first = server.post_keyed(&session, ORDERS, "k", ONE).await;
    assert_eq!(first.status, 201);
    let spaced = ONE.replace(':', " :  ");
    let second = server.post_keyed(&session, ORDERS, "k", &spaced).await;
    same(&first, &second);
    assert_eq!(count(&server, &session).await, 1);
    let other = server.post_keyed(&session, ORDERS, "k", TWO).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
    let another = server.post_keyed(&session, ORDERS, "k2", ONE).await;
    assert_eq!(another.status, 201);
    // Another user's key of the same name is another key.
    let stranger = server.sessions.sign_in(id(11));
    let theirs = server.post_keyed(&stranger, ORDERS, "k", TWO).await;
    assert_eq!(theirs.status, 201);
    assert!(!theirs.replayed());
    assert_eq!(count(&server, &session).await, 2);
}

#[tokio::test]
async fn the_same_pay_and_cancel_answer_the_same() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let pay = format!("{ORDERS}/{order}/pay");
    let first = server.post_keyed(&session, &pay, "k", CARD).await;
    assert_eq!(first.status, 200);
    same(&first, &server.post_keyed(&session, &pay, "k", CARD).await);
    let other = server.post_keyed(&session, &pay, "k", SBP).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
    let fresh = server.post_keyed(&session, &pay, "k2", CARD).await;
    assert_eq!(fresh.problem(), (409, "already_paid".to_owned()));

    // The same key on another order is another request.
    let second = server.order(&session).await;
    let pay = format!("{ORDERS}/{second}/pay");
    let paid = server.post_keyed(&session, &pay, "k", CARD).await;
    assert!(paid.status == 200 && !paid.replayed(), "{paid:?}");

    let third = server.order(&session).await;
    let cancel = format!("{ORDERS}/{third}/cancel");
    let first = server.post_keyed(&session, &cancel, "k", "").await;
    assert_eq!((first.status.as_u16(), first.body.as_str()), (204, ""));
    same(&first, &server.post_keyed(&session, &cancel, "k", "").await);
}

#[tokio::test]
async fn a_refusal_is_kept_and_a_failure_is_not() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    server.stock.sold_out.store(true, Ordering::SeqCst);
    let refused = server.post_keyed(&session, ORDERS, "k", ONE).await;
    assert_eq!(refused.problem(), (409, "out_of_stock".to_owned()));
    server.stock.sold_out.store(false, Ordering::SeqCst);
    same(
        &refused,
        &server.post_keyed(&session, ORDERS, "k", ONE).await,
    );

    server.stock.deaf.store(true, Ordering::SeqCst);
    let failed = server.post_keyed(&session, ORDERS, "k2", ONE).await;
    assert_eq!(failed.problem(), (503, "inventory_unavailable".to_owned()));
    server.stock.deaf.store(false, Ordering::SeqCst);
    // The parts of the failed try were given back, so this is a new order.
    let created = server.post_keyed(&session, ORDERS, "k2", ONE).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert!(!created.replayed());
    assert_eq!(count(&server, &session).await, 1);
}

#[tokio::test]
async fn a_pending_payment_is_heard_of_again_under_its_key() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let pay = format!("{ORDERS}/{order}/pay");
    server.bank.next(Mood::FailAfter);
    for _ in 0..2 {
        let pending = server.post_keyed(&session, &pay, "k", CARD).await;
        assert_eq!(pending.problem(), (503, "payment_pending".to_owned()));
    }
    // Another request meanwhile is told to wait, and that is not kept either.
    let other = server.post_keyed(&session, &pay, "k2", CARD).await;
    assert_eq!(other.problem(), (409, "payment_in_progress".to_owned()));
    let mut server = server;
    let app = server.app.take().unwrap();
    let shutdown = rocket_runtime::shutdown::CancellationToken::new();
    let running = tokio::spawn(app.run(shutdown.clone()));
    server.clock.advance(Duration::from_mins(1));
    let paid = eventually("the payment settles", Duration::from_secs(20), async || {
        let answer = server.post_keyed(&session, &pay, "k", CARD).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    assert!(!paid.replayed(), "{paid:?}");
    same(&paid, &server.post_keyed(&session, &pay, "k", CARD).await);
    let other = server.post_keyed(&session, &pay, "k2", CARD).await;
    assert_eq!(other.problem(), (409, "already_paid".to_owned()));
    assert_eq!(server.bank.charges_of(order.parse().unwrap()), 1);
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_create_sent_fifty_times_at_once_is_one_order() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let sends = (0..50).map(|_| server.post_keyed(&session, ORDERS, "k", ONE));
    let answers = join_all(sends).await;
    let mut bodies = Vec::new();
    for answer in answers {
        if answer.status == 201 {
            bodies.push(answer.body);
        } else {
            assert_eq!(answer.problem(), (409, "request_in_flight".to_owned()));
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(count(&server, &session).await, 1);
}

/// As a process leaves it that is killed between the work and keeping its answer.
async fn lose_answers(server: &Server) {
    let lost = server.db.write(|conn| {
        conn.execute(
            "UPDATE idempotency_keys SET status = NULL, content_type = NULL, body = NULL, \
                                         holder = randomblob(16)",
            [],
        )?;
        Ok::<_, rocket_db::DbError>(())
    });
    lost.await.unwrap();
}

#[tokio::test]
async fn a_crash_before_the_answer_was_kept_repeats_nothing() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let created = server.post_keyed(&session, ORDERS, "k", ONE).await;
    let order = created.json()["order_uuid"].as_str().unwrap().to_owned();
    let pay = format!("{ORDERS}/{order}/pay");
    let paid = server.post_keyed(&session, &pay, "k", CARD).await;
    assert_eq!(paid.status, 200);
    let other = server.order(&session).await;
    let cancel = format!("{ORDERS}/{other}/cancel");
    assert_eq!(
        server.post_keyed(&session, &cancel, "k", "").await.status,
        204
    );
    lose_answers(&server).await;
    let early = server.post_keyed(&session, ORDERS, "k", ONE).await;
    assert_eq!(early.problem(), (409, "request_in_flight".to_owned()));
    // The new process knows that the old one is gone: no waiting for its lease.
    let server = server.restart();
    let again = server.post_keyed(&session, ORDERS, "k", ONE).await;
    assert_eq!((again.status, &again.body), (created.status, &created.body));
    let again = server.post_keyed(&session, &pay, "k", CARD).await;
    assert_eq!((again.status, &again.body), (paid.status, &paid.body));
    let again = server.post_keyed(&session, &cancel, "k", "").await;
    assert_eq!(again.status, 204);
    assert_eq!(count(&server, &session).await, 2);
    assert_eq!(server.bank.charges_of(order.parse().unwrap()), 1);
}

async fn execute(server: &Server, sql: &'static str) {
    let done = server.db.write(move |conn| {
        conn.execute_batch(sql)?;
        Ok::<_, rocket_db::DbError>(())
    });
    done.await.unwrap();
}

#[tokio::test]
async fn a_store_that_fails_while_work_is_resumed_does_not_make_the_key_anew() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let created = server.post_keyed(&session, ORDERS, "k", ONE).await;
    let order = created.json()["order_uuid"].as_str().unwrap().to_owned();
    let pay = format!("{ORDERS}/{order}/pay");
    let paid = server.post_keyed(&session, &pay, "k", CARD).await;
    assert_eq!(paid.status, 200);
    lose_answers(&server).await;
    server.clock.advance(Duration::from_secs(30));

    execute(&server, "ALTER TABLE orders RENAME TO away").await;
    for (path, body) in [(ORDERS, ONE), (&pay, CARD)] {
        let failed = server.post_keyed(&session, path, "k", body).await;
        assert_eq!(failed.problem(), (503, "store_unavailable".to_owned()));
    }
    execute(&server, "ALTER TABLE away RENAME TO orders").await;

    let again = server.post_keyed(&session, ORDERS, "k", ONE).await;
    assert_eq!((again.status, &again.body), (created.status, &created.body));
    let again = server.post_keyed(&session, &pay, "k", CARD).await;
    assert_eq!((again.status, &again.body), (paid.status, &paid.body));
    assert_eq!(count(&server, &session).await, 1);
}

#[tokio::test]
async fn a_key_is_one_to_255_visible_characters() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let longest = "k".repeat(255);
    let created = server.post_keyed(&session, ORDERS, &longest, ONE).await;
    assert_eq!(created.status, 201);
    let before = server.dump().await;
    let too_long = "k".repeat(256);
    for bad in ["", " ", "a b", "a\tb", "\u{e9}", too_long.as_str()] {
        let answer = server.post_keyed(&session, ORDERS, bad, ONE).await;
        assert_eq!(
            answer.problem(),
            (400, "invalid_idempotency_key".to_owned()),
            "{bad:?}"
        );
    }
    let twice = [
        ("x-session-uuid", session.as_str()),
        ("idempotency-key", "a"),
        ("idempotency-key", "b"),
    ];
    let answer = server.send(Method::POST, ORDERS, &twice, Some(ONE)).await;
    assert_eq!(
        answer.problem(),
        (400, "invalid_idempotency_key".to_owned())
    );
    assert_eq!(server.dump().await, before);
}

#[tokio::test]
async fn a_key_lives_a_day() {
    let mut server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let first = server.post_keyed(&session, ORDERS, "k", ONE).await;
    server.clock.advance(Duration::from_secs(86_399));
    same(&first, &server.post_keyed(&session, ORDERS, "k", ONE).await);
    server.clock.advance(Duration::from_secs(2));
    let app = server.app.take().unwrap();
    let shutdown = rocket_runtime::shutdown::CancellationToken::new();
    let running = tokio::spawn(app.run(shutdown.clone()));
    eventually("the key is swept", Duration::from_secs(20), async || {
        let answer = server.post_keyed(&session, ORDERS, "k", ONE).await;
        (!answer.replayed()).then_some(())
    })
    .await;
    assert_eq!(count(&server, &session).await, 2);
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_its_request() {
    let server = Server::new();
    let session = server.sessions.sign_in(id(10));
    let order = server.order(&session).await;
    let pay = format!("{ORDERS}/{order}/pay");
    // Polled once: the work has begun, and then nobody waits for it.
    let mut request = Box::pin(server.post_keyed(&session, &pay, "k", CARD));
    let waited = (&mut request).now_or_never();
    assert!(waited.is_none(), "the request was meant to be cut off");
    drop(request);
    let path = format!("{ORDERS}/{order}");
    eventually("the order is paid", Duration::from_secs(20), async || {
        let shown = server.get(&session, &path).await.json();
        (shown["status"] == "PAID").then_some(())
    })
    .await;
    eventually("the answer is kept", Duration::from_secs(20), async || {
        let answer = server.post_keyed(&session, &pay, "k", CARD).await;
        (answer.status == 200 && answer.replayed()).then_some(())
    })
    .await;
}
