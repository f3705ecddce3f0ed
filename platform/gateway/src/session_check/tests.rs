use http::HeaderValue;
use rocket_proto::envoy::service::auth::v3::{
    DeniedHttpResponse, HeaderValue as Pair, HeaderValueOption, HttpStatus, OkHttpResponse,
    RpcStatus,
};

use super::*;

const SESSION: (&str, &str) = ("x-session-uuid", "5b0c6f0a-4a1c-4b59-9d43-6f7d1c8c0b11");
const USER: (&str, &str) = ("x-user-uuid", "u");

fn ok(headers: &[(&str, &str)]) -> HttpResponse {
    let headers = headers.iter().map(|(key, value)| HeaderValueOption {
        header: Some(Pair {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        }),
        ..HeaderValueOption::default()
    });
    HttpResponse::OkResponse(OkHttpResponse {
        headers: headers.collect(),
        ..OkHttpResponse::default()
    })
}

fn denied(code: Option<i32>) -> HttpResponse {
    HttpResponse::DeniedResponse(DeniedHttpResponse {
        status: code.map(|code| HttpStatus { code }),
        ..DeniedHttpResponse::default()
    })
}

/// The status that a client gets, or none for a pass.
fn outcome(code: Option<i32>, http_response: Option<HttpResponse>) -> Option<u16> {
    let status = code.map(|code| RpcStatus {
        code,
        message: String::new(),
    });
    let answer = CheckResponse {
        status,
        http_response,
    };
    verdict(answer)
        .err()
        .map(|refusal| refusal.answer(false).status().as_u16())
}

#[test]
fn only_a_clear_yes_with_an_identity_passes() {
    assert_eq!(outcome(Some(0), Some(ok(&[SESSION, USER]))), None);
    for (code, response) in [
        (None, None),
        (None, Some(ok(&[SESSION, USER]))),
        (Some(0), None),
        (Some(16), None),
        (Some(0), Some(ok(&[]))),
        (Some(0), Some(ok(&[SESSION]))),
        (Some(0), Some(ok(&[USER]))),
        (Some(0), Some(ok(&[SESSION, USER, USER]))),
        (Some(0), Some(ok(&[("x-session-uuid", "s"), USER]))),
        (Some(0), Some(ok(&[SESSION, ("x-user-uuid", "")]))),
        (Some(0), Some(ok(&[SESSION, ("x-user-uuid", "a\nb")]))),
        (Some(16), Some(ok(&[SESSION, USER]))),
        (Some(0), Some(denied(Some(401)))),
        (None, Some(denied(Some(401)))),
        (Some(16), Some(denied(None))),
        (Some(16), Some(denied(Some(200)))),
        (Some(16), Some(denied(Some(302)))),
        (Some(-1), Some(ok(&[SESSION, USER]))),
    ] {
        assert_eq!(outcome(code, response), Some(503));
    }
}

#[test]
fn a_denial_keeps_its_status() {
    for status in [401, 403, 429] {
        let code = u16::try_from(status).unwrap();
        assert_eq!(outcome(Some(7), Some(denied(Some(status)))), Some(code));
    }
}

#[test]
fn only_what_proves_a_session_is_sent_and_only_unambiguously() {
    let mut map = HeaderMap::new();
    map.insert("x-user-uuid", HeaderValue::from_static("spoofed"));
    map.insert("authorization", HeaderValue::from_static("Bearer x"));
    map.append("cookie", HeaderValue::from_static("a=1"));
    map.append("cookie", HeaderValue::from_static("b=2"));
    map.append("x-session-uuid", HeaderValue::from_static("one"));
    let sent = presented(&map).unwrap();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent["cookie"], "a=1; b=2");
    assert_eq!(sent["x-session-uuid"], "one");

    map.append("x-session-uuid", HeaderValue::from_static("two"));
    assert!(presented(&map).is_err());
    map.insert("x-session-uuid", HeaderValue::from_bytes(b"\xff").unwrap());
    assert!(presented(&map).is_err());
}
