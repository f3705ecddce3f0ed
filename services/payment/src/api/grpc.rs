//! `payment.v1.PaymentService`.

use rocket_proto::payment::v1::{
    self as wire, PayOrderRequest, PayOrderResponse, pay_order_response,
    payment_service_server::PaymentService,
};
use rocket_rpc::{
    error::{ApiError, Kind},
    http::parse_uuid,
};
use rocket_runtime::money::Money;
use tonic::{Request, Response, Status};

use crate::{
    domain::{Charge, Outcome, PaymentMethod},
    ports::ProviderError,
    service::{PayError, PayOrder},
};

const CURRENCY: &str = "currency";

pub(crate) struct PaymentGrpc {
    pub(crate) pay_order: PayOrder,
}

#[tonic::async_trait]
impl PaymentService for PaymentGrpc {
    async fn pay_order(
        &self,
        request: Request<PayOrderRequest>,
    ) -> Result<Response<PayOrderResponse>, Status> {
        let charge = charge(&request.into_inner())?;
        let outcome = self.pay_order.run(&charge).await.map_err(api_error)?;
        Ok(Response::new(response(outcome)))
    }
}

/// Reads a request; every wrong field is named, not only the first.
fn charge(request: &PayOrderRequest) -> Result<Charge, ApiError> {
    let order_uuid = parse_uuid("order_uuid", &request.order_uuid);
    let attempt = u32::try_from(request.attempt)
        .ok()
        .filter(|&attempt| attempt >= 1)
        .ok_or_else(|| ApiError::invalid_field("attempt", "1 or more"));
    let user_uuid = parse_uuid("user_uuid", &request.user_uuid);
    let method = method(request.payment_method());
    let amount = Money::from_minor(request.amount)
        .map_err(|_| ApiError::invalid_field("amount", "0 or more minor units"));
    let currency = request
        .currency
        .parse()
        .map_err(|_| ApiError::invalid_field(CURRENCY, "an ISO 4217 code such as USD"));
    match (order_uuid, attempt, user_uuid, method, amount, currency) {
        (Ok(order_uuid), Ok(attempt), Ok(user_uuid), Ok(method), Ok(amount), Ok(currency)) => {
            Ok(Charge {
                order_uuid,
                attempt,
                user_uuid,
                method,
                amount,
                currency,
            })
        }
        (order_uuid, attempt, user_uuid, method, amount, currency) => Err(merged([
            order_uuid.err(),
            attempt.err(),
            user_uuid.err(),
            method.err(),
            amount.err(),
            currency.err(),
        ])),
    }
}

/// One error out of several: the first one's words, everybody's fields.
fn merged(errors: [Option<ApiError>; 6]) -> ApiError {
    let mut errors = errors.into_iter().flatten();
    let first = errors
        .next()
        .unwrap_or_else(|| ApiError::invalid("invalid_argument", "the request is malformed"));
    errors.fold(first, |first, other| {
        other
            .problem()
            .errors
            .into_iter()
            .fold(first, |first, it| first.field(it.field, it.expected))
    })
}

fn method(method: wire::PaymentMethod) -> Result<PaymentMethod, ApiError> {
    match method {
        wire::PaymentMethod::Card => Ok(PaymentMethod::Card),
        wire::PaymentMethod::Sbp => Ok(PaymentMethod::Sbp),
        wire::PaymentMethod::CreditCard => Ok(PaymentMethod::CreditCard),
        wire::PaymentMethod::InvestorMoney => Ok(PaymentMethod::InvestorMoney),
        // A number that this version does not know reads as unspecified too.
        wire::PaymentMethod::Unspecified => {
            let known: Vec<_> = PaymentMethod::ALL.iter().map(|it| it.as_str()).collect();
            let expected = format!("one of {}", known.join(", "));
            Err(ApiError::invalid_field("payment_method", expected))
        }
    }
}

fn response(outcome: Outcome) -> PayOrderResponse {
    let outcome = match outcome {
        Outcome::Charged { transaction_uuid } => {
            pay_order_response::Outcome::Charged(wire::Charged {
                transaction_uuid: transaction_uuid.to_string(),
            })
        }
        Outcome::Declined { reason } => {
            pay_order_response::Outcome::Declined(wire::Declined { reason })
        }
    };
    PayOrderResponse {
        outcome: Some(outcome),
    }
}

fn api_error(error: PayError) -> ApiError {
    match error {
        PayError::WrongCurrency { expected } => ApiError::invalid_field(
            CURRENCY,
            format!("{expected}, the currency of this installation"),
        ),
        PayError::Provider(cause @ ProviderError::Deadline) => ApiError::new(
            Kind::Deadline,
            "payment_unknown",
            "the payment provider gave no answer in time; the outcome is unknown",
        )
        .caused_by(cause),
        PayError::Provider(cause @ ProviderError::Unavailable(_)) => ApiError::unavailable(
            "payment_unknown",
            "the payment provider cannot answer for now; the outcome is unknown",
        )
        .caused_by(cause),
        PayError::Provider(cause @ ProviderError::Protocol(_)) => ApiError::internal(cause),
    }
}
