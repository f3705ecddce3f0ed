//! Showing one order to its user.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    domain::Order,
    ports::{OrderRepository, StoreError},
};

/// The use case.
pub struct GetOrder {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
}

/// Why it is not shown.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// This user has no such order; whether another has is not said.
    #[error("no such order")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl GetOrder {
    /// The user's order.
    pub async fn run(&self, order: Uuid, user: Uuid) -> Result<Order, GetError> {
        self.orders
            .get(order)
            .await?
            .filter(|order| order.user_uuid == user)
            .ok_or(GetError::NotFound)
    }
}
