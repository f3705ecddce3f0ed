//! Who a request comes from, as the services are told.

use http::{HeaderMap, HeaderName, HeaderValue};
use rocket_proto::envoy::service::auth::v3::OkHttpResponse;
use rocket_routes::headers;
use rocket_runtime::ClientAddress;
use uuid::Uuid;

/// Takes off everything that a client must not tell a service.
pub(crate) fn strip(map: &mut HeaderMap) {
    let removed: Vec<HeaderName> = map
        .keys()
        .filter(|name| headers::is_removed(name.as_str()))
        .cloned()
        .collect();
    for name in removed {
        map.remove(name);
    }
}

/// Tells the services where the request came from, after [`strip`].
pub(crate) fn forward(client: ClientAddress, map: &mut HeaderMap) {
    if let Ok(address) = HeaderValue::try_from(client.ip().to_string()) {
        map.insert(HeaderName::from_static(headers::FORWARDED_FOR), address);
    }
}

/// What IAM said of an allowed request.
#[derive(Debug)]
pub(crate) struct Identity {
    session_uuid: Uuid,
    session: HeaderValue,
    user: HeaderValue,
}

impl Identity {
    /// Reads IAM's answer; none unless it names a session and a user exactly once.
    /// Headers beyond these two are not part of the contract and are not passed on.
    pub(crate) fn read(answer: &OkHttpResponse) -> Option<Self> {
        let mut session = only(answer, headers::SESSION)?;
        let session_uuid = Uuid::try_parse_ascii(session.as_bytes()).ok()?;
        // Kept out of any log of headers.
        session.set_sensitive(true);
        let user = only(answer, headers::USER)?;
        Some(Self {
            session_uuid,
            session,
            user,
        })
    }

    /// The session that was accepted.
    pub(crate) fn session_uuid(&self) -> Uuid {
        self.session_uuid
    }

    /// Sets the identity on a request that was stripped before.
    pub(crate) fn apply(self, map: &mut HeaderMap) {
        map.insert(HeaderName::from_static(headers::SESSION), self.session);
        map.insert(HeaderName::from_static(headers::USER), self.user);
    }
}

fn only(answer: &OkHttpResponse, name: &str) -> Option<HeaderValue> {
    let mut values = answer
        .headers
        .iter()
        .filter_map(|option| option.header.as_ref())
        .filter(|header| header.key.eq_ignore_ascii_case(name));
    let value = &values.next()?.value;
    if value.is_empty() || values.next().is_some() {
        return None;
    }
    HeaderValue::try_from(value).ok()
}
