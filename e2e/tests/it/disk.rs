//! A disk that is full or read-only: nothing is lost or half done, reads go on, and
//! space is all it takes to go on.
//!
//! Writes are answered 503 `store_unavailable` with Retry-After, not 507: the client
//! can do nothing about the disk, and the same request succeeds once there is space.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{PROGRAM, shop::Shop};
use reqwest::Method;
use rocket_e2e::{Disk, Options, Platform, crowd, usage};
use serde_json::json;

const MEBIBYTES: u32 = 48;
/// In the operating system's words, and in SQLite's.
const FULL: [&str; 2] = ["no space left", "disk is full"];
const READ_ONLY: [&str; 2] = ["read-only", "readonly"];

#[tokio::test(flavor = "multi_thread")]
async fn invariants_1_to_5_a_full_disk_refuses_writes_and_recovers_without_a_restart() {
    let disk = Arc::new(Disk::new(MEBIBYTES).await);
    let mut shop = Shop::open(4, |options| options.disk = Some(Arc::clone(&disk))).await;
    let pid = shop.platform.pid();
    let unpaid = shop.crowd.customers[0].order(&[&shop.parts[0]]).await;
    shop.work(20);
    shop.until_answered("pay 200", 20).await;
    disk.fill();
    shop.until_answered("create 503", 10).await;
    shop.crowd.rest().await;
    shop.crowd.forget_answers();

    // Full from end to end: every write is refused, with one code each.
    shop.work(20);
    shop.until_answered("create ", 20).await;
    let seen = shop.crowd.rest().await;
    println!("full disk: {:?}", seen.answers);
    assert_eq!(
        seen.count("create 503 "),
        seen.count(""),
        "{:?}",
        seen.answers
    );
    every_write_is_refused(&shop, &unpaid).await;
    reads_go_on(&shop).await;
    idles(pid).await;

    disk.free();
    shop.work(20);
    shop.until_answered("pay 200", 20).await;
    let customer = shop.crowd.customers[0].clone();
    assert_eq!(customer.status(&unpaid).await, "PENDING_PAYMENT");
    assert_eq!(customer.pay(&unpaid).await.status, 200);
    shop.audit("full disk").await.assert_clean();
    assert_eq!(shop.platform.pid(), pid, "it was never restarted");
}

/// 503 and a word for it, and a session that cannot be ended goes on.
async fn every_write_is_refused(shop: &Shop, unpaid: &str) {
    let customer = &shop.crowd.customers[0];
    let name = format!("late-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let account = json!({
        "login": name, "email": format!("{name}@example.com"), "password": unpaid,
        "notification_methods": [],
    });
    let answers = [
        (
            "create",
            customer
                .post("/api/v1/orders", json!({"part_uuids": [shop.parts[0]]}))
                .await,
        ),
        ("pay", customer.pay(unpaid).await),
        ("cancel", customer.cancel(unpaid).await),
        (
            "register",
            customer.post("/api/v1/auth/register", account).await,
        ),
        (
            "log out",
            customer
                .send(Method::POST, "/api/v1/auth/logout", None)
                .await,
        ),
    ];
    for (what, answer) in answers {
        println!("full disk: {what}: {} {}", answer.status, answer.code());
        assert_eq!(answer.status, 503, "{what}: {answer:?}");
        assert_eq!(crowd::strange(&answer), None, "{what}: {answer:?}");
    }
}

async fn reads_go_on(shop: &Shop) {
    let customer = &shop.crowd.customers[0];
    let orders = customer.get("/api/v1/orders?page_size=100").await;
    assert_eq!(orders.status, 200, "{orders:?}");
    let order = orders.body["orders"][0]["order_uuid"].as_str().unwrap();
    assert!(!customer.status(order).await.is_empty());
    assert!(!customer.parts("WING").await.is_empty());
    customer.messages().await;
}

/// Whoever waits for space must not spin: with nobody asking, a full disk costs less
/// than half a core.
async fn idles(pid: u32) {
    let (from, window) = (usage::processor(pid), Duration::from_secs(2));
    tokio::time::sleep(window).await;
    let used = usage::processor(pid).saturating_sub(from);
    println!(
        "full disk: {} ms of processor time in {window:?}",
        used.as_millis()
    );
    assert!(used < window / 2, "{used:?} in {window:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_start_is_said_in_one_line() {
    let disk = Arc::new(Disk::new(MEBIBYTES).await);
    let options = Options {
        disk: Some(Arc::clone(&disk)),
        ..Options::default()
    };
    disk.fill();
    let mut platform = Platform::prepare(PROGRAM, &options);
    refused(&platform, &options, FULL).await;
    disk.free();
    platform.start_again(&options).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invariants_1_to_5_a_full_disk_at_start_on_existing_data_loses_nothing() {
    let disk = Arc::new(Disk::new(MEBIBYTES).await);
    let mut shop = Shop::open(4, |options| options.disk = Some(Arc::clone(&disk))).await;
    shop.work(20);
    shop.until_answered("pay 200", 10).await;
    shop.platform.kill().await;
    disk.fill();
    // Whether it can start depends on what the process before it left to be written:
    // leases to end, a log to recover. It serves, or it says why not.
    shop.platform.spawn(&shop.options);
    if let Some((code, said)) = shop.platform.ready_or_ended().await {
        assert_one_line(code, &said, FULL);
        disk.free();
        shop.platform.start_again(&shop.options).await;
    } else {
        disk.free();
    }
    shop.until_answered("pay 200", 20).await;
    shop.audit("full at start").await.assert_clean();
}

/// A disk cannot become read-only under a process that has files open for writing
/// (the kernel refuses the remount, as EBUSY), so only the start is of interest. What
/// a failing device does to open files is what a full one does: writes fail.
#[tokio::test(flavor = "multi_thread")]
async fn invariants_1_to_5_a_read_only_disk_is_refused_and_goes_on_when_writable() {
    let disk = Arc::new(Disk::new(MEBIBYTES).await);
    let mut shop = Shop::open(4, |options| options.disk = Some(Arc::clone(&disk))).await;
    shop.work(20);
    shop.until_answered("pay 200", 10).await;
    shop.platform.kill().await;
    disk.set_read_only(true).await;
    refused(&shop.platform, &shop.options, READ_ONLY).await;
    disk.set_read_only(false).await;
    shop.platform.start_again(&shop.options).await;
    shop.until_answered("pay 200", 20).await;
    shop.audit("read-only disk").await.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_read_only_disk_is_refused_and_used_when_writable() {
    let disk = Arc::new(Disk::new(MEBIBYTES).await);
    let options = Options {
        disk: Some(Arc::clone(&disk)),
        ..Options::default()
    };
    disk.set_read_only(true).await;
    let mut platform = Platform::prepare(PROGRAM, &options);
    refused(&platform, &options, READ_ONLY).await;
    disk.set_read_only(false).await;
    platform.start_again(&options).await;
}

async fn refused(platform: &Platform, options: &Options, why: [&str; 2]) {
    let from = Instant::now();
    let (code, said) = platform.refused(options).await;
    assert_one_line(code, &said, why);
    assert!(from.elapsed() < Duration::from_secs(10), "it hesitated");
}

/// Exit code 73 and one line for people; log lines, which are JSON here, apart.
fn assert_one_line(code: Option<i32>, said: &str, why: [&str; 2]) {
    assert_eq!(code, Some(73), "{said}");
    let lines: Vec<_> = said.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].starts_with("rocketctl: "), "{said}");
    let line = lines[0].to_lowercase();
    assert!(why.iter().any(|words| line.contains(words)), "{said}");
}
