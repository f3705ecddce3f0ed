//! The contract, and what only a file can do.

use std::sync::Arc;

use tempfile::TempDir;
use uuid::Uuid;

use super::SqliteInventory;
use crate::{
    contract::{Stores, at, items, new_part, until},
    domain::{Expiry, Filter},
    ports::{PartRepository as _, ReservationRepository as _, ReserveError},
};

fn open(dir: &TempDir) -> SqliteInventory {
    SqliteInventory::open(&dir.path().join("inventory.db")).unwrap()
}

async fn stores() -> Stores {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir));
    Stores {
        parts: store.clone(),
        reservations: store,
        keep: Arc::new(dir),
    }
}

crate::inventory_contract!(stores);

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let part = Uuid::new_v4();
    let [held, sold, released] = [(); 3].map(|()| Uuid::new_v4());
    let wanted = items(&[(part, 1)]);
    let before = {
        let store = open(&dir);
        store.import(vec![new_part(part, 9)], at(0)).await.unwrap();
        for order in [held, sold, released] {
            store
                .reserve(order, &wanted, until(10), at(1))
                .await
                .unwrap();
        }
        store.commit(sold, at(2)).await.unwrap();
        store.release(released, at(2)).await.unwrap();
        store.stock_audit().await.unwrap()
    };
    let store = open(&dir);
    assert_eq!(store.stock_audit().await.unwrap(), before);
    assert_eq!((before[0].stock, before[0].held, before[0].sold), (7, 1, 1));
    let revived = store.reserve(released, &wanted, Expiry::Never, at(3)).await;
    assert!(
        matches!(revived, Err(ReserveError::Refused(_))),
        "{revived:?}"
    );
    assert_eq!(store.due(at(10), 10).await.unwrap(), [held]);
}

#[tokio::test]
async fn the_file_itself_refuses_to_break_invariant_3() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let part = Uuid::new_v4();
    store.import(vec![new_part(part, 2)], at(0)).await.unwrap();
    for change in [
        "UPDATE stock SET stock = stock - 3, held = held + 3",
        "UPDATE stock SET held = held - 1, sold = sold + 1",
        "UPDATE stock SET stock = stock + 1",
        "UPDATE stock SET held = held + 1",
    ] {
        let changed: Result<usize, crate::ports::StoreError> =
            store.db.write(move |db| Ok(db.execute(change, [])?)).await;
        assert!(changed.is_err(), "{change}");
    }
    assert!(store.stock_audit().await.unwrap()[0].is_sound());
}

#[tokio::test]
async fn listing_by_ids_reads_by_the_primary_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let ids = vec![Uuid::new_v4(), Uuid::new_v4()];
    let filter = Filter::new(ids, vec![], vec![], vec![], vec![]).unwrap();
    let query = super::listing::query(&filter, None, 101).unwrap();
    let plan: Vec<String> = store
        .db
        .read(move |db| {
            let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql))?;
            let parameters = rusqlite::params_from_iter(query.parameters);
            let rows = explain.query_map(parameters, |row| row.get(3))?;
            Ok::<_, crate::ports::StoreError>(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    let by_key = |step: &String| step.starts_with("SEARCH p USING PRIMARY KEY (uuid=?)");
    assert!(plan.iter().any(by_key), "{plan:#?}");
}
