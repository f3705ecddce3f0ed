//! What a row of the table says.

use std::time::Duration;

/// The HTTP method of a route. The list of routes is exact; only what the front door
/// answers itself takes `HEAD` where it takes `GET` ([`Route::answers`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes something, or is a gRPC call.
    Post,
}

impl Method {
    /// The method as it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What is spoken on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// A request and its answer.
    Http,
    /// gRPC over HTTP/2; the path is `/package.Service/Method`.
    Grpc,
    /// An answer that stays open (`text/event-stream`).
    ServerSentEvents,
}

/// Who answers a route. Services that are only called by other services (Payment)
/// or by none (Assembly) are not here, so no row can lead to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Orders.
    Order,
    /// Parts.
    Inventory,
    /// Accounts and sessions.
    Iam,
    /// Messages to users.
    Notification,
    /// The front door itself: health, documentation.
    Platform,
}

impl Service {
    /// The name as it stands in Kubernetes objects and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Inventory => "inventory",
            Self::Iam => "iam",
            Self::Notification => "notification",
            Self::Platform => "platform",
        }
    }
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody.
    Public,
    /// Whoever has a valid session, asked of IAM for each request.
    Session,
}

/// Whose requests count together against a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Those of one session, as the session check accepted it: what was only claimed
    /// to be a session is refused before and takes no memory. On a route that asks for
    /// none, those from one network address, in a count of their own.
    BySession,
    /// Those from one network address, as the connection has it.
    ByAddress,
    /// Nobody's: what it costs is bounded otherwise, by the open connections or the
    /// requests at work.
    Not,
}

/// The bounds of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The largest request body, in bytes; a larger one is answered 413.
    pub max_body_bytes: usize,
    /// How long the answer may take; then it is 504. None for answers that stay
    /// open.
    pub timeout: Option<Duration>,
    /// Against which rate its requests count; beyond it, the answer is 429.
    pub counted: Counted,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route {
    /// The method, compared exactly.
    pub method: Method,
    /// The path; a segment in braces stands for any one segment
    /// (`/api/v1/orders/{order_uuid}/pay`).
    pub path: &'static str,
    /// What is spoken.
    pub protocol: Protocol,
    /// Who answers.
    pub service: Service,
    /// Who may ask.
    pub access: Access,
    /// The bounds.
    pub limits: Limits,
}

impl Route {
    /// The full service name and the method name of a gRPC route.
    pub fn grpc(&self) -> Option<(&'static str, &'static str)> {
        if self.protocol != Protocol::Grpc {
            return None;
        }
        self.path.strip_prefix('/')?.split_once('/')
    }

    /// True for a method that this route answers. The pages answer `HEAD` as RFC 9110
    /// section 9.1 asks of everybody who answers `GET`; services do not.
    pub fn answers(&self, method: &str) -> bool {
        method == self.method.as_str() || (method == "HEAD" && self.takes_head())
    }

    pub(crate) fn takes_head(&self) -> bool {
        self.service == Service::Platform && self.method == Method::Get
    }

    /// The path's segments, in order.
    pub fn segments(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').skip(1)
    }
}

/// True for a template's segment that stands for any one segment.
pub(crate) fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}
