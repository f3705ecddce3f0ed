//! The promises of [`SessionStore`].

use std::sync::Arc;

use time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::new_session;
use crate::{domain::SESSION_LIFETIME, ports::SessionStore};

const MOMENT: Duration = Duration::MICROSECOND;

/// Checks every promise of the port.
pub async fn session_store(sessions: Arc<dyn SessionStore>) {
    a_session_is_read_as_it_was_stored(&*sessions).await;
    a_session_ends_after_its_lifetime_however_often_it_is_used(&*sessions).await;
    a_removed_session_is_gone_at_once(&*sessions).await;
    a_users_set_holds_their_live_sessions(&*sessions).await;
    removing_all_ends_one_users_sessions(&*sessions).await;
    a_sweep_prunes_what_is_expired_and_nothing_else(&*sessions).await;
    sessions_begun_at_once_all_count(sessions).await;
}

async fn a_session_is_read_as_it_was_stored(sessions: &dyn SessionStore) {
    let (hash, session) = new_session(Uuid::now_v7());
    let now = session.created_at;
    assert_eq!(sessions.find(hash, now).await.unwrap(), None);
    sessions.create(hash, session.clone()).await.unwrap();
    assert_eq!(sessions.find(hash, now).await.unwrap(), Some(session));
}

async fn a_session_ends_after_its_lifetime_however_often_it_is_used(sessions: &dyn SessionStore) {
    let (hash, session) = new_session(Uuid::now_v7());
    sessions.create(hash, session.clone()).await.unwrap();
    let end = session.created_at + SESSION_LIFETIME;
    for before in [SESSION_LIFETIME, Duration::hours(1), MOMENT] {
        let found = sessions.find(hash, end - before).await.unwrap();
        assert_eq!(found.as_ref(), Some(&session));
    }
    assert_eq!(sessions.find(hash, end).await.unwrap(), None);
    let set = sessions.of_user(session.user_uuid, end).await.unwrap();
    assert!(set.is_empty());
}

async fn a_removed_session_is_gone_at_once(sessions: &dyn SessionStore) {
    let (hash, session) = new_session(Uuid::now_v7());
    let now = session.created_at;
    sessions.create(hash, session.clone()).await.unwrap();
    assert!(sessions.remove(hash).await.unwrap());
    assert_eq!(sessions.find(hash, now).await.unwrap(), None);
    let set = sessions.of_user(session.user_uuid, now).await.unwrap();
    assert!(set.is_empty());
    assert!(!sessions.remove(hash).await.unwrap());
}

async fn a_users_set_holds_their_live_sessions(sessions: &dyn SessionStore) {
    let user = Uuid::now_v7();
    let (one, session) = new_session(user);
    let (two, mut shorter) = new_session(user);
    shorter.expires_at -= Duration::hours(1);
    let (foreign, other) = new_session(Uuid::now_v7());
    for (hash, session) in [(one, &session), (two, &shorter), (foreign, &other)] {
        sessions.create(hash, session.clone()).await.unwrap();
    }
    let mut set = sessions.of_user(user, session.created_at).await.unwrap();
    set.sort();
    let mut expected = vec![one, two];
    expected.sort();
    assert_eq!(set, expected);
    let later = sessions.of_user(user, shorter.expires_at).await.unwrap();
    assert_eq!(later, [one]);
}

async fn removing_all_ends_one_users_sessions(sessions: &dyn SessionStore) {
    let user = Uuid::now_v7();
    let (one, session) = new_session(user);
    let (two, again) = new_session(user);
    let (foreign, other) = new_session(Uuid::now_v7());
    let now = session.created_at;
    for (hash, session) in [(one, session), (two, again), (foreign, other)] {
        sessions.create(hash, session).await.unwrap();
    }
    assert_eq!(sessions.remove_all(user).await.unwrap(), 2);
    for gone in [one, two] {
        assert_eq!(sessions.find(gone, now).await.unwrap(), None);
    }
    assert!(sessions.of_user(user, now).await.unwrap().is_empty());
    assert!(sessions.find(foreign, now).await.unwrap().is_some());
    assert_eq!(sessions.remove_all(user).await.unwrap(), 0);
}

async fn a_sweep_prunes_what_is_expired_and_nothing_else(sessions: &dyn SessionStore) {
    let user = Uuid::now_v7();
    let (kept, session) = new_session(user);
    sessions.create(kept, session.clone()).await.unwrap();
    for _ in 0..3 {
        let (hash, mut old) = new_session(user);
        old.expires_at -= Duration::hours(1);
        sessions.create(hash, old).await.unwrap();
    }
    let now = session.expires_at - MOMENT;
    loop {
        let swept = sessions.sweep(now, 2).await.unwrap();
        assert!(swept <= 2, "swept {swept}, more than the limit");
        if swept == 0 {
            break;
        }
    }
    // Asked as of the beginning, when the expired ones would still have counted.
    let set = sessions.of_user(user, session.created_at).await.unwrap();
    assert_eq!(set, [kept]);
    assert_eq!(sessions.find(kept, now).await.unwrap(), Some(session));
}

async fn sessions_begun_at_once_all_count(sessions: Arc<dyn SessionStore>) {
    let user = Uuid::now_v7();
    let mut logins = JoinSet::new();
    for _ in 0..8 {
        let (hash, session) = new_session(user);
        let sessions = Arc::clone(&sessions);
        logins.spawn(async move { sessions.create(hash, session).await });
    }
    for outcome in logins.join_all().await {
        outcome.unwrap();
    }
    let set = sessions.of_user(user, super::now()).await.unwrap();
    assert_eq!(set.len(), 8);
}
