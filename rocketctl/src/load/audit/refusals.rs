//! A platform that is right refuses this load only for reasons that the load can have
//! given it.

use std::collections::BTreeMap;

use super::{Audit, Evidence, Finding};
use crate::load::ledger::{Ending, Entry, Fate};

/// Pieces that a creation may hold at most: a repeated one may hold twice until what
/// its first attempt held is let go.
const HELD_AT_MOST: i64 = 2;

/// Looks at every refusal, and at whether anything was paid at all.
pub(super) fn check(evidence: &Evidence<'_>, audit: &mut Audit) {
    let asked = asked(evidence);
    let mut refused: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for entry in evidence.ledger {
        let Some(code) = code(entry) else { continue };
        if !allowed(evidence, &asked, entry, code) {
            *refused.entry((entry.step(), code)).or_default() += 1;
        }
    }
    for ((step, code), times) in refused {
        audit.find(Finding::general(format!(
            "{step} was refused without a cause, {times} times: {code}"
        )));
    }
    for entry in evidence.ledger {
        match &entry.fate {
            Fate::Unreadable => audit.find(Finding::general(
                "creating was answered 201, and the order cannot be read from the answer",
            )),
            Fate::Created {
                order_uuid,
                ending: Ending::PaidUnreadably { .. },
                ..
            } => audit.find(Finding::order(
                *order_uuid,
                "paying was answered 200, and the transaction cannot be read from the answer",
            )),
            _ => {}
        }
    }
    let mut to_pay = evidence.ledger.iter().filter(|entry| !entry.cancel);
    if to_pay.clone().next().is_some() && !to_pay.any(is_paid) {
        audit.find(Finding::general("not one order could be paid"));
    }
}

fn is_paid(entry: &Entry) -> bool {
    matches!(
        &entry.fate,
        Fate::Created {
            ending: Ending::Paid { .. },
            ..
        }
    )
}

/// The code of a refusal.
fn code(entry: &Entry) -> Option<&str> {
    match &entry.fate {
        Fate::Refused(code)
        | Fate::Created {
            ending: Ending::Refused(code),
            ..
        } => Some(code),
        _ => None,
    }
}

/// How many pieces of each part all orders together asked for.
fn asked(evidence: &Evidence<'_>) -> Vec<i64> {
    let mut asked = vec![0; evidence.before.len()];
    let parts = evidence.ledger.iter().flat_map(|entry| &entry.parts);
    parts.for_each(|part| asked[*part] += 1);
    asked
}

/// Whether a platform that is right can give this answer. An order is paid or
/// cancelled as soon as it is created, while it is held and unpaid.
fn allowed(evidence: &Evidence<'_>, asked: &[i64], entry: &Entry, code: &str) -> bool {
    match (entry.step(), code) {
        ("creating", "too_many_unpaid_orders") | ("paying", "payment_declined") => true,
        // The platform may give back later than the load counts.
        ("creating", "out_of_stock") => entry
            .parts
            .iter()
            .any(|&part| asked[part] * HELD_AT_MOST > evidence.before.stock(part)),
        _ => false,
    }
}
