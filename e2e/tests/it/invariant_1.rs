//! An order is charged at most once, under any concurrency, retry or crash,
//! counted in the bank's own ledger; and (2) it is PAID if and only if its event is
//! in the log.

use std::{collections::HashSet, path::Path, time::Duration};

use rocket_e2e::{Customer, Options, Platform};
use rocket_testkit::{
    bank::{Bank, Behaviour},
    eventually,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::PROGRAM;

const SOON: Duration = Duration::from_secs(30);

struct Shop {
    platform: Platform,
    bank: Bank,
    options: Options,
    customer: Customer,
    part: String,
    _ledger: TempDir,
}

impl Shop {
    async fn open() -> Self {
        Self::open_at(None).await
    }

    async fn open_at(fault_point: Option<&'static str>) -> Self {
        let ledger = tempfile::tempdir().unwrap();
        let bank = Bank::start(&ledger.path().join("ledger")).await;
        let options = Options {
            spec: format!(
                "  services:\n    assembly: {{assemblyTime: 100ms}}\n    \
                 payment: {{provider: {{url: \"{}\"}}}}\n",
                bank.url()
            ),
            fault_point,
            ..Options::default()
        };
        let platform = Platform::start(PROGRAM, &options).await;
        let customer = Customer::new(&platform.url()).await;
        let part = customer.plentiful_part().await;
        Self {
            platform,
            bank,
            options,
            customer,
            part,
            _ledger: ledger,
        }
    }

    /// Charges in the ledger and events in the log for this order. A crash may append
    /// an event twice, the same to the byte; that is one event.
    fn charged_and_announced(&self, order: &str) -> (usize, usize) {
        let id: Uuid = order.parse().unwrap();
        let events: i64 = self
            .platform
            .store("events.db")
            .query_row(
                "SELECT count(DISTINCT payload) FROM records
                 WHERE topic = 'order.paid' AND key = ?1",
                [order],
                |row| row.get(0),
            )
            .unwrap();
        (self.bank.charges_of(id), usize::try_from(events).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_1_a_hundred_pays_at_once_make_one_charge_and_one_event() {
    let shop = Shop::open().await;
    let order = shop.customer.order(&[&shop.part]).await;
    let pays = (0..100).map(|_| {
        let (customer, order) = (shop.customer.clone(), order.clone());
        tokio::spawn(async move { customer.pay(&order).await })
    });
    let mut won = 0;
    for pay in pays.collect::<Vec<_>>() {
        let answer = pay.await.unwrap();
        match answer.status.as_u16() {
            200 => won += 1,
            409 => assert!(
                ["already_paid", "payment_in_progress"].contains(&answer.code()),
                "{answer:?}"
            ),
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!(won, 1);
    shop.customer.wait_for(&order, "ASSEMBLED").await;
    assert_eq!(shop.charged_and_announced(&order), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_1_a_bank_that_charges_and_then_fails_has_charged_once() {
    for behaviour in [
        Behaviour::ChargeThenHang,
        Behaviour::ChargeThenDrop,
        Behaviour::ChargeThenError,
        Behaviour::ChargeThenBabble,
    ] {
        let shop = Shop::open().await;
        let order = shop.customer.order(&[&shop.part]).await;
        shop.bank.next(behaviour);
        let answer = shop.customer.pay(&order).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.code(), "payment_pending");
        assert_eq!(shop.customer.cancel(&order).await.status, 409);
        shop.customer.wait_for(&order, "ASSEMBLED").await;
        assert_eq!(shop.charged_and_announced(&order), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_1_a_bank_that_is_away_delays_and_never_doubles() {
    let shop = Shop::open().await;
    let order = shop.customer.order(&[&shop.part]).await;
    shop.bank.always(Behaviour::Refuse);
    assert_eq!(shop.customer.pay(&order).await.status, 503);
    assert_eq!(shop.customer.status(&order).await, "PENDING_PAYMENT");
    shop.bank.always(Behaviour::Charge);
    shop.customer.wait_for(&order, "ASSEMBLED").await;
    assert_eq!(shop.charged_and_announced(&order), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_order_is_not_paid_and_can_be_paid_again() {
    let shop = Shop::open().await;
    let order = shop.customer.order(&[&shop.part]).await;
    shop.bank
        .next(Behaviour::Decline("insufficient_funds".to_owned()));
    let answer = shop.customer.pay(&order).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (402, "payment_declined")
    );
    assert_eq!(shop.customer.status(&order).await, "PENDING_PAYMENT");
    assert_eq!(shop.charged_and_announced(&order), (0, 0));
    assert_eq!(shop.customer.pay(&order).await.status, 200);
    shop.customer.wait_for(&order, "ASSEMBLED").await;
    assert_eq!(shop.charged_and_announced(&order), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_1_pay_races_cancel_and_no_cancelled_order_is_ever_charged() {
    let shop = Shop::open().await;
    let mut ends = HashSet::new();
    for round in 0..500_u32 {
        let order = shop.customer.order(&[&shop.part]).await;
        let (first, second) = (shop.customer.clone(), shop.customer.clone());
        // Started in turn, one or the other is ahead by a little.
        let (paid, cancelled) = if round % 2 == 0 {
            tokio::join!(first.pay(&order), second.cancel(&order))
        } else {
            let (cancelled, paid) = tokio::join!(second.cancel(&order), first.pay(&order));
            (paid, cancelled)
        };
        let status = shop.customer.status(&order).await;
        let (charges, _) = shop.charged_and_announced(&order);
        match status.as_str() {
            "CANCELLED" => {
                assert_eq!(charges, 0, "a cancelled order was charged: {paid:?}");
                assert_eq!(cancelled.status, 204);
            }
            "PAID" | "ASSEMBLED" => {
                assert_eq!(charges, 1);
                assert_eq!(paid.status, 200, "{paid:?}");
                assert_eq!(cancelled.status, 409, "{cancelled:?}");
            }
            other => panic!("{other} after {paid:?} and {cancelled:?}"),
        }
        ends.insert(status == "CANCELLED");
    }
    assert_eq!(ends.len(), 2, "one side always won: the race was none");
}

#[tokio::test(flavor = "multi_thread")]
async fn invariants_1_2_and_3_a_kill_between_any_two_steps_of_pay_ends_right() {
    for point in [
        "payment-guarded",
        "payment-held",
        "payment-charging",
        "payment-answered",
        "payment-settled",
        "outbox-leased",
        "outbox-sent",
    ] {
        kill_at(point).await;
    }
}

/// Pays, is killed at `point`, starts again, and looks at how it ended.
async fn kill_at(point: &'static str) {
    let mut shop = Shop::open_at(Some(point)).await;
    let before = shop.customer.stock(&shop.part).await;
    let order = shop.customer.order(&[&shop.part]).await;
    let (customer, paying) = (shop.customer.clone(), order.clone());
    let pay = tokio::spawn(async move { customer.try_pay(&paying).await });
    shop.platform.kill_at(point).await;
    let answer = pay.await.unwrap();

    let options = Options {
        fault_point: None,
        ..shop.options.clone()
    };
    shop.platform.start_again(&options).await;
    // Either it was never asked for, or it goes on to its end by itself; an order
    // that is free can be paid anew.
    eventually(&format!("{point}: assembled"), SOON, || async {
        match shop.customer.status(&order).await.as_str() {
            "ASSEMBLED" => Some(()),
            "PENDING_PAYMENT" => {
                let again = shop.customer.pay(&order).await;
                assert!(
                    [200, 409, 503].contains(&again.status.as_u16()),
                    "{again:?}"
                );
                None
            }
            _ => None,
        }
    })
    .await;
    assert_eq!(
        shop.charged_and_announced(&order),
        (1, 1),
        "{point}, answered {answer:?}"
    );
    assert_eq!(shop.customer.stock(&shop.part).await, before - 1, "{point}");
    eventually(&format!("{point}: told of both, once"), SOON, || async {
        (shop.customer.messages().await.len() == 2).then_some(())
    })
    .await;
    eventually("nothing waits any more", SOON, || async {
        let unsent = count(
            &shop.platform.data().join("order.db"),
            "SELECT count(*) FROM outbox",
        );
        (unsent == 0).then_some(())
    })
    .await;
}

fn count(path: &Path, sql: &str) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}
