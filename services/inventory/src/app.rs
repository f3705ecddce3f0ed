//! The composition root: the only place that knows the concrete store.

use std::sync::Arc;

use axum::Router;
use rocket_db::DbError;
use rocket_rpc::{
    server::{Guard, stack},
    session::SharedSessions,
};
use rocket_runtime::{SharedClock, shutdown::CancellationToken, tasks::Tasks};
use tracing::info;

use crate::{
    adapters::sqlite::SqliteInventory,
    api::{self, UseCases},
    config::Config,
    ports::StoreError,
    service::{
        CommitReservation, GetPart, ImportError, ImportParts, ImportSummary, ListParts,
        ReleaseReservation, ReserveParts, SweepReservations,
    },
};

/// What the service needs from outside.
#[derive(Clone)]
pub struct Deps {
    /// Wall-clock time.
    pub clock: SharedClock,
    /// Whose session a request carries.
    pub sessions: SharedSessions,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The store cannot be opened.
    #[error("the inventory store cannot be opened")]
    Store(#[from] DbError),
    /// The catalogue cannot be imported.
    #[error("the catalogue cannot be imported")]
    Catalogue(#[from] ImportError),
}

/// The Inventory service.
#[derive(Clone)]
pub struct App {
    router: Router,
    config: Arc<Config>,
    sweep: SweepReservations,
    import: ImportParts,
    store: SqliteInventory,
}

impl App {
    /// Opens the store and, if it is empty, fills it with the configured catalogue.
    pub async fn build(config: Config, deps: Deps) -> Result<Self, BuildError> {
        let store = SqliteInventory::open(&config.database)?;
        let parts = Arc::new(store.clone());
        let clock = deps.clock;
        let import = ImportParts::new(parts.clone(), clock.clone());
        if let Some(yaml) = &config.catalogue
            && let Some(summary) = import.run_when_empty(yaml).await?
        {
            info!(parts = summary.added, "the empty store got its catalogue");
        }
        let use_cases = UseCases {
            get: GetPart::new(parts.clone()),
            list: ListParts::new(parts.clone()),
            reserve: ReserveParts::new(parts.clone(), clock.clone()),
            commit: CommitReservation::new(parts.clone(), clock.clone()),
            release: ReleaseReservation::new(parts.clone(), clock.clone()),
        };
        let guard = api::declare(Guard::new(Some(deps.sessions), config.credentials.clone()));
        let router = stack(
            api::router(use_cases, config.currency).await,
            guard,
            config.server,
        );
        Ok(Self {
            router,
            sweep: SweepReservations::new(parts, clock),
            import,
            store,
            config: Arc::new(config),
        })
    }

    /// gRPC and HTTP on one router, with all that guards them.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Imports a catalogue's text: adds parts, updates known ones.
    pub async fn import_catalogue(&self, text: &str) -> Result<ImportSummary, ImportError> {
        self.import.run(text).await
    }

    /// Where every piece of every part is.
    pub async fn stock_audit(&self) -> Result<Vec<crate::domain::StockAudit>, StoreError> {
        use crate::ports::PartRepository as _;
        self.store.stock_audit().await
    }

    /// Runs the sweeper until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut tasks = Tasks::new(shutdown.clone());
        let sweep = self.sweep.run_every(self.config.sweep_interval, shutdown);
        tasks.spawn("inventory reservation sweeper", sweep);
        tasks.drain(self.config.grace).await;
    }
}
