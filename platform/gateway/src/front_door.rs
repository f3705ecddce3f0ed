//! The way of a request through the front door.

use std::{net::Ipv4Addr, panic::AssertUnwindSafe, sync::Arc};

use axum::{Router, extract::Request, response::Response};
use futures::FutureExt as _;
use http::{HeaderValue, Uri, header, uri::PathAndQuery};
use rocket_routes::{
    Access, Limits, Match, NormalPath, Protocol, Route, Service, match_route, normalise,
};
use rocket_rpc::{Channel, error::ApiError};
use rocket_runtime::{ClientAddress, Shares};
use rocket_telemetry::propagate;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use crate::{
    Config, Upstreams, identity,
    observe::{Observe, Observed},
    pages::Pages,
    protocol,
    rate::Rates,
    refusal::Refusal,
    session_check::SessionCheck,
    shape, web,
};

/// The gateway of a platform that runs in one process.
#[derive(Clone)]
pub struct FrontDoor(Arc<Inner>);

struct Inner {
    upstreams: Upstreams,
    check: SessionCheck,
    pages: Pages,
    observe: Observe,
    rates: Rates,
    /// One per request at work.
    room: Semaphore,
    /// What one network may have of it.
    shares: Shares,
    config: Config,
}

impl FrontDoor {
    /// A front door to `upstreams`. `iam` leads to IAM's
    /// `envoy.service.auth.v3.Authorization` and carries whatever credential that
    /// asks for; `openapi` is the document served at `/openapi.json`.
    ///
    /// Telemetry must have started, or its metric goes nowhere.
    pub fn new(upstreams: Upstreams, iam: Channel, openapi: String) -> Self {
        Self::with_config(upstreams, iam, openapi, Config::default())
    }

    /// The same, with other bounds than the usual ones.
    pub fn with_config(
        upstreams: Upstreams,
        iam: Channel,
        openapi: String,
        config: Config,
    ) -> Self {
        Self(Arc::new(Inner {
            upstreams,
            check: SessionCheck::new(iam, config.check_timeout),
            pages: Pages::new(openapi),
            observe: Observe::new(),
            rates: Rates::new(&config),
            room: Semaphore::new(config.max_requests),
            shares: Shares::new(config.requests_per_network),
            config,
        }))
    }

    /// The front door as what a listener serves. Nothing may be merged into it or
    /// layered below it: a route added there would have no row in the table.
    pub fn into_router(self) -> Router {
        Router::new().fallback(move |request: Request| {
            let inner = Arc::clone(&self.0);
            web::translated(request, async move |request| inner.answer(request).await)
        })
    }
}

impl Inner {
    async fn answer(&self, request: Request) -> Response {
        let grpc = protocol::speaks_grpc(request.headers());
        let admitted = self.admit(&request);
        let route = admitted.as_ref().ok().copied();
        let observed = Observed::begin(&request, route);
        let outcome = async {
            match admitted {
                Ok(route) => self.let_in(route, request).await,
                Err(refusal) => Err(refusal),
            }
            .unwrap_or_else(|refusal| refusal.answer(grpc))
        };
        let mut response = outcome.instrument(observed.span.clone()).await;
        self.observe.end(&observed, &mut response);
        secure(route, &mut response);
        response
    }

    /// Everything that needs no question to anybody.
    fn admit(&self, request: &Request) -> Result<&'static Route, Refusal> {
        shape::check_headers(request, &self.config)?;
        let path = path(request.uri())?;
        let route = match match_route(request.method().as_str(), path) {
            Match::Found(route) => route,
            Match::MethodNotAllowed { allow } => return Err(Refusal::method(allow)),
            Match::NotFound => {
                let grpc = protocol::speaks_grpc(request.headers());
                return Err(Refusal::unknown_path(grpc));
            }
        };
        protocol::require(route, request.headers())?;
        shape::check_length(request.body(), route.limits)?;
        Ok(route)
    }

    async fn let_in(&self, route: &Route, mut request: Request) -> Result<Response, Refusal> {
        if route.service == Service::Platform {
            return Ok(self.pages.answer(route.path));
        }
        // Until the answer's head; what is left of it then is bounded by the streams
        // of the connections, and whoever does not take it is cut off.
        let client = client(&request);
        let _share = self.shares.take(client).ok_or_else(Refusal::overloaded)?;
        let _room = self.room.try_acquire().map_err(|_| Refusal::overloaded())?;
        let identity = match route.access {
            Access::Public => None,
            Access::Session => {
                let path = path(request.uri())?;
                Some(self.check.ask(route, path, request.headers()).await?)
            }
        };
        let session = identity.as_ref().map(identity::Identity::session_uuid);
        self.rates.count(route.limits.counted, session, client)?;
        let headers = request.headers_mut();
        identity::strip(headers);
        identity::forward(client, headers);
        if let Some(identity) = identity {
            identity.apply(headers);
        }
        propagate::inject(headers);
        let Some(upstream) = self.upstreams.of(route.service) else {
            return Err(Refusal::unknown_path(false));
        };
        let mut request = shape::read_body(request, route.limits, &self.config).await?;
        keep_path_only(request.uri_mut());
        call(upstream.clone(), request, route.limits).await
    }
}

/// Who is at the other end. Only a request that no listener brought has nobody there.
fn client(request: &Request) -> ClientAddress {
    request
        .extensions()
        .get()
        .copied()
        .unwrap_or(ClientAddress::new(Ipv4Addr::UNSPECIFIED.into()))
}

fn path(uri: &Uri) -> Result<NormalPath<'_>, Refusal> {
    normalise(uri.path().as_bytes()).map_err(Refusal::path)
}

/// A target in absolute form (`GET http://elsewhere/healthz`) names a host that
/// nothing here should believe.
fn keep_path_only(uri: &mut Uri) {
    let target = uri.path_and_query().cloned();
    *uri = Uri::from(target.unwrap_or(PathAndQuery::from_static("/")));
}

/// The timeout is for the answer's head; services answer with whole bodies, except
/// where the route has no timeout.
async fn call(upstream: Router, request: Request, limits: Limits) -> Result<Response, Refusal> {
    // What a request shares with others are stores and channels, which are whole
    // after a panic by their own means.
    let call = AssertUnwindSafe(upstream.oneshot(request)).catch_unwind();
    let outcome = match limits.timeout {
        Some(limit) => tokio::time::timeout(limit, call)
            .await
            .map_err(|_elapsed| ApiError::deadline())?,
        None => call.await,
    };
    match outcome {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(never)) => match never {},
        Err(_panic) => Err(ApiError::internal("the service panicked").into()),
    }
}

/// Headers that keep browsers from guessing and from keeping what is private.
fn secure(route: Option<&Route>, response: &mut Response) {
    let private = route
        .is_some_and(|route| route.access == Access::Session && route.protocol != Protocol::Grpc);
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if private {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
}
