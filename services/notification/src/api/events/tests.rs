#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn paid() -> OrderPaid {
    OrderPaid {
        event_uuid: Uuid::from_u128(1).to_string(),
        order_uuid: Uuid::from_u128(2).to_string(),
        user_uuid: Uuid::from_u128(3).to_string(),
        payment_method: wire::PaymentMethod::Card.into(),
        transaction_uuid: Uuid::from_u128(4).to_string(),
        amount: 1_250,
        currency: "USD".to_owned(),
        occurred_at: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 123_456_789,
        }),
    }
}

fn assembled() -> ShipAssembled {
    ShipAssembled {
        event_uuid: Uuid::from_u128(5).to_string(),
        order_uuid: Uuid::from_u128(2).to_string(),
        user_uuid: Uuid::from_u128(3).to_string(),
        build_time: Some(prost_types::Duration {
            seconds: 10,
            nanos: 500,
        }),
        occurred_at: Some(prost_types::Timestamp::default()),
    }
}

#[test]
fn both_events_are_read() {
    let notice = decode(topics::ORDER_PAID, &paid().encode_to_vec()).unwrap();
    assert_eq!(notice.event_uuid, Uuid::from_u128(1));
    assert_eq!(notice.user_uuid, Uuid::from_u128(3));
    assert_eq!(notice.occurred_at.unix_timestamp(), 1_700_000_000);
    assert_eq!(notice.occurred_at.nanosecond(), 123_456_000);
    let Event::OrderPaid { method, amount, .. } = notice.event else {
        panic!("{notice:?}");
    };
    assert_eq!((method, amount.minor()), (Some(PaymentMethod::Card), 1_250));

    let notice = decode(topics::SHIP_ASSEMBLED, &assembled().encode_to_vec()).unwrap();
    let build_time = Duration::new(10, 500);
    assert_eq!(notice.event, Event::ShipAssembled { build_time });
}

#[test]
fn a_method_of_a_later_version_is_left_out() {
    let message = OrderPaid {
        payment_method: 99,
        ..paid()
    };
    let notice = decode(topics::ORDER_PAID, &message.encode_to_vec()).unwrap();
    assert!(matches!(
        notice.event,
        Event::OrderPaid { method: None, .. }
    ));
}

type Spoil<T> = fn(&mut T);

#[test]
fn what_is_no_paid_order_is_refused() {
    let table: [(&str, Spoil<OrderPaid>); 9] = [
        ("event_uuid", |it| it.event_uuid.clear()),
        ("order_uuid", |it| it.order_uuid = "7".to_owned()),
        ("user_uuid", |it| it.user_uuid.clear()),
        ("transaction_uuid", |it| it.transaction_uuid.clear()),
        ("amount", |it| it.amount = -1),
        ("currency", |it| it.currency.clear()),
        ("currency", |it| it.currency = "<b>".to_owned()),
        ("occurred_at", |it| it.occurred_at = None),
        ("occurred_at", |it| {
            it.occurred_at = Some(prost_types::Timestamp {
                seconds: i64::MAX,
                nanos: 0,
            });
        }),
    ];
    for (field, spoil) in table {
        let mut message = paid();
        spoil(&mut message);
        let error = decode(topics::ORDER_PAID, &message.encode_to_vec()).unwrap_err();
        assert!(error.to_string().starts_with(field), "{field}: {error}");
    }
}

#[test]
fn what_is_no_assembled_ship_is_refused() {
    let negative = prost_types::Duration {
        seconds: -1,
        nanos: 0,
    };
    let table: [(&str, ShipAssembled); 4] = [
        (
            "event_uuid",
            ShipAssembled {
                event_uuid: String::new(),
                ..assembled()
            },
        ),
        (
            "build_time",
            ShipAssembled {
                build_time: None,
                ..assembled()
            },
        ),
        (
            "build_time",
            ShipAssembled {
                build_time: Some(negative),
                ..assembled()
            },
        ),
        (
            "occurred_at",
            ShipAssembled {
                occurred_at: None,
                ..assembled()
            },
        ),
    ];
    for (field, message) in table {
        let error = decode(topics::SHIP_ASSEMBLED, &message.encode_to_vec()).unwrap_err();
        assert!(error.to_string().starts_with(field), "{field}: {error}");
    }
    assert!(decode("order.lost", &paid().encode_to_vec()).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(topics::ORDER_PAID, &bytes);
        let _ = decode(topics::SHIP_ASSEMBLED, &bytes);
    }

    #[test]
    fn any_time_is_read_without_panic(seconds in any::<i64>(), nanos in any::<i32>()) {
        let _ = occurred_at(Some((seconds, nanos)));
    }
}
