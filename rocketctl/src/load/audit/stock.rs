//! What was sold and is held has left the stock, part by part.

use super::{Audit, Evidence, Finding};
use crate::load::{
    ledger::{Ending, Fate},
    wire::OrderView,
};

/// Compares the stock before and after with the orders; `extra` are those that exist
/// without a definite answer.
pub(super) fn check(evidence: &Evidence<'_>, extra: &[&OrderView], audit: &mut Audit) {
    let Some(after) = &evidence.observed.parts else {
        return;
    };
    let before = evidence.before;
    let held = held(evidence, extra);
    audit.stock_parts = before.len();
    for (part, held) in held.into_iter().enumerate() {
        let uuid = before.uuid(part);
        let Some(now) = after.index(uuid).map(|part| after.stock(part)) else {
            audit.find(Finding::general(format!(
                "part {uuid} is not there any more"
            )));
            continue;
        };
        let left = before.stock(part) - now;
        if left != held {
            audit.find(Finding::general(format!(
                "part {uuid}: {left} left the stock, and the orders have {held}; did \
                 somebody else buy meanwhile?"
            )));
        }
    }
}

/// How many pieces of each part orders have bought or hold.
fn held(evidence: &Evidence<'_>, extra: &[&OrderView]) -> Vec<i64> {
    let mut held = vec![0; evidence.before.len()];
    for entry in evidence.ledger {
        let Fate::Created {
            order_uuid, ending, ..
        } = &entry.fate
        else {
            continue;
        };
        let has = match ending {
            Ending::Paid { .. } | Ending::PaidUnreadably { .. } => true,
            Ending::Cancelled => false,
            _ => evidence
                .order(*order_uuid)
                .is_some_and(|seen| seen.status != "CANCELLED"),
        };
        if has {
            entry.parts.iter().for_each(|part| held[*part] += 1);
        }
    }
    let parts = extra
        .iter()
        .filter(|order| order.status != "CANCELLED")
        .flat_map(|order| &order.part_uuids);
    for part in parts.filter_map(|uuid| evidence.before.index(*uuid)) {
        held[part] += 1;
    }
    held
}
