//! The promises of [`UserRepository`].

use std::sync::Arc;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::{new_user, unique_name};
use crate::{
    domain::LoginName,
    ports::{InsertUserError, UserRepository},
};

/// Checks every promise of the port.
pub async fn user_repository(users: Arc<dyn UserRepository>) {
    an_account_is_read_as_it_was_stored(&*users).await;
    what_was_never_stored_is_not_found(&*users).await;
    a_clash_names_the_field_and_leaves_nothing(&*users).await;
    of_many_at_once_one_gets_the_login(users).await;
}

async fn an_account_is_read_as_it_was_stored(users: &dyn UserRepository) {
    let name = unique_name();
    let new = new_user(&name, &format!("{name}@Example.org"));
    users.insert(new.clone()).await.unwrap();

    let found = users.find(new.user.user_uuid).await.unwrap();
    assert_eq!(found, Some(new.user.clone()));
    let credentials = users.credentials(&new.user.login).await.unwrap().unwrap();
    assert_eq!(credentials.user_uuid, new.user.user_uuid);
    assert_eq!(credentials.login, new.user.login);
    assert_eq!(credentials.password_hash, new.password_hash);

    let name = unique_name();
    let mut bare = new_user(&name, &format!("{name}@example.org"));
    bare.user.notification_methods.clear();
    users.insert(bare.clone()).await.unwrap();
    let found = users.find(bare.user.user_uuid).await.unwrap();
    assert_eq!(found, Some(bare.user));
}

async fn what_was_never_stored_is_not_found(users: &dyn UserRepository) {
    assert_eq!(users.find(Uuid::now_v7()).await.unwrap(), None);
    let login = LoginName::parse(&unique_name()).unwrap();
    assert!(users.credentials(&login).await.unwrap().is_none());
}

async fn a_clash_names_the_field_and_leaves_nothing(users: &dyn UserRepository) {
    let (name, other) = (unique_name(), unique_name());
    let first = new_user(&name, &format!("{name}@example.org"));
    users.insert(first).await.unwrap();

    let same_login = new_user(&name.to_uppercase(), &format!("{other}@example.org"));
    let refused = users.insert(same_login.clone()).await.unwrap_err();
    assert!(matches!(refused, InsertUserError::LoginTaken), "{refused}");

    let same_email = new_user(&other, &format!("{}@EXAMPLE.org", name.to_uppercase()));
    let refused = users.insert(same_email.clone()).await.unwrap_err();
    assert!(matches!(refused, InsertUserError::EmailTaken), "{refused}");

    let both = new_user(&name, &format!("{name}@example.org"));
    let refused = users.insert(both).await.unwrap_err();
    assert!(matches!(refused, InsertUserError::LoginTaken), "{refused}");

    for gone in [same_login.user.user_uuid, same_email.user.user_uuid] {
        assert_eq!(users.find(gone).await.unwrap(), None);
    }
    // Neither half of a refused account occupies its other name.
    let free = new_user(&other, &format!("{other}@example.org"));
    users.insert(free).await.unwrap();
}

async fn of_many_at_once_one_gets_the_login(users: Arc<dyn UserRepository>) {
    let name = unique_name();
    let mut racers = JoinSet::new();
    for _ in 0..8 {
        let new = new_user(&name, &format!("{}@example.org", unique_name()));
        let users = Arc::clone(&users);
        racers.spawn(async move { users.insert(new).await });
    }
    let outcomes = racers.join_all().await;
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let taken = |outcome: &&Result<_, _>| matches!(outcome, Err(InsertUserError::LoginTaken));
    let refused = outcomes.iter().filter(taken).count();
    assert_eq!((stored, refused), (1, 7), "{outcomes:?}");
}
