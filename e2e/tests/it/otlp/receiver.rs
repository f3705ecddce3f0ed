//! Where the collector sends what it was sent.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{
            ExportLogsServiceRequest, ExportLogsServiceResponse,
            logs_service_server::{LogsService, LogsServiceServer},
        },
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::Metric,
    trace::v1::Span,
};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

/// Everything that arrived, as it arrived. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Receiver {
    spans: Arc<Mutex<Vec<Span>>>,
    logs: Arc<Mutex<Vec<LogRecord>>>,
    /// Each state of each metric; the collector may pass them on in another order.
    metrics: Arc<Mutex<Vec<Metric>>>,
    /// All requests as text, resources and all, to be searched.
    text: Arc<Mutex<String>>,
}

impl Receiver {
    /// Starts one on a port of its own.
    pub(super) async fn start() -> (Self, SocketAddr) {
        let receiver = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder()
            .add_service(TraceServiceServer::new(receiver.clone()))
            .add_service(MetricsServiceServer::new(receiver.clone()))
            .add_service(LogsServiceServer::new(receiver.clone()))
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(server);
        (receiver, address)
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }

    pub(super) fn logs(&self) -> Vec<LogRecord> {
        self.logs.lock().unwrap().clone()
    }

    pub(super) fn metrics(&self, name: &str) -> Vec<Metric> {
        let metrics = self.metrics.lock().unwrap();
        let named = metrics.iter().filter(|metric| metric.name == name);
        named.cloned().collect()
    }

    pub(super) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    fn note(&self, request: &impl std::fmt::Debug) {
        writeln!(self.text.lock().unwrap(), "{request:?}").unwrap();
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let request = request.into_inner();
        self.note(&request);
        let scopes = request
            .resource_spans
            .into_iter()
            .flat_map(|all| all.scope_spans);
        self.spans
            .lock()
            .unwrap()
            .extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let request = request.into_inner();
        self.note(&request);
        let scopes = request
            .resource_logs
            .into_iter()
            .flat_map(|all| all.scope_logs);
        self.logs
            .lock()
            .unwrap()
            .extend(scopes.flat_map(|scope| scope.log_records));
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let request = request.into_inner();
        self.note(&request);
        let scopes = request
            .resource_metrics
            .into_iter()
            .flat_map(|all| all.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics);
        self.metrics.lock().unwrap().extend(metrics);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// A text attribute.
pub(super) fn attribute<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|pair| pair.key == name)?;
    match found.value.as_ref() {
        Some(AnyValue {
            value: Some(Value::StringValue(text)),
        }) => Some(text),
        _ => None,
    }
}
