use reqwest::StatusCode;
use serde_json::Value;

use super::*;

fn request(order_uuid: Uuid) -> ChargeRequest {
    ChargeRequest {
        order_uuid,
        attempt: 1,
        user_uuid: Uuid::new_v4(),
        payment_method: "CARD".to_owned(),
        amount: 1_250,
        currency: "USD".to_owned(),
    }
}

async fn send(
    bank: &Bank,
    key: &str,
    request: &ChargeRequest,
) -> Result<(StatusCode, Value), reqwest::Error> {
    let response = client()
        .post(format!("{}/charges", bank.url()))
        .header("idempotency-key", key)
        .json(request)
        .send()
        .await?;
    let status = response.status();
    Ok((status, response.json().await.unwrap_or(Value::Null)))
}

fn client() -> reqwest::Client {
    crate::tls::install();
    reqwest::Client::builder()
        .timeout(Duration::from_millis(500))
        .build()
        .unwrap()
}

#[tokio::test]
async fn one_key_is_one_charge_and_one_answer_even_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bank.db");
    let order = request(Uuid::new_v4());
    let bank = Bank::start(&path).await;
    let first = send(&bank, "k:1", &order).await.unwrap();
    let again = send(&bank, "k:1", &order).await.unwrap();
    drop(bank);
    let bank = Bank::start(&path).await;
    bank.always(Behaviour::Decline("too late".to_owned()));
    let later = send(&bank, "k:1", &order).await.unwrap();
    assert_eq!(first.0, 200);
    assert!(first.1["transaction_uuid"].is_string(), "{first:?}");
    assert_eq!(first, again);
    assert_eq!(first, later);
    assert_eq!(bank.charges_of(order.order_uuid), 1);
}

#[tokio::test]
async fn two_keys_for_one_order_are_two_charges_and_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let bank = Bank::start(&dir.path().join("bank.db")).await;
    let order = request(Uuid::new_v4());
    send(&bank, "k:1", &order).await.unwrap();
    send(&bank, "k:2", &order).await.unwrap();
    assert_eq!(bank.charges_of(order.order_uuid), 2);
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let dir = tempfile::tempdir().unwrap();
    let bank = Bank::start(&dir.path().join("bank.db")).await;
    send(&bank, "k:1", &request(Uuid::new_v4())).await.unwrap();
    let other = send(&bank, "k:1", &request(Uuid::new_v4())).await.unwrap();
    assert_eq!(other.0, 422);
    assert_eq!(bank.charges().len(), 1);
}

#[tokio::test]
async fn a_decline_is_kept_and_charges_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bank = Bank::start(&dir.path().join("bank.db")).await;
    bank.next(Behaviour::Decline("limit_exceeded".to_owned()));
    let order = request(Uuid::new_v4());
    for _ in 0..2 {
        let (status, body) = send(&bank, "k:1", &order).await.unwrap();
        assert_eq!(
            (status.as_u16(), &body["reason"]),
            (402, &"limit_exceeded".into())
        );
    }
    assert_eq!((bank.charges().len(), bank.declines()), (0, 1));
}

#[tokio::test]
async fn failures_before_the_charge_charge_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bank = Bank::start(&dir.path().join("bank.db")).await;
    let order = request(Uuid::new_v4());
    bank.next(Behaviour::Refuse);
    bank.next(Behaviour::Hang);
    assert_eq!(send(&bank, "k:1", &order).await.unwrap().0, 503);
    assert!(send(&bank, "k:1", &order).await.unwrap_err().is_timeout());
    assert_eq!((bank.charges().len(), bank.requests()), (0, 2));
}

#[tokio::test]
async fn failures_after_the_charge_leave_it_on_the_ledger() {
    for behaviour in [
        Behaviour::ChargeThenDrop,
        Behaviour::ChargeThenError,
        Behaviour::ChargeThenHang,
        Behaviour::ChargeThenBabble,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let bank = Bank::start(&dir.path().join("bank.db")).await;
        let order = request(Uuid::new_v4());
        bank.next(behaviour.clone());
        let heard = send(&bank, "k:1", &order).await;
        let told = matches!(&heard, Ok((_, body)) if body["transaction_uuid"].is_string());
        assert!(!told, "{behaviour:?}: {heard:?}");
        assert_eq!(bank.charges_of(order.order_uuid), 1, "{behaviour:?}");
        assert_eq!(send(&bank, "k:1", &order).await.unwrap().0, 200);
        assert_eq!(bank.charges_of(order.order_uuid), 1, "{behaviour:?}");
    }
}
