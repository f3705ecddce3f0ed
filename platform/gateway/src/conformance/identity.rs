//! Nobody tells a service who they are but the gateway.

use super::Target;

const SPOOFED: [(&str, &str); 9] = [
    ("x-user-uuid", "11111111-1111-4111-8111-111111111111"),
    ("X-User-Uuid", "22222222-2222-4222-8222-222222222222"),
    ("x-user-role", "admin"),
    ("x-session-user", "root"),
    ("x-internal-caller", "order"),
    ("x-forwarded-user", "root"),
    ("x-envoy-original-path", "/healthz"),
    ("authorization", "Bearer stolen"),
    ("x-real-ip", "127.0.0.1"),
];

/// Identity headers of a client are replaced on a route with a session and removed
/// on a public one.
pub async fn spoofed_headers_never_arrive(target: &Target) {
    let session = target.iam.sign_in();
    let (id, user) = (session.id.to_string(), session.user.to_string());
    let mut headers = SPOOFED.to_vec();
    headers.push(("x-session-uuid", &id));
    let answer = target.passed("GET", "/api/v1/orders", &headers).await;
    let received: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "x-echo-received-x-user-uuid")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(received, [&*user]);
    assert_eq!(answer.received("x-session-uuid"), Some(&*id));
    for (name, value) in SPOOFED {
        assert_ne!(answer.received(&name.to_ascii_lowercase()), Some(value));
    }

    let answer = target.passed("POST", "/api/v1/auth/login", &SPOOFED).await;
    for (name, _) in SPOOFED {
        assert_eq!(answer.received(&name.to_ascii_lowercase()), None, "{name}");
    }
}

/// A spoofed identity without a session opens nothing.
pub async fn spoofed_headers_are_no_session(target: &Target) {
    target
        .refused("GET", "/api/v1/orders", &SPOOFED, &[401])
        .await;
}

/// A header that some programs read as the identity header does not arrive either.
pub async fn aliases_of_identity_headers_never_arrive(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    for alias in ["x_user_uuid", "x-user_uuid", "X_USER_UUID"] {
        let headers = [("x-session-uuid", &*id), (alias, "spoofed")];
        let answer = target.send("GET", "/api/v1/orders", &headers).await;
        assert!([200, 400].contains(&answer.status), "{alias}");
        let spoofed = answer.headers.iter().any(|(_, value)| value == "spoofed");
        assert!(!spoofed, "{alias}");
    }
}

/// On a public route a session header is neither checked nor passed on.
pub async fn a_public_route_ignores_sessions(target: &Target) {
    let live = target.iam.sign_in().id.to_string();
    for id in [&*live, "garbage"] {
        let headers = [("x-session-uuid", id), ("cookie", "session_uuid=x")];
        let answer = target.passed("POST", "/api/v1/auth/login", &headers).await;
        assert_eq!(answer.received("x-session-uuid"), None);
        assert_eq!(answer.received("x-user-uuid"), None);
    }
}
