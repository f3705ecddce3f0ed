use std::{sync::Arc, time::Duration};

use rocket_runtime::{Clock as _, SystemIds};
use rocket_testkit::ManualClock;
use tempfile::TempDir;

use super::*;
use crate::{
    adapters::{MemoryThrottle, SqliteStore},
    config::ThrottleConfig,
    domain::{LoginName, SessionId},
    fakes::{AwayStore, CountingHasher},
    ports::{HashError, SessionStore as _},
};

struct Fixture {
    register: Register,
    log_in: LogIn,
    log_out: LogOut,
    whoami: Whoami,
    check: CheckSession,
    sweep: SweepSessions,
    get_user: GetUser,
    hasher: Arc<CountingHasher>,
    clock: Arc<ManualClock>,
    store: Arc<SqliteStore>,
    _dir: TempDir,
}

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&dir.path().join("iam.db")).unwrap());
    let hasher = Arc::new(CountingHasher::default());
    let clock = ManualClock::new();
    let throttle = Arc::new(MemoryThrottle::new(ThrottleConfig {
        account_failures: 3,
        ..ThrottleConfig::default()
    }));
    Fixture {
        register: Register::new(
            store.clone(),
            hasher.clone(),
            clock.clone(),
            Arc::new(SystemIds),
        ),
        log_in: LogIn::new(
            store.clone(),
            store.clone(),
            hasher.clone(),
            throttle,
            clock.clone(),
        ),
        log_out: LogOut::new(store.clone()),
        whoami: Whoami::new(store.clone(), clock.clone()),
        check: CheckSession::new(store.clone(), clock.clone()),
        sweep: SweepSessions::new(store.clone(), clock.clone()),
        get_user: GetUser::new(store.clone()),
        hasher,
        clock,
        store,
        _dir: dir,
    }
}

fn ann() -> Registration {
    Registration {
        login: "Ann".into(),
        email: "ann@example.org".into(),
        password: "correct horse".into(),
        notification_methods: vec![("telegram".into(), "4711".into())],
    }
}

impl Fixture {
    async fn ann_signed_in(&self) -> SessionId {
        self.register.run(&ann()).await.unwrap();
        self.sign_in().await
    }

    async fn sign_in(&self) -> SessionId {
        let signed_in = self.log_in.run("ann", "correct horse", None).await.unwrap();
        signed_in.session_id
    }

    async fn passes(&self, id: SessionId) -> bool {
        let decision = self.check.run(Some(&id.reveal().to_string())).await;
        matches!(decision.unwrap(), Decision::Allow { .. })
    }
}

#[tokio::test]
async fn an_account_is_opened_signed_in_to_and_known() {
    let f = fixture();
    let user_uuid = f.register.run(&ann()).await.unwrap();
    let signed_in = f.log_in.run("ANN", "correct horse", None).await.unwrap();
    let id = signed_in.session_id;

    let (session, user) = f.whoami.run(id).await.unwrap().unwrap();
    assert_eq!(user.user_uuid, user_uuid);
    assert_eq!(user.login.as_str(), "ann");
    assert_eq!(session.expires_at, signed_in.expires_at);
    assert_eq!(f.get_user.run(user_uuid).await.unwrap(), user);
    let decision = f.check.run(Some(&id.reveal().to_string())).await.unwrap();
    assert_eq!(decision, Decision::Allow { id, session });
}

#[tokio::test]
async fn registration_reports_every_wrong_field_and_hashes_nothing() {
    let f = fixture();
    let mut bad = Registration::default();
    bad.notification_methods.push(("Bad".into(), String::new()));
    let Err(RegisterError::Invalid(violations)) = f.register.run(&bad).await else {
        panic!("must be refused");
    };
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "login",
            "email",
            "password",
            "notification_methods[0].provider_name",
            "notification_methods[0].target"
        ]
    );
    assert_eq!(f.hasher.hashed(), 0);
}

#[tokio::test]
async fn an_unknown_login_costs_what_a_wrong_password_costs() {
    let f = fixture();
    f.register.run(&ann()).await.unwrap();
    let mut costs = Vec::new();
    for login in ["ann", "nobody", "ann", "nobody"] {
        let before = f.hasher.verified();
        let refused = f.log_in.run(login, "wrong horse", None).await.unwrap_err();
        assert!(matches!(refused, LogInError::InvalidCredentials));
        costs.push(f.hasher.verified() - before);
    }
    assert_eq!(costs, [1, 1, 1, 1]);
    assert_eq!(f.hasher.hashed(), 1, "only the registration hashed");
}

