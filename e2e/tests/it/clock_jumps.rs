//! The wall clock jumps an hour, forward and back, while customers are at work. What
//! is measured in time of day follows it; what is a pause or a lease does not hang.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use rocket_e2e::Options;
use rocket_runtime::faults;
use rocket_testkit::{bank::Behaviour, eventually};

use crate::shop::{ASSEMBLY_TIME, Shop};

const HOUR: i64 = 3_600;
const SOON: Duration = Duration::from_secs(20);

/// Sets the program's clock wrong by so many seconds.
struct WrongClock {
    dir: tempfile::TempDir,
}

impl WrongClock {
    fn new() -> Self {
        let clock = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        clock.set(0);
        clock
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("seconds")
    }

    fn set(&self, seconds: i64) {
        let aside = self.dir.path().join("new");
        std::fs::write(&aside, seconds.to_string()).unwrap();
        std::fs::rename(aside, self.file()).unwrap();
    }

    fn apply(&self, options: &mut Options) {
        let file = self.file().display().to_string();
        options.env.push((faults::CLOCK_VARIABLE, file));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariants_1_to_5_hold_while_the_clock_jumps_an_hour_forward_and_back() {
    let clock = WrongClock::new();
    let mut shop = Shop::open(6, |options| clock.apply(options)).await;
    shop.steady_clock = false;
    // Payments are under way, with leases, whenever the clock jumps.
    shop.bank
        .always(Behaviour::Slow(Duration::from_millis(200)));
    shop.work(12);
    shop.until_answered("pay 200", 10).await;
    let started = Instant::now();
    for offset in [HOUR, 0, -HOUR, HOUR, 0] {
        clock.set(offset);
        one_ship_takes_its_time(&shop, offset).await;
        shop.until_answered("pay 200", shop.crowd.seen().count("pay 200") + 10)
            .await;
    }
    println!("clock: five jumps in {:?}", started.elapsed());
    let report = shop.audit("clock").await;
    report.assert_clean();
    assert_eq!(report.doubles, 0, "nobody was told twice");
    let seen = shop.crowd.seen();
    assert_eq!(
        seen.count("create 401") + seen.count("pay 401"),
        0,
        "sessions"
    );
    assert_eq!(seen.count("create 5"), 0, "{:?}", seen.answers);
}

/// Not an hour early and not an hour late.
async fn one_ship_takes_its_time(shop: &Shop, offset: i64) {
    let customer = &shop.crowd.customers[0];
    let order = customer.order(&[&shop.parts[0]]).await;
    let from = Instant::now();
    assert_eq!(customer.pay(&order).await.status, 200);
    customer.wait_for(&order, "ASSEMBLED").await;
    let took = from.elapsed();
    assert!(took >= ASSEMBLY_TIME, "{took:?} at {offset} s");
    assert!(took < Duration::from_secs(10), "{took:?} at {offset} s");
}

/// A jump while the bank is silent: the payment's lease, and the pause before the next
/// try, were written by the clock as it was before.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_1_a_payment_under_way_is_settled_soon_whichever_way_the_clock_jumps() {
    for jump in [HOUR, -HOUR] {
        let clock = WrongClock::new();
        let shop = Shop::open(1, |options| clock.apply(options)).await;
        let customer = &shop.crowd.customers[0];
        let order = customer.order(&[&shop.parts[0]]).await;
        shop.bank.next(Behaviour::ChargeThenHang);
        let pay = customer.pay(&order);
        let jumps = async {
            eventually("the bank has charged", SOON, || async {
                (!shop.bank.charges().is_empty()).then_some(())
            })
            .await;
            clock.set(jump);
        };
        let (answer, ()) = tokio::join!(pay, jumps);
        assert_eq!(answer.code(), "payment_pending", "{answer:?}");
        customer.wait_for(&order, "ASSEMBLED").await;
        assert_eq!(shop.bank.charges_of(order.parse().unwrap()), 1);
        // Message marks too: both are told, although a claim may have been under way.
        eventually("told of both", SOON, || async {
            (shop.telegram.sent().len() == 2).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unpaid_orders_and_sessions_end_by_the_time_of_day() {
    let clock = WrongClock::new();
    let shop = Shop::open(1, |options| clock.apply(options)).await;
    let customer = &shop.crowd.customers[0];
    let part = &shop.parts[0];
    let stock = customer.stock(part).await;
    let order = customer.order(&[part]).await;
    // Fifteen minutes is how long an order may stay unpaid. The sweeper looks every
    // second; that it does nothing is seen from one that it does end.
    clock.set(HOUR / 4 - 60);
    let later = customer.order(&[part]).await;
    clock.set(HOUR / 4 + 5);
    customer.wait_for(&order, "CANCELLED").await;
    assert_eq!(customer.status(&later).await, "PENDING_PAYMENT");
    clock.set(-HOUR);
    assert_eq!(customer.status(&later).await, "PENDING_PAYMENT");
    assert_eq!(customer.pay(&later).await.status, 200);
    customer.wait_for(&later, "ASSEMBLED").await;
    eventually("one part is back and one is sold", SOON, || async {
        (customer.stock(part).await == stock - 1).then_some(())
    })
    .await;

    // A session lasts 24 hours.
    clock.set(24 * HOUR - 60);
    assert_eq!(customer.get("/api/v1/orders").await.status, 200);
    clock.set(24 * HOUR + 60);
    let over = customer.get("/api/v1/orders").await;
    assert_eq!(
        (over.status.as_u16(), over.code()),
        (401, "unauthenticated")
    );
    clock.set(0);
    let again = customer.get("/api/v1/orders").await;
    assert!([200, 401].contains(&again.status.as_u16()), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_that_were_written_before_the_clock_went_back_do_not_hang_for_an_hour() {
    let clock = WrongClock::new();
    let mut shop = Shop::open(2, |options| clock.apply(options)).await;
    shop.steady_clock = false;
    // The bank refuses, so pauses are written down; then the clock goes back.
    clock.set(HOUR);
    shop.bank.always(Behaviour::Refuse);
    shop.work(8);
    shop.until_answered("pay 503 payment_pending", 8).await;
    clock.set(0);
    shop.bank.always(Behaviour::Charge);
    let recovering = Instant::now();
    shop.audit("clock back").await.assert_clean();
    println!("clock back: at rest after {:?}", recovering.elapsed());
    assert!(recovering.elapsed() < Duration::from_secs(30));
}
