//! Every (order, event) is told to its user once. One window stays open, because
//! Telegram knows no idempotency key: between its answer and the mark. It is measured
//! here: what falls into it is told twice, and nothing else is.

use std::time::Duration;

use rocket_testkit::{eventually, telegram::Behaviour};

use crate::shop::Shop;

/// Pays one order, is killed at `point`, and comes to rest; how many messages were
/// told twice.
async fn killed_at(point: &'static str) -> usize {
    let mut shop = Shop::open(1, |options| options.fault_point = Some(point)).await;
    let customer = &shop.crowd.customers[0];
    let order = customer.order(&[&shop.parts[0]]).await;
    assert_eq!(customer.pay(&order).await.status, 200);
    shop.platform.kill_at(point).await;
    shop.options.fault_point = None;
    shop.platform.start_again(&shop.options).await;
    let report = shop.audit(point).await;
    report.assert_clean();
    assert_eq!(report.paid, 1);
    report.doubles
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_a_kill_before_telegram_is_asked_tells_once() {
    assert_eq!(killed_at("notification-claimed").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_the_window_is_a_kill_between_telegrams_answer_and_the_mark() {
    assert_eq!(killed_at("notification-sent").await, 1);
}

/// The log hands out again what was not yet committed there; the marks know it.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_a_kill_after_the_mark_tells_nobody_again() {
    let mut shop = Shop::open(4, |_| {}).await;
    for customer in shop.crowd.customers.clone() {
        let order = customer.order(&[&shop.parts[0]]).await;
        assert_eq!(customer.pay(&order).await.status, 200);
    }
    let marked = || {
        let sql = "SELECT count(*) FROM delivery_marks WHERE done_at IS NOT NULL";
        let store = shop.platform.store("notification.db");
        store
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    eventually("eight marks", Duration::from_secs(20), || async {
        (marked() == 8).then_some(())
    })
    .await;
    shop.platform.kill().await;
    shop.platform.start_again(&shop.options).await;
    let report = shop.audit("after the mark").await;
    report.assert_clean();
    assert_eq!((report.told, report.doubles), (8, 0), "{report}");
}

/// The same window without a kill: Telegram took the message, and its answer was lost.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_a_lost_answer_of_telegram_tells_that_message_twice_and_no_other() {
    let mut shop = Shop::open(4, |_| {}).await;
    shop.telegram.next(Behaviour::AcceptThenDrop);
    shop.telegram.next(Behaviour::AcceptThenHang);
    shop.work(12);
    shop.until_answered("pay 200", 20).await;
    let report = shop.audit("lost answers").await;
    report.assert_clean();
    assert_eq!(report.doubles, 2, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_a_clean_stop_under_load_tells_nobody_twice() {
    let mut shop = Shop::open(4, |_| {}).await;
    shop.work(12);
    for stop in 1..=3 {
        shop.until_answered("pay 200", stop * 8).await;
        assert!(shop.platform.stop().await.success());
        shop.platform.start_again(&shop.options).await;
    }
    let report = shop.audit("clean stops").await;
    report.assert_clean();
    assert_eq!(report.doubles, 0, "{report}");
}
