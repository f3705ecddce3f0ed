//! Which headers of a client never reach a service.

/// Carries the session id. It is read for the session check only: what a service
/// gets under this name is what IAM answered.
pub const SESSION: &str = "x-session-uuid";

/// Carries the user's id to the services; only ever set from IAM's answer.
pub const USER: &str = "x-user-uuid";

/// Carries the client's address to the services. The gateway is the edge: what a
/// client sends under this name is not believed, and the last address in it is the one
/// that the gateway wrote.
pub const FORWARDED_FOR: &str = "x-forwarded-for";

/// The headers of a client that the session check may see.
pub const CHECKED: [&str; 2] = [SESSION, "cookie"];

/// Names with these beginnings say who somebody is or where a request came from,
/// which only the gateway may say.
pub const REMOVED_PREFIXES: [&str; 5] = [
    "x-user-",
    "x-session-",
    "x-internal-",
    "x-forwarded-",
    "x-envoy-",
];

/// Names that are removed for the same reason. `authorization` is among them
/// because it carries the credentials of services to each other; customers have
/// sessions, so one that comes from outside is stolen or a mistake. `cookie` is
/// for the session check alone.
pub const REMOVED: [&str; 5] = [
    "authorization",
    "cookie",
    "forwarded",
    "proxy-authorization",
    "x-real-ip",
];

/// True for a header (in lower case) that is taken off a client's request before a
/// service sees it. [`SESSION`] is one of them.
pub fn is_removed(name: &str) -> bool {
    REMOVED.contains(&name)
        || REMOVED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// True for a header name with an underscore, which some programs read as a dash:
/// `x_user_uuid` would pass for `x-user-uuid` there. Such a request is answered 400,
/// as Envoy Gateway does by default.
pub fn is_ambiguous(name: &str) -> bool {
    name.contains('_')
}
