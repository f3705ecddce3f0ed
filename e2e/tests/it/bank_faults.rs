//! A bank that misbehaves under load: slow, silent, closed, away, or failing after it
//! has charged. One order at a time is in `invariant_1`.

use std::time::{Duration, Instant};

use rocket_testkit::bank::Behaviour;

use crate::shop::Shop;

const PER_SECOND: u32 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn invariants_1_to_5_hold_while_the_bank_hangs_refuses_and_fails_after_charging() {
    let mut shop = Shop::open(8, |_| {}).await;
    shop.work(PER_SECOND);
    shop.until_answered("pay 200", 10).await;
    // The answer that says "not known yet" is the proof that the bank was like this.
    for behaviour in [
        Behaviour::Hang,
        Behaviour::Refuse,
        Behaviour::ChargeThenHang,
        Behaviour::ChargeThenDrop,
        Behaviour::ChargeThenError,
        Behaviour::ChargeThenBabble,
    ] {
        let before = shop.crowd.seen();
        shop.bank.always(behaviour);
        shop.until_answered(
            "pay 503 payment_pending",
            before.count("pay 503 payment_pending") + 8,
        )
        .await;
        let now = shop.crowd.seen();
        assert!(
            now.count("create 201") > before.count("create 201"),
            "orders are taken meanwhile"
        );
    }
    shop.to_bank.shut();
    let before = shop.crowd.seen().count("pay 503 payment_pending");
    shop.until_answered("pay 503 payment_pending", before + 8)
        .await;
    shop.to_bank.open();
    shop.bank
        .always(Behaviour::Slow(Duration::from_millis(700)));
    let before = shop.crowd.seen().count("pay 200");
    shop.until_answered("pay 200", before + 8).await;
    shop.bank.always(Behaviour::Charge);
    let recovering = Instant::now();
    let report = shop.audit("bank").await;
    println!(
        "bank: at rest {:?} after it recovered",
        recovering.elapsed()
    );
    report.assert_clean();
    let seen = shop.crowd.seen();
    assert_eq!(seen.count("pay 5"), seen.count("pay 503 payment_pending"));
    assert!(report.paid > seen.paid.len(), "what was pending was paid");
}
