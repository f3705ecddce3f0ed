//! The promises of [`WhoamiReader`].

use super::{new_session, new_user, unique_name};
use crate::ports::{SessionStore, UserRepository, WhoamiReader};

/// Checks every promise of the port, on accounts and sessions that were stored
/// through the other two.
pub async fn whoami_reader(
    reader: &dyn WhoamiReader,
    users: &dyn UserRepository,
    sessions: &dyn SessionStore,
) {
    let name = unique_name();
    let new = new_user(&name, &format!("{name}@example.org"));
    users.insert(new.clone()).await.unwrap();
    let (hash, mut session) = new_session(new.user.user_uuid);
    session.login = new.user.login.clone();
    let now = session.created_at;
    assert_eq!(reader.whoami(hash, now).await.unwrap(), None);

    sessions.create(hash, session.clone()).await.unwrap();
    let found = reader.whoami(hash, now).await.unwrap();
    assert_eq!(found, Some((session.clone(), new.user)));
    let expired = reader.whoami(hash, session.expires_at).await.unwrap();
    assert_eq!(expired, None);
    sessions.remove(hash).await.unwrap();
    assert_eq!(reader.whoami(hash, now).await.unwrap(), None);

    let (orphan, session) = new_session(uuid::Uuid::now_v7());
    sessions.create(orphan, session).await.unwrap();
    assert_eq!(reader.whoami(orphan, now).await.unwrap(), None);
}
