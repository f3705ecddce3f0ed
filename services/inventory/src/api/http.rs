//! `/api/v1/parts`.

use axum::{
    Json, Router,
    extract::{RawQuery, State},
};
use rocket_rpc::{
    error::ApiError,
    http::{PathUuid, Problem},
};
use rocket_runtime::money::Currency;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    UseCases,
    dto::{PageBody, PartBody},
    errors, query,
};

#[derive(Clone)]
struct Shop {
    use_cases: UseCases,
    currency: Currency,
}

pub(super) fn router(use_cases: UseCases, currency: Currency) -> Router {
    let (router, _) = routes().split_for_parts();
    router.with_state(Shop {
        use_cases,
        currency,
    })
}

/// The OpenAPI document of this service's HTTP paths.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Shop> {
    OpenApiRouter::new()
        .routes(routes!(list_parts))
        .routes(routes!(get_part))
}

/// List parts.
///
/// OR inside a filter, AND across filters, an empty one is ignored. Lists are given by
/// repeating the parameter, by commas, or both; at most 100 values each.
#[utoipa::path(
    get,
    path = "/api/v1/parts",
    tag = "parts",
    params(
        ("uuids" = Option<Vec<Uuid>>, Query, explode = false, max_items = 100),
        ("names" = Option<Vec<String>>, Query, explode = false, max_items = 100,
            description = "Exact names."),
        ("categories" = Option<Vec<String>>, Query, explode = false, max_items = 100,
            description = "ENGINE, FUEL, PORTHOLE, WING."),
        ("manufacturer_countries" = Option<Vec<String>>, Query, explode = false,
            max_items = 100, description = "Exact country names."),
        ("tags" = Option<Vec<String>>, Query, explode = false, max_items = 100,
            description = "Parts with any of these tags."),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 100,
            description = "50 unless given."),
        ("page_token" = Option<String>, Query,
            description = "next_page_token of the page before, with the same filter."),
    ),
    responses(
        (status = 200, description = "A page of parts, by name.", body = PageBody),
        (status = 400, description = "The query is malformed.", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "No valid session.", body = Problem,
            content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
async fn list_parts(
    State(shop): State<Shop>,
    RawQuery(query): RawQuery,
) -> Result<Json<PageBody>, ApiError> {
    let query = query::parse(query.as_deref())?;
    let page = shop
        .use_cases
        .list
        .run(&query.filter, query.size, query.token.as_deref())
        .await
        .map_err(errors::list_parts)?;
    Ok(Json(PageBody::new(page, shop.currency)))
}

/// Show one part.
#[utoipa::path(
    get,
    path = "/api/v1/parts/{uuid}",
    tag = "parts",
    params(("uuid" = Uuid, Path, description = "The part's id.")),
    responses(
        (status = 200, description = "The part.", body = PartBody),
        (status = 400, description = "The id is malformed.", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "No valid session.", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "No such part.", body = Problem,
            content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
async fn get_part(
    State(shop): State<Shop>,
    PathUuid(uuid): PathUuid,
) -> Result<Json<PartBody>, ApiError> {
    let part = shop
        .use_cases
        .get
        .run(uuid)
        .await
        .map_err(errors::get_part)?;
    Ok(Json(PartBody::new(part, shop.currency)))
}
