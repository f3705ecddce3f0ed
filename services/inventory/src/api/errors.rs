//! What use cases refuse, as clients are told.

use std::iter;

use rocket_rpc::error::ApiError;
use uuid::Uuid;

use crate::{
    domain::{
        CommitRefusal, FilterError, ItemsError, PageSizeError, PageTokenError, ReleaseRefusal,
        ReserveRefusal,
    },
    ports::{CommitError, ReleaseError, ReserveError, StoreError},
    service::{GetPartError, ListPartsError, ReservePartsError},
};

pub(super) fn store(error: StoreError) -> ApiError {
    match error {
        StoreError::Unavailable(_) => {
            ApiError::unavailable("inventory_unavailable", "parts cannot be reached right now")
                .caused_by(error)
        }
        StoreError::Damaged { .. } => ApiError::internal(error),
    }
}

pub(super) fn get_part(error: GetPartError) -> ApiError {
    match error {
        GetPartError::NotFound => part_not_found(),
        GetPartError::Store(error) => store(error),
    }
}

pub(super) fn list_parts(error: ListPartsError) -> ApiError {
    match error {
        ListPartsError::Token(PageTokenError) => {
            let expected = PageTokenError.to_string();
            ApiError::invalid("invalid_page_token", format!("page_token: {expected}"))
                .field("page_token", expected)
        }
        ListPartsError::Store(error) => store(error),
    }
}

/// `prefix` is what the transport puts before the field.
pub(super) fn filter(prefix: &str, error: FilterError) -> ApiError {
    ApiError::invalid_field(format!("{prefix}{}", error.field), "at most 100 values")
}

pub(super) fn page_size(_: PageSizeError) -> ApiError {
    ApiError::invalid_field("page_size", "a whole number from 1 to 100")
}

pub(super) fn items(error: ItemsError) -> ApiError {
    match error {
        ItemsError::Empty => ApiError::invalid_field("parts", "at least one part"),
        ItemsError::Quantity { index } => {
            ApiError::invalid_field(format!("parts[{index}].quantity"), "at least 1")
        }
        ItemsError::TooMany => ApiError::invalid_field("parts", "at most 100 pieces in all"),
    }
}

/// `asked` are the parts of the request, in its order.
pub(super) fn reserve(error: ReservePartsError, asked: &[Uuid]) -> ApiError {
    match error {
        ReservePartsError::Ttl(_) => {
            ApiError::invalid_field("ttl", "more than nothing and at most seven days")
        }
        ReservePartsError::Reserve(ReserveError::UnknownPart { part_uuid }) => {
            let error =
                ApiError::not_found("part_not_found", format!("part {part_uuid} does not exist"));
            at_part(error, asked, part_uuid, "a part that exists")
        }
        ReservePartsError::Reserve(ReserveError::OutOfStock { part_uuid, left }) => {
            let error = ApiError::conflict(
                "out_of_stock",
                format!("part {part_uuid} has only {left} left"),
            );
            at_part(error, asked, part_uuid, &format!("at most {left}"))
        }
        ReservePartsError::Reserve(ReserveError::Refused(refusal)) => match refusal {
            ReserveRefusal::Differs => {
                ApiError::conflict("reservation_differs", refusal.to_string())
            }
            ReserveRefusal::Released => released(),
        },
        ReservePartsError::Reserve(ReserveError::Store(error)) => store(error),
    }
}

pub(super) fn commit(error: CommitError) -> ApiError {
    match error {
        CommitError::Refused(CommitRefusal::NotFound) => {
            ApiError::not_found("reservation_not_found", CommitRefusal::NotFound.to_string())
        }
        CommitError::Refused(CommitRefusal::Expired) => {
            ApiError::conflict("reservation_expired", CommitRefusal::Expired.to_string())
        }
        CommitError::Refused(CommitRefusal::Released) => released(),
        CommitError::Store(error) => store(error),
    }
}

pub(super) fn release(error: ReleaseError) -> ApiError {
    match error {
        ReleaseError::Refused(ReleaseRefusal::Committed) => ApiError::conflict(
            "reservation_committed",
            ReleaseRefusal::Committed.to_string(),
        ),
        ReleaseError::Store(error) => store(error),
    }
}

fn part_not_found() -> ApiError {
    ApiError::not_found("part_not_found", "the part does not exist")
}

fn released() -> ApiError {
    ApiError::conflict("reservation_released", ReserveRefusal::Released.to_string())
}

/// Names every place of the request where the part stands.
fn at_part(error: ApiError, asked: &[Uuid], part_uuid: Uuid, expected: &str) -> ApiError {
    iter::zip(0.., asked)
        .filter(|(_, asked)| **asked == part_uuid)
        .fold(error, |error, (index, _): (usize, _)| {
            error.field(format!("parts[{index}]"), expected)
        })
}
