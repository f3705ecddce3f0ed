use std::{sync::mpsc, time::Duration};

use super::*;

fn cheap(concurrent: usize, waiting: usize) -> HashingConfig {
    HashingConfig {
        memory_kib: 8,
        iterations: 1,
        lanes: 1,
        concurrent,
        waiting,
    }
}

fn password(text: &str) -> Password {
    Password::parse_attempt(text).unwrap()
}

#[tokio::test]
async fn hashes_with_the_configured_parameters_and_a_fresh_salt() {
    let hasher = Argon2idHasher::new(&HashingConfig::default()).unwrap();
    let one = hasher.hash(password("correct horse")).await.unwrap();
    let other = hasher.hash(password("correct horse")).await.unwrap();
    assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_ne!(one, other);
}

#[tokio::test]
async fn verifies_the_right_password_only() {
    let hasher = Argon2idHasher::new(&cheap(1, 0)).unwrap();
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    let verify = |text: &str, against| hasher.verify(password(text), against);
    assert!(verify("correct horse", Some(hash.clone())).await.unwrap());
    assert!(!verify("Correct horse", Some(hash)).await.unwrap());
    assert!(!verify("correct horse", None).await.unwrap());
}

#[tokio::test]
async fn hashes_of_other_parameters_are_still_verified() {
    let small = Argon2idHasher::new(&cheap(1, 0)).unwrap();
    let large = Argon2idHasher::new(&HashingConfig {
        memory_kib: 64,
        iterations: 2,
        ..cheap(1, 0)
    });
    let large = large.unwrap();
    for (of, by) in [(&small, &large), (&large, &small)] {
        let hash = of.hash(password("correct horse")).await.unwrap();
        let right = by.verify(password("correct horse"), Some(hash.clone()));
        assert!(right.await.unwrap());
        let wrong = by.verify(password("wrong horse"), Some(hash));
        assert!(!wrong.await.unwrap());
    }
}

/// The reference: what the crate itself makes of a stored hash.
#[tokio::test]
async fn hashes_are_those_of_argon2id() {
    use argon2::PasswordVerifier as _;

    let hasher = Argon2idHasher::new(&cheap(1, 0)).unwrap();
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    let verified = Argon2::default().verify_password(b"correct horse", hash.as_str());
    assert!(verified.is_ok());
    let refused = Argon2::default().verify_password(b"wrong horse", hash.as_str());
    assert!(refused.is_err());
}

#[tokio::test]
async fn one_hash_after_another_works_in_the_same_memory() {
    let hasher = Argon2idHasher::new(&cheap(2, 0)).unwrap();
    for _ in 0..10 {
        hasher.hash(password("correct horse")).await.unwrap();
    }
    assert_eq!(hasher.memory.kept(), 1);
}

#[tokio::test]
async fn a_damaged_stored_hash_is_an_error_and_never_a_match() {
    let hasher = Argon2idHasher::new(&cheap(1, 0)).unwrap();
    let damaged = PasswordHash::from_phc("not a hash".into());
    let result = hasher
        .verify(password("correct horse"), Some(damaged))
        .await;
    assert!(matches!(result, Err(HashError::Failed(_))));
}

#[test]
fn refuses_parameters_that_argon2_does_not_take() {
    let no_memory = HashingConfig {
        memory_kib: 1,
        ..cheap(1, 0)
    };
    assert!(matches!(
        Argon2idHasher::new(&no_memory),
        Err(HasherError::Parameters(_))
    ));
    assert!(matches!(
        Argon2idHasher::new(&cheap(0, 1)),
        Err(HasherError::NoConcurrency)
    ));
}

/// Two at work and one waiting: the fourth is refused at once, and there is room again
/// when the work is done. A caller that went away still takes its place.
#[tokio::test]
async fn works_on_a_bounded_number_and_refuses_what_cannot_wait() {
    let hasher = Argon2idHasher::new(&cheap(2, 1)).unwrap();
    let (started, starts) = mpsc::channel();
    let mut running = Vec::new();
    let mut callers = Vec::new();
    for _ in 0..3 {
        let (finish, finished) = mpsc::channel::<()>();
        running.push(finish);
        let (hasher, started) = (hasher.clone(), started.clone());
        callers.push(tokio::spawn(async move {
            hasher
                .run(move |_, _| {
                    started.send(()).unwrap();
                    finished.recv().ok();
                    Ok(())
                })
                .await
        }));
        tokio::task::yield_now().await;
    }
    let starts = tokio::task::spawn_blocking(move || {
        starts.recv_timeout(Duration::from_secs(10)).unwrap();
        starts.recv_timeout(Duration::from_secs(10)).unwrap();
        starts
    })
    .await
    .unwrap();
    assert!(starts.try_recv().is_err(), "the third must wait");
    assert_eq!(hasher.admitted.available_permits(), 0);
    let fourth = hasher.hash(password("correct horse")).await;
    assert!(matches!(fourth, Err(HashError::Busy)));

    callers.remove(0).abort();
    let still_full = hasher.verify(password("correct horse"), None).await;
    assert!(matches!(still_full, Err(HashError::Busy)));

    drop(running);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert!(hasher.hash(password("correct horse")).await.is_ok());
}
