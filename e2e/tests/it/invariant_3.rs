//! Stock is never negative, and stock + held + sold per part is constant.

use std::time::Duration;

use rocket_e2e::{Customer, Options, Platform};
use rocket_testkit::eventually;

use crate::PROGRAM;

const PART: &str = "01980000-0000-7000-8000-00000000aaaa";

/// A shop with one part, of which one piece is left.
async fn last_part() -> (tempfile::TempDir, Platform) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("catalogue.yaml");
    let yaml = format!(
        "parts:\n  - uuid: {PART}\n    name: Last Engine\n    description: The only one left.\n    \
         price: 100\n    stock: 1\n    category: ENGINE\n    \
         dimensions: {{length_cm: 1, width_cm: 1, height_cm: 1, weight_kg: 1}}\n    \
         manufacturer: {{name: A, country: B, website: 'https://a.example'}}\n    \
         tags: []\n    metadata: {{}}\n"
    );
    std::fs::write(&file, yaml).unwrap();
    let options = Options {
        args: vec!["--catalogue".to_owned(), file.display().to_string()],
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    (dir, platform)
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_3_sixty_four_buyers_of_the_last_part_make_one_winner() {
    let (_dir, platform) = last_part().await;
    let customer = Customer::new(&platform.url()).await;
    let buys = (0..64).map(|_| {
        let customer = customer.clone();
        tokio::spawn(async move {
            let body = serde_json::json!({"part_uuids": [PART]});
            customer.post("/api/v1/orders", body).await
        })
    });
    let mut winners = Vec::new();
    for buy in buys.collect::<Vec<_>>() {
        let answer = buy.await.unwrap();
        match answer.status.as_u16() {
            201 => winners.push(answer.body["order_uuid"].as_str().unwrap().to_owned()),
            409 => assert_eq!(answer.code(), "out_of_stock"),
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(customer.stock(PART).await, 0);

    // What the winner gives back, one other can have, and it is sold once.
    assert_eq!(customer.cancel(&winners[0]).await.status, 204);
    eventually("the part is back", Duration::from_secs(20), || async {
        (customer.stock(PART).await == 1).then_some(())
    })
    .await;
    let order = customer.order(&[PART]).await;
    assert_eq!(customer.pay(&order).await.status, 200);
    customer.wait_for(&order, "ASSEMBLED").await;
    assert_eq!(customer.stock(PART).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_3_all_of_an_order_is_held_or_nothing() {
    let (_dir, platform) = last_part().await;
    let customer = Customer::new(&platform.url()).await;
    let body = serde_json::json!({"part_uuids": [PART, PART]});
    let answer = customer.post("/api/v1/orders", body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (409, "out_of_stock")
    );
    assert_eq!(customer.stock(PART).await, 1);
    let orders = customer.get("/api/v1/orders").await.body;
    assert_eq!(orders["orders"].as_array().unwrap().len(), 0);
}
