//! Payment over gRPC.

use async_trait::async_trait;
use rocket_proto::payment::v1::{
    PayOrderRequest, pay_order_response::Outcome, payment_service_client::PaymentServiceClient,
};
use rocket_rpc::Channel;

use super::messages::payment_method;
use crate::ports::{Charge, ChargeOutcome, Payments, PaymentsError};

/// Payment, reached over a channel that carries this service's credential.
#[derive(Clone)]
pub struct GrpcPayments {
    client: PaymentServiceClient<Channel>,
}

impl GrpcPayments {
    /// Calls over `channel`.
    pub fn new(channel: Channel) -> Self {
        Self {
            client: PaymentServiceClient::new(channel),
        }
    }
}

#[async_trait]
impl Payments for GrpcPayments {
    async fn charge(&self, charge: &Charge) -> Result<ChargeOutcome, PaymentsError> {
        let request = PayOrderRequest {
            order_uuid: charge.order_uuid.to_string(),
            attempt: charge.attempt,
            user_uuid: charge.user_uuid.to_string(),
            payment_method: payment_method(charge.method).into(),
            amount: charge.amount.minor(),
            currency: charge.currency.to_string(),
        };
        // Whatever the code of an error: it is about this call, and an earlier call
        // of the same attempt may have charged.
        let answer = match self.client.clone().pay_order(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return Err(PaymentsError(Box::new(status))),
        };
        match answer.outcome {
            Some(Outcome::Charged(charged)) => match charged.transaction_uuid.parse() {
                Ok(transaction_uuid) => Ok(ChargeOutcome::Charged { transaction_uuid }),
                Err(error) => Err(PaymentsError(Box::new(error))),
            },
            Some(Outcome::Declined(declined)) => Ok(ChargeOutcome::Declined {
                reason: declined.reason,
            }),
            None => Err(PaymentsError("payment answered without an outcome".into())),
        }
    }
}
