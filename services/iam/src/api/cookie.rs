//! The session cookie (RFC 6265): the session id for browsers, out of reach of scripts.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderValue, header};
use rocket_rpc::session::SESSION_HEADER;

use crate::{
    config::{CookieConfig, SameSite},
    domain::{SESSION_LIFETIME, SessionId},
};

/// The cookie's name.
pub const NAME: &str = "session_uuid";

/// `Set-Cookie` for a new session; it lasts as long as the session.
pub fn set(config: &CookieConfig, id: SessionId) -> HeaderValue {
    let id = id.reveal().to_string();
    build(config, &id, SESSION_LIFETIME.whole_seconds())
}

/// `Set-Cookie` that makes browsers forget the session.
pub fn clear(config: &CookieConfig) -> HeaderValue {
    build(config, "", 0)
}

fn build(config: &CookieConfig, value: &str, max_age: i64) -> HeaderValue {
    let same_site = match config.same_site {
        SameSite::Strict => "Strict",
        SameSite::Lax => "Lax",
    };
    let secure = if config.secure { "; Secure" } else { "" };
    let text = format!(
        "{NAME}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}"
    );
    let mut header =
        HeaderValue::try_from(text).expect("a UUID, a number and fixed words are visible ASCII");
    header.set_sensitive(true);
    header
}

/// The session cookie's value among the `Cookie` headers given. None when it is there
/// twice with different values: then someone may have planted one, and which of them
/// a reader takes would be chance.
pub fn find<'a>(cookies: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut values = cookies
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value);
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Lets the cookie stand in for the header of a request that came without it, so that
/// everything behind reads one place. The header wins.
pub async fn adopt(mut request: Request, next: Next) -> Response {
    if let Some(value) = standing_in(request.headers()) {
        request.headers_mut().insert(SESSION_HEADER, value);
    }
    next.run(request).await
}

fn standing_in(headers: &HeaderMap) -> Option<HeaderValue> {
    if headers.contains_key(SESSION_HEADER) {
        return None;
    }
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut value = HeaderValue::try_from(find(cookies.filter_map(|v| v.to_str().ok()))?).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        for (headers, found) in [
            (vec!["session_uuid=a"], Some("a")),
            (vec!["theme=dark; session_uuid=a; x=y"], Some("a")),
            (vec!["theme=dark", "session_uuid=a"], Some("a")),
            (vec!["session_uuid=a; session_uuid=a"], Some("a")),
            (vec!["session_uuid=a; session_uuid=b"], None),
            (vec!["session_uuid=a", "session_uuid=b"], None),
            (vec!["xsession_uuid=a; Session_Uuid=b"], None),
            (vec!["session_uuid"], None),
            (vec![], None),
        ] {
            assert_eq!(find(headers.iter().copied()), found, "{headers:?}");
        }
    }

    #[test]
    fn the_cookie_is_kept_from_scripts_and_other_sites() {
        let id = SessionId::random().unwrap();
        let config = CookieConfig::default();
        let expected = format!(
            "session_uuid={}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure",
            id.reveal()
        );
        assert_eq!(set(&config, id), expected.as_str());
        let plain = CookieConfig {
            secure: false,
            same_site: SameSite::Strict,
        };
        assert_eq!(
            clear(&plain),
            "session_uuid=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
    }
}
