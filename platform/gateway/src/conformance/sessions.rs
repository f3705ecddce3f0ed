//! Who gets in.

use rocket_routes::{Access, Protocol, Service, table};

use super::{Target, instance};

const PROTECTED: (&str, &str) = ("GET", "/api/v1/orders");

fn http_routes(access: Access) -> impl Iterator<Item = (&'static str, String, Service)> {
    table()
        .iter()
        .filter(move |route| route.access == access && route.protocol != Protocol::Grpc)
        .map(|route| (route.method.as_str(), instance(route), route.service))
}

/// Without a session every route that is not public is 401, with one it leads to
/// its service.
pub async fn every_route_asks_for_a_session(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    for (method, path, service) in http_routes(Access::Session) {
        let answer = target.refused(method, &path, &[], &[401]).await;
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let answer = target
            .passed(method, &path, &[("x-session-uuid", &id)])
            .await;
        assert_eq!(answer.header("x-echo-service"), Some(service.as_str()));
        assert_eq!(answer.header("x-echo-path"), Some(path.as_str()));
    }
}

/// The public routes need no session, and IAM is not asked for one.
pub async fn public_routes_are_open(target: &Target) {
    let asked = target.iam.asked().len();
    for (method, path, service) in http_routes(Access::Public) {
        if service == Service::Platform {
            let answer = target.send(method, &path, &[]).await;
            assert_eq!(answer.status, 200, "{path}");
        } else {
            let answer = target.passed(method, &path, &[]).await;
            assert_eq!(answer.header("x-echo-service"), Some(service.as_str()));
        }
    }
    assert_eq!(target.iam.asked().len(), asked);
}

/// What is not exactly a live session's id is no session.
pub async fn bad_tokens_are_refused(target: &Target) {
    let (method, path) = PROTECTED;
    let live = target.iam.sign_in().id.to_string();
    let unknown = uuid::Uuid::new_v4().to_string();
    let unhyphenated = live.replace('-', "");
    for bad in [
        "",
        "x",
        "null",
        "*",
        "00000000-0000-0000-0000-000000000000",
        &unknown,
        &unhyphenated,
        &format!("{live},{live}"),
        &format!("Bearer {live}"),
    ] {
        let header = [("x-session-uuid", bad)];
        target.refused(method, path, &header, &[401]).await;
    }
    let twice = [("x-session-uuid", &*live), ("x-session-uuid", &*unknown)];
    target.refused(method, path, &twice, &[401]).await;
    let elsewhere = [("authorization", &*format!("Bearer {live}"))];
    target.refused(method, path, &elsewhere, &[401]).await;
    let query = format!("{path}?x-session-uuid={live}");
    target.refused(method, &query, &[], &[401]).await;
}

/// A session that ended is refused with the very next request.
pub async fn an_ended_session_is_refused_at_once(target: &Target) {
    let (method, path) = PROTECTED;
    let session = target.iam.sign_in();
    let header = [("x-session-uuid", &*session.id.to_string())];
    for _ in 0..3 {
        target.passed(method, path, &header).await;
    }
    target.iam.end(session);
    target.refused(method, path, &header, &[401]).await;
}

/// The cookie does as well as the header.
pub async fn the_cookie_is_a_session_too(target: &Target) {
    let (method, path) = PROTECTED;
    let session = target.iam.sign_in();
    let cookie = format!("theme=dark; session_uuid={}", session.id);
    let answer = target.passed(method, path, &[("cookie", &cookie)]).await;
    let (id, user) = (session.id.to_string(), session.user.to_string());
    assert_eq!(answer.received("x-session-uuid"), Some(&*id));
    assert_eq!(answer.received("x-user-uuid"), Some(&*user));
    target.iam.end(session);
    target
        .refused(method, path, &[("cookie", &cookie)], &[401])
        .await;
}
