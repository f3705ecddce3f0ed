//! No path but the public ones themselves is ever taken for a public one.

use proptest::{prelude::*, sample::select};
use rocket_routes::{Access, Match, PathRefused, Route, match_route, normalise, table};

fn public_rows() -> Vec<&'static Route> {
    table()
        .iter()
        .filter(|route| route.access == Access::Public)
        .collect()
}

fn decide(method: &str, path: &[u8]) -> Option<Match> {
    normalise(path).ok().map(|path| match_route(method, path))
}

/// The ways in which a path is disguised: at each place of the string.
fn disguise(path: &str, at: usize, how: usize) -> String {
    const INSERTED: [&str; 22] = [
        "/", "//", "/.", "/..", "/./", "/../", "\\", "%2f", "%2F", "%5c", "%00", "%2e", "%2e%2e",
        ".", "..", ";", ";x=1", "%", "%zz", "\0", "#", "?",
    ];
    let at = at % (path.len() + 1);
    let (head, tail) = path.split_at(at);
    match how % (INSERTED.len() + 6) {
        0 => path.to_uppercase(),
        1 => path.to_lowercase(),
        2 => head.to_owned(),
        3 => tail.to_owned(),
        4 => format!("{path}{path}"),
        5 => path
            .char_indices()
            .map(|(i, c)| {
                if i == at {
                    format!("%{:02x}", u32::from(c))
                } else {
                    c.to_string()
                }
            })
            .collect(),
        n => format!("{head}{}{tail}", INSERTED[n - 6]),
    }
}

fn segment() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]{0,40}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn a_disguised_public_path_is_not_public(
        route in select(public_rows()), at in 0_usize..80, how in 0_usize..28,
        again in proptest::option::of((0_usize..80, 0_usize..28)),
        method in select(vec!["GET", "POST", "HEAD", "get", "PUT"]),
    ) {
        let mut path = disguise(route.path, at, how);
        if let Some((at, how)) = again && path.is_ascii() {
            path = disguise(&path, at, how);
        }
        if let Some(Match::Found(found)) = decide(method, path.as_bytes())
            && found.access == Access::Public
        {
            prop_assert_eq!(&path, found.path);
            prop_assert!(found.answers(method));
        }
    }

    #[test]
    fn what_hangs_on_a_public_path_is_not_public(
        route in select(public_rows()), before in segment(), after in segment(), slash: bool,
    ) {
        let joint = if slash { "/" } else { "" };
        for path in [
            format!("/{before}{}", route.path),
            format!("{}{joint}{after}", route.path),
        ] {
            for method in ["GET", "POST"] {
                if let Some(Match::Found(found)) = decide(method, path.as_bytes()) {
                    prop_assert!(
                        found.access == Access::Session || found.path == path,
                        "{} is {:?}", path, found
                    );
                }
            }
        }
    }

    #[test]
    fn an_instance_of_a_template_is_that_route_only(
        route in select(table().iter().collect::<Vec<_>>()),
        values in proptest::collection::vec(segment(), 4),
    ) {
        let mut values = values.into_iter();
        let mut path = String::new();
        for template in route.segments() {
            path.push('/');
            if template.starts_with('{') {
                path.push_str(&values.next().expect("no template has more than four"));
            } else {
                path.push_str(template);
            }
        }
        prop_assert_eq!(
            decide(route.method.as_str(), path.as_bytes()),
            Some(Match::Found(route))
        );
        prop_assert_eq!(
            decide(route.method.as_str(), format!("{path}/").as_bytes()),
            Some(Match::NotFound)
        );
    }

    #[test]
    fn any_bytes_are_read_without_panic_and_once_is_enough(
        bytes in proptest::collection::vec(
            prop_oneof![1 => any::<u8>(), 40 => select(b"/..%aZ09-_;=\\".to_vec())],
            0..40,
        ),
        slash: bool,
    ) {
        let raw: Vec<u8> = slash.then_some(b'/').into_iter().chain(bytes).collect();
        if let Ok(path) = normalise(&raw) {
            prop_assert_eq!(path.as_str().as_bytes(), &raw[..]);
            prop_assert_eq!(normalise(path.as_str().as_bytes()), Ok(path));
            prop_assert!(!path.as_str().contains(['%', '\\', '\0', '?', '#']));
            prop_assert!(!path.as_str().contains("//"));
            prop_assert!(path.as_str().split('/').all(|s| s != "." && s != ".."));
        }
    }
}

#[test]
fn each_refusal_has_its_reason() {
    use PathRefused as P;
    let long = format!("/{}", "a".repeat(1_024));
    for (raw, reason) in [
        ("", P::NotAbsolute),
        ("*", P::NotAbsolute),
        ("api/v1/orders", P::NotAbsolute),
        ("/api%2Fv1/orders", P::Encoded),
        ("/api/v1/orders%00", P::Encoded),
        ("/healthz/%2e%2e/api", P::Encoded),
        ("/%68ealthz", P::Encoded),
        ("/100%", P::Encoded),
        ("/healthz/../api/v1/orders", P::DotSegment),
        ("/healthz/.", P::DotSegment),
        ("//healthz", P::EmptySegment),
        ("/healthz//", P::EmptySegment),
        ("/healthz\\..\\api", P::Backslash),
        ("/healthz\r\nx", P::Control),
        ("/healthz\u{7f}", P::Control),
        ("/health\u{17f}", P::NotAscii),
        ("/healthz#x", P::Delimiter),
        ("/healthz?x", P::Delimiter),
        ("/a b", P::Character),
        ("/{order_uuid}", P::Character),
        (long.as_str(), P::TooLong),
    ] {
        assert_eq!(normalise(raw.as_bytes()), Err(reason), "{raw:?}");
    }
    assert!(normalise(b"/").is_ok() && normalise(b"/healthz/").is_ok());
}
