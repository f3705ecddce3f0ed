//! The composition root: the only place that knows which adapters answer the ports.

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware};
use rocket_db::DbError;
use rocket_proto::{
    FILE_DESCRIPTOR_SET, auth::v1::auth_service_server::AuthServiceServer,
    envoy::service::auth::v3::authorization_server::AuthorizationServer,
    user::v1::user_service_server::UserServiceServer,
};
use rocket_rpc::{
    credential::Credentials,
    server::{self, Guard, ServerConfig},
    session::SharedSessions,
};
use rocket_runtime::{SharedClock, SharedIds, shutdown::CancellationToken, tasks::Tasks};
use thiserror::Error;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use crate::{
    adapters::{Argon2idHasher, HasherError, MemoryThrottle, SqliteStore},
    api::{self, AuthGrpc, CheckGrpc, HttpApi, OwnSessions, UserGrpc, cookie, paths},
    config::Config,
    ports::{LoginThrottle, PasswordHasher, SessionStore, UserRepository, WhoamiReader},
    service::{CheckSession, GetUser, LogIn, LogOut, Register, SweepSessions, Whoami},
};

/// How long the background loops may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// What IAM takes from whoever runs it.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The wall clock.
    pub clock: SharedClock,
    /// Ids for new accounts. Session ids never come from here.
    pub ids: SharedIds,
    /// Which services may call the internal methods of [`paths`].
    pub credentials: Credentials,
}

/// The adapters that answer IAM's ports.
#[derive(Debug, Clone)]
pub struct Ports {
    /// The accounts.
    pub users: Arc<dyn UserRepository>,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Both with one read.
    pub whoami: Arc<dyn WhoamiReader>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Limits guessing.
    pub throttle: Arc<dyn LoginThrottle>,
}

impl Ports {
    /// Everything in this process: SQLite, argon2id, counts in memory.
    pub fn embedded(config: &Config) -> Result<Self, BuildError> {
        let store = Arc::new(SqliteStore::open(&config.database)?);
        Ok(Self {
            users: store.clone(),
            sessions: store.clone(),
            whoami: store,
            hasher: Arc::new(Argon2idHasher::new(&config.hashing)?),
            throttle: Arc::new(MemoryThrottle::new(config.throttle.clone())),
        })
    }
}

