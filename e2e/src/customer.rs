//! A customer, who sees only what the platform shows from outside.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use rocket_testkit::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

/// What a request was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body as JSON, null when it is none.
    pub body: Value,
}

impl Answer {
    /// The problem's stable code, or nothing.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A member of an answer that is a string.
fn text(answer: &Answer, name: &str) -> String {
    answer.body[name].as_str().unwrap().to_owned()
}

/// A registered customer with a session.
#[derive(Debug, Clone)]
pub struct Customer {
    http: reqwest::Client,
    url: String,
    /// The session id, empty when logged out.
    pub session: String,
    /// The user's id.
    pub user_uuid: String,
}

impl Customer {
    /// Registers and logs in with fresh names.
    pub async fn new(url: &str) -> Self {
        Self::with_telegram(url, None).await
    }

    /// The same, reachable in a Telegram chat.
    pub async fn with_telegram(url: &str, chat: Option<&str>) -> Self {
        let mut customer = Self {
            http: reqwest::Client::new(),
            url: url.to_owned(),
            session: String::new(),
            user_uuid: String::new(),
        };
        let login = format!("user-{}", &Uuid::new_v4().simple().to_string()[..16]);
        let password = Uuid::new_v4().to_string();
        let methods: Vec<_> = chat
            .map(|target| json!({"provider_name": "telegram", "target": target}))
            .into_iter()
            .collect();
        let registered = customer
            .post(
                "/api/v1/auth/register",
                json!({
                    "login": login, "email": format!("{login}@example.com"),
                    "password": password, "notification_methods": methods,
                }),
            )
            .await;
        assert_eq!(registered.status, 201, "{registered:?}");
        customer.user_uuid = text(&registered, "user_uuid");
        customer.log_in(&login, &password).await;
        customer
    }

    /// Somebody who has registered before.
    pub async fn sign_in(url: &str, login: &str, password: &str) -> Self {
        let mut customer = Self {
            http: reqwest::Client::new(),
            url: url.to_owned(),
            session: String::new(),
            user_uuid: String::new(),
        };
        customer.log_in(login, password).await;
        customer
    }

    async fn log_in(&mut self, login: &str, password: &str) {
        let body = json!({"login": login, "password": password});
        let session = self.post("/api/v1/auth/login", body).await;
        assert_eq!(session.status, 200, "{session:?}");
        self.session = text(&session, "session_uuid");
    }

    /// Sends any request with the session.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }

    /// The same; none when the connection broke, as it does when the platform dies.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !self.session.is_empty() {
            request = request.header("x-session-uuid", &self.session);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.ok()?;
        let status = response.status();
        let bytes = response.bytes().await.ok()?;
        Some(Answer {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        })
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Orders these parts and returns the order's id.
    pub async fn order(&self, part_uuids: &[&str]) -> String {
        let answer = self
            .post("/api/v1/orders", json!({"part_uuids": part_uuids}))
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["order_uuid"].as_str().unwrap().to_owned()
    }

    /// Pays by card.
    pub async fn pay(&self, order: &str) -> Answer {
        self.post(
            &format!("/api/v1/orders/{order}/pay"),
            json!({"payment_method": "CARD"}),
        )
        .await
    }

    /// Pays by card, when the platform may die meanwhile.
    pub async fn try_pay(&self, order: &str) -> Option<Answer> {
        let path = format!("/api/v1/orders/{order}/pay");
        self.try_send(Method::POST, &path, Some(json!({"payment_method": "CARD"})))
            .await
    }

    /// Cancels.
    pub async fn cancel(&self, order: &str) -> Answer {
        self.send(
            Method::POST,
            &format!("/api/v1/orders/{order}/cancel"),
            None,
        )
        .await
    }

    /// The order's status now.
    pub async fn status(&self, order: &str) -> String {
        let answer = self.get(&format!("/api/v1/orders/{order}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["status"].as_str().unwrap().to_owned()
    }

    /// Waits until the order has this status.
    pub async fn wait_for(&self, order: &str, status: &str) {
        let what = format!("order {order} is {status}");
        eventually(&what, Duration::from_secs(20), || async {
            (self.status(order).await == status).then_some(())
        })
        .await;
    }

    /// The parts of a category that are in stock, all pages.
    pub async fn parts(&self, category: &str) -> Vec<Value> {
        let path = format!("/api/v1/parts?page_size=100&categories={category}");
        let answer = self.get(&path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["parts"].as_array().unwrap().clone()
    }

    /// The id of a plentiful part.
    pub async fn plentiful_part(&self) -> String {
        let parts = self.parts("ENGINE").await;
        let part = parts
            .iter()
            .max_by_key(|part| part["stock_quantity"].as_i64())
            .expect("the catalogue has engines");
        part["uuid"].as_str().unwrap().to_owned()
    }

    /// The customer's messages, newest first.
    pub async fn messages(&self) -> Vec<Value> {
        let answer = self.get("/api/v1/notifications").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["notifications"].as_array().unwrap().clone()
    }
}

impl Customer {
    /// What is left of a part.
    pub async fn stock(&self, part: &str) -> i64 {
        let answer = self.get(&format!("/api/v1/parts/{part}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["stock_quantity"].as_i64().unwrap()
    }

    /// Opens the order's event stream.
    pub async fn events(&self, order: &str) -> EventStream {
        let response = self
            .http
            .get(format!("{}/api/v1/orders/{order}/events", self.url))
            .header("x-session-uuid", &self.session)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        EventStream {
            response,
            buffer: String::new(),
        }
    }
}

/// An open event stream.
#[derive(Debug)]
pub struct EventStream {
    response: reqwest::Response,
    buffer: String,
}

impl EventStream {
    /// The next status; none when the stream has ended.
    pub async fn next_status(&mut self) -> Option<String> {
        loop {
            while let Some(end) = self.buffer.find('\n') {
                let line: String = self.buffer.drain(..=end).collect();
                let data = line.strip_prefix("data:");
                if let Some(data) = data {
                    let event: Value = serde_json::from_str(data).unwrap();
                    return Some(event["status"].as_str().unwrap().to_owned());
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.buffer.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}
