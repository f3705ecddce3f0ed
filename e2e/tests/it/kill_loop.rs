//! Killed again and again at moments that nothing chose, on one data directory.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rocket_testkit::telegram::Sent;

use crate::shop::Shop;

const KILLS: usize = 32;
/// The longest that a process lives before it is killed.
const LIFE: u64 = 1_500;

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
async fn invariants_1_to_5_hold_after_32_kills_in_a_row_at_random_moments_under_load() {
    let started = Instant::now();
    let seed = std::env::var("ROCKET_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    println!("kill loop: ROCKET_SEED={seed} repeats these moments");
    let mut random = Random(seed);
    let mut shop = Shop::open(4, |_| {}).await;
    shop.work(12);
    let mut kills = Vec::new();
    while kills.len() < KILLS {
        // Most die at work, some while they start.
        let life = if random.below(4) == 0 { 150 } else { LIFE };
        tokio::time::sleep(Duration::from_millis(random.below(life))).await;
        shop.platform.kill().await;
        kills.push(Instant::now());
        shop.platform.spawn(&shop.options);
    }
    shop.platform.wait_until_ready().await;
    let report = shop.audit("kill loop").await;
    println!(
        "kill loop: {} kills, {} orders, {} told twice, {:.0} s",
        kills.len(),
        report.orders,
        report.doubles,
        started.elapsed().as_secs_f64()
    );
    report.assert_clean();
    assert!(report.paid > KILLS, "hardly any work was done: {report}");
    only_kills_tell_twice(&shop.telegram.sent(), &kills);
    assert!(report.doubles <= kills.len(), "{report}");
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
