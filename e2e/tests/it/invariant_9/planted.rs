//! The secrets, where they are put, and the search for them.

use reqwest::{Client, Method};
use rocket_e2e::{Customer, Platform};
use rocket_proto::auth::v1::{LoginRequest, auth_service_client::AuthServiceClient};
use serde_json::{Value, json};
use uuid::Uuid;

/// Everything that came out, by where.
#[derive(Debug, Default)]
pub(super) struct Out(Vec<(String, String)>);

impl Out {
    pub(super) fn add(&mut self, place: &str, text: &str) {
        self.0.push((place.to_owned(), text.to_owned()));
    }
}

/// What must not come out. All of it is random, so that whatever is found was leaked.
#[derive(Debug)]
pub(super) struct Planted {
    pub(super) telegram_token: String,
    pub(super) payment_key: String,
    login: String,
    email: String,
    chat: String,
    password: String,
    wrong_password: String,
    idempotency_key: String,
    /// A session that never was.
    unknown_session: String,
    /// Something secret in a place where nothing secret belongs.
    stray: String,
    session: std::sync::OnceLock<String>,
}

fn random() -> String {
    Uuid::new_v4().simple().to_string()
}

impl Planted {
    pub(super) fn new() -> Self {
        let number = Uuid::new_v4().as_u64_pair().0 % 100_000_000;
        Self {
            telegram_token: format!("{:09}:{}", number + 100_000_000, random()),
            payment_key: format!("key-{}", random()),
            login: format!("login-{}", &random()[..12]),
            email: format!("mail-{}@example.com", random()),
            chat: format!("7{:011}", number * 1_000 + 7),
            password: format!("password {}", random()),
            wrong_password: format!("wrong {}", random()),
            idempotency_key: format!("once-{}", random()),
            unknown_session: Uuid::new_v4().to_string(),
            stray: format!("stray{}", random()),
            session: std::sync::OnceLock::new(),
        }
    }

    /// Registers, logs in, and asks everything that can be asked.
    pub(super) async fn sow(&self, platform: &Platform, out: &mut Out) -> Customer {
        let registered = self.register(platform).await;
        assert_eq!(registered.status(), 201);
        out.add("register", &registered.text().await.unwrap());
        let customer = Customer::sign_in(&platform.url(), &self.login, &self.password).await;
        self.session.set(customer.session.clone()).unwrap();
        self.ask_all(platform, out).await;
        customer
    }

    async fn register(&self, platform: &Platform) -> reqwest::Response {
        let body = json!({
            "login": self.login, "email": self.email, "password": self.password,
            "notification_methods": [{"provider_name": "telegram", "target": self.chat}],
        });
        let url = format!("{}/api/v1/auth/register", platform.url());
        Client::new().post(url).json(&body).send().await.unwrap()
    }

    /// Secrets in bodies, headers, queries and paths, well-formed and malformed.
    pub(super) async fn ask_all(&self, platform: &Platform, out: &mut Out) {
        let http = Client::new();
        let url = |path: &str| format!("{}/api/v1/{path}", platform.url());
        for (path, body) in self.bodies() {
            let request = http
                .post(url(path))
                .header("content-type", "application/json")
                .body(body);
            self.send(request, path, out).await;
        }
        for path in self.paths() {
            let request = http.request(Method::GET, url(&path));
            self.send(request, "a query or path", out).await;
        }
        // The name of a field or parameter that does not exist is said back to whoever
        // sent it, so that typing errors are found; only elsewhere it must not be seen.
        let mut said_back = Out::default();
        let stray = &self.stray;
        let misnamed = json!({ &self.password: self.wrong_password, stray: 1 });
        let request = http.post(url("auth/login")).json(&misnamed);
        self.send(request, "a field's name", &mut said_back).await;
        let request = http.get(url(&format!("parts?{stray}=1")));
        self.send(request, "a parameter's name", &mut said_back)
            .await;
        for session in [&self.unknown_session, stray, &self.telegram_token] {
            let request = http
                .get(url("orders"))
                .header("x-session-uuid", session)
                .header("cookie", format!("session_uuid={session}; other={stray}"))
                .header("authorization", format!("Bearer {stray}"))
                .header(stray.clone(), stray.clone());
            out.add("dead session", &answer(request).await);
        }
        self.grpc(platform, out).await;
    }

