#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, str::FromStr, time::Duration};

use proptest::{collection::vec, option, prelude::*, sample::select};
use rocket_runtime::money::{Currency, Money, MoneyError};
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::*;

const CREATED: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

fn part(number: u8) -> Uuid {
    Uuid::from_bytes([number; 16])
}

fn offer(number: u8, minor: i64) -> PartPrice {
    PartPrice {
        part_uuid: part(number),
        price: Money::from_minor(minor).unwrap(),
        currency: Currency::USD,
    }
}

fn pending() -> Order {
    Order {
        uuid: part(200),
        user_uuid: part(201),
        part_uuids: vec![part(1)],
        total: Money::from_minor(10).unwrap(),
        currency: Currency::USD,
        status: OrderStatus::PendingPayment,
        attempt: 1,
        guard: None,
        operation: None,
        payment: None,
        assembly: None,
        created_at: CREATED,
        updated_at: CREATED,
    }
}

fn assembled() -> Order {
    Order {
        status: OrderStatus::Assembled,
        payment: Some(Payment {
            transaction_uuid: part(3),
            method: PaymentMethod::Sbp,
            paid_at: CREATED + Duration::from_secs(1),
        }),
        assembly: Some(Assembly {
            build_time: Duration::from_secs(10),
            assembled_at: CREATED + Duration::from_secs(11),
        }),
        ..pending()
    }
}

#[test]
fn who_slept_through_two_changes_learns_both() {
    let statuses = |changes: Vec<StatusChange>| -> Vec<OrderStatus> {
        changes.into_iter().map(|change| change.status).collect()
    };
    let order = assembled();
    assert_eq!(
        statuses(order.changes_after(OrderStatus::PendingPayment)),
        [OrderStatus::Paid, OrderStatus::Assembled]
    );
    assert_eq!(
        statuses(order.changes_after(OrderStatus::Paid)),
        [OrderStatus::Assembled]
    );
    assert!(order.changes_after(OrderStatus::Assembled).is_empty());
    let cancelled = Order {
        status: OrderStatus::Cancelled,
        ..pending()
    };
    assert_eq!(
        statuses(cancelled.changes_after(OrderStatus::PendingPayment)),
        [OrderStatus::Cancelled]
    );
}

#[test]
fn only_a_pending_unguarded_order_is_free() {
    let guard = Guard {
        token: part(1),
        method: PaymentMethod::Card,
        step: Step::Reserving,
        since: CREATED,
        until: CREATED,
    };
    assert_eq!(pending().blocked(), None);
    let guarded = Order {
        guard: Some(guard),
        ..pending()
    };
    assert_eq!(guarded.blocked(), Some(Blocked::Paying));
    assert_eq!(assembled().blocked(), Some(Blocked::Paid));
    let paid = Order {
        status: OrderStatus::Paid,
        ..assembled()
    };
    assert_eq!(paid.blocked(), Some(Blocked::Paid));
    let cancelled = Order {
        status: OrderStatus::Cancelled,
        ..pending()
    };
    assert_eq!(cancelled.blocked(), Some(Blocked::Cancelled));
}

#[test]
fn names_read_back() {
    for status in OrderStatus::ALL {
        assert_eq!(status.to_string().parse(), Ok(status));
    }
    for method in PaymentMethod::ALL {
        assert_eq!(method.to_string().parse(), Ok(method));
    }
    for bad in ["", "paid", "UNKNOWN", "PAID ", "CARD\0"] {
        assert_eq!(OrderStatus::from_str(bad), Err(UnknownStatus), "{bad}");
        assert_eq!(
            PaymentMethod::from_str(bad),
            Err(UnknownPaymentMethod),
            "{bad}"
        );
    }
}

#[test]
fn a_missing_part_is_named() {
    assert_eq!(
        price(&[part(1), part(9)], &[offer(1, 5)], Currency::USD),
        Err(PricingError::UnknownPart(part(9)))
    );
}

#[test]
fn a_foreign_price_is_refused() {
    let euro: Currency = "EUR".parse().unwrap();
    assert_eq!(
        price(&[part(1)], &[offer(1, 5)], euro),
        Err(PricingError::OtherCurrency(part(1)))
    );
}

#[test]
fn a_price_beyond_the_range_is_refused() {
    assert_eq!(
        price(&[part(1), part(1)], &[offer(1, i64::MAX)], Currency::USD),
        Err(PricingError::TooLarge(MoneyError::TooLarge))
    );
}

#[test]
fn page_sizes_are_one_to_a_hundred() {
    assert_eq!(PageSize::new(0), Err(PageSizeError));
    assert_eq!(PageSize::new(101), Err(PageSizeError));
    assert_eq!(PageSize::new(100).unwrap().get(), 100);
    assert_eq!(PageSize::default().get(), 20);
}

fn cursors() -> impl Strategy<Value = Cursor> {
    let statuses = option::of(select(OrderStatus::ALL.to_vec()));
    (statuses, 0..4_000_000_000_000_000_i64, any::<u128>()).prop_map(|(status, micros, uuid)| {
        Cursor {
            status,
            created_at: OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
                .unwrap(),
            order_uuid: Uuid::from_u128(uuid),
        }
    })
}

proptest! {
    #[test]
    fn the_price_is_the_exact_sum_per_requested_id(
        prices in vec(0..=i64::MAX / 50, 1..5),
        picks in vec(0_usize..5, 1..=MAX_PARTS),
    ) {
        let numbers: Vec<u8> = (0..5).collect();
        let offers: Vec<PartPrice> =
            prices.iter().zip(&numbers).map(|(minor, number)| offer(*number, *minor)).collect();
        let picks: Vec<usize> = picks.into_iter().map(|pick| pick % prices.len()).collect();
        let requested: Vec<Uuid> = picks.iter().map(|pick| part(numbers[*pick])).collect();
        let exact: i128 = picks.iter().map(|pick| i128::from(prices[*pick])).sum();
        let found = price(&requested, &offers, Currency::USD);
        if let Ok(minor) = i64::try_from(exact) { prop_assert_eq!(found, Ok(Money::from_minor(minor).unwrap())) } else { prop_assert_eq!(found, Err(PricingError::TooLarge(MoneyError::TooLarge))) }
    }

    #[test]
    fn quantities_count_every_requested_id_once(picks in vec(0_u8..20, 0..=MAX_PARTS)) {
        let requested: Vec<Uuid> = picks.iter().map(|pick| part(*pick)).collect();
        let mut expected: HashMap<Uuid, u32> = HashMap::new();
        for part in &requested {
            *expected.entry(*part).or_default() += 1;
        }
        let found = quantities(&requested);
        prop_assert!(found.is_sorted_by_key(|line| line.part_uuid));
        let found: HashMap<Uuid, u32> =
            found.into_iter().map(|line| (line.part_uuid, line.quantity)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_page_token_reads_back(cursor in cursors()) {
        prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn text_is_a_page_token_only_if_it_is_the_one_for_its_place(text in "[0-9a-fA-F]{0,60}|.{0,60}") {
        if let Ok(cursor) = Cursor::from_str(&text) {
            prop_assert_eq!(cursor.to_string(), text);
        }
    }

    #[test]
    fn a_cut_or_grown_page_token_is_refused(cursor in cursors(), keep in 0_usize..52, tail in "[0-9a-f]{1,4}") {
        let token = cursor.to_string();
        prop_assert_eq!(Cursor::from_str(&token[..keep]), Err(CursorError));
        prop_assert_eq!(Cursor::from_str(&format!("{token}{tail}")), Err(CursorError));
    }
}
