//! The invariants, looked up in what is stored.

use rocket_db::DbError;
use rocket_order::domain::OrderStatus;
use uuid::Uuid;

use super::{stock::Hold, world::World};

/// Destination, topic and key of what waits in the outbox.
pub async fn outbox(world: &World) -> Vec<(String, String, Uuid)> {
    let rows = world.db.read(|conn| {
        let mut query = conn.prepare("SELECT destination, topic, key FROM outbox ORDER BY row")?;
        let rows = query.query_map([], |row| {
            let key: String = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, key.parse().unwrap()))
        })?;
        Ok::<_, DbError>(rows.collect::<Result<Vec<_>, _>>()?)
    });
    rows.await.unwrap()
}

async fn count(world: &World, order: Uuid, topic: &str) -> usize {
    let rows = outbox(world).await;
    let hits = rows
        .iter()
        .filter(|(_, t, key)| t == topic && *key == order);
    hits.count()
}

/// Holds at every moment, also in the middle of things.
pub async fn always(world: &World, order: Uuid) {
    let charges = world.bank.charges_of(order);
    assert!(charges <= 1, "invariant 1: charged {charges} times");
    let found = world.get(order).await;
    let events = count(world, order, "order.paid").await;
    let paid = usize::from(found.status.is_paid());
    assert_eq!(events, paid, "invariant 2: PAID and its event go together");
    if found.status.is_paid() {
        assert_eq!(charges, 1, "PAID but not charged");
        assert_ne!(world.stock.hold_of(order), Some(Hold::Released));
        assert_ne!(world.stock.hold_of(order), Some(Hold::Expired));
    }
    if found.status == OrderStatus::Cancelled {
        assert_eq!(charges, 0, "cancelled but charged");
    }
}

/// Holds when nothing is under way any more.
pub async fn at_rest(world: &World, order: Uuid) {
    always(world, order).await;
    let found = world.get(order).await;
    assert_eq!(found.guard, None, "still guarded: {found:?}");
    let charges = world.bank.charges_of(order);
    let paid = usize::from(found.status.is_paid());
    assert_eq!(charges, paid, "charged and PAID go together: {found:?}");
    let cancelled = usize::from(found.status == OrderStatus::Cancelled);
    assert_eq!(count(world, order, "commit_reservation").await, paid);
    assert_eq!(count(world, order, "release_reservation").await, cancelled);
}
