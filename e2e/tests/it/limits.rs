//! The front door's rates as the resource sets them, over HTTP, gRPC and gRPC-Web
//! alike, and gRPC-Web against the services themselves.

use prost::Message;
use reqwest::header::HeaderMap;
use rocket_e2e::{Customer, Options, Platform};
use rocket_proto::{
    auth::v1::{
        LoginRequest, WhoamiRequest, WhoamiResponse, auth_service_client::AuthServiceClient,
    },
    inventory::v1::{
        ListPartsRequest, ListPartsResponse, inventory_service_client::InventoryServiceClient,
    },
};
use serde_json::json;
use tonic::{Code, Request};

use crate::PROGRAM;

const LOGIN: &str = "/auth.v1.AuthService/Login";
const WHOAMI: &str = "/auth.v1.AuthService/Whoami";
const LIST_PARTS: &str = "/inventory.v1.InventoryService/ListParts";
const RESOURCE_EXHAUSTED: u32 = 8;

/// Two customers register and sign in with four requests; each may then ask so often.
const LIMITS: &str = "  gateway:\n    rateLimit: {requests: 6, unit: Hour}\n    \
                      loginRateLimit: {requests: 4, unit: Hour}\n";

/// The gRPC status of a call over gRPC-Web, and its message.
struct Web {
    status: u32,
    message: Option<Vec<u8>>,
    headers: HeaderMap,
}

impl Web {
    async fn call(url: &str, path: &str, session: &str, request: &impl Message) -> Self {
        let message = request.encode_to_vec();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let mut body = vec![0];
        body.extend(length);
        body.extend(message);
        let answer = reqwest::Client::new()
            .post(format!("{url}{path}"))
            .header("content-type", "application/grpc-web+proto")
            .header("x-grpc-web", "1")
            .header("x-session-uuid", session)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let headers = answer.headers().clone();
        Self::read(headers, &answer.bytes().await.unwrap())
    }

    /// Frames: a flag, of which the highest bit says trailers, and a length.
    fn read(headers: HeaderMap, mut rest: &[u8]) -> Self {
        let in_headers = headers.get("grpc-status");
        let mut status = in_headers.map(|value| value.to_str().unwrap().to_owned());
        let mut message = None;
        while let Some((head, more)) = rest.split_at_checked(5) {
            let length = u32::from_be_bytes(head[1..].try_into().unwrap());
            let (payload, more) = more.split_at(usize::try_from(length).unwrap());
            rest = more;
            if head[0] == 0 {
                message = Some(payload.to_vec());
            } else {
                let trailers = std::str::from_utf8(payload).unwrap();
                let mut lines = trailers.lines();
                let line = lines.find_map(|line| line.strip_prefix("grpc-status:"));
                status = line.map(|value| value.trim().to_owned());
            }
        }
        Self {
            status: status.unwrap().parse().unwrap(),
            message,
            headers,
        }
    }
}

fn wait(headers: &HeaderMap) -> u64 {
    headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_and_an_address_ask_no_more_than_the_resource_allows() {
    let options = Options {
        spec: LIMITS.to_owned(),
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    let url = platform.url();
    let (greedy, modest) = (Customer::new(&url).await, Customer::new(&url).await);
    sign_in_is_over(&url).await;
    a_session_is_over(&url, &greedy.session).await;
    assert_eq!(modest.get("/api/v1/orders").await.status, 200);
    let health = reqwest::get(format!("{url}/healthz")).await.unwrap();
    assert_eq!(health.status(), 200);
}

async fn sign_in_is_over(url: &str) {
    let credentials = json!({"login": "somebody", "password": "wrong horse"});
    for route in ["login", "register"] {
        let answer = reqwest::Client::new()
            .post(format!("{url}/api/v1/auth/{route}"))
            .header("x-forwarded-for", "192.0.2.1")
            .json(&credentials)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 429, "{route}");
        let media = &answer.headers()["content-type"];
        assert_eq!(media, "application/problem+json");
        // Four an hour: one comes back every quarter.
        assert!((1..=900).contains(&wait(answer.headers())));
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "rate_limited");
    }
    let request = LoginRequest {
        login: "somebody".to_owned(),
        password: "wrong horse".to_owned(),
    };
    let mut client = AuthServiceClient::connect(url.to_owned()).await.unwrap();
    let status = client.login(request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let web = Web::call(url, LOGIN, "", &request).await;
    assert_eq!(web.status, RESOURCE_EXHAUSTED);
}

async fn a_session_is_over(url: &str, session: &str) {
    let mut client = InventoryServiceClient::connect(url.to_owned())
        .await
        .unwrap();
    let mut list = async || {
        let mut request = Request::new(ListPartsRequest::default());
        let metadata = request.metadata_mut();
        metadata.insert("x-session-uuid", session.parse().unwrap());
        client.list_parts(request).await.map(drop)
    };
    let get = async || {
        let request = reqwest::Client::new().get(format!("{url}/api/v1/orders"));
        let request = request.header("x-session-uuid", session);
        request.send().await.unwrap()
    };
    let message = ListPartsRequest::default();
    for _ in 0..2 {
        assert_eq!(get().await.status(), 200);
        list().await.unwrap();
        let web = Web::call(url, LIST_PARTS, session, &message).await;
        assert_eq!(web.status, 0);
    }
    let refused = get().await;
    assert_eq!(refused.status(), 429);
    // Six an hour: one comes back every ten minutes.
    assert!((1..=600).contains(&wait(refused.headers())));
    let status = list().await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let web = Web::call(url, LIST_PARTS, session, &message).await;
    assert_eq!((web.status, web.message), (RESOURCE_EXHAUSTED, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_web_reaches_the_services_with_the_same_sessions() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let url = platform.url();
    let customer = Customer::new(&url).await;
    let web = Web::call(&url, WHOAMI, &customer.session, &WhoamiRequest::default()).await;
    assert_eq!(web.status, 0);
    let whoami = WhoamiResponse::decode(&*web.message.unwrap()).unwrap();
    assert_eq!(whoami.user.unwrap().user_uuid, customer.user_uuid);
    let message = ListPartsRequest::default();
    let web = Web::call(&url, LIST_PARTS, &customer.session, &message).await;
    let parts = ListPartsResponse::decode(&*web.message.unwrap()).unwrap();
    assert!(!parts.parts.is_empty());
    let media = web.headers["content-type"].to_str().unwrap();
    assert!(media.starts_with("application/grpc-web"), "{media}");
    for session in ["", "nonsense"] {
        let web = Web::call(&url, LIST_PARTS, session, &message).await;
        assert_eq!((web.status, web.message), (16, None));
    }
}
