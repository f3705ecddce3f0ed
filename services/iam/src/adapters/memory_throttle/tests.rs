use super::*;

const START: OffsetDateTime = time::macros::datetime!(2030-01-01 00:00 UTC);

fn small() -> MemoryThrottle {
    MemoryThrottle::new(ThrottleConfig {
        account_failures: 3,
        global_failures: 5,
        ..ThrottleConfig::default()
    })
}

fn login(text: &str) -> LoginName {
    LoginName::parse(text).unwrap()
}

#[tokio::test]
async fn refuses_after_so_many_failures_and_only_until_the_oldest_is_forgotten() {
    let throttle = small();
    let ann = login("ann");
    for minute in 0..3 {
        let now = START + Duration::minutes(minute);
        throttle.begin(&ann, now).await.unwrap();
    }
    let now = START + Duration::minutes(3);
    let refused = throttle.begin(&ann, now).await.unwrap_err();
    assert_eq!(refused.retry_after, Duration::minutes(12).unsigned_abs());
    let other = throttle.begin(&login("bob"), now).await;
    assert!(other.is_ok(), "another account is not concerned");

    let then = now + refused.retry_after;
    throttle.begin(&ann, then).await.unwrap();
    assert!(throttle.begin(&ann, then).await.is_err());
}

#[tokio::test]
async fn a_refused_attempt_does_not_prolong_the_refusal() {
    let throttle = small();
    let ann = login("ann");
    for _ in 0..3 {
        throttle.begin(&ann, START).await.unwrap();
    }
    for minute in 1..15 {
        let now = START + Duration::minutes(minute);
        assert!(throttle.begin(&ann, now).await.is_err());
    }
    throttle
        .begin(&ann, START + Duration::minutes(15))
        .await
        .unwrap();
}

#[tokio::test]
async fn success_forgets_the_failures_and_a_withdrawn_attempt_never_was() {
    let throttle = small();
    let ann = login("ann");
    for _ in 0..20 {
        throttle.begin(&ann, START).await.unwrap();
        throttle.withdrawn(&ann).await;
    }
    for _ in 0..2 {
        throttle.begin(&ann, START).await.unwrap();
    }
    throttle.begin(&ann, START).await.unwrap();
    throttle.succeeded(&ann).await;
    throttle.begin(&ann, START).await.unwrap();
}

#[tokio::test]
async fn all_accounts_together_are_limited_until_the_window_turns() {
    let throttle = small();
    for n in 0..5 {
        throttle
            .begin(&login(&format!("user{n}")), START)
            .await
            .unwrap();
    }
    let now = START + Duration::seconds(20);
    let refused = throttle.begin(&login("user9"), now).await.unwrap_err();
    assert_eq!(refused.retry_after, Duration::seconds(40).unsigned_abs());
    let then = now + refused.retry_after;
    throttle.begin(&login("user9"), then).await.unwrap();
}

#[tokio::test]
async fn accounts_are_forgotten_with_their_failures() {
    let throttle = small();
    throttle.begin(&login("ann"), START).await.unwrap();
    let later = START + Duration::minutes(16);
    throttle.begin(&login("bob"), later).await.unwrap();
    assert_eq!(throttle.lock().by_account.len(), 1);
}

#[tokio::test]
async fn a_clock_set_back_locks_nobody_out() {
    let throttle = small();
    let ann = login("ann");
    for _ in 0..3 {
        throttle
            .begin(&ann, START + Duration::days(400))
            .await
            .unwrap();
    }
    throttle.begin(&ann, START).await.unwrap();
}
