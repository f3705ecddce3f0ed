//! The shop's HTTP API, as a customer's program would use it.

use std::time::{Duration, Instant};

use rocket_rpc::http::Problem;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use super::sse::Events;
use crate::exit::Failure;

/// A connection to the shop, logged in after [`Shop::log_in`].
pub(super) struct Shop {
    http: reqwest::Client,
    base: String,
    session: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct NotificationMethod {
    pub(super) provider_name: String,
    pub(super) target: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Part {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) price: i64,
    pub(super) currency: String,
    pub(super) stock_quantity: i64,
    pub(super) category: String,
}

#[derive(Debug, Deserialize)]
struct PartsPage {
    parts: Vec<Part>,
    #[serde(default)]
    next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
pub(super) struct Order {
    pub(super) order_uuid: String,
    pub(super) total_price: i64,
    pub(super) currency: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) kind: String,
    pub(super) text: String,
}

impl Shop {
    pub(super) fn connect(base: &str) -> Result<Self, Failure> {
        let url = reqwest::Url::parse(base).ok();
        if url.is_none_or(|url| url.scheme() != "http") {
            return Err(Failure::config("--url: expected http://HOST:PORT"));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| Failure::failed(format!("cannot make an HTTP client: {error}")))?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            session: None,
        })
    }

    pub(super) async fn register(
        &self,
        login: &str,
        password: &str,
        telegram: Option<NotificationMethod>,
    ) -> Result<String, Failure> {
        #[derive(Deserialize)]
        struct Registered {
            user_uuid: String,
        }
        let methods: Vec<_> = telegram.into_iter().collect();
        let body = json!({
            "login": login,
            "email": format!("{login}@example.com"),
            "password": password,
            "notification_methods": methods,
        });
        let answer: Registered = self.post("/api/v1/auth/register", Some(body)).await?;
        Ok(answer.user_uuid)
    }

    pub(super) async fn log_in(&mut self, login: &str, password: &str) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct LoggedIn {
            session_uuid: String,
        }
        let body = json!({ "login": login, "password": password });
        let answer: LoggedIn = self.post("/api/v1/auth/login", Some(body)).await?;
        self.session = Some(answer.session_uuid);
        Ok(())
    }

    /// All parts, page by page.
    pub(super) async fn parts(&self) -> Result<Vec<Part>, Failure> {
        let mut parts = Vec::new();
        let mut token = String::new();
        loop {
            let path = format!("/api/v1/parts?page_size=100&page_token={token}");
            let path = if token.is_empty() {
                "/api/v1/parts?page_size=100"
            } else {
                &path
            };
            let page: PartsPage = self.get(path).await?;
            parts.extend(page.parts);
            match page.next_page_token.filter(|next| !next.is_empty()) {
                Some(next) => token = next,
                None => return Ok(parts),
            }
        }
    }

    pub(super) async fn order(&self, ship: &[Part]) -> Result<Order, Failure> {
        let uuids: Vec<_> = ship.iter().map(|part| part.uuid.as_str()).collect();
        self.post("/api/v1/orders", Some(json!({ "part_uuids": uuids })))
            .await
    }

    pub(super) async fn pay(&self, order_uuid: &str, method: &str) -> Result<String, Failure> {
        #[derive(Deserialize)]
        struct Paid {
            transaction_uuid: String,
        }
        let path = format!("/api/v1/orders/{order_uuid}/pay");
        let answer: Paid = self
            .post(&path, Some(json!({ "payment_method": method })))
            .await?;
        Ok(answer.transaction_uuid)
    }

    /// The order's event stream.
    pub(super) async fn events(&self, order_uuid: &str) -> Result<Events, Failure> {
        let path = format!("/api/v1/orders/{order_uuid}/events");
        let request = self.request(reqwest::Method::GET, &path);
        let response = self.send(request).await?;
        Ok(Events::new(response))
    }

    /// The customer's messages, as soon as there are `count`: the last one is
    /// written a moment after the ship is assembled.
    pub(super) async fn messages(&self, count: usize) -> Result<Vec<Message>, Failure> {
        #[derive(Deserialize)]
        struct Messages {
            notifications: Vec<Message>,
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let answer: Messages = self.get("/api/v1/notifications").await?;
            if answer.notifications.len() >= count {
                return Ok(answer.notifications);
            }
            if Instant::now() > deadline {
                return Err(Failure::failed(format!(
                    "expected {count} messages within 10 seconds, found {}",
                    answer.notifications.len()
                )));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.session {
            Some(session) => request.header("x-session-uuid", session),
            None => request,
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.request(reqwest::Method::GET, path);
        self.read(self.send(request).await?).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Result<T, Failure> {
        let mut request = self.request(reqwest::Method::POST, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.read(self.send(request).await?).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                Failure::unavailable(format!(
                    "nothing answers at {}; start the platform with: make run",
                    self.base
                ))
            } else {
                Failure::failed(format!("{}: {error}", self.base))
            }
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let path = response.url().path().to_owned();
        let detail = match response.json::<Problem>().await {
            Ok(problem) => format!("{} ({})", problem.detail, problem.code),
            Err(_) => "no problem document".to_owned(),
        };
        Err(Failure::failed(format!("{path}: {status}: {detail}")))
    }

    async fn read<T: DeserializeOwned>(&self, response: reqwest::Response) -> Result<T, Failure> {
        let path = response.url().path().to_owned();
        response
            .json()
            .await
            .map_err(|error| Failure::failed(format!("{path}: unexpected answer: {error}")))
    }
}
