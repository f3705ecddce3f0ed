//! The gateway's question: whom it lets in, and with what.
#![allow(clippy::unwrap_used)]

mod common;

use std::{collections::HashMap, time::Duration};

use common::{Iam, build, iam, without_store};
use rocket_iam::api::paths::HTTP_LOGOUT;
use rocket_proto::envoy::service::auth::v3::{
    AttributeContext, CheckRequest, CheckResponse,
    attribute_context::{HttpRequest, Request as Attributes},
    authorization_client::AuthorizationClient,
    check_response::HttpResponse,
    header_value_option::HeaderAppendAction,
};
use rocket_rpc::error::{Problem, reason};
use tonic::{Code, Status};
use uuid::Uuid;

fn question(headers: &[(&str, &str)]) -> CheckRequest {
    let headers: HashMap<_, _> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(Attributes {
                http: Some(HttpRequest {
                    method: "GET".into(),
                    path: "/api/v1/orders".into(),
                    headers,
                    ..HttpRequest::default()
                }),
            }),
        }),
    }
}

async fn ask(iam: &Iam, question: CheckRequest) -> Result<CheckResponse, Status> {
    let channel = iam.channel(Some(&iam.gateway));
    let answer = AuthorizationClient::new(channel).check(question).await;
    answer.map(tonic::Response::into_inner)
}

async fn passes(iam: &Iam, headers: &[(&str, &str)]) -> bool {
    let answer = ask(iam, question(headers)).await.unwrap();
    let status = answer.status.unwrap().code;
    match answer.http_response.unwrap() {
        HttpResponse::OkResponse(_) => {
            assert_eq!(status, i32::from(Code::Ok));
            true
        }
        HttpResponse::DeniedResponse(denied) => {
            assert_eq!(status, i32::from(Code::Unauthenticated));
            assert_eq!(denied.status.unwrap().code, 401);
            let problem: Problem = serde_json::from_str(&denied.body).unwrap();
            assert_eq!((problem.status, &*problem.code), (401, "unauthenticated"));
            let header = denied.headers[0].header.clone().unwrap();
            assert_eq!(header.key, "content-type");
            assert_eq!(header.value, "application/problem+json");
            false
        }
    }
}

#[tokio::test]
async fn a_session_holder_passes_with_an_identity_that_replaces_what_they_sent() {
    let iam = iam();
    let user = iam.register("ann").await;
    let login = iam.try_login("ann", common::PASSWORD).await;
    let session = login.text("session_uuid");
    let spoofed = Uuid::now_v7().to_string();
    let cookie = format!("a=b; session_uuid={session}");
    for headers in [
        [
            ("x-session-uuid", session.as_str()),
            ("x-user-uuid", &spoofed),
        ],
        [("cookie", &cookie), ("x-user-uuid", &spoofed)],
        [
            ("x-session-uuid", &session.to_uppercase()),
            ("cookie", "c=d"),
        ],
    ] {
        let answer = ask(&iam, question(&headers)).await.unwrap();
        let Some(HttpResponse::OkResponse(ok)) = answer.http_response else {
            panic!("must pass: {answer:?}");
        };
        let overwrite = i32::from(HeaderAppendAction::OverwriteIfExistsOrAdd);
        let expected = [("x-session-uuid", &session), ("x-user-uuid", &user)];
        assert_eq!(ok.headers.len(), expected.len());
        for (option, (name, value)) in ok.headers.into_iter().zip(expected) {
            assert_eq!(option.append_action, overwrite);
            let header = option.header.unwrap();
            assert_eq!((header.key.as_str(), &header.value), (name, value));
        }
        assert_eq!(ok.headers_to_remove, ["cookie"]);
    }
}

#[tokio::test]
async fn invariant_7_nobody_else_passes() {
    let iam = iam();
    let session = iam.signed_in("ann").await;
    let other = iam.signed_in("ben").await;
    let unknown = Uuid::new_v4().to_string();
    let bare = session.replace('-', "");
    let merged = format!("{session},{other}");
    let spaced = format!(" {session}");
    let cookie = format!("session_uuid={session}");
    let planted = format!("session_uuid={session}; session_uuid={other}");
    let cases: [&[(&str, &str)]; 11] = [
        &[],
        &[("x-session-uuid", "")],
        &[("x-session-uuid", "nonsense")],
        &[("x-session-uuid", &unknown)],
        &[("x-session-uuid", &bare)],
        &[("x-session-uuid", &merged)],
        &[("x-session-uuid", &spaced)],
        &[("x-session-uuid", ""), ("cookie", &cookie)],
        &[("cookie", &planted)],
        &[("cookie", "session_uuid=")],
        &[("authorization", &session), ("x-user-uuid", &unknown)],
    ];
    for headers in cases {
        assert!(!passes(&iam, headers).await, "{headers:?}");
    }
    let empty = ask(&iam, CheckRequest::default()).await.unwrap();
    assert_eq!(empty.status.unwrap().code, i32::from(Code::Unauthenticated));
}

#[tokio::test]
async fn invariant_7_a_session_ends_at_logout_and_after_24_hours() {
    let iam = iam();
    let ended = iam.signed_in("ann").await;
    let kept = iam.signed_in("ben").await;
    assert!(passes(&iam, &[("x-session-uuid", &ended)]).await);
    let out = iam
        .call("POST", HTTP_LOGOUT, &[("x-session-uuid", &ended)])
        .await;
    assert_eq!(out.status, 204);
    assert!(!passes(&iam, &[("x-session-uuid", &ended)]).await);

    iam.clock
        .advance(Duration::from_hours(24) - Duration::from_micros(1));
    assert!(passes(&iam, &[("x-session-uuid", &kept)]).await);
    iam.clock.advance(Duration::from_micros(1));
    assert!(!passes(&iam, &[("x-session-uuid", &kept)]).await);
}

#[tokio::test]
async fn invariant_7_a_store_that_is_away_is_unavailable_and_no_answer() {
    let iam = without_store();
    let session = Uuid::new_v4().to_string();
    let status = ask(&iam, question(&[("x-session-uuid", &session)]))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(reason(&status).as_deref(), Some("store_unavailable"));
    assert!(!status.message().contains("driver"));
}

#[tokio::test]
async fn only_the_gateway_may_ask_unless_a_network_policy_guards_it() {
    let guarded = iam();
    for (credential, code) in [
        (None, Code::Unauthenticated),
        (Some(&guarded.notification), Code::PermissionDenied),
    ] {
        let mut client = AuthorizationClient::new(guarded.channel(credential));
        let refused = client.check(question(&[])).await.unwrap_err();
        assert_eq!(refused.code(), code);
    }
    let open = build(|config| config.check_requires_credential = false, |_| {});
    let mut client = AuthorizationClient::new(open.channel(None));
    assert!(client.check(question(&[])).await.is_ok());
}
