//! Killed again and again at moments that nothing chose, on one data directory.

use std::{
    collections::BTreeMap,
    process::Stdio,
    time::{Duration, Instant},
};

use rocket_testkit::telegram::Sent;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::{PROGRAM, shop::Shop};

const KILLS: usize = 30;
/// How long orders are started, and at least how long it is killed again and again.
const LOADED: Duration = Duration::from_secs(32);
/// The longest that a process lives before it is killed, in milliseconds.
const LIFE: u64 = 1_900;
/// Orders a second. Each leads to two messages, and a bot sends 30 a second.
const RATE: &str = "13";

/// A linear congruential generator (Knuth, MMIX): a seed names a run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invariants_1_to_5_hold_after_30_kills_and_more_in_a_row_at_random_moments_under_load() {
    let started = Instant::now();
    let seed = std::env::var("ROCKET_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    println!("kill loop: ROCKET_SEED={seed} repeats these moments");
    let mut random = Random(seed);
    let mut shop = Shop::open(1, |_| {}).await;
    let load = load(&shop);
    let mut kills = Vec::new();
    let loaded = Instant::now();
    while kills.len() < KILLS || loaded.elapsed() < LOADED {
        // Most die at work, some while they start.
        let life = if random.below(4) == 0 { 150 } else { LIFE };
        tokio::time::sleep(Duration::from_millis(random.below(life))).await;
        shop.platform.kill().await;
        kills.push(Instant::now());
        shop.platform.spawn(&shop.options);
    }
    shop.platform.wait_until_ready().await;
    println!("kill loop: {} kills in {:?}", kills.len(), loaded.elapsed());
    let load = load.wait_with_output().await.unwrap();
    let said = String::from_utf8(load.stdout).unwrap();
    println!("kill loop: load says {said}");
    let outside: Value = serde_json::from_str(&said).unwrap();
    let report = shop.audit("kill loop").await;
    println!(
        "kill loop: {} kills, {} orders, {} paid, {} messages, {} told twice, {:.0} s",
        kills.len(),
        report.orders,
        report.paid,
        report.told,
        report.doubles,
        started.elapsed().as_secs_f64()
    );
    assert!(load.status.success(), "the audit from outside");
    assert_eq!(outside["audit"]["clean"], true);
    report.assert_clean();
    assert!(report.paid > 100, "hardly any work was done: {report}");
    assert_eq!(outside["paid"].as_u64(), u64::try_from(report.paid).ok());
    only_kills_tell_twice(&shop.telegram.sent(), &kills);
    assert!(report.doubles <= kills.len(), "{report}");
}

/// `rocketctl load`, which orders at a constant rate and then audits from outside. Its
/// customers leave no address, so the store gives each of them a chat.
fn load(shop: &Shop) -> Child {
    let chats = "CREATE TRIGGER reachable AFTER INSERT ON users BEGIN
        INSERT INTO notification_methods VALUES
            (NEW.user_uuid, 0, 'telegram', abs(random() % 1000000000) + 1);
        END";
    shop.platform.store("iam.db").execute_batch(chats).unwrap();
    Command::new(PROGRAM)
        .args(["load", "--url", &shop.platform.url()])
        .args(["--rate", RATE])
        .args(["--duration", &format!("{}s", LOADED.as_secs())])
        .args(["--connections", "16", "--customers", "8", "--verify"])
        .args(["--settle", "60s", "--patience", "60s"])
        .args(["--assembly-time", "500ms", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// The one window of invariant 5 opens when a process dies between Telegram's answer
/// and the mark, so between two tellings of one event lies a kill.
fn only_kills_tell_twice(sent: &[Sent], kills: &[Instant]) {
    let mut told: BTreeMap<(i64, &str), Instant> = BTreeMap::new();
    for message in sent {
        let before = told.insert((message.chat_id, &message.raw), message.at);
        let Some(before) = before else { continue };
        let killed = kills
            .iter()
            .any(|kill| (before..=message.at).contains(kill));
        assert!(killed, "told twice without a kill: {}", message.raw);
    }
}
