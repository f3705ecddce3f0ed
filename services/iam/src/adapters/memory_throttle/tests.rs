use super::*;

const START: OffsetDateTime = time::macros::datetime!(2030-01-01 00:00 UTC);

fn small() -> MemoryThrottle {
    MemoryThrottle::new(ThrottleConfig {
        account_failures: 3,
        account_failures_everywhere: 12,
        ..ThrottleConfig::default()
    })
}

fn login(text: &str) -> LoginName {
    LoginName::parse(text).unwrap()
}

/// The n-th of many addresses.
fn from<S: From<ClientAddress>>(n: u32) -> S {
    ClientAddress::new(IpAddr::V4(n.into())).into()
}

/// How many attempts, sources and accounts are remembered.
fn sizes(throttle: &MemoryThrottle) -> [usize; 3] {
    let counts = throttle.lock();
    [
        counts.order.len(),
        counts.by_key.len(),
        counts.by_account.len(),
    ]
}

const HERE: Source = None;

#[tokio::test]
async fn refuses_after_so_many_failures_and_only_until_the_oldest_is_forgotten() {
    let throttle = small();
    let ann = login("ann");
    for minute in 0..3 {
        let now = START + Duration::minutes(minute);
        throttle.begin(&ann, HERE, now).await.unwrap();
    }
    let now = START + Duration::minutes(3);
    let refused = throttle.begin(&ann, HERE, now).await.unwrap_err();
    assert_eq!(refused.retry_after, Duration::minutes(12).unsigned_abs());
    let other = throttle.begin(&login("bob"), HERE, now).await;
    assert!(other.is_ok(), "another account is not concerned");

    let then = now + refused.retry_after;
    throttle.begin(&ann, HERE, then).await.unwrap();
    assert!(throttle.begin(&ann, HERE, then).await.is_err());
}

#[tokio::test]
async fn a_refused_attempt_does_not_prolong_the_refusal() {
    let throttle = small();
    let ann = login("ann");
    for _ in 0..3 {
        throttle.begin(&ann, HERE, START).await.unwrap();
    }
    for minute in 1..15 {
        let now = START + Duration::minutes(minute);
        assert!(throttle.begin(&ann, HERE, now).await.is_err());
    }
    let then = START + Duration::minutes(15);
    throttle.begin(&ann, HERE, then).await.unwrap();
}

/// Somebody hammers an account from elsewhere, for a day: its owner signs in at any
/// time, with a mistyped password now and then.
#[tokio::test]
async fn an_attacker_elsewhere_never_shuts_an_account_for_its_owner() {
    let throttle = small();
    let ann = login("ann");
    let mut guesses = 0;
    for second in 0..86_400 {
        let now = START + Duration::seconds(second);
        guesses += u32::from(throttle.begin(&ann, from(666), now).await.is_ok());
        if second % 3_600 == 1_800 {
            throttle.begin(&ann, from(1), now).await.unwrap();
            throttle.begin(&ann, from(1), now).await.unwrap();
            throttle.succeeded(&ann, from(1)).await;
        }
    }
    assert_eq!(guesses, 3 * 4 * 24, "three in every quarter of an hour");
}

/// Many addresses against one account: each gets one guess once they are together too
/// many, and the owner's address, which has not failed, gets in.
#[tokio::test]
async fn many_attackers_get_one_guess_each_and_the_owner_still_gets_in() {
    let throttle = small();
    let ann = login("ann");
    let mut guesses = 0;
    for _ in 0..10 {
        for n in 100..200 {
            let allowed = throttle.begin(&ann, from(n), START).await;
            guesses += u32::from(allowed.is_ok());
        }
    }
    assert_eq!(guesses, 100);
    throttle.begin(&ann, from(1), START).await.unwrap();
    throttle.succeeded(&ann, from(1)).await;
    throttle.begin(&ann, from(1), START).await.unwrap();
    let refused = throttle.begin(&ann, from(1), START).await.unwrap_err();
    assert_eq!(refused.retry_after, Duration::minutes(15).unsigned_abs());
    let bob = throttle.begin(&login("bob"), from(100), START).await;
    assert!(bob.is_ok(), "another account is not concerned");
}

#[tokio::test]
async fn success_forgets_the_failures_and_a_withdrawn_attempt_never_was() {
    let throttle = small();
    let ann = login("ann");
    for _ in 0..20 {
        throttle.begin(&ann, HERE, START).await.unwrap();
        throttle.withdrawn(&ann, HERE).await;
    }
    for _ in 0..3 {
        throttle.begin(&ann, HERE, START).await.unwrap();
    }
    throttle.succeeded(&ann, HERE).await;
    throttle.begin(&ann, HERE, START).await.unwrap();
    assert_eq!(throttle.lock().by_account[&ann], 1);
}

/// More failures than are remembered push the oldest out; nobody is refused for them.
#[tokio::test]
async fn memory_is_bounded_and_a_flood_refuses_nobody_else() {
    let throttle = MemoryThrottle::new(ThrottleConfig {
        account_failures: 3,
        remembered: 50,
        ..ThrottleConfig::default()
    });
    for n in 0..1_000 {
        let name = login(&format!("user{n}"));
        throttle.begin(&name, from(n), START).await.unwrap();
    }
    assert_eq!(sizes(&throttle), [50, 50, 50]);
    let ann = throttle.begin(&login("ann"), HERE, START).await;
    assert!(ann.is_ok());
}

#[tokio::test]
async fn accounts_are_forgotten_with_their_failures() {
    let throttle = small();
    throttle.begin(&login("ann"), HERE, START).await.unwrap();
    throttle.begin(&login("cat"), HERE, START).await.unwrap();
    throttle.succeeded(&login("cat"), HERE).await;
    let later = START + Duration::minutes(16);
    throttle.begin(&login("bob"), HERE, later).await.unwrap();
    assert_eq!(sizes(&throttle), [1, 1, 1]);
}

#[tokio::test]
async fn a_clock_set_back_locks_nobody_out() {
    let throttle = small();
    let ann = login("ann");
    for _ in 0..3 {
        let ahead = START + Duration::days(400);
        throttle.begin(&ann, HERE, ahead).await.unwrap();
    }
    throttle.begin(&ann, HERE, START).await.unwrap();
}

/// Two requests may be counted in the other order than they read the clock.
#[tokio::test]
async fn a_moment_out_of_order_forgets_nothing() {
    let throttle = small();
    let ann = login("ann");
    for micros in [2, 0, 1] {
        let now = START + Duration::microseconds(micros);
        throttle.begin(&ann, HERE, now).await.unwrap();
    }
    assert!(throttle.begin(&ann, HERE, START).await.is_err());
}
