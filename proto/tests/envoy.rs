//! The gateway's check, as Envoy itself writes it on the wire. The numbers here are
//! Envoy's (envoy/service/auth/v3/attribute_context.proto), written down once more so
//! that a slip in our copy shows.

use std::collections::HashMap;

use prost::Message;
use rocket_proto::envoy::service::auth::v3::CheckRequest;

#[derive(Clone, PartialEq, Message)]
struct EnvoyHttpRequest {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    method: String,
    #[prost(map = "string, string", tag = "3")]
    headers: HashMap<String, String>,
    #[prost(string, tag = "4")]
    path: String,
    #[prost(string, tag = "5")]
    host: String,
    #[prost(string, tag = "6")]
    scheme: String,
    #[prost(string, tag = "10")]
    protocol: String,
}

#[derive(Clone, PartialEq, Message)]
struct EnvoyRequest {
    #[prost(message, optional, tag = "2")]
    http: Option<EnvoyHttpRequest>,
}

#[derive(Clone, PartialEq, Message)]
struct EnvoyAttributes {
    #[prost(message, optional, tag = "4")]
    request: Option<EnvoyRequest>,
}

#[derive(Clone, PartialEq, Message)]
struct EnvoyCheckRequest {
    #[prost(message, optional, tag = "1")]
    attributes: Option<EnvoyAttributes>,
}

#[test]
fn a_check_of_envoys_is_read_field_by_field() {
    let sent = EnvoyCheckRequest {
        attributes: Some(EnvoyAttributes {
            request: Some(EnvoyRequest {
                http: Some(EnvoyHttpRequest {
                    id: "17".to_owned(),
                    method: "GET".to_owned(),
                    headers: HashMap::from([("x-session-uuid".to_owned(), "s".to_owned())]),
                    path: "/api/v1/orders".to_owned(),
                    host: "api.rocket.localhost".to_owned(),
                    scheme: "http".to_owned(),
                    protocol: "HTTP/1.1".to_owned(),
                }),
            }),
        }),
    };
    let read = CheckRequest::decode(sent.encode_to_vec().as_slice()).expect("it decodes");
    let http = read
        .attributes
        .and_then(|attributes| attributes.request)
        .and_then(|request| request.http)
        .expect("it holds a request");
    assert_eq!((http.id.as_str(), http.method.as_str()), ("17", "GET"));
    assert_eq!(http.headers["x-session-uuid"], "s");
    assert_eq!(http.path, "/api/v1/orders");
    assert_eq!(http.host, "api.rocket.localhost");
    assert_eq!(http.scheme, "http");
}
