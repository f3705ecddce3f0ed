//! More requests at once than there is room for: the rest is refused at once, in a
//! word that clients know, instead of growing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use reqwest::Client;
use rocket_e2e::{Answer, crowd, usage};
use rocket_testkit::eventually;
use serde_json::{Value, json};

use crate::shop::Shop;

const CUSTOMERS: usize = 16;
/// Each customer's; HTTP/2 lets 256 be open on a connection.
const AT_ONCE: usize = 240;
const BOUND: u64 = 512 * 1_024 * 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_shed_with_503_while_memory_stays_bounded_and_service_resumes() {
    let mut shop = Shop::open(CUSTOMERS, |_| {}).await;
    let pid = shop.platform.pid();
    let before = usage::resident(pid);
    // Somebody holds Order's store, so requests pile up until there is no more room.
    let stall = shop.platform.store("order.db");
    stall.execute_batch("BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    let answers = Arc::new(Mutex::new(BTreeMap::new()));
    let flood = tokio::spawn(flood(&shop, Arc::clone(&answers)));
    // A store waits five seconds for its lock.
    eventually("the first is shed", Duration::from_secs(5), || async {
        let shed = answers.lock().unwrap().contains_key("503 overloaded");
        shed.then_some(())
    })
    .await;
    let during = usage::resident(pid);
    stall.execute_batch("ROLLBACK").unwrap();
    flood.await.unwrap();
    let answers = answers.lock().unwrap().clone();
    println!(
        "flood: {} requests in {:?}: {answers:?}; {} MiB resident before, {} during, {} at most, {} after",
        CUSTOMERS * AT_ONCE,
        started.elapsed(),
        usage::mebibytes(before),
        usage::mebibytes(during),
        usage::mebibytes(usage::peak(pid)),
        usage::mebibytes(usage::resident(pid)),
    );
    let count = |what: &str| answers.get(what).copied().unwrap_or_default();
    assert!(
        count("503 overloaded") > 100,
        "nothing was shed: {answers:?}"
    );
    let refusals = [
        "503 overloaded",
        "503 sessions_unavailable",
        "503 inventory_unavailable",
        // Let in, and then not served in time.
        "504 deadline_exceeded",
    ];
    let shed: usize = refusals.into_iter().map(count).sum();
    let unpaid = count("429 too_many_unpaid_orders");
    assert_eq!(
        shed + unpaid + count("201 "),
        CUSTOMERS * AT_ONCE,
        "{answers:?}"
    );
    assert!(
        count("201 ") > 100,
        "what was let in is served: {answers:?}"
    );
    assert!(usage::peak(pid) < BOUND, "memory grew");

    shop.work(16);
    shop.until_answered("pay 200", 20).await;
    let seen = shop.crowd.rest().await;
    assert_eq!(
        seen.count("create 5") + seen.count("pay 5"),
        0,
        "{:?}",
        seen.answers
    );
    shop.audit("flood").await.assert_clean();
}

/// How often each answer was given.
type Answers = BTreeMap<String, usize>;

/// Everybody orders at once.
fn flood(shop: &Shop, answers: Arc<Mutex<Answers>>) -> impl Future<Output = ()> + use<> {
    let url = format!("{}/api/v1/orders", shop.platform.url());
    let part = shop.parts[0].clone();
    let sessions: Vec<_> = shop
        .crowd
        .customers
        .iter()
        .map(|it| it.session.clone())
        .collect();
    async move {
        let mut requests = Vec::new();
        for session in sessions {
            let http = Client::builder().http2_prior_knowledge().build().unwrap();
            for _ in 0..AT_ONCE {
                let request = http
                    .post(&url)
                    .header("x-session-uuid", &session)
                    .json(&json!({"part_uuids": [part]}));
                let answers = Arc::clone(&answers);
                requests.push(tokio::spawn(async move {
                    let response = request.send().await.unwrap();
                    let answer = Answer {
                        status: response.status(),
                        body: response.json::<Value>().await.unwrap_or_default(),
                    };
                    assert_eq!(crowd::strange(&answer), None, "{answer:?}");
                    let what = format!("{} {}", answer.status.as_u16(), answer.code());
                    *answers.lock().unwrap().entry(what).or_default() += 1;
                }));
            }
        }
        for request in requests {
            request.await.unwrap();
        }
    }
}
