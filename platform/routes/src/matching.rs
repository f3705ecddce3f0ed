//! Finding the row for a request.

use crate::{
    path::NormalPath,
    route::{Route, is_parameter},
    table::table,
};

/// What the table says about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// This row.
    Found(&'static Route),
    /// The path is there, for other methods (405).
    MethodNotAllowed {
        /// The methods, as the `Allow` header lists them (RFC 9110 section 10.2.1).
        allow: String,
    },
    /// No row has this path (404).
    NotFound,
}

/// Finds the row for a method and a path. Both are compared exactly, a parameter
/// with any one segment that is not empty; whether it is a UUID is for the service
/// to say.
pub fn match_route(method: &str, path: NormalPath<'_>) -> Match {
    let mut allowed = Vec::new();
    for route in table() {
        if !fits(route, path) {
            continue;
        }
        if route.answers(method) {
            return Match::Found(route);
        }
        allowed.push(route.method.as_str());
        if route.takes_head() {
            allowed.push("HEAD");
        }
    }
    if allowed.is_empty() {
        Match::NotFound
    } else {
        Match::MethodNotAllowed {
            allow: allowed.join(", "),
        }
    }
}

fn fits(route: &Route, path: NormalPath<'_>) -> bool {
    let mut expected = route.segments();
    let mut given = path.as_str().split('/').skip(1);
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(template), Some(segment)) => {
                let same = if is_parameter(template) {
                    !segment.is_empty()
                } else {
                    template == segment
                };
                if !same {
                    return false;
                }
            }
            _ => return false,
        }
    }
}
