//! Every paid order was told of, once when it was paid and once when it was assembled.

use std::collections::HashSet;

use super::{Audit, Evidence, Finding};
use crate::load::{
    ledger::{Ending, Fate},
    told::{Told, Topic},
};

/// The kinds of messages, and what each says.
pub(in crate::load) const KINDS: [(&str, &str); 2] = [
    ("order.paid", "that it is paid"),
    ("ship.assembled", "that its ship is assembled"),
];

/// Compares what each customer was told with the orders.
pub(super) fn check(evidence: &Evidence<'_>, audit: &mut Audit) {
    let mut expected: Vec<HashSet<Topic>> = vec![HashSet::new(); evidence.told.len()];
    for entry in evidence.ledger {
        let Fate::Created {
            order_uuid, ending, ..
        } = &entry.fate
        else {
            continue;
        };
        let paid = match ending {
            Ending::Paid { .. } | Ending::PaidUnreadably { .. } => true,
            Ending::PayUnknown { .. } => evidence
                .order(*order_uuid)
                .is_some_and(|seen| seen.status == "ASSEMBLED"),
            _ => false,
        };
        if !paid {
            continue;
        }
        let told = evidence.told[entry.customer];
        for (kind, says) in KINDS {
            let topic = Topic {
                order_uuid: *order_uuid,
                kind: kind.to_owned(),
            };
            if let Some(what) = once(told, &topic, says) {
                audit.find(Finding::order(*order_uuid, what));
            }
            expected[entry.customer].insert(topic);
        }
    }
    for (told, expected) in evidence.told.iter().zip(expected) {
        let mut others: Vec<_> = told.topics().filter(|it| !expected.contains(it)).collect();
        others.sort_by_key(|topic| (topic.order_uuid, &topic.kind));
        for topic in others {
            let what = format!("a customer was told of it ({}) without a cause", topic.kind);
            audit.find(Finding::order(topic.order_uuid, what));
        }
    }
    let unsure = evidence.told.iter().filter(|told| told.gaps() > 0).count();
    if unsure > 0 {
        audit.find(Finding::general(format!(
            "{unsure} customers got fifty or more messages between two looks, so some may \
             not have been seen; ask for more --customers or a lower --rate"
        )));
    }
}

fn once(told: &Told, topic: &Topic, says: &str) -> Option<String> {
    match told.times(topic) {
        1 => None,
        0 if told.gaps() > 0 => Some(format!("its customer was not seen to be told {says}")),
        0 => Some(format!("its customer was never told {says}")),
        times => Some(format!("its customer was told {times} times {says}")),
    }
}
