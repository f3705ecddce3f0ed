//! An order is PAID if and only if its OrderPaid is, or will be, in the log: true at
//! every moment, so also in what a kill leaves behind.

use std::time::Duration;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn invariant_2_what_each_kill_leaves_behind_has_an_event_for_every_paid_order_and_no_other() {
    let mut shop = Shop::open(4, |_| {}).await;
    shop.work(20);
    for kill in 1..=6 {
        shop.until_answered("pay 200", kill * 6).await;
        shop.platform.kill().await;
        // Nobody has mended anything yet.
        let left = shop.auditor().announced();
        assert!(left.is_empty(), "kill {kill}: {left:?}");
        shop.platform.start_again(&shop.options).await;
    }
    shop.audit("invariant 2").await.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_2_holds_where_the_relay_dies_before_and_after_sending() {
    for point in ["payment-settled", "outbox-leased", "outbox-sent"] {
        let mut shop = Shop::open(1, |options| options.fault_point = Some(point)).await;
        let customer = shop.crowd.customers[0].clone();
        let order = customer.order(&[&shop.parts[0]]).await;
        let pay = tokio::spawn(async move { customer.try_pay(&order).await });
        shop.platform.kill_at(point).await;
        pay.await.unwrap();
        let left = shop.auditor().announced();
        assert!(left.is_empty(), "{point}: {left:?}");
        shop.options.fault_point = None;
        shop.platform.start_again(&shop.options).await;
        let report = shop.audit(point).await;
        report.assert_clean();
        assert_eq!(report.paid, 1, "{point}");
    }
}

/// The audit of this suite, held to its word: each of these is wrong, and is found.
#[tokio::test(flavor = "multi_thread")]
async fn the_audit_finds_what_is_wrong() {
    let mut shop = Shop::open(1, |_| {}).await;
    shop.work(20);
    shop.until_answered("pay 200", 4).await;
    shop.until_answered("cancel 204", 1).await;
    shop.audit("before").await.assert_clean();
    shop.platform.kill().await;
    for (store, sql, invariant) in [
        (
            "order.db",
            "UPDATE orders SET total_price = total_price + 1 WHERE rowid_of",
            "invariant 1",
        ),
        (
            "events.db",
            "DELETE FROM records WHERE topic = 'order.paid' AND partition = (SELECT min(partition) FROM records WHERE topic = 'order.paid')",
            "invariant 2",
        ),
        (
            "events.db",
            "UPDATE records SET topic = 'order.paid.dlq' WHERE topic = 'order.paid'",
            "invariant 8",
        ),
        (
            "inventory.db",
            "PRAGMA ignore_check_constraints = ON; UPDATE stock SET stock = stock - 1",
            "invariant 3",
        ),
        (
            "inventory.db",
            "UPDATE reservations SET state = 'RELEASED' WHERE state = 'COMMITTED'",
            "invariant 3",
        ),
        (
            "order.db",
            "UPDATE orders SET paid_at = assembled_at WHERE status = 'ASSEMBLED'",
            "invariant 4",
        ),
        (
            "events.db",
            "DELETE FROM records WHERE topic = 'ship.assembled'",
            "invariant 4",
        ),
    ] {
        let path = shop.platform.data().join(store);
        let sql = sql.replace("WHERE rowid_of", "WHERE status = 'ASSEMBLED'");
        // Emptied into the file first, so that the copy is whole.
        drop(checkpointed(&path));
        let kept = std::fs::read(&path).unwrap();
        checkpointed(&path).execute_batch(&sql).unwrap();
        let report = shop.auditor().run(&shop.crowd.seen());
        assert!(
            report.findings.iter().any(|it| it.starts_with(invariant)),
            "{sql}: {report}"
        );
        drop(checkpointed(&path));
        std::fs::write(&path, kept).unwrap();
    }
    let seen = shop.crowd.seen();
    shop.auditor().run(&seen).assert_clean();

    // A second message, a second charge, a promise that was not kept.
    let sent = shop.telegram.sent();
    repeat_message(&shop, &sent[0]).await;
    assert_eq!(shop.auditor().run(&seen).doubles, 1);
    repeat_charge(&shop).await;
    let mut promised = seen.clone();
    promised.paid.insert(uuid::Uuid::new_v4());
    let report = shop.auditor().run(&promised);
    for start in ["invariant 1", "a promise is broken"] {
        assert!(
            report.findings.iter().any(|it| it.starts_with(start)),
            "{report}"
        );
    }
}

/// The store with nothing left beside its file.
fn checkpointed(path: &std::path::Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    connection
}

async fn repeat_message(shop: &Shop, sent: &rocket_testkit::telegram::Sent) {
    let token = &shop.options.env[0].1;
    let url = format!("{}/bot{token}/sendMessage", shop.telegram.url());
    let body = serde_json::json!({
        "chat_id": sent.chat_id, "text": sent.raw, "parse_mode": "HTML",
    });
    let answer = reqwest::Client::new().post(url).json(&body).send().await;
    assert_eq!(answer.unwrap().status(), 200);
}

async fn repeat_charge(shop: &Shop) {
    let charge = shop.bank.charges().remove(0);
    let body = serde_json::json!({
        "order_uuid": charge.order_uuid, "attempt": 2, "user_uuid": uuid::Uuid::new_v4(),
        "payment_method": "CARD", "amount": charge.amount, "currency": charge.currency,
    });
    let answer = reqwest::Client::new()
        .post(format!("{}/charges", shop.bank.url()))
        .header("idempotency-key", "another")
        .json(&body)
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), 200);
}
