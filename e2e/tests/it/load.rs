//! `rocketctl load`: what it measures adds up, its audit passes a platform that is
//! right, even one that dies meanwhile, and fails one that is not.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use rocket_e2e::{Options, Platform};
use rocket_testkit::eventually;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::PROGRAM;

const SOON: Duration = Duration::from_secs(30);

/// Long enough for a test to change something between payment and assembly.
fn options() -> Options {
    Options {
        spec: "  services:\n    assembly: {assemblyTime: 2s}\n".to_owned(),
        ..Options::default()
    }
}

fn load(platform: &Platform, args: &[&str]) -> Child {
    Command::new(PROGRAM)
        .args(["load", "--url", &platform.url(), "--json"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// The one JSON object on standard output, which nothing else may be on.
fn json(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}{output:?}");
    serde_json::from_str(&text).unwrap()
}

fn count(platform: &Platform, sql: &str) -> i64 {
    let orders = platform.store("order.db");
    orders.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Waits until the load has created so many orders.
async fn under_way(platform: &Platform, orders: i64) {
    eventually("the load is under way", SOON, || async {
        (count(platform, "SELECT count(*) FROM orders") >= orders).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_adds_up_and_its_audit_is_clean() {
    let platform = Platform::start(PROGRAM, &options()).await;
    let pid = platform.pid();
    let measured = pid.to_string();
    let args = [
        "--rate",
        "50",
        "--duration",
        "3s",
        "--verify",
        "--assembly-time",
        "2s",
        "--measure",
        &measured,
    ];
    let output = load(&platform, &args).wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stderr, b"", "no progress where there is no terminal");
    let report = json(&output);
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap();

    assert_eq!(number("/orders") + number("/not_started"), 150, "{report}");
    assert_eq!(number("/paid") + number("/cancelled"), number("/orders"));
    assert_eq!(number("/create/count"), number("/orders"));
    assert_eq!(number("/pay/count"), number("/paid"));
    assert_eq!(number("/unresolved"), 0);
    let audit = &report["audit"];
    assert_eq!(audit["clean"], true, "{audit}");
    for (audited, counted) in [
        ("orders", "/orders"),
        ("assembled", "/paid"),
        ("cancelled", "/cancelled"),
    ] {
        assert_eq!(audit[audited], number(counted), "{audited}");
    }
    assert_eq!(audit["messages"], 2 * number("/paid"));
    let usage = &report["measured"];
    assert_eq!(usage["processes"][0]["pid"], pid, "{usage}");
    for figure in ["cpu_seconds", "cpu_seconds_per_1000_orders", "resident_mib"] {
        assert!(usage[figure].as_f64().unwrap() > 0.0, "{figure}: {usage}");
    }
    // The stores agree with what was counted from outside.
    let assembled = count(
        &platform,
        "SELECT count(*) FROM orders WHERE status = 'ASSEMBLED'",
    );
    assert_eq!(u64::try_from(assembled).unwrap(), number("/paid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_outlives_a_killed_platform_and_its_audit_is_clean() {
    let options = options();
    let mut platform = Platform::start(PROGRAM, &options).await;
    let load = load(&platform, &["--rate", "40", "--duration", "4s", "--verify"]);
    under_way(&platform, 40).await;
    platform.kill().await;
    platform.start_again(&options).await;
    let output = load.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    assert_eq!(report["audit"]["clean"], true, "{report}");
    let retries = report["retries"].as_object().unwrap();
    assert!(
        retries.contains_key("connect") || retries.contains_key("broken"),
        "the kill was not felt: {report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_finds_a_lost_part_a_changed_price_and_a_message_that_never_came() {
    let platform = Platform::start(PROGRAM, &options()).await;
    let args = [
        "--rate",
        "20",
        "--duration",
        "2s",
        "--verify",
        "--settle",
        "6s",
    ];
    let load = load(&platform, &[&args[..], &["--cancel-percent", "0"]].concat());
    under_way(&platform, 10).await;
    let newest = "SELECT hex(order_uuid) FROM orders ORDER BY created_at DESC LIMIT 1";
    let orders = platform.store("order.db");
    let order: String = orders.query_row(newest, [], |row| row.get(0)).unwrap();
    orders
        .execute_batch(&format!(
            "UPDATE orders SET total_price = total_price + 1 WHERE order_uuid = x'{order}'"
        ))
        .unwrap();
    platform
        .store("inventory.db")
        .execute_batch(
            "UPDATE stock SET stock = stock - 1, stocked = stocked - 1 WHERE part_uuid =
                 (SELECT part_uuid FROM stock ORDER BY stock DESC LIMIT 1)",
        )
        .unwrap();
    platform
        .store("notification.db")
        .execute_batch(&format!(
            "CREATE TRIGGER swallow BEFORE INSERT ON messages
             WHEN NEW.order_uuid = x'{order}' AND NEW.kind = 'ship.assembled'
             BEGIN SELECT RAISE(IGNORE); END"
        ))
        .unwrap();

    let output = load.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(said, "rocketctl: the audit is not clean: 3 findings\n");
    let audit = json(&output)["audit"].take();
    assert_eq!(audit["clean"], false);
    let found: Vec<_> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["order_uuid"].as_str(),
                finding["what"].as_str().unwrap(),
            )
        })
        .collect();
    let uuid = order.parse::<uuid::Uuid>().unwrap().to_string();
    for (about, words) in [
        (Some(uuid.as_str()), "never told that its ship is assembled"),
        (Some(uuid.as_str()), "it was created for"),
        (None, "left the stock"),
    ] {
        let there = |(order, what): &(Option<&str>, &str)| *order == about && what.contains(words);
        assert!(found.iter().any(there), "{words:?} in {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_on_nothing_says_so() {
    let mut platform = Platform::start(PROGRAM, &Options::default()).await;
    platform.kill().await;
    let output = load(&platform, &[]).wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing answers at"));
}
