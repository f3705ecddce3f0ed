//! `rocketctl demo`: one customer buys one rocket, seen from outside.

mod api;
mod sse;
mod story;

use serde::Serialize;

use self::{
    api::{NotificationMethod, Part, Shop},
    story::Story,
};
use crate::{cli::DemoArgs, exit::Failure};

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Summary {
    user_uuid: String,
    order_uuid: String,
    total_price: i64,
    currency: String,
    transaction_uuid: String,
    statuses: Vec<String>,
    assembly_seconds: f64,
    messages: Vec<api::Message>,
}

pub(crate) fn run(args: &DemoArgs) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?
        .block_on(buy_a_rocket(args))
}

async fn buy_a_rocket(args: &DemoArgs) -> Result<(), Failure> {
    let story = Story::new(args.json);
    let mut shop = Shop::connect(&args.url)?;

    let login = format!("demo-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let password = uuid::Uuid::new_v4().to_string();
    let telegram = args.telegram_chat_id.as_ref().map(|id| NotificationMethod {
        provider_name: "telegram".to_owned(),
        target: id.clone(),
    });
    let user_uuid = shop.register(&login, &password, telegram).await?;
    story.say(&format!("Registered {login}."));
    shop.log_in(&login, &password).await?;
    story.say("Logged in; the session lasts 24 hours.\n");

    let catalogue = shop.parts().await?;
    story.parts(&catalogue);
    let chosen = choose(&catalogue)?;
    let order = shop.order(&chosen).await?;
    story.ordered(&chosen, &order);

    let mut events = shop.events(&order.order_uuid).await?;
    let transaction_uuid = shop.pay(&order.order_uuid, "CARD").await?;
    story.say(&format!("Paid by card, transaction {transaction_uuid}.\n"));
    let watched = story.watch(&mut events).await?;

    let messages = shop.messages(2).await?;
    story.messages(&messages);
    story.finish(&Summary {
        user_uuid,
        order_uuid: order.order_uuid,
        total_price: order.total_price,
        currency: order.currency,
        transaction_uuid,
        statuses: watched.statuses,
        assembly_seconds: watched.assembly_seconds,
        messages,
    })
}

/// The cheapest part of each category that is in stock: enough for a ship.
fn choose(parts: &[Part]) -> Result<Vec<Part>, Failure> {
    ["ENGINE", "FUEL", "PORTHOLE", "WING"]
        .into_iter()
        .map(|category| {
            parts
                .iter()
                .filter(|part| part.category == category && part.stock_quantity > 0)
                .min_by_key(|part| part.price)
                .cloned()
                .ok_or_else(|| Failure::failed(format!("no {category} is in stock")))
        })
        .collect()
}
