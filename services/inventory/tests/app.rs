//! Starting, filling and sweeping.
#![allow(clippy::unwrap_used)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{ENGINE, Service, WING, catalogue, deps, service};
use rocket_inventory::{
    App, BuildError, Config,
    adapters::sqlite::SqliteInventory,
    domain::{Expiry, Items, StockAudit},
    ports::ReservationRepository as _,
    service::ImportError,
};
use rocket_runtime::{Clock as _, shutdown::CancellationToken};
use uuid::Uuid;

async fn engine(service: &Service) -> StockAudit {
    let audit = service.app.stock_audit().await.unwrap();
    let uuid: Uuid = ENGINE.parse().unwrap();
    audit.into_iter().find(|a| a.part_uuid == uuid).unwrap()
}

#[tokio::test]
async fn expired_holds_come_back_while_the_service_runs() {
    let service = service().await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(service.app.clone().run(shutdown.clone()));
    let store = SqliteInventory::open(&service.dir.path().join("inventory.db")).unwrap();
    let now = service.clock.now();
    let items = Items::new([(ENGINE.parse().unwrap(), 1)]).unwrap();
    let expiry = Expiry::after(now, Some(Duration::from_mins(1))).unwrap();
    store
        .reserve(Uuid::now_v7(), &items, expiry, now)
        .await
        .unwrap();
    assert_eq!(engine(&service).await.held, 1);

    service.clock.advance(Duration::from_mins(1));
    let given_back = async {
        while engine(&service).await.held > 0 {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, given_back).await.unwrap();
    assert!(engine(&service).await.is_sound());

    shutdown.cancel();
    tokio::time::timeout(limit, running).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_catalogue_fills_an_empty_store_only() {
    let service = service().await;
    let config = Config {
        catalogue: Some(catalogue().replace("stock: 1\n", "stock: 77\n")),
        ..Config::new(service.dir.path().join("inventory.db"))
    };
    let again = App::build(config, deps(service.session, &service.clock));
    let again = again.await.unwrap();
    assert_eq!(again.stock_audit().await.unwrap().len(), 3);
    assert_eq!(engine(&service).await.stocked, 1);
}

#[tokio::test]
async fn a_catalogue_that_is_not_sound_stops_the_start_and_names_the_field() {
    let service = service().await;
    let config = Config {
        catalogue: Some(catalogue().replace("price: 150050", "price: -1")),
        ..Config::new(service.dir.path().join("other.db"))
    };
    let deps = deps(service.session, &service.clock);
    let error = App::build(config, deps).await.err().unwrap();
    let BuildError::Catalogue(ImportError::Catalogue(error)) = error else {
        panic!("{error}");
    };
    assert_eq!(error.0[0].field, "parts[0].price");
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_stops_the_start() {
    let service = service().await;
    let config = Config::new(service.dir.path().join("missing").join("inventory.db"));
    let deps = deps(service.session, &Arc::clone(&service.clock));
    let error = App::build(config, deps).await.err().unwrap();
    assert!(matches!(error, BuildError::Store(_)), "{error}");
}

#[tokio::test]
async fn an_import_adds_updates_and_leaves_alone() {
    let service = service().await;
    let text = catalogue().replace("name: Long Wing", "name: Longer Wing");
    let summary = service.app.import_catalogue(&text).await.unwrap();
    assert_eq!(
        (summary.added, summary.updated, summary.unchanged),
        (0, 1, 2)
    );
    let other = Uuid::now_v7().to_string();
    let summary = service
        .app
        .import_catalogue(&text.replace(WING, &other))
        .await;
    let summary = summary.unwrap();
    assert_eq!(
        (summary.added, summary.updated, summary.unchanged),
        (1, 0, 2)
    );
}
