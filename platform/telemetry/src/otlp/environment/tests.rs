#![allow(clippy::unwrap_used)]

use super::*;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317");

fn read(variables: &[(&str, &str)]) -> Result<Option<Otlp>, EnvironmentError> {
    Otlp::read(|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        Ok(found
            .map(|(_, value)| (*value).to_owned())
            .unwrap_or_default())
    })
}

fn with(more: &[(&str, &str)]) -> Otlp {
    let variables: Vec<_> = [ENDPOINT].iter().chain(more).copied().collect();
    read(&variables).unwrap().unwrap()
}

fn refusal(name: &str, value: &str) -> String {
    read(&[(name, value), ENDPOINT]).unwrap_err().to_string()
}

#[test]
fn without_an_endpoint_nothing_is_exported() {
    assert!(read(&[]).unwrap().is_none());
    assert!(
        read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")])
            .unwrap()
            .is_none()
    );
    let disabled = ("OTEL_SDK_DISABLED", "TRUE");
    assert!(read(&[ENDPOINT, disabled]).unwrap().is_none());
    // What is disabled need not be right.
    assert!(
        read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "x"), disabled])
            .unwrap()
            .is_none()
    );
}

#[test]
fn the_defaults_are_the_specifications() {
    let otlp = with(&[]);
    let traces = otlp.traces.unwrap();
    assert_eq!(traces.endpoint, "http://127.0.0.1:4317");
    assert_eq!(traces.timeout, Duration::from_secs(10));
    assert!(traces.headers.is_empty());
    assert!(otlp.metrics.is_some() && otlp.logs.is_some());
    assert_eq!(otlp.metric_interval, Duration::from_mins(1));
    assert_eq!(otlp.spans.delay, Duration::from_secs(5));
    assert_eq!(otlp.records.delay, Duration::from_secs(1));
    assert!(matches!(otlp.sampler, Sampler::ParentBased(_)));
}

#[test]
fn a_signals_own_variables_win() {
    let otlp = with(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:1/"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "200"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "300"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]);
    let (traces, metrics) = (otlp.traces.unwrap(), otlp.metrics.unwrap());
    assert_eq!(traces.endpoint, "http://traces:1");
    assert_eq!(metrics.endpoint, "http://127.0.0.1:4317");
    assert_eq!(traces.timeout, Duration::from_millis(200));
    assert_eq!(metrics.timeout, Duration::from_millis(300));
    assert!(otlp.logs.is_none());

    let only = read(&[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:1")]);
    let only = only.unwrap().unwrap();
    assert!(only.traces.is_none() && only.metrics.is_none() && only.logs.is_some());
}

#[test]
fn the_resource_names_the_service() {
    let otlp = with(&[
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=a,deployment.environment.name=x%20y",
        ),
        ("OTEL_SERVICE_NAME", "b"),
    ]);
    let pairs: Vec<_> = otlp.resource.iter().map(|(n, v)| (&**n, &**v)).collect();
    let expected = [
        ("service.name", "a"),
        ("deployment.environment.name", "x y"),
        ("service.name", "b"),
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn every_sampler_of_the_specification_is_known() {
    for (name, shown) in [
        ("always_on", "AlwaysOn"),
        ("always_off", "AlwaysOff"),
        ("traceidratio", "TraceIdRatioBased(0.25)"),
        ("parentbased_always_on", "ParentBased(AlwaysOn)"),
        ("parentbased_always_off", "ParentBased(AlwaysOff)"),
        (
            "parentbased_traceidratio",
            "ParentBased(TraceIdRatioBased(0.25))",
        ),
    ] {
        let otlp = with(&[
            ("OTEL_TRACES_SAMPLER", name),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ]);
        assert_eq!(format!("{:?}", otlp.sampler), shown);
    }
}

#[test]
fn headers_are_read_and_never_shown() {
    let otlp = with(&[(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "authorization=Bearer%20s3cret,x-a=planted",
    )]);
    let traces = otlp.traces.as_ref().unwrap();
    assert_eq!(traces.headers["authorization"], "Bearer s3cret");
    let shown = format!("{otlp:?} {:?}", traces.headers);
    assert!(
        !shown.contains("s3cret") && !shown.contains("planted"),
        "{shown}"
    );
    for bad in ["s3cret", "a b=s3cret", "x=s3cret%0a"] {
        let message = refusal("OTEL_EXPORTER_OTLP_HEADERS", bad);
        let expected =
            "OTEL_EXPORTER_OTLP_HEADERS: expected header=value pairs, separated by commas";
        assert_eq!(message, expected);
    }
}

#[test]
fn a_bad_value_is_refused_by_the_variables_name() {
    for (name, value) in [
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4317"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://localhost"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "not a url"),
        (
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "http://user:s3cret@host:1",
        ),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://host:1/v1/logs"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "-1"),
        ("OTEL_BSP_SCHEDULE_DELAY", "3600001"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "many"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
        ("OTEL_RESOURCE_ATTRIBUTES", "nameless"),
    ] {
        let message = refusal(name, value);
        assert!(message.starts_with(&format!("{name}: ")), "{message}");
        assert!(
            !message.contains("s3cret") && !message.contains('\n'),
            "{message}"
        );
    }
    let https = refusal(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "https://collector:4317",
    );
    assert!(https.contains("https is not supported"), "{https}");
}
