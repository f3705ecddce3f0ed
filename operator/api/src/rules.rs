//! The wording of the CEL rules that several fields share.
//!
//! Patterns are CEL `matches()` and not the schema keyword `pattern`, because
//! CEL carries a message and the keyword would show its reader a regular
//! expression.

use kube::core::Rule;

/// Go-like durations, as Kubernetes writes them: `10s`, `1h30m`, `500ms`.
///
/// Six digits and [`Duration`](crate::Duration)'s length keep every sum below
/// the 292 years that the API server's own `duration()` can hold.
pub(crate) const DURATION: &str = r"^([0-9]{1,6}(ms|s|m|h))+$";
/// Kubernetes resource quantities, positive: `2Gi`, `500m`, `0.5`.
pub(crate) const QUANTITY: &str = r"^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$";
const SEMVER: &str =
    r"^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$";
const LABEL: &str = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

fn matches(pattern: &str, message: &str) -> Rule {
    Rule::new(format!("self.matches('{pattern}')")).message(message)
}

/// The text is a duration; the range is a rule of its own ([`within`]).
pub(crate) fn duration() -> Rule {
    matches(
        DURATION,
        "expected a duration such as 10s, 15m, 24h or 500ms",
    )
}

/// A duration between two others, both included.
pub(crate) fn within(min: &str, max: &str) -> Rule {
    // Text that is no duration is reported by the other rule alone.
    Rule::new(format!(
        "!self.matches('{DURATION}') || (duration(self) >= duration('{min}') && duration(self) <= duration('{max}'))"
    ))
    .message(format!("expected a duration from {min} to {max}").as_str())
}

/// A Kubernetes quantity.
pub(crate) fn quantity() -> Rule {
    matches(
        QUANTITY,
        "expected a Kubernetes quantity such as 2Gi, 256Mi or 500m",
    )
}

/// A volume can grow and never shrink.
pub(crate) fn may_not_shrink() -> Rule {
    Rule::new(format!(
        "!self.matches('{QUANTITY}') || quantity(self).compareTo(quantity(oldSelf)) >= 0"
    ))
    .message("storage cannot shrink: expected at least the present size")
}

/// Semantic Versioning 2.0 without build metadata, which no image tag can hold.
pub(crate) fn semver() -> Rule {
    matches(
        SEMVER,
        "expected a semantic version such as 0.1.0 or 1.4.0-rc.1, without a leading v",
    )
}

/// A DNS name in lower case (RFC 1123).
pub(crate) fn dns_name() -> Rule {
    Rule::new(format!(r"self.matches('^{LABEL}(\\.{LABEL})*$')"))
        .message("expected a DNS name such as api.rocket.example: lower case letters, digits, dashes and dots")
}

/// The name of a Kubernetes object.
pub(crate) fn object_name() -> Rule {
    Rule::new(format!(r"self.matches('^{LABEL}(\\.{LABEL})*$')")).message(
        "expected the name of a Kubernetes object: lower case letters, digits, dashes and dots",
    )
}

/// A key inside a Secret.
pub(crate) fn secret_key() -> Rule {
    matches(
        "^[-._a-zA-Z0-9]+$",
        "expected a key of a Secret: letters, digits, dashes, dots and underscores",
    )
}

/// An address with a scheme of HTTP.
pub(crate) fn http_url() -> Rule {
    matches(
        "^https?://[^/?#@ ]+([/?#][^ ]*)?$",
        "expected a URL such as https://payments.example/v1, without credentials",
    )
}

/// A network: an address and the length of its prefix.
pub(crate) fn cidr() -> Rule {
    matches(
        "^([0-9]{1,3}([.][0-9]{1,3}){3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F:]*:[0-9a-fA-F:.]*/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))$",
        "expected a network in CIDR form such as 10.20.0.0/16",
    )
}

/// ISO 4217.
pub(crate) fn currency() -> Rule {
    matches(
        "^[A-Z]{3}$",
        "expected an ISO 4217 currency code: three capital letters, such as USD",
    )
}

/// A container image without a tag or digest template.
pub(crate) fn image() -> Rule {
    matches(
        "^[a-z0-9][-a-z0-9._/:@]*$",
        "expected a container image such as registry.example/postgres:17",
    )
}

/// A registry, optionally with a path.
pub(crate) fn registry() -> Rule {
    matches(
        "^[a-z0-9][-a-z0-9.]*(:[0-9]{1,5})?(/[a-z0-9][-a-z0-9._]*)*$",
        "expected a registry such as registry.example:5000/rocket, without a scheme or a trailing slash",
    )
}

/// The value can never change once it is set.
pub(crate) fn immutable(message: &str) -> Rule {
    Rule::new("self == oldSelf").message(message)
}

/// Exactly one of the named fields is set.
pub(crate) fn exactly_one_of(fields: &[&str]) -> Rule {
    let count: Vec<String> = fields
        .iter()
        .map(|field| format!("(has(self.{field}) ? 1 : 0)"))
        .collect();
    Rule::new(format!("{} == 1", count.join(" + ")))
        .message(format!("expected exactly one of {}", fields.join(", ")).as_str())
}

/// The set of present fields may not change.
pub(crate) fn mode_is_immutable(fields: &[&str]) -> Rule {
    let same: Vec<String> = fields.iter().map(|field| same_presence(field)).collect();
    Rule::new(same.join(" && ")).message(
        format!(
            "the mode of a store is immutable: expected the same one of {} as before",
            fields.join(", ")
        )
        .as_str(),
    )
}

/// An optional field that, set or unset, stays what it was.
pub(crate) fn field_is_immutable(field: &str) -> Rule {
    let present = same_presence(field);
    Rule::new(format!(
        "{present} && (!has(self.{field}) || self.{field} == oldSelf.{field})"
    ))
    .message(format!("{field} is immutable: expected the value it was created with").as_str())
    .field_path(format!(".{field}"))
}

fn same_presence(field: &str) -> String {
    format!("has(self.{field}) == has(oldSelf.{field})")
}
