//! The memory that hashes work in.

use std::sync::{Mutex, PoisonError};

use argon2::Block;

/// Keeps what one hash has used for the next. Blocks are aligned to 64 bytes, and the
/// allocators of many systems (glibc before 2.38) do not find a freed aligned piece of
/// this size again: each hash would leave 19 MiB behind. As many pieces are kept as
/// hashes were at work at once.
pub(super) struct Memory {
    blocks: usize,
    free: Mutex<Vec<Vec<Block>>>,
}

impl Memory {
    /// Pieces of so many blocks; none is allocated yet.
    pub(super) fn new(blocks: usize) -> Self {
        Self {
            blocks,
            free: Mutex::default(),
        }
    }

    /// Runs `work` on a piece that nobody else has meanwhile.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let kept = self.free().pop();
        let mut piece = kept.unwrap_or_else(|| vec![Block::default(); self.blocks]);
        let outcome = work(&mut piece);
        self.free().push(piece);
        outcome
    }

    /// A list of pieces is whole whatever panicked.
    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.free().len()
    }
}