    fn bodies(&self) -> Vec<(&'static str, String)> {
        let Self {
            login,
            email,
            password,
            wrong_password,
            stray,
            ..
        } = self;
        let account = |methods: Value| {
            json!({
                "login": login, "email": email, "password": password,
                "notification_methods": methods,
            })
        };
        let stray_chat = json!([{"provider_name": "telegram", "target": stray}]);
        let log_in = "auth/login";
        let bodies = [
            (log_in, json!({"login": login, "password": wrong_password})),
            (log_in, json!({"login": stray, "password": password})),
            // A password where the login belongs, as people do.
            (log_in, json!({"login": password, "password": ""})),
            (log_in, json!({"login": login, "password": [password]})),
            (log_in, json!({"login": login, "pasword": password})),
            ("auth/register", account(stray_chat)),
            ("auth/register", account(json!([]))),
            ("orders", json!({"part_uuids": [stray]})),
        ];
        let mut bodies: Vec<_> = bodies.map(|(path, body)| (path, body.to_string())).into();
        bodies.push((log_in, format!("{{\"password\": \"{password}\"")));
        bodies.push((log_in, format!("password={password}")));
        bodies
    }

    fn paths(&self) -> Vec<String> {
        let stray = &self.stray;
        vec![
            format!("parts?session={}", self.unknown_session),
            format!("parts?page_token={stray}"),
            format!("orders?password={stray}"),
            format!("orders/{stray}"),
            format!("parts/{stray}"),
            format!("notifications?token={}", self.telegram_token),
            format!("{stray}/%2e%2e/{stray}"),
        ]
    }

    /// Sends it with the live session, everything secret that a header may hold, and
    /// an idempotency key.
    async fn send(&self, request: reqwest::RequestBuilder, place: &str, out: &mut Out) {
        let session = self.session.get().unwrap();
        let request = request
            .header("x-session-uuid", session)
            .header("cookie", format!("session_uuid={session}"))
            .header("authorization", format!("Bearer {}", self.stray))
            .header("idempotency-key", &self.idempotency_key)
            .header("x-api-key", &self.stray);
        out.add(place, &answer(request).await);
    }

    async fn grpc(&self, platform: &Platform, out: &mut Out) {
        let mut auth = AuthServiceClient::connect(platform.url()).await.unwrap();
        let request = LoginRequest {
            login: self.login.clone(),
            password: self.wrong_password.clone(),
        };
        let refused = auth.login(request).await.unwrap_err();
        out.add("gRPC login", &format!("{refused:?}"));
        let malformed = Client::builder()
            .http2_prior_knowledge()
            .build()
            .unwrap()
            .post(format!("{}/auth.v1.AuthService/Login", platform.url()))
            .header("content-type", "application/grpc")
            .header("x-session-uuid", &self.unknown_session)
            .body([&[0, 0, 0, 0, 32], self.stray.as_bytes()].concat());
        out.add("malformed gRPC", &answer(malformed).await);
    }

    fn all(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("telegram token", &self.telegram_token),
            ("payment key", &self.payment_key),
            ("e-mail", &self.email),
            ("chat", &self.chat),
            ("password", &self.password),
            ("wrong password", &self.wrong_password),
            ("idempotency key", &self.idempotency_key),
            ("unknown session", &self.unknown_session),
            ("stray secret", &self.stray),
            ("session", self.session.get().unwrap()),
        ]
    }

    pub(super) fn search(&self, out: &Out) {
        let mut found = Vec::new();
        for (place, text) in &out.0 {
            for (name, secret) in self.all() {
                for line in text.lines().filter(|line| line.contains(secret)).take(3) {
                    found.push(format!("{name} in {place}: {line}"));
                }
            }
            // What internal calls carry, made anew at each start, and password hashes.
            for shape in ["Bearer ", "$argon2id$"] {
                for line in text.lines().filter(|line| line.contains(shape)).take(3) {
                    found.push(format!("{shape:?} in {place}: {line}"));
                }
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// A file of the data directory: what may be in none, and what only in one.
    pub(super) fn search_file(&self, name: &str, bytes: &[u8]) {
        let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|at| at == secret);
        for (what, secret) in self.all() {
            let belongs = match what {
                "e-mail" | "chat" => name.starts_with("iam.db"),
                "idempotency key" => name.starts_with("order.db"),
                _ => false,
            };
            assert!(belongs || !holds(secret.as_bytes()), "{what} in {name}");
        }
        for session in [self.session.get().unwrap(), &self.unknown_session] {
            let id: Uuid = session.parse().unwrap();
            assert!(!holds(id.as_bytes()), "a session's bytes in {name}");
        }
    }
}

/// The whole answer, head and body. A live session has no place in it: nobody logs in
/// here.
async fn answer(request: reqwest::RequestBuilder) -> String {
    let answer = request.send().await.unwrap();
    let head = format!("{} {:?}", answer.status(), answer.headers());
    let body = answer.text().await.unwrap();
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    if !problem.is_null() && !head.starts_with('2') {
        assert!(problem["code"].is_string(), "{head} {body}");
    }
    format!("{head}\n{body}")
}
