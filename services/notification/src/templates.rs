//! The texts. They are plain; a channel with markup escapes them itself, as a whole,
//! so no value can become markup whatever it holds.

use std::time::Duration;

use askama::Template;
use uuid::Uuid;

use crate::domain::{Event, Message, Notice};

#[derive(Template)]
#[template(path = "order_paid.txt", escape = "none")]
struct OrderPaid<'a> {
    order_uuid: Uuid,
    amount: String,
    method: Option<&'a str>,
    transaction_uuid: Uuid,
}

#[derive(Template)]
#[template(path = "ship_assembled.txt", escape = "none")]
struct ShipAssembled {
    order_uuid: Uuid,
    build_time: String,
}

/// A template failed, which only a formatter that fails can bring about.
#[derive(Debug, thiserror::Error)]
#[error("the text cannot be written")]
pub struct TemplateError(#[from] askama::Error);

/// The message about `notice`.
pub(crate) fn message(notice: &Notice) -> Result<Message, TemplateError> {
    let text = match notice.event {
        Event::OrderPaid {
            method,
            transaction_uuid,
            amount,
            currency,
        } => OrderPaid {
            order_uuid: notice.order_uuid,
            amount: currency.display(amount),
            method: method.map(crate::domain::PaymentMethod::phrase),
            transaction_uuid,
        }
        .render()?,
        Event::ShipAssembled { build_time } => ShipAssembled {
            order_uuid: notice.order_uuid,
            build_time: seconds(build_time),
        }
        .render()?,
    };
    Ok(Message {
        event_uuid: notice.event_uuid,
        user_uuid: notice.user_uuid,
        order_uuid: notice.order_uuid,
        kind: notice.event.kind(),
        text: text.trim_end().to_owned(),
        occurred_at: notice.occurred_at,
    })
}

/// Tenths of a second are shown when there are any.
fn seconds(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    match tenths % 10 {
        0 => format!("{} s", tenths / 10),
        rest => format!("{}.{rest} s", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rocket_runtime::money::{Currency, Money};
    use time::OffsetDateTime;

    use super::*;
    use crate::domain::PaymentMethod;

    fn text(event: Event) -> String {
        let notice = Notice {
            event_uuid: Uuid::from_u128(1),
            order_uuid: Uuid::from_u128(2),
            user_uuid: Uuid::from_u128(3),
            event,
            occurred_at: OffsetDateTime::UNIX_EPOCH,
        };
        message(&notice).unwrap().text
    }

    fn paid(method: Option<PaymentMethod>, currency: Currency) -> String {
        text(Event::OrderPaid {
            method,
            transaction_uuid: Uuid::from_u128(4),
            amount: Money::from_minor(120_005).unwrap(),
            currency,
        })
    }

    #[test]
    fn a_paid_order_reads_well() {
        let expected = "Order paid\n\
            Order 00000000-0000-0000-0000-000000000002\n\
            1200.05 USD, paid by credit card\n\
            Transaction 00000000-0000-0000-0000-000000000004\n\
            Your ship is being assembled.";
        let method = Some(PaymentMethod::CreditCard);
        assert_eq!(paid(method, Currency::USD), expected);
    }

    #[test]
    fn money_has_the_digits_of_its_currency_and_an_unknown_method_is_left_out() {
        let yen = "JPY".parse().unwrap();
        assert!(paid(None, yen).contains("\n120005 JPY\n"));
    }

    #[test]
    fn a_ship_reads_well() {
        for (millis, shown) in [
            (10_000, "10 s"),
            (10_001, "10 s"),
            (10_049, "10 s"),
            (10_050, "10.1 s"),
            (9_960, "10 s"),
            (20, "0 s"),
            (90_500, "90.5 s"),
        ] {
            let build_time = Duration::from_millis(millis);
            let text = text(Event::ShipAssembled { build_time });
            let expected = format!(
                "Ship assembled\nOrder 00000000-0000-0000-0000-000000000002\n\
                 Built in {shown}, ready for launch."
            );
            assert_eq!(text, expected, "{millis}");
        }
    }
}
