//! Path rules: a path has one reading or is refused, and only the public paths
//! themselves are public.

use std::borrow::Cow;

use rocket_routes::{Access, Match, NormalPath, Route, Service, match_route, normalise, table};

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "HEAD", "get", ""];

/// Any bytes as a path.
pub fn run(data: &[u8]) {
    let Ok(path) = normalise(data) else { return };
    let text = path.as_str();
    assert_eq!(text.as_bytes(), data, "an accepted path is not rewritten");
    assert_eq!(normalise(text.as_bytes()), Ok(path), "once is enough");
    assert_eq!(text, read_loosely(text), "another reader sees another path");
    for method in METHODS {
        matches(method, path);
    }
}

fn matches(method: &str, path: NormalPath<'_>) {
    let fitting: Vec<&Route> = table()
        .iter()
        .filter(|route| fits(route.path, path.as_str()))
        .collect();
    match match_route(method, path) {
        Match::Found(route) => {
            assert!(fitting.contains(&route), "{path} does not fit {route:?}");
            // The platform's own pages alone take HEAD for GET.
            let head = method == "HEAD" && route.service == Service::Platform;
            assert_eq!(route.method.as_str(), if head { "GET" } else { method });
            let public = route.access == Access::Public;
            assert!(!public || route.path == path.as_str(), "{path} is public");
        }
        Match::MethodNotAllowed { allow } => {
            assert!(!fitting.is_empty(), "{path} is there for {allow}");
            assert!(allow.split(", ").all(|allowed| allowed != method));
        }
        Match::NotFound => assert!(fitting.is_empty(), "{path} fits {fitting:?}"),
    }
}

/// A template, compared in another way than the table does.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(path)
            .all(|(t, p)| *t == p || (t.starts_with('{') && !p.is_empty()))
}

/// How the loosest of readers might take a path: decoded, with backslashes as slashes,
/// runs of slashes as one, and dot segments resolved.
fn read_loosely(path: &str) -> String {
    let decoded = decode(path).replace('\\', "/");
    let ends = decoded.len() > 1 && decoded.ends_with('/');
    let mut segments: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}{}", segments.join("/"), if ends { "/" } else { "" })
}

fn decode(path: &str) -> Cow<'_, str> {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(&part.as_bytes()[2..]);
            }
            None => bytes.extend(format!("%{part}").bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}
