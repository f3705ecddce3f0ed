//! What an exported span says of a gRPC call
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>).

use ::http::HeaderMap;
use rocket_telemetry::spans;
use tracing::Span;

/// The status code of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(tonic::Code);

/// The code in an answer's head; one that has none has not failed yet.
pub(crate) fn code(headers: &HeaderMap) -> Code {
    let code = headers.get("grpc-status");
    Code(code.map_or(tonic::Code::Ok, |value| {
        tonic::Code::from_bytes(value.as_bytes())
    }))
}

impl From<tonic::Code> for Code {
    fn from(code: tonic::Code) -> Self {
        Self(code)
    }
}

impl Code {
    /// True for what is the server's fault rather than the request's.
    pub(crate) fn is_fault(self) -> bool {
        use tonic::Code::{
            DataLoss, DeadlineExceeded, Internal, Unavailable, Unimplemented, Unknown,
        };
        matches!(
            self.0,
            Unknown | DeadlineExceeded | Unimplemented | Internal | Unavailable | DataLoss
        )
    }

    /// True for anything but success.
    pub(crate) fn is_error(self) -> bool {
        self.0 != tonic::Code::Ok
    }
}

/// The span of a call to `path`, which is `/package.Service/Method`.
pub(crate) fn call(span: &Span, path: &str) {
    let Some(span) = spans::recorded(span) else {
        return;
    };
    let name = path.trim_start_matches('/');
    span.name(name.to_owned()).set("rpc.system", "grpc");
    if let Some((service, method)) = name.split_once('/') {
        span.set("rpc.service", service.to_owned())
            .set("rpc.method", method.to_owned());
    }
}

/// How the call ended.
pub(crate) fn answer(span: &Span, code: Code, failed: bool) {
    if let Some(span) = spans::recorded(span) {
        span.set("rpc.grpc.status_code", i64::from(i32::from(code.0)));
        if failed {
            span.failed(format!("{:?}", code.0));
        }
    }
}
