//! A Telegram that misbehaves under load: silent, away, overrun, or failing. Nobody is
//! told twice, nothing else waits, and everybody is told in the end.

use std::time::{Duration, Instant};

use rocket_e2e::usage;
use rocket_testkit::{eventually, telegram::Behaviour};

use crate::shop::Shop;

const PER_SECOND: u32 = 10;
/// The events that Notification has at work at once; the rest waits in the log.
const IN_FLIGHT: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_a_telegram_that_hangs_and_fails_delays_messages_and_nothing_else() {
    let mut shop = Shop::open(6, |_| {}).await;
    let pid = shop.platform.pid();
    shop.work(PER_SECOND);
    eventually("messages are sent", Duration::from_secs(20), || async {
        (shop.telegram.sent().len() > 10).then_some(())
    })
    .await;
    let before = usage::resident(pid);
    shop.telegram.always(Behaviour::Hang);
    let requests = shop.telegram.requests();
    one_order_assembles(&shop).await;
    shop.until_answered("pay 200", shop.crowd.seen().count("pay 200") + 30)
        .await;
    one_order_assembles(&shop).await;
    let asked = shop.telegram.requests() - requests;
    // Less than one deadline has passed, so those that hang are all there are.
    assert!(asked <= IN_FLIGHT, "{asked} requests at once");

    for behaviour in [
        Behaviour::TooManyRequests { retry_after: 1 },
        Behaviour::Fail(500),
        Behaviour::Fail(502),
    ] {
        shop.telegram.always(behaviour);
        let requests = shop.telegram.requests();
        eventually(
            "Telegram is asked again",
            Duration::from_secs(30),
            || async { (shop.telegram.requests() > requests + 2).then_some(()) },
        )
        .await;
        one_order_assembles(&shop).await;
    }
    shop.to_telegram.shut();
    one_order_assembles(&shop).await;
    shop.to_telegram.open();
    shop.telegram.always(Behaviour::Accept);
    let (recovering, grown) = (Instant::now(), usage::resident(pid));
    let report = shop.audit("telegram").await;
    println!(
        "telegram: at rest {:?} after it recovered; {} MiB resident before, {} after",
        recovering.elapsed(),
        usage::mebibytes(before),
        usage::mebibytes(grown)
    );
    report.assert_clean();
    assert_eq!(report.doubles, 0, "nobody was told twice");
    assert!(grown < before + 64 * 1_024 * 1_024, "memory grew");
}

/// A 429 is obeyed: for as long as Telegram asked for, nobody is told anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_asked_for_silence_is_silent() {
    let shop = Shop::open(2, |_| {}).await;
    shop.telegram
        .next(Behaviour::TooManyRequests { retry_after: 3 });
    let asked = Instant::now();
    for customer in &shop.crowd.customers {
        let order = customer.order(&[&shop.parts[0]]).await;
        assert_eq!(customer.pay(&order).await.status, 200);
    }
    let sent = eventually("four messages", Duration::from_secs(30), || async {
        let sent = shop.telegram.sent();
        (sent.len() == 4).then_some(sent)
    })
    .await;
    let first = sent.iter().map(|message| message.at).min().unwrap();
    // One may have been on its way when the other was refused.
    let silent = sent
        .iter()
        .filter(|message| message.at - asked >= Duration::from_secs(3));
    assert!(silent.count() >= 3, "told {:?} after", first - asked);
}

async fn one_order_assembles(shop: &Shop) {
    let customer = &shop.crowd.customers[0];
    let order = customer.order(&[&shop.parts[0]]).await;
    let paid = customer.pay(&order).await;
    assert_eq!(paid.status, 200, "{paid:?}");
    let from = Instant::now();
    customer.wait_for(&order, "ASSEMBLED").await;
    assert!(
        from.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        from.elapsed()
    );
}
