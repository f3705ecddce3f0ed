//! Which of several looks counts.

use super::{Audit, Finding};

/// Judges look after look until one of them is the verdict.
#[derive(Debug, Default)]
pub(in crate::load) struct Judge {
    lasting: Vec<Finding>,
    was_clean: bool,
}

impl Judge {
    /// Adds to a look what earlier ones found that stays true, and says whether it is
    /// the verdict. What a look that was not `whole` misses may be there. `over`: there
    /// is no more time to come to rest.
    pub(in crate::load) fn is_verdict(
        &mut self,
        audit: &mut Audit,
        whole: bool,
        over: bool,
    ) -> bool {
        if whole {
            let lasting = audit.findings.iter().filter(|it| it.lasting);
            let new = lasting.filter(|it| !self.lasting.contains(it));
            self.lasting.extend(new.cloned().collect::<Vec<_>>());
        }
        for kept in &self.lasting {
            if !audit.findings.contains(kept) {
                audit.find(kept.clone());
            }
        }
        let clean = audit.findings.is_empty();
        // At rest nothing changes any more, but an unpaid order may expire, and one
        // whose payment was never answered may be paid.
        let at_rest = self.was_clean && (clean || audit.pending == 0);
        self.was_clean = clean;
        at_rest || (over && !clean)
    }
}
