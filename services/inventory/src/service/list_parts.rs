//! Lists parts page by page.

use std::sync::Arc;

use tracing::{Instrument as _, info_span};

use crate::{
    domain::{Filter, PageKey, PageSize, PageTokenError, Part},
    ports::{PartRepository, StoreError},
};

/// Lists parts page by page.
#[derive(Clone)]
pub struct ListParts {
    parts: Arc<dyn PartRepository>,
}

/// Some parts, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct PartsPage {
    /// In the order of name and id.
    pub parts: Vec<Part>,
    /// None on the last page.
    pub next_page_token: Option<String>,
}

/// Why there is nothing to list.
#[derive(Debug, thiserror::Error)]
pub enum ListPartsError {
    /// The page token is not one of this listing.
    #[error(transparent)]
    Token(#[from] PageTokenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ListParts {
    /// Reads from `parts`.
    pub fn new(parts: Arc<dyn PartRepository>) -> Self {
        Self { parts }
    }

    /// The parts that `filter` selects; the first page without a token.
    pub async fn run(
        &self,
        filter: &Filter,
        size: PageSize,
        page_token: Option<&str>,
    ) -> Result<PartsPage, ListPartsError> {
        let after = page_token
            .map(|token| PageKey::from_token(token, filter))
            .transpose()?;
        // One more than asked tells whether there is a next page without a second read.
        let mut parts = self
            .parts
            .list(filter, after.as_ref(), size.get() + 1)
            .instrument(info_span!("list parts"))
            .await?;
        let size = size.get() as usize;
        let more = parts.len() > size;
        parts.truncate(size);
        let next_page_token = parts
            .last()
            .filter(|_| more)
            .map(|last| PageKey::of(last).token(filter));
        Ok(PartsPage {
            parts,
            next_page_token,
        })
    }
}
