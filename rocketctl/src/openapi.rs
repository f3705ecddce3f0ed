//! The one OpenAPI document, put together from the services' own.

use utoipa::openapi::{
    Components, ContentBuilder, Info, License, OpenApi, OpenApiBuilder, PathItem, Ref,
    ResponseBuilder, Server, path::Operation, security::SecurityRequirement,
};

/// An answer that any operation may give: its status, the name of its description,
/// what it means.
type Common = (&'static str, &'static str, &'static str);

/// Of every operation.
const ALWAYS: [Common; 3] = [
    ("500", "Internal", "`internal`: a fault of the platform"),
    (
        "503",
        "Unavailable",
        "`overloaded`, `sessions_unavailable`, or another part of the platform is away; try again",
    ),
    (
        "504",
        "DeadlineExceeded",
        "`deadline_exceeded`: the answer took too long",
    ),
];

/// Of every operation with a body.
const WITH_BODY: [Common; 2] = [
    (
        "413",
        "TooLarge",
        "`body_too_large`: the body is larger than this request may be",
    ),
    (
        "415",
        "UnsupportedMediaType",
        "`unsupported_media_type`: the body is not application/json",
    ),
];

/// The document as JSON, indented, with a final line break.
pub(crate) fn json() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn document() -> OpenApi {
    let mut info = Info::new("Rocket shop", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Order rockets by the part. Everything but registration and login wants a session: \
         the header X-Session-Uuid, or the cookie that login sets. Amounts are whole minor \
         units of one currency. Errors are problem documents (RFC 9457) with a stable code."
            .to_owned(),
    );
    info.license = Some(License::new("Apache-2.0"));
    let mut document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .build();
    for part in [
        rocket_iam::openapi(),
        rocket_inventory::openapi(),
        rocket_order::openapi(),
        rocket_notification::openapi(),
    ] {
        document.merge(part);
    }
    let components = document.components.get_or_insert_with(Components::new);
    for (_, name, description) in ALWAYS.into_iter().chain(WITH_BODY) {
        let problem = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", problem);
        components
            .responses
            .insert(name.to_owned(), response.build().into());
    }
    document
        .paths
        .paths
        .values_mut()
        .flat_map(operations)
        .for_each(complete);
    document
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [
        &mut path.get,
        &mut path.put,
        &mut path.post,
        &mut path.delete,
        &mut path.patch,
    ];
    methods.into_iter().flatten()
}

/// Adds the answers that come from the stack around an operation, where it has none
/// of its own, and both ways of naming a session. IAM describes the two.
fn complete(operation: &mut Operation) {
    let with_body = WITH_BODY
        .iter()
        .filter(|_| operation.request_body.is_some());
    for (status, name, _) in ALWAYS.iter().chain(with_body) {
        operation
            .responses
            .responses
            .entry((*status).to_owned())
            .or_insert_with(|| Ref::from_response_name(*name).into());
    }
    if operation.security.is_some() {
        let none: [String; 0] = [];
        let ways = ["session", "session_cookie"];
        let either = ways.map(|way| SecurityRequirement::new(way, none.clone()));
        operation.security = Some(either.into());
    }
}
