//! Every PAID order becomes ASSEMBLED exactly once, never earlier than the assembly
//! time after payment.

use std::time::{Duration, Instant};

use rocket_e2e::{Customer, Options, Platform};

use crate::PROGRAM;

/// The course's ten seconds, kept in this one test.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_4_a_ship_takes_ten_seconds_by_default_and_many_are_built_at_once() {
    let options = Options {
        spec: String::new(),
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let mut orders = Vec::new();
    for _ in 0..20 {
        let order = customer.order(&[&part]).await;
        assert_eq!(customer.pay(&order).await.status, 200);
        orders.push((order, Instant::now()));
    }
    let first_paid = orders[0].1;
    for (order, paid) in &orders {
        customer.wait_for(order, "ASSEMBLED").await;
        // Paid a moment before the answer came, hence the margin.
        assert!(paid.elapsed() > Duration::from_millis(9_500), "{order}");
    }
    // One after the other they would have taken 200 seconds; the bound is only there
    // to tell the two apart.
    assert!(first_paid.elapsed() < Duration::from_mins(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_4_a_kill_during_assembly_builds_the_ship_once() {
    let options = Options {
        spec: "  services:\n    assembly: {assemblyTime: 1s}\n".to_owned(),
        ..Options::default()
    };
    let mut platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let mut orders = Vec::new();
    for _ in 0..10 {
        let order = customer.order(&[&part]).await;
        assert_eq!(customer.pay(&order).await.status, 200);
        orders.push(order);
    }
    platform.kill().await;
    platform.start_again(&options).await;
    for order in &orders {
        customer.wait_for(order, "ASSEMBLED").await;
        let events: i64 = platform
            .store("events.db")
            .query_row(
                "SELECT count(*) FROM records WHERE topic = 'ship.assembled' AND key = ?1",
                [order],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(events, 1, "{order}");
    }
}
