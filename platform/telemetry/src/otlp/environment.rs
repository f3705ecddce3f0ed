//! What OpenTelemetry's standard variables ask for
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>,
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).
//!
//! The specification wants bad values ignored with a warning. Here they stop the
//! start: who sets a variable wants it obeyed.

#[cfg(test)]
mod tests;

use std::{fmt, ops::RangeInclusive, str::FromStr, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use opentelemetry_sdk::trace::Sampler;

use super::pairs;

/// A variable that cannot be obeyed. Its value is not repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct EnvironmentError {
    variable: String,
    problem: &'static str,
}

/// What is exported, where to, and how.
#[derive(Debug, Clone)]
pub struct Otlp {
    pub(super) traces: Option<Target>,
    pub(super) metrics: Option<Target>,
    pub(super) logs: Option<Target>,
    pub(super) sampler: Sampler,
    pub(super) metric_interval: Duration,
    pub(super) spans: Queue,
    pub(super) records: Queue,
    pub(super) resource: Vec<(String, String)>,
}

/// Where one signal goes.
#[derive(Clone)]
pub(super) struct Target {
    /// Scheme, host and port.
    pub(super) endpoint: String,
    pub(super) headers: HeaderMap,
    pub(super) timeout: Duration,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("endpoint", &self.endpoint)
            .field("headers", &"hidden")
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// What may wait, and for how long at most before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Queue {
    pub(super) size: usize,
    pub(super) delay: Duration,
}

/// Times are whole milliseconds, up to an hour.
const MILLISECONDS: RangeInclusive<u64> = 1..=3_600_000;
/// Items that may wait. One is about a kilobyte.
const ITEMS: RangeInclusive<u64> = 512..=65_536;

impl Otlp {
    /// Reads the process's environment. None when nothing is to be exported.
    pub fn from_environment() -> Result<Option<Self>, EnvironmentError> {
        Self::read(|name| match std::env::var(name) {
            Ok(value) => Ok(value),
            Err(std::env::VarError::NotPresent) => Ok(String::new()),
            Err(std::env::VarError::NotUnicode(_)) => Err(bad(name, "is not UTF-8")),
        })
    }

    /// `get` gives a variable's value; an empty one counts as unset, as the
    /// specification has it.
    fn read(
        get: impl Fn(&str) -> Result<String, EnvironmentError>,
    ) -> Result<Option<Self>, EnvironmentError> {
        let env = Environment(&|name| Ok(get(name)?.trim().to_owned()));
        if env.disabled()? {
            return Ok(None);
        }
        let (traces, metrics, logs) = (
            env.target("TRACES")?,
            env.target("METRICS")?,
            env.target("LOGS")?,
        );
        if traces.is_none() && metrics.is_none() && logs.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            traces,
            metrics,
            logs,
            sampler: env.sampler()?,
            metric_interval: env.millis("OTEL_METRIC_EXPORT_INTERVAL", 60_000)?,
            spans: env.queue("BSP", 5_000)?,
            records: env.queue("BLRP", 1_000)?,
            resource: env.resource()?,
        }))
    }
}

fn bad(variable: &str, problem: &'static str) -> EnvironmentError {
    EnvironmentError {
        variable: variable.to_owned(),
        problem,
    }
}

struct Environment<'a>(&'a dyn Fn(&str) -> Result<String, EnvironmentError>);

