//! gRPC-Web (PROTOCOL-WEB.md of gRPC): what browsers and HTTP/1.1 clients can speak.
//!
//! A request is translated before anything else happens to it, so routes, sessions
//! and limits are those of gRPC, and so are the refusals: their status comes in the
//! headers, as for every answer without a message. The status of other answers is
//! the last frame of the body.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderValue, Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::protocol;

/// The types of gRPC-Web, each with what it is called here. Anything else, such as
/// another message format, is not spoken.
const TYPES: [&str; 4] = [
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/grpc-web-text+proto",
];

/// Gives a gRPC-Web request to `answer` as gRPC and translates its answer back; gives
/// every other request to it as it is.
pub(crate) async fn translated<A>(
    mut request: Request,
    answer: impl FnOnce(Request) -> A,
) -> Response
where
    A: Future<Output = Response>,
{
    let Some(media) = spoken(&request) else {
        return answer(request).await;
    };
    // Without parameters, which the translation does not expect.
    let media = HeaderValue::from_static(media);
    request.headers_mut().insert(CONTENT_TYPE, media);
    let mut answer = Some(answer);
    let grpc = service_fn(|request: http::Request<tonic::body::Body>| {
        let answering = answer.take().map(|answer| answer(request.map(Body::new)));
        async move {
            match answering {
                Some(answering) => Ok::<_, Infallible>(answering.await),
                None => Ok(Response::default()),
            }
        }
    });
    match GrpcWebLayer::new().layer(grpc).oneshot(request).await {
        Ok(mut response) => {
            // The translation makes the body longer and leaves its size as it was.
            response.headers_mut().remove(CONTENT_LENGTH);
            response
                .map(|body| Body::from_stream(Body::new(body).into_data_stream()))
                .into_response()
        }
        Err(never) => match never {},
    }
}

fn spoken(request: &Request) -> Option<&'static str> {
    if request.method() != Method::POST {
        return None;
    }
    let media = protocol::media_type(request.headers())?;
    TYPES.into_iter().find(|known| *known == media)
}
