//! Between domain and transport.

use std::time::Duration;

use rocket_rpc::error::ApiError;

use super::{
    dto::{OrderDto, OrderStatusName, PaymentMethodName, StatusEventDto},
    idempotency::{Disposition, Failure},
};
use crate::{
    domain::{Order, OrderStatus, PaymentMethod, PricingError},
    ports::StoreError,
    service::{CancelError, CreateError, GetError, PayError, StatusUpdate},
};

impl From<PaymentMethodName> for PaymentMethod {
    fn from(name: PaymentMethodName) -> Self {
        match name {
            PaymentMethodName::Card => Self::Card,
            PaymentMethodName::Sbp => Self::Sbp,
            PaymentMethodName::CreditCard => Self::CreditCard,
            PaymentMethodName::InvestorMoney => Self::InvestorMoney,
        }
    }
}

impl From<PaymentMethod> for PaymentMethodName {
    fn from(method: PaymentMethod) -> Self {
        match method {
            PaymentMethod::Card => Self::Card,
            PaymentMethod::Sbp => Self::Sbp,
            PaymentMethod::CreditCard => Self::CreditCard,
            PaymentMethod::InvestorMoney => Self::InvestorMoney,
        }
    }
}

impl From<OrderStatus> for OrderStatusName {
    fn from(status: OrderStatus) -> Self {
        match status {
            OrderStatus::PendingPayment => Self::PendingPayment,
            OrderStatus::Paid => Self::Paid,
            OrderStatus::Assembled => Self::Assembled,
            OrderStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Order> for OrderDto {
    fn from(order: Order) -> Self {
        Self {
            order_uuid: order.uuid,
            user_uuid: order.user_uuid,
            part_uuids: order.part_uuids,
            total_price: order.total.minor(),
            currency: order.currency.to_string(),
            transaction_uuid: order.payment.map(|payment| payment.transaction_uuid),
            payment_method: order.payment.map(|payment| payment.method.into()),
            status: order.status.into(),
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl From<&StatusUpdate> for StatusEventDto {
    /// Only what was so at the moment of the change, which may lie before the
    /// moment the order was read.
    fn from(update: &StatusUpdate) -> Self {
        let status = update.change.status;
        let payment = update.order.payment;
        let assembly = update
            .order
            .assembly
            .filter(|_| status == OrderStatus::Assembled);
        Self {
            order_uuid: update.order.uuid,
            status: status.into(),
            updated_at: update.change.at,
            transaction_uuid: payment.map(|payment| payment.transaction_uuid),
            paid_at: payment.map(|payment| payment.paid_at),
            assembled_at: assembly.map(|assembly| assembly.assembled_at),
            build_time_seconds: assembly.map(|assembly| assembly.build_time.as_secs_f64()),
        }
    }
}

/// There is no such order, or it is another user's: one answer for both.
fn not_found() -> ApiError {
    ApiError::not_found("order_not_found", "you have no such order")
}

pub(super) fn store(error: StoreError) -> ApiError {
    ApiError::unavailable("store_unavailable", "orders cannot be read or written now")
        .caused_by(error)
}

fn already_paid() -> ApiError {
    ApiError::conflict("already_paid", "the order is paid already")
}

fn payment_in_progress() -> ApiError {
    ApiError::conflict(
        "payment_in_progress",
        "a payment of this order is under way; try again in a moment",
    )
}

pub(super) fn get_failure(error: GetError) -> ApiError {
    match error {
        GetError::NotFound => not_found(),
        GetError::Store(error) => store(error),
    }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        let keep = match &error {
            // The order may be there: the repetition must look under the same id.
            CreateError::Store(StoreError::Unknown(_)) => Disposition::Reopen,
            CreateError::Store(StoreError::Refused(_)) => Disposition::ForgetFirst,
            CreateError::TooManyUnpaid
            | CreateError::Unauthenticated
            | CreateError::Undone
            | CreateError::Inventory(_)
            | CreateError::Pricing(PricingError::OtherCurrency(_)) => Disposition::Forget,
            CreateError::Pricing(_) | CreateError::PartGone | CreateError::OutOfStock => {
                Disposition::Keep
            }
        };
        Self {
            error: create_failure(error),
            keep,
        }
    }
}

fn create_failure(error: CreateError) -> ApiError {
    match error {
        CreateError::Pricing(cause @ PricingError::UnknownPart(_)) => {
            ApiError::not_found("part_not_found", cause.to_string())
        }
        CreateError::Pricing(cause @ PricingError::TooLarge(_)) => {
            ApiError::invalid("price_too_large", cause.to_string())
                .field("part_uuids", "a smaller total price")
        }
        CreateError::Pricing(cause @ PricingError::OtherCurrency(_)) => ApiError::internal(cause),
        CreateError::PartGone => {
            ApiError::not_found("part_not_found", "a part does not exist any more")
        }
        CreateError::OutOfStock => ApiError::conflict("out_of_stock", "not enough parts are left"),
        CreateError::TooManyUnpaid => ApiError::too_many(
            "too_many_unpaid_orders",
            "pay or cancel some of your unpaid orders first",
            Some(Duration::from_mins(1)),
        ),
        CreateError::Unauthenticated => ApiError::unauthenticated(),
        CreateError::Undone => {
            ApiError::unavailable("order_not_created", "the order was not created; try again")
        }
        CreateError::Inventory(cause) => {
            ApiError::unavailable("inventory_unavailable", "parts cannot be reserved now")
                .caused_by(cause)
        }
        CreateError::Store(error) => store(error),
    }
}

impl From<PayError> for Failure {
    fn from(error: PayError) -> Self {
        let keep = match &error {
            // These end by themselves, and the repetition is to hear how.
            PayError::Pending | PayError::InProgress | PayError::Store(StoreError::Unknown(_)) => {
                Disposition::Reopen
            }
            PayError::Store(StoreError::Refused(_)) => Disposition::ForgetFirst,
            PayError::NotStarted(_) => Disposition::Forget,
            PayError::NotFound
            | PayError::AlreadyPaid
            | PayError::Cancelled
            | PayError::OutOfStock
            | PayError::ReservationGone
            | PayError::Declined { .. } => Disposition::Keep,
        };
        Self {
            error: pay_failure(error),
            keep,
        }
    }
}

fn pay_failure(error: PayError) -> ApiError {
    match error {
        PayError::NotFound => not_found(),
        PayError::AlreadyPaid => already_paid(),
        PayError::Cancelled => ApiError::conflict("order_cancelled", "the order is cancelled"),
        PayError::InProgress => payment_in_progress(),
        PayError::OutOfStock => ApiError::conflict(
            "out_of_stock",
            "the hold ran out and not enough parts are left; nothing was charged",
        ),
        PayError::ReservationGone => ApiError::conflict(
            "reservation_released",
            "the parts of this order were given back; nothing was charged",
        ),
        PayError::Declined { reason } => ApiError::declined(
            "payment_declined",
            format!("the payment was declined: {reason}; nothing was charged"),
        ),
        PayError::NotStarted(cause) => {
            let error = ApiError::unavailable(
                "payment_not_started",
                "the payment could not begin; nothing was charged; try again",
            );
            match cause {
                Some(cause) => error.caused_by(cause),
                None => error,
            }
        }
        PayError::Pending => ApiError::unavailable(
            "payment_pending",
            "the outcome is not known yet; it is being found out, and you are never charged twice",
        ),
        PayError::Store(error) => store(error),
    }
}

impl From<CancelError> for Failure {
    fn from(error: CancelError) -> Self {
        let keep = match &error {
            CancelError::Store(_) => Disposition::Reopen,
            CancelError::PaymentInProgress => Disposition::Forget,
            CancelError::NotFound | CancelError::AlreadyPaid | CancelError::AlreadyCancelled => {
                Disposition::Keep
            }
        };
        let error = match error {
            CancelError::NotFound => not_found(),
            CancelError::AlreadyPaid => already_paid(),
            CancelError::AlreadyCancelled => {
                ApiError::conflict("already_cancelled", "the order is cancelled already")
            }
            CancelError::PaymentInProgress => payment_in_progress(),
            CancelError::Store(error) => store(error),
        };
        Self { error, keep }
    }
}
