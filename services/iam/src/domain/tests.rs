use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::*;

#[test]
fn a_login_is_folded_and_bounded() {
    for (text, expected) in [
        ("ann", Some("ann")),
        ("Ann.B-c_9", Some("ann.b-c_9")),
        ("ab", None),
        ("", None),
        ("ann b", None),
        ("ann\n", None),
        ("ånn", None),
        // KELVIN SIGN lower-cases to k; it must not slip in as one.
        ("\u{212a}ate", None),
    ] {
        let parsed = LoginName::parse(text);
        assert_eq!(parsed.as_ref().map(LoginName::as_str), expected, "{text:?}");
    }
    assert!(LoginName::parse(&"a".repeat(64)).is_some());
    assert!(LoginName::parse(&"a".repeat(65)).is_none());
}

#[test]
fn an_email_has_the_shape_of_one() {
    for (text, fits) in [
        ("ann@example.org", true),
        ("Ann+rockets@mail.example.org", true),
        ("анна@пример.рф", true),
        ("ann", false),
        ("@example.org", false),
        ("ann@", false),
        ("ann@localhost", false),
        ("ann@example..org", false),
        ("ann@example.org.", false),
        ("ann@b@example.org", false),
        ("ann @example.org", false),
        ("ann@example.org\r\nBcc: x", false),
    ] {
        assert_eq!(Email::parse(text).is_some(), fits, "{text:?}");
    }
    assert!(Email::parse(&format!("a@{}.org", "b".repeat(248))).is_some());
    assert!(Email::parse(&format!("a@{}.org", "b".repeat(249))).is_none());
    assert!(Email::parse(&format!("{}@b.org", "a".repeat(65))).is_none());
}

#[test]
fn emails_that_differ_by_case_share_a_key() {
    let one = Email::parse("Ann@Example.org").unwrap();
    let other = Email::parse("aNN@example.ORG").unwrap();
    assert_eq!(one.key(), other.key());
    assert_eq!(one.as_str(), "Ann@Example.org");
}

#[test]
fn a_new_password_is_measured_in_characters() {
    assert!(Password::parse("1234567").is_none());
    assert!(Password::parse("12345678").is_some());
    assert!(Password::parse(&"п".repeat(128)).is_some());
    assert!(Password::parse(&"п".repeat(129)).is_none());
    // Every password that may be set may also be tried.
    assert!(Password::parse_attempt(&"\u{1f680}".repeat(128)).is_some());
    assert!(Password::parse_attempt("").is_none());
    assert!(Password::parse_attempt(&"a".repeat(513)).is_none());
}

#[test]
fn notification_methods_name_the_field_that_is_wrong() {
    let long = "x".repeat(129);
    let given = [
        ("telegram", "4711"),
        ("Telegram", "4711"),
        ("telegram", "47\u{7}11"),
        ("telegram", long.as_str()),
        ("telegram", "4711"),
    ];
    let violations = methods_from(given.into_iter()).unwrap_err();
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "notification_methods[1].provider_name",
            "notification_methods[2].target",
            "notification_methods[3].target",
            "notification_methods[4]",
        ]
    );
}

#[test]
fn at_most_five_notification_methods() {
    let targets: Vec<String> = (0..6).map(|n| n.to_string()).collect();
    let given = |count: usize| {
        let pairs = targets.iter().take(count).map(|t| ("telegram", t.as_str()));
        methods_from(pairs.collect::<Vec<_>>().into_iter())
    };
    assert_eq!(given(5).unwrap().len(), 5);
    assert_eq!(given(6).unwrap_err()[0].field, "notification_methods");
}

#[test]
fn a_session_id_is_random_and_read_in_one_spelling_only() {
    let id = SessionId::random().unwrap();
    assert_ne!(id, SessionId::random().unwrap());
    assert_eq!(id.reveal().get_version_num(), 4);
    let text = id.reveal().to_string();
    assert_eq!(SessionId::parse(&text), Some(id));
    assert_eq!(SessionId::parse(&text.to_uppercase()), Some(id));
    for other in [
        id.reveal().simple().to_string(),
        id.reveal().braced().to_string(),
        id.reveal().urn().to_string(),
        format!(" {text}"),
        format!("{text},{text}"),
        String::new(),
    ] {
        assert_eq!(SessionId::parse(&other), None, "{other:?}");
    }
}

#[test]
fn the_hash_of_a_session_id_is_sha_256_of_its_bytes() {
    // printf '\0%.0s' {1..16} | sha256sum
    let expected = "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb";
    let hash = SessionId::from(Uuid::nil()).hash();
    for (at, byte) in hash.as_bytes().iter().enumerate() {
        assert_eq!(
            format!("{byte:02x}"),
            expected[2 * at..2 * at + 2],
            "byte {at}"
        );
    }
}

#[test]
fn a_session_ends_24_hours_after_its_beginning() {
    let now = OffsetDateTime::UNIX_EPOCH;
    let login = LoginName::parse("ann").unwrap();
    let session = Session::begin(Uuid::nil(), login, now);
    assert_eq!(session.expires_at - session.created_at, Duration::hours(24));
    assert!(session.is_live(session.expires_at - Duration::microseconds(1)));
    assert!(!session.is_live(session.expires_at));
}

#[test]
fn debug_hides_what_is_secret_or_personal() {
    let id = SessionId::random().unwrap();
    let method = NotificationMethod::parse("m", "telegram", "4711").unwrap();
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        Password::parse("correct horse").unwrap(),
        PasswordHash::from_phc("$argon2id$secret".into()),
        Email::parse("ann@example.org").unwrap(),
        id,
        id.hash(),
        method,
    );
    for secret in [
        "horse",
        "argon2id",
        "ann@",
        "4711",
        &id.reveal().to_string(),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
