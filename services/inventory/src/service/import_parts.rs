//! Brings a catalogue into the store.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, info_span};

use crate::{
    catalogue::{self, CatalogueError},
    domain::{NewPart, Problem},
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
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The catalogue is not sound, or brings in less of a part than is held and sold.
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

    /// Imports a catalogue's text; nothing of it unless all of it can be imported. Parts
    /// that it does not name stay as they are, and importing it again changes nothing.
    pub async fn run(&self, text: &str) -> Result<ImportSummary, ImportError> {
        self.import(catalogue::parse(text)?).await
    }

    /// What importing this text would do now.
    pub async fn check(&self, text: &str) -> Result<ImportSummary, ImportError> {
        let parts = catalogue::parse(text)?;
        summary(self.parts.check_import(parts).await?)
    }

    /// Imports a catalogue's text if the store has no part yet, else none.
    pub async fn run_when_empty(&self, text: &str) -> Result<Option<ImportSummary>, ImportError> {
        let parts = catalogue::parse(text)?;
        if !self.parts.is_empty().await? {
            return Ok(None);
        }
        self.import(parts).await.map(Some)
    }

    async fn import(&self, parts: Vec<NewPart>) -> Result<ImportSummary, ImportError> {
        let outcomes = self
            .parts
            .import(parts, self.clock.now())
            .instrument(info_span!("import parts"))
            .await?;
        summary(outcomes)
    }
}

/// Counts, or names every part that stands in the way.
fn summary(outcomes: Vec<Imported>) -> Result<ImportSummary, ImportError> {
    let mut summary = ImportSummary::default();
    let mut problems = Vec::new();
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Imported::Added => summary.added += 1,
            Imported::Updated => summary.updated += 1,
            Imported::Unchanged => summary.unchanged += 1,
            Imported::StockTooLow { least } => problems.push(Problem::new(
                format!("parts[{index}].stock"),
                format!("at least {least}, which are held and sold"),
            )),
        }
    }
    if problems.is_empty() {
        Ok(summary)
    } else {
        Err(CatalogueError(problems).into())
    }
}
