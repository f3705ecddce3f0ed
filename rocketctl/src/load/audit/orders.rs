//! Every order is what its customer was told, and every list holds just those.

use std::collections::HashMap;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Audit, Evidence, Finding};
use crate::load::{
    ledger::{Ending, Entry, Fate},
    wire::OrderView,
};

/// Looks at every order that the load was told of.
pub(super) fn check(evidence: &Evidence<'_>, audit: &mut Audit) {
    for entry in evidence.ledger {
        let Fate::Created {
            order_uuid,
            price,
            ending,
        } = &entry.fate
        else {
            continue;
        };
        match evidence.observed.orders.get(order_uuid) {
            // Not read; the audit says so elsewhere.
            None => {}
            Some(None) => audit.find(
                Finding::order(
                    *order_uuid,
                    "is lost: it was created, and the platform does not know it",
                )
                .lasting(),
            ),
            Some(Some(seen)) => {
                audit.count(seen);
                owner(evidence, entry.customer, seen, audit);
                let wrong = said(evidence, entry, *price, seen)
                    .into_iter()
                    .chain(ended(ending, seen))
                    .chain(early(evidence, ending, seen));
                for what in wrong {
                    audit.find(Finding::order(*order_uuid, what));
                }
            }
        }
    }
}

/// It belongs to the customer who created it.
fn owner(evidence: &Evidence<'_>, customer: usize, seen: &OrderView, audit: &mut Audit) {
    if seen.user_uuid != evidence.users[customer] {
        let what = format!("belongs to user {} who did not create it", seen.user_uuid);
        audit.find(Finding::order(seen.order_uuid, what).lasting());
    }
}

/// Parts and price.
fn said(evidence: &Evidence<'_>, entry: &Entry, price: i64, seen: &OrderView) -> Vec<String> {
    let mut wrong = Vec::new();
    if sorted(&seen.part_uuids) != evidence.part_uuids(&entry.parts) {
        wrong.push("has other parts than were ordered".to_owned());
    }
    let cost = evidence.before.price(&entry.parts);
    if price != cost {
        wrong.push(format!("was created for {price}, its parts cost {cost}"));
    }
    if seen.total_price != price {
        wrong.push(format!(
            "costs {}, it was created for {price}",
            seen.total_price
        ));
    }
    wrong
}

/// The one right status, and the charge that belongs to it.
fn ended(ending: &Ending, seen: &OrderView) -> Option<String> {
    let (known, allowed): (_, &[&str]) = match ending {
        Ending::Paid { .. } | Ending::PaidUnreadably { .. } => ("was paid", &["ASSEMBLED"]),
        Ending::Cancelled => ("was cancelled", &["CANCELLED"]),
        // An unpaid order is cancelled when its time is over.
        Ending::Refused(_) => ("was not paid", &["PENDING_PAYMENT", "CANCELLED"]),
        Ending::PayUnknown { .. } => (
            "was perhaps paid",
            &["PENDING_PAYMENT", "ASSEMBLED", "CANCELLED"],
        ),
        Ending::CancelUnknown => ("was perhaps cancelled", &["PENDING_PAYMENT", "CANCELLED"]),
    };
    let status = seen.status.as_str();
    if !allowed.contains(&status) {
        return Some(format!("{known}, and is {status}"));
    }
    let charge = (seen.transaction_uuid, seen.payment_method.as_deref());
    match (ending, status, charge) {
        (
            Ending::Paid {
                transaction_uuid, ..
            },
            ..,
        ) => {
            let wrong = charge != (Some(*transaction_uuid), Some("CARD"));
            wrong.then(|| {
                format!(
                    "was paid by card, transaction {transaction_uuid}, and shows another charge"
                )
            })
        }
        (_, "ASSEMBLED", (Some(_), Some(_))) => None,
        (_, "ASSEMBLED", _) => Some("is assembled and shows no charge".to_owned()),
        (_, _, (Some(transaction), _)) => Some(format!(
            "is {status}, and was charged: transaction {transaction}"
        )),
        _ => None,
    }
}