impl Environment<'_> {
    fn get(&self, name: &str) -> Result<Option<String>, EnvironmentError> {
        Ok(Some((self.0)(name)?).filter(|value| !value.is_empty()))
    }

    /// A signal's own variable, or else the one for all; and which it was.
    fn of_signal(
        &self,
        signal: &str,
        what: &str,
    ) -> Result<Option<(String, String)>, EnvironmentError> {
        for name in [
            format!("OTEL_EXPORTER_OTLP_{signal}_{what}"),
            format!("OTEL_EXPORTER_OTLP_{what}"),
        ] {
            if let Some(value) = self.get(&name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }

    fn disabled(&self) -> Result<bool, EnvironmentError> {
        let name = "OTEL_SDK_DISABLED";
        match self.get(name)?.map(|value| value.to_ascii_lowercase()) {
            None => Ok(false),
            Some(value) => value
                .parse()
                .map_err(|_| bad(name, "expected true or false")),
        }
    }

    /// None when the signal is not exported.
    fn target(&self, signal: &str) -> Result<Option<Target>, EnvironmentError> {
        let exporter = format!("OTEL_{signal}_EXPORTER");
        match self.get(&exporter)?.as_deref() {
            None | Some("otlp") => {}
            Some("none") => return Ok(None),
            Some(_) => return Err(bad(&exporter, "expected otlp or none")),
        }
        let Some((name, value)) = self.of_signal(signal, "ENDPOINT")? else {
            return Ok(None);
        };
        let endpoint = endpoint(&value).map_err(|problem| bad(&name, problem))?;
        self.only(signal, "PROTOCOL", "grpc", "only grpc is supported")?;
        self.only(signal, "COMPRESSION", "none", "only none is supported")?;
        let headers = match self.of_signal(signal, "HEADERS")? {
            None => HeaderMap::new(),
            Some((name, value)) => headers(&value)
                .ok_or_else(|| bad(&name, "expected header=value pairs, separated by commas"))?,
        };
        let timeout = match self.of_signal(signal, "TIMEOUT")? {
            None => Duration::from_secs(10),
            Some((name, _)) => self.millis(&name, 10_000)?,
        };
        Ok(Some(Target {
            endpoint,
            headers,
            timeout,
        }))
    }

    fn only(
        &self,
        signal: &str,
        what: &str,
        value: &str,
        problem: &'static str,
    ) -> Result<(), EnvironmentError> {
        match self.of_signal(signal, what)? {
            Some((name, other)) if other != value => Err(bad(&name, problem)),
            _ => Ok(()),
        }
    }

    fn sampler(&self) -> Result<Sampler, EnvironmentError> {
        let (name, argument) = ("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG");
        let ratio = match self.get(argument)? {
            None => 1.0,
            Some(text) => f64::from_str(&text)
                .ok()
                .filter(|ratio| (0.0..=1.0).contains(ratio))
                .ok_or_else(|| bad(argument, "expected a number from 0 to 1"))?,
        };
        let below_parent = |sampler| Sampler::ParentBased(Box::new(sampler));
        Ok(match self.get(name)?.as_deref() {
            None | Some("parentbased_always_on") => below_parent(Sampler::AlwaysOn),
            Some("parentbased_always_off") => below_parent(Sampler::AlwaysOff),
            Some("parentbased_traceidratio") => below_parent(Sampler::TraceIdRatioBased(ratio)),
            Some("always_on") => Sampler::AlwaysOn,
            Some("always_off") => Sampler::AlwaysOff,
            Some("traceidratio") => Sampler::TraceIdRatioBased(ratio),
            Some(_) => {
                return Err(bad(
                    name,
                    "expected always_on, always_off or traceidratio, \
                     alone or after parentbased_",
                ));
            }
        })
    }

    fn queue(&self, prefix: &str, delay: u64) -> Result<Queue, EnvironmentError> {
        let size = format!("OTEL_{prefix}_MAX_QUEUE_SIZE");
        let size = self.number(&size, 8_192, &ITEMS, "expected a number from 512 to 65536")?;
        Ok(Queue {
            // At most 65536.
            size: usize::try_from(size).unwrap_or(usize::MAX),
            delay: self.millis(&format!("OTEL_{prefix}_SCHEDULE_DELAY"), delay)?,
        })
    }

    fn millis(&self, name: &str, default: u64) -> Result<Duration, EnvironmentError> {
        let problem = "expected a number of milliseconds from 1 to 3600000";
        let millis = self.number(name, default, &MILLISECONDS, problem)?;
        Ok(Duration::from_millis(millis))
    }

    fn number(
        &self,
        name: &str,
        default: u64,
        range: &RangeInclusive<u64>,
        problem: &'static str,
    ) -> Result<u64, EnvironmentError> {
        match self.get(name)? {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| range.contains(number))
                .ok_or_else(|| bad(name, problem)),
        }
    }

    /// The attributes of the process; OTEL_SERVICE_NAME wins.
    fn resource(&self) -> Result<Vec<(String, String)>, EnvironmentError> {
        let name = "OTEL_RESOURCE_ATTRIBUTES";
        let mut attributes = match self.get(name)? {
            None => Vec::new(),
            Some(text) => pairs::parse(&text)
                .ok_or_else(|| bad(name, "expected name=value pairs, separated by commas"))?,
        };
        if let Some(service) = self.get("OTEL_SERVICE_NAME")? {
            attributes.push(("service.name".to_owned(), service));
        }
        Ok(attributes)
    }
}

/// The endpoint's scheme, host and port.
fn endpoint(text: &str) -> Result<String, &'static str> {
    const EXPECTED: &str = "expected a URL such as http://127.0.0.1:4317";
    let uri: Uri = text.parse().map_err(|_| EXPECTED)?;
    let authority = uri.authority().ok_or(EXPECTED)?;
    if authority.as_str().contains('@') {
        return Err("a URL with a user name is not supported; use OTEL_EXPORTER_OTLP_HEADERS");
    }
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => {
            return Err("https is not supported; use a collector beside the platform over http");
        }
        _ => return Err(EXPECTED),
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err("a URL with a path is not supported: OTLP over gRPC has none");
    }
    Ok(format!("http://{authority}"))
}

fn headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs::parse(text)? {
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.append(HeaderName::from_str(&name).ok()?, value);
    }
    Some(headers)
}
