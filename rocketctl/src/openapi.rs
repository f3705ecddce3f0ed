//! The one OpenAPI document, put together from the services' own.

use utoipa::openapi::{
    Components, Info, License, OpenApi, OpenApiBuilder, Server,
    security::{ApiKey, ApiKeyValue, SecurityScheme},
};

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
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Session-Uuid"))),
    );
    document
}