/// Assembled sooner than a ship can be.
fn early(evidence: &Evidence<'_>, ending: &Ending, seen: &OrderView) -> Option<String> {
    let least = evidence.assembly_time?;
    let sent_at: OffsetDateTime = match ending {
        Ending::Paid { sent_at, .. }
        | Ending::PaidUnreadably { sent_at }
        | Ending::PayUnknown { sent_at } => *sent_at,
        _ => return None,
    };
    let took = seen.updated_at - sent_at;
    (seen.status == "ASSEMBLED" && took < least).then(|| {
        format!(
            "was assembled {:.3} s after its payment was sent, sooner than {:.3} s",
            took.as_seconds_f64(),
            least.as_secs_f64()
        )
    })
}

/// Looks at every customer's list, and returns the orders in it that come from a
/// creation without a definite answer.
pub(super) fn check_lists<'a>(evidence: &'a Evidence<'_>, audit: &mut Audit) -> Vec<&'a OrderView> {
    let mut known: HashMap<usize, Vec<Uuid>> = HashMap::new();
    let mut perhaps: HashMap<usize, Vec<Vec<Uuid>>> = HashMap::new();
    for entry in evidence.ledger {
        match &entry.fate {
            Fate::Refused(_) => {}
            Fate::Unknown | Fate::Unreadable => {
                let parts = evidence.part_uuids(&entry.parts);
                perhaps.entry(entry.customer).or_default().push(parts);
            }
            Fate::Created { order_uuid, .. } => {
                known.entry(entry.customer).or_default().push(*order_uuid);
            }
        }
    }
    let mut extra = Vec::new();
    for (customer, list) in evidence.observed.lists.iter().enumerate() {
        let known = known.remove(&customer).unwrap_or_default();
        let mut perhaps = perhaps.remove(&customer).unwrap_or_default();
        for order in unknown(evidence, &known, list, audit) {
            let parts = sorted(&order.part_uuids);
            if let Some(place) = perhaps.iter().position(|it| *it == parts) {
                perhaps.swap_remove(place);
                audit.count(order);
                owner(evidence, customer, order, audit);
                if let Some(what) = unanswered(evidence, order) {
                    audit.find(Finding::order(order.order_uuid, what));
                }
                extra.push(order);
            } else {
                audit.find(
                    Finding::order(
                        order.order_uuid,
                        "is in the list of a customer who was never told of it",
                    )
                    .lasting(),
                );
            }
        }
    }
    extra
}

/// What is wrong with an order that nobody could pay or cancel: its creation was
/// never answered.
fn unanswered(evidence: &Evidence<'_>, seen: &OrderView) -> Option<String> {
    let parts = seen.part_uuids.iter();
    let parts: Vec<_> = parts.filter_map(|it| evidence.before.index(*it)).collect();
    let cost = evidence.before.price(&parts);
    if !["PENDING_PAYMENT", "CANCELLED"].contains(&seen.status.as_str()) {
        Some(format!("was perhaps created, and is {}", seen.status))
    } else if seen.total_price != cost {
        let price = seen.total_price;
        Some(format!("costs {price}, its parts cost {cost}"))
    } else {
        let transaction = seen.transaction_uuid?;
        Some(format!(
            "was perhaps created, and was charged: transaction {transaction}"
        ))
    }
}

/// Checks that the list has each known order once, and returns the others.
fn unknown<'a>(
    evidence: &Evidence<'_>,
    known: &[Uuid],
    list: &'a [OrderView],
    audit: &mut Audit,
) -> Vec<&'a OrderView> {
    let mut listed: HashMap<Uuid, Vec<&OrderView>> = HashMap::new();
    for order in list {
        listed.entry(order.order_uuid).or_default().push(order);
    }
    for order_uuid in known {
        let found = listed.remove(order_uuid).unwrap_or_default();
        let what = match found[..] {
            [] => {
                let what = "is missing in its customer's list";
                audit.find(Finding::order(*order_uuid, what).lasting());
                continue;
            }
            [one] if evidence.order(*order_uuid).is_some_and(|seen| seen != one) => {
                "is shown differently by its customer's list".to_owned()
            }
            [_] => continue,
            _ => format!("is in its customer's list {} times", found.len()),
        };
        audit.find(Finding::order(*order_uuid, what));
    }
    let mut rest: Vec<_> = listed.into_values().flatten().collect();
    rest.sort_by_key(|order| order.order_uuid);
    rest
}

fn sorted(uuids: &[Uuid]) -> Vec<Uuid> {
    let mut uuids = uuids.to_vec();
    uuids.sort_unstable();
    uuids
}
