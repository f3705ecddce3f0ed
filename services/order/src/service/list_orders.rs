//! Showing a user's orders, newest first.

use std::sync::Arc;

use crate::{
    domain::{Cursor, Order},
    ports::{ListQuery, OrderRepository, StoreError},
};

/// The use case.
pub struct ListOrders {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The orders.
    pub orders: Vec<Order>,
    /// Where the next page begins. A full last page has one too, and an empty
    /// page follows it.
    pub next: Option<Cursor>,
}

impl ListOrders {
    /// One page of the user's orders.
    pub async fn run(&self, query: ListQuery) -> Result<Page, StoreError> {
        let orders = self.orders.list(query).await?;
        let full = orders.len() >= query.size.get() as usize;
        let next = orders.last().filter(|_| full).map(|last| Cursor {
            status: query.status,
            created_at: last.created_at,
            order_uuid: last.uuid,
        });
        Ok(Page { orders, next })
    }
}
