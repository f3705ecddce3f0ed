//! Where the platform is.

use std::str::FromStr;

use http::{HeaderValue, Uri};

/// The address of a platform, read from a URL.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Host and port, to connect to.
    address: String,
    /// The `Host` header.
    host: HeaderValue,
    /// What comes before every path; no slash at its end.
    prefix: String,
}

/// The text is no URL that can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a URL such as http://127.0.0.1:8080; https is not spoken here")]
pub(crate) struct TargetError;

impl Target {
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// What stands in the request line for a path of the API.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| TargetError)?;
        let authority = uri.authority().ok_or(TargetError)?;
        if uri.scheme_str() != Some("http")
            || uri.query().is_some()
            || authority.as_str().contains('@')
        {
            return Err(TargetError);
        }
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self {
            address: format!("{}:{port}", authority.host()),
            host: HeaderValue::from_str(authority.as_str()).map_err(|_| TargetError)?,
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_an_address_a_host_and_a_prefix() {
        let target: Target = "http://api.rocket.localhost:8080/shop/".parse().unwrap();
        assert_eq!(target.address(), "api.rocket.localhost:8080");
        assert_eq!(target.host(), "api.rocket.localhost:8080");
        assert_eq!(target.path("/healthz"), "/shop/healthz");
        let target: Target = "http://[::1]".parse().unwrap();
        assert_eq!(target.address(), "[::1]:80");
        assert_eq!(target.path("/healthz"), "/healthz");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "127.0.0.1:8080",
            "https://x",
            "http://a@b",
            "http://x/?y",
            "http:///",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text:?}");
        }
    }
}
