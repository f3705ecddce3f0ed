//! Inserting and reading.

use futures::future::join_all;

use super::{Harness, START, at, id, order};
use crate::{
    domain::{Cursor, OrderStatus, PageSize},
    ports::{Cancel, Insert, ListQuery},
};

/// Every field survives the store.
pub async fn an_order_reads_back(h: Harness) {
    let wanted = order(id(1), id(10), START);
    h.insert(&wanted).await;
    assert_eq!(h.get(id(1)).await, wanted);
    assert!(matches!(h.orders.get(id(2)).await, Ok(None)));
}

/// The second insert changes nothing and shows what is there.
pub async fn an_id_is_inserted_once(h: Harness) {
    let first = order(id(1), id(10), START);
    h.insert(&first).await;
    let second = order(id(1), id(10), at(5));
    match h.orders.insert(&second, 100).await {
        Ok(Insert::Exists(found)) => assert_eq!(*found, first),
        other => panic!("{other:?}"),
    }
    assert_eq!(h.get(id(1)).await, first);
}

/// The limit counts one user's unpaid orders, guarded ones too.
pub async fn an_unpaid_order_counts_until_it_ends(h: Harness) {
    let user = id(10);
    for number in 1..=3 {
        let inserted = h.orders.insert(&order(id(number), user, START), 3).await;
        assert!(matches!(inserted, Ok(Insert::Inserted)), "{inserted:?}");
    }
    h.begin(id(1), user, super::guard(id(50), START)).await;
    let fourth = order(id(4), user, START);
    let refused = h.orders.insert(&fourth, 3).await;
    assert!(matches!(refused, Ok(Insert::TooManyUnpaid)), "{refused:?}");
    assert!(matches!(h.orders.get(id(4)).await, Ok(None)));
    let other = h.orders.insert(&order(id(5), id(11), START), 3).await;
    assert!(matches!(other, Ok(Insert::Inserted)), "{other:?}");
    let cancelled = h.orders.cancel(id(2), user, at(1)).await;
    assert!(matches!(cancelled, Ok(Cancel::Cancelled)), "{cancelled:?}");
    let inserted = h.orders.insert(&fourth, 3).await;
    assert!(matches!(inserted, Ok(Insert::Inserted)), "{inserted:?}");
}

/// Twenty at once, five allowed: exactly five.
pub async fn concurrent_inserts_keep_the_limit(h: Harness) {
    let inserts = (1..=20).map(|number| {
        let orders = h.orders.clone();
        async move { orders.insert(&order(id(number), id(10), START), 5).await }
    });
    let outcomes = join_all(inserts).await;
    let inserted = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Insert::Inserted)))
        .count();
    assert_eq!(inserted, 5, "{outcomes:?}");
}

async fn walk(h: &Harness, status: Option<OrderStatus>, size: u32) -> Vec<u128> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let query = ListQuery {
            user_uuid: id(10),
            status,
            after,
            size: PageSize::new(size).unwrap_or_default(),
        };
        let page = h.orders.list(query).await.expect("the store is there");
        assert!(page.len() <= size as usize);
        let Some(last) = page.last() else {
            return found;
        };
        after = Some(Cursor {
            status,
            created_at: last.created_at,
            order_uuid: last.uuid,
        });
        found.extend(page.iter().map(|order| order.uuid.as_u128()));
    }
}

/// Also when several were created in the same microsecond.
pub async fn pages_hold_every_own_order_once_newest_first(h: Harness) {
    for number in 1..=7_u32 {
        let created = at(u64::from(number / 3));
        h.insert(&order(id(number.into()), id(10), created)).await;
        h.insert(&order(id(u128::from(number) + 100), id(11), created))
            .await;
    }
    for size in [1, 2, 3, 7, 100] {
        assert_eq!(walk(&h, None, size).await, [7, 6, 5, 4, 3, 2, 1], "{size}");
    }
}

/// Paging through one status shows all of it and nothing else.
pub async fn a_filter_holds_across_pages(h: Harness) {
    for number in 1..=6_u32 {
        let created = at(number.into());
        h.insert(&order(id(number.into()), id(10), created)).await;
    }
    for number in [2, 3, 5] {
        let cancelled = h.orders.cancel(id(number), id(10), at(60)).await;
        assert!(matches!(cancelled, Ok(Cancel::Cancelled)), "{cancelled:?}");
    }
    let cancelled = Some(OrderStatus::Cancelled);
    assert_eq!(walk(&h, cancelled, 2).await, [5, 3, 2]);
    let pending = Some(OrderStatus::PendingPayment);
    assert_eq!(walk(&h, pending, 1).await, [6, 4, 1]);
    assert!(walk(&h, Some(OrderStatus::Paid), 2).await.is_empty());
}
