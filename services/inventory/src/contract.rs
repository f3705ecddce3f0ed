//! What every store of this service must do, as tests. An adapter runs them all:
//!
//! ```ignore
//! async fn stores() -> rocket_inventory::contract::Stores { … }
//! rocket_inventory::inventory_contract!(stores);
//! ```
//!
//! Each clause wants a store of its own, empty at first.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    missing_docs,
    reason = "clauses are tests; their names say what they check"
)]

pub mod filtering;
pub mod holds;
pub mod importing;
pub mod listing;
pub mod racing;
pub mod random;

use std::{any::Any, collections::BTreeMap, sync::Arc, time::Duration};

use rocket_runtime::money::Money;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{
        Category, Dimensions, Expiry, Items, Manufacturer, MetadataValue, NewPart, PartDetails,
        StockAudit,
    },
    ports::{PartRepository, ReservationRepository},
};

/// A store under test.
#[derive(Clone)]
pub struct Stores {
    pub parts: Arc<dyn PartRepository>,
    pub reservations: Arc<dyn ReservationRepository>,
    /// Whatever must outlive the test, such as a temporary directory.
    pub keep: Arc<dyn Any + Send + Sync>,
}

/// One test per clause, each with a store of its own from `$stores`, an
/// `async fn() -> Stores`.
#[macro_export]
macro_rules! inventory_contract {
    ($stores:path) => {
        $crate::inventory_contract!(@ $stores;
            importing: an_empty_store_says_so, a_part_comes_back_as_it_was_imported,
                importing_again_updates_and_keeps_what_is_taken,
                importing_less_than_is_taken_is_refused,
                    checking_an_import_says_what_it_would_do_and_does_nothing, an_unknown_part_is_none;
            listing: pages_follow_name_and_id_and_miss_nothing, text_is_never_a_pattern,
                sql_and_json_in_text_are_only_text;
            filtering: a_filter_selects_what_the_naive_model_selects;
            holds: invariant_3_a_reservation_is_all_or_nothing, the_first_part_by_id_decides,
                repeating_a_reservation_changes_nothing, a_repeat_never_shortens_a_hold,
                other_parts_are_refused, an_expired_hold_is_taken_anew_if_stock_allows,
                a_hold_past_its_expiry_still_counts, a_permanent_hold_outlives_its_first_expiry,
                a_commit_is_final, a_release_is_final,
                a_release_before_the_reservation_stops_it, an_expired_hold_can_be_released,
                an_unknown_reservation_cannot_be_committed, due_lists_the_longest_due_first;
            racing: invariant_3_the_last_part_has_one_winner,
                invariant_3_crossing_reservations_never_oversell,
                invariant_3_concurrent_calls_for_one_order_take_once,
                invariant_3_the_sweeper_and_a_commit_race,
                what_happened_since_due_wins_over_the_sweeper,
                a_release_races_its_reservation;
            random: invariant_3_holds_under_random_histories;
        );
    };
    (@ $stores:path; $($module:ident: $($clause:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $clause() {
                $crate::contract::$module::$clause($stores().await).await;
            }
        )+)+
    };
}

/// A moment, in seconds after some fixed one.
pub fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap()
}

/// An expiry at that moment.
pub fn until(seconds: i64) -> Expiry {
    Expiry::At(at(seconds))
}

pub fn items(parts: &[(Uuid, i64)]) -> Items {
    Items::new(parts.iter().copied()).unwrap()
}

/// Ids in ascending order, so that a test knows which part is taken first.
pub fn ascending<const N: usize>() -> [Uuid; N] {
    let mut ids = [(); N].map(|()| Uuid::new_v4());
    ids.sort();
    ids
}

/// A part of that id.
pub fn new_part(uuid: Uuid, stock: i64) -> NewPart {
    NewPart {
        uuid,
        stock,
        details: PartDetails {
            name: format!("part {uuid}"),
            description: "for tests".to_owned(),
            price: Money::from_minor(12_345).unwrap(),
            category: Category::Wing,
            dimensions: Dimensions {
                length_cm: 1.5,
                width_cm: 0.1,
                height_cm: 1e9,
                weight_kg: 0.0,
            },
            manufacturer: Manufacturer {
                name: "Ünïcode & Söhne".to_owned(),
                country: "Côte d'Ivoire".to_owned(),
                website: "https://maker.example".to_owned(),
            },
            tags: vec!["zeta".to_owned(), "alpha".to_owned()],
            metadata: BTreeMap::from([
                ("text".to_owned(), MetadataValue::Text("3".to_owned())),
                ("integer".to_owned(), MetadataValue::Integer(i64::MAX)),
                ("double".to_owned(), MetadataValue::Double(3.0)),
                ("flag".to_owned(), MetadataValue::Flag(true)),
            ]),
        },
    }
}

impl Stores {
    /// Imports parts with these stocks.
    pub async fn stocked<const N: usize>(&self, stocks: [i64; N]) -> [Uuid; N] {
        let ids = ascending::<N>();
        let parts = ids.iter().zip(stocks);
        let parts = parts.map(|(id, stock)| new_part(*id, stock)).collect();
        self.parts.import(parts, at(0)).await.unwrap();
        ids
    }

    pub async fn audit(&self, part: Uuid) -> StockAudit {
        let audit = self.parts.stock_audit().await.unwrap();
        audit.into_iter().find(|a| a.part_uuid == part).unwrap()
    }

    /// Checks that the part's pieces are where they should be: to be had, held, sold.
    pub async fn expect(&self, part: Uuid, stock: i64, held: i64, sold: i64) {
        let audit = self.audit(part).await;
        assert!(audit.is_sound(), "{audit:?}");
        assert_eq!((audit.stock, audit.held, audit.sold), (stock, held, sold));
        let shown = self.parts.get(part).await.unwrap().unwrap();
        assert_eq!(shown.stock, stock);
    }

    pub async fn sweep(&self, now: OffsetDateTime) {
        for order in self.reservations.due(now, 1_000).await.unwrap() {
            self.reservations.settle(order, now).await.unwrap();
        }
    }
}

/// Fails a test that would otherwise hang.
pub async fn in_time<T>(future: impl Future<Output = T>) -> T {
    let limit = Duration::from_mins(1);
    tokio::time::timeout(limit, future)
        .await
        .expect("took too long")
}