/// Why IAM cannot start.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The database cannot be used.
    #[error("cannot open the accounts")]
    Database(#[from] DbError),
    /// The hashing settings make no sense.
    #[error("cannot hash passwords with these settings")]
    Hashing(#[from] HasherError),
    /// The compiled-in contracts cannot be described to clients.
    #[error("cannot describe the contracts")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The service, ready to serve.
#[derive(Debug)]
pub struct App {
    router: Router,
    sessions: CheckSession,
    sweep: SweepSessions,
    sweep_period: Duration,
    health: HealthReporter,
}

impl App {
    /// The service on its embedded store.
    pub fn build(config: &Config, deps: Deps) -> Result<Self, BuildError> {
        let ports = Ports::embedded(config)?;
        Self::from_ports(config, deps, ports)
    }

    /// The service on these adapters.
    pub fn from_ports(config: &Config, deps: Deps, ports: Ports) -> Result<Self, BuildError> {
        let sessions = CheckSession::new(ports.sessions.clone(), deps.clock.clone());
        let sweep = SweepSessions::new(ports.sessions.clone(), deps.clock.clone());
        let own = Arc::new(OwnSessions::new(sessions.clone()));
        let guard = guard(own, deps.credentials.clone(), config);
        let (reporter, health) = tonic_health::server::health_reporter();
        let UseCases { auth, user, http } = UseCases::new(config, deps, ports);
        let grpc = Routes::new(AuthServiceServer::new(auth))
            .add_service(UserServiceServer::new(user))
            .add_service(AuthorizationServer::new(CheckGrpc {
                check: sessions.clone(),
            }))
            .add_service(health)
            .add_service(reflection()?)
            .prepare()
            .into_axum_router();
        let router = server::stack(
            grpc.merge(api::router(http)),
            guard,
            ServerConfig::default(),
        )
        .layer(middleware::from_fn(cookie::adopt));
        Ok(Self {
            router,
            sessions,
            sweep,
            sweep_period: config.sweep_period,
            health: reporter,
        })
    }

    /// Everything it answers, gRPC and HTTP, access enforced.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Its own view of sessions, uncached.
    pub fn sessions(&self) -> SharedSessions {
        Arc::new(OwnSessions::new(self.sessions.clone()))
    }

    /// Reports itself serving and runs the background loops until shutdown.
    pub async fn run(self, shutdown: CancellationToken) {
        type Auth = AuthServiceServer<AuthGrpc>;
        type User = UserServiceServer<UserGrpc>;
        type Check = AuthorizationServer<CheckGrpc>;

        self.health.set_serving::<Auth>().await;
        self.health.set_serving::<User>().await;
        self.health.set_serving::<Check>().await;
        let mut tasks = Tasks::new(shutdown.clone());
        let sweep = self.sweep.run_every(self.sweep_period, shutdown.clone());
        tasks.spawn("sweep sessions", sweep);
        shutdown.cancelled().await;
        self.health.set_not_serving::<Auth>().await;
        self.health.set_not_serving::<User>().await;
        self.health.set_not_serving::<Check>().await;
        tasks.drain(GRACE).await;
    }
}

struct UseCases {
    auth: AuthGrpc,
    user: UserGrpc,
    http: HttpApi,
}

impl UseCases {
    fn new(config: &Config, deps: Deps, ports: Ports) -> Self {
        let register = Register::new(
            ports.users.clone(),
            ports.hasher.clone(),
            deps.clock.clone(),
            deps.ids,
        );
        let get_user = GetUser::new(ports.users.clone());
        let log_out = LogOut::new(ports.sessions.clone());
        let whoami = Whoami::new(ports.whoami, deps.clock.clone());
        let log_in = LogIn::new(
            ports.users,
            ports.sessions,
            ports.hasher,
            ports.throttle,
            deps.clock,
        );
        Self {
            auth: AuthGrpc {
                log_in: log_in.clone(),
                log_out: log_out.clone(),
                whoami: whoami.clone(),
            },
            user: UserGrpc {
                register: register.clone(),
                get_user,
            },
            http: HttpApi {
                register,
                log_in,
                log_out,
                whoami,
                cookie: config.cookie.clone(),
            },
        }
    }
}

/// Who may call what. Whoami stands among the public ones because it proves its
/// session itself, with the one read that also answers it.
fn guard(own: SharedSessions, credentials: Credentials, config: &Config) -> Guard {
    let guard = Guard::new(Some(own), credentials)
        .grpc_health_and_reflection()
        .public(paths::HTTP_REGISTER)
        .public(paths::GRPC_REGISTER)
        .public(paths::HTTP_LOGIN)
        .public(paths::GRPC_LOGIN)
        .public(paths::HTTP_WHOAMI)
        .public(paths::GRPC_WHOAMI)
        .session(paths::HTTP_LOGOUT)
        .session(paths::GRPC_LOGOUT)
        .internal(paths::GRPC_GET_USER);
    if config.check_requires_credential {
        guard.internal(paths::GRPC_CHECK)
    } else {
        guard.public(paths::GRPC_CHECK)
    }
}

/// Describes IAM's own services only, although the descriptors hold all.
fn reflection() -> Result<
    tonic_reflection::server::v1::ServerReflectionServer<
        impl tonic_reflection::server::v1::ServerReflection,
    >,
    tonic_reflection::server::Error,
> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .with_service_name("auth.v1.AuthService")
        .with_service_name("user.v1.UserService")
        .with_service_name("envoy.service.auth.v3.Authorization")
        .build_v1()
}
