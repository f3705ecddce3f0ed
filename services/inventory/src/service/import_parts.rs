//! Brings a catalogue into the store.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use crate::{
    catalogue::{self, CatalogueError},
    domain::NewPart,
    ports::{Imported, PartRepository, StoreError},
};

/// Brings a catalogue into the store.
#[derive(Clone)]
pub struct ImportParts {
    parts: Arc<dyn PartRepository>,
    clock: SharedClock,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Parts that are new.
    pub added: usize,
    /// Parts whose details or stock changed.
    pub updated: usize,
    /// Parts that were the same already.
    pub unchanged: usize,
    /// Parts that were left alone because the catalogue brings in fewer pieces than
    /// are held and sold, each with the least that could be imported.
    pub refused: Vec<(Uuid, i64)>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The catalogue is not sound.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The store failed; importing again is safe.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportParts {
    /// Imports into `parts`.
    pub fn new(parts: Arc<dyn PartRepository>, clock: SharedClock) -> Self {
        Self { parts, clock }
    }

    /// Imports a catalogue's YAML text; nothing of it unless all of it is sound.
    pub async fn run(&self, yaml: &str) -> Result<ImportSummary, ImportError> {
        let parts = catalogue::parse(yaml)?;
        Ok(self.import(parts).await?)
    }

    /// Imports a catalogue's YAML text if the store has no part yet, else none.
    pub async fn run_when_empty(&self, yaml: &str) -> Result<Option<ImportSummary>, ImportError> {
        let parts = catalogue::parse(yaml)?;
        if !self.parts.is_empty().await? {
            return Ok(None);
        }
        Ok(Some(self.import(parts).await?))
    }

    async fn import(&self, parts: Vec<NewPart>) -> Result<ImportSummary, StoreError> {
        let uuids: Vec<Uuid> = parts.iter().map(|part| part.uuid).collect();
        let outcomes = self
            .parts
            .import(parts, self.clock.now())
            .instrument(info_span!("import parts"))
            .await?;
        let mut summary = ImportSummary::default();
        for (uuid, outcome) in uuids.into_iter().zip(outcomes) {
            match outcome {
                Imported::Added => summary.added += 1,
                Imported::Updated => summary.updated += 1,
                Imported::Unchanged => summary.unchanged += 1,
                Imported::StockTooLow { least } => summary.refused.push((uuid, least)),
            }
        }
        Ok(summary)
    }
}
