#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::time::advance;

use super::*;

fn limiter(requests: u32, most: usize) -> Limiter<u32> {
    Limiter::new(Rate::per_minute(requests), most)
}

/// How many of `tries` pass.
fn passed(limiter: &Limiter<u32>, key: u32, tries: usize) -> usize {
    (0..tries).filter(|_| limiter.count(&key).is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn a_key_gets_its_rate_and_no_more_and_other_keys_have_their_own() {
    let limiter = limiter(60, 100);
    assert_eq!(passed(&limiter, 1, 1_000), 60);
    assert_eq!(passed(&limiter, 2, 1_000), 60);
    advance(Duration::from_secs(10)).await;
    assert_eq!(passed(&limiter, 1, 1_000), 10);
    advance(Duration::from_hours(1)).await;
    assert_eq!(passed(&limiter, 1, 1_000), 60, "quiet time is not saved up");
}

#[tokio::test(start_paused = true)]
async fn who_waits_as_long_as_told_gets_through() {
    let limiter = limiter(3, 100);
    assert_eq!(passed(&limiter, 1, 3), 3);
    let wait = limiter.count(&1).unwrap_err();
    advance(wait.checked_sub(Duration::from_millis(1)).unwrap()).await;
    assert!(limiter.count(&1).is_err(), "too early");
    advance(Duration::from_millis(1)).await;
    limiter.count(&1).unwrap();
}

#[tokio::test(start_paused = true)]
async fn new_keys_beyond_the_bound_share_one_state_and_known_ones_keep_theirs() {
    let limiter = limiter(10, 100);
    for key in 0..100 {
        assert_eq!(passed(&limiter, key, 1), 1);
    }
    let strangers = (1_000..2_000).filter(|key| limiter.count(key).is_ok());
    assert_eq!(strangers.count(), 10);
    assert_eq!(limiter.gcra.len(), 100);
    assert_eq!(passed(&limiter, 7, 20), 9);
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_as_good_as_new_make_room() {
    let limiter = limiter(10, 100);
    for key in 0..100 {
        limiter.count(&key).unwrap();
    }
    advance(Duration::from_mins(2)).await;
    assert_eq!(passed(&limiter, 1_000, 20), 10);
    assert_eq!(limiter.gcra.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_are_forgotten_without_a_flood_too() {
    let limiter = limiter(60, 100);
    for key in 0..40 {
        limiter.count(&key).unwrap();
    }
    advance(Duration::from_mins(2)).await;
    for _ in 0..60 {
        limiter.count(&1_000).unwrap();
    }
    assert_eq!(limiter.gcra.len(), 1);
}