#[tokio::test]
async fn guessing_is_stopped_for_known_and_unknown_accounts_alike() {
    for login in ["ann", "nobody"] {
        let f = fixture();
        f.register.run(&ann()).await.unwrap();
        for _ in 0..3 {
            let refused = f.log_in.run(login, "wrong horse", None).await.unwrap_err();
            assert!(matches!(refused, LogInError::InvalidCredentials));
        }
        let refused = f
            .log_in
            .run(login, "correct horse", None)
            .await
            .unwrap_err();
        let LogInError::Throttled(throttled) = refused else {
            panic!("must be throttled, was {refused}");
        };
        assert_eq!(f.hasher.verified(), 3, "a refused attempt costs no hash");
        f.clock.advance(throttled.retry_after);
        let again = f.log_in.run(login, "correct horse", None).await;
        assert_eq!(again.is_ok(), login == "ann");
    }
}

#[tokio::test]
async fn attempts_that_were_never_judged_do_not_count() {
    let f = fixture();
    f.register.run(&ann()).await.unwrap();
    f.hasher.set_busy(true);
    for _ in 0..10 {
        let refused = f
            .log_in
            .run("ann", "correct horse", None)
            .await
            .unwrap_err();
        assert!(matches!(refused, LogInError::Hash(HashError::Busy)));
    }
    f.hasher.set_busy(false);
    f.sign_in().await;
}

#[tokio::test]
async fn a_session_ends_after_24_hours_even_when_used() {
    let f = fixture();
    let id = f.ann_signed_in().await;
    for _ in 0..23 {
        f.clock.advance(Duration::from_hours(1));
        assert!(f.passes(id).await);
        assert!(f.whoami.run(id).await.unwrap().is_some());
    }
    f.clock
        .advance(Duration::from_hours(1) - Duration::from_micros(1));
    assert!(f.passes(id).await);
    f.clock.advance(Duration::from_micros(1));
    assert!(!f.passes(id).await);
    assert!(f.whoami.run(id).await.unwrap().is_none());
}

#[tokio::test]
async fn logout_ends_this_session_at_once_and_no_other() {
    let f = fixture();
    let phone = f.ann_signed_in().await;
    let laptop = f.sign_in().await;
    let login = LoginName::parse("ann").unwrap();
    let account = crate::ports::UserRepository::credentials(&*f.store, &login);
    let user = account.await.unwrap().unwrap().user_uuid;
    let set = f.store.of_user(user, f.clock.now()).await.unwrap();
    assert_eq!(set.len(), 2);

    f.log_out.run(phone).await.unwrap();
    assert!(!f.passes(phone).await);
    assert!(f.passes(laptop).await);
    let set = f.store.of_user(user, f.clock.now()).await.unwrap();
    assert_eq!(set, [laptop.hash()]);
    f.log_out.run(phone).await.unwrap();
}

#[tokio::test]
async fn what_is_no_session_id_is_denied() {
    let f = fixture();
    let id = f.ann_signed_in().await.reveal();
    let unknown = SessionId::random().unwrap().reveal().to_string();
    for presented in [
        None,
        Some(""),
        Some("not-a-uuid"),
        Some(&*unknown),
        Some(&*id.simple().to_string()),
        Some(&*format!("{id},{id}")),
        Some(&*format!("{id} ")),
    ] {
        let decision = f.check.run(presented).await.unwrap();
        assert_eq!(decision, Decision::Deny, "{presented:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_and_never_a_pass() {
    let clock = fixture().clock;
    let check = CheckSession::new(Arc::new(AwayStore), clock);
    let id = SessionId::random().unwrap().reveal().to_string();
    assert!(check.run(Some(&id)).await.is_err());
    // What cannot be a session is known to be none without asking.
    assert_eq!(check.run(None).await.unwrap(), Decision::Deny);
}

#[tokio::test]
async fn sweeping_deletes_the_expired_only() {
    let f = fixture();
    f.ann_signed_in().await;
    f.sign_in().await;
    f.clock.advance(Duration::from_hours(12));
    let live = f.sign_in().await;
    f.clock.advance(Duration::from_hours(12));
    assert_eq!(f.sweep.run().await.unwrap(), 2);
    assert_eq!(f.sweep.run().await.unwrap(), 0);
    assert!(f.passes(live).await);
}

#[tokio::test(start_paused = true)]
async fn the_sweeper_goes_on_when_the_store_is_away_and_ends_at_shutdown() {
    let shutdown = rocket_runtime::shutdown::CancellationToken::new();
    let sweep = SweepSessions::new(Arc::new(AwayStore), fixture().clock);
    let period = Duration::from_mins(1);
    let sweeper = tokio::spawn(sweep.run_every(period, shutdown.clone()));
    tokio::time::sleep(period * 5).await;
    assert!(!sweeper.is_finished());
    shutdown.cancel();
    sweeper.await.unwrap();
}
