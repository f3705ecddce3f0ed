//! Each kind of fault is planted once in a world that is right, and is found; nothing
//! else is.

mod judge;
mod refusals;

use time::{OffsetDateTime, macros::datetime};

use super::{messages::KINDS, *};
use crate::load::{
    ledger::{Ending, Fate},
    wire::{MessageView, PartView},
};

const SENT: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const ASSEMBLY: Duration = Duration::from_secs(10);

/// Two customers; what was ordered, and what is seen of it.
struct World {
    users: Vec<Uuid>,
    before: Catalogue,
    ledger: Vec<Entry>,
    observed: Observed,
    told: Vec<Told>,
    next: u128,
}

fn catalogue(stock: [i64; 3]) -> Catalogue {
    let parts = stock.into_iter().zip([(1, 100), (2, 20), (3, 3)]);
    let part = |(stock_quantity, (id, price))| PartView {
        uuid: Uuid::from_u128(id),
        price,
        stock_quantity,
    };
    Catalogue::new(parts.map(part).collect())
}

impl World {
    /// Everything that an order can become, once; the last one got no answer.
    fn new() -> Self {
        let mut world = Self {
            users: vec![Uuid::from_u128(101), Uuid::from_u128(102)],
            before: catalogue([10, 10, 10]),
            ledger: Vec::new(),
            observed: Observed {
                lists: vec![Vec::new(); 2],
                parts: Some(catalogue([6, 8, 9])),
                ..Observed::default()
            },
            told: vec![Told::default(), Told::default()],
            next: 1_000,
        };
        let transaction_uuid = Uuid::from_u128(7);
        let paid = Ending::Paid {
            transaction_uuid,
            sent_at: SENT,
        };
        world.order(0, &[0, 0, 1], paid.clone(), "ASSEMBLED");
        world.order(1, &[2], paid, "ASSEMBLED");
        world.order(0, &[0], Ending::Cancelled, "CANCELLED");
        let declined = Ending::Refused("payment_declined".to_owned());
        world.order(1, &[0], declined, "PENDING_PAYMENT");
        world.order(
            1,
            &[1],
            Ending::PayUnknown { sent_at: SENT },
            "PENDING_PAYMENT",
        );
        world.refused("too_many_unpaid_orders", &[0]);
        world.unanswered(0, &[0]);
        world
    }

    fn id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    fn order(&mut self, customer: usize, parts: &[usize], ending: Ending, status: &str) {
        let order_uuid = self.id();
        let view = self.view(order_uuid, customer, parts, &ending, status);
        let price = self.before.price(parts);
        self.ledger.push(Entry {
            customer,
            parts: parts.to_vec(),
            cancel: matches!(ending, Ending::Cancelled | Ending::CancelUnknown),
            fate: Fate::Created {
                order_uuid,
                price,
                ending,
            },
        });
        if status == "ASSEMBLED" {
            for (kind, _) in KINDS {
                self.tell(customer, order_uuid, kind);
            }
        }
        self.observed.lists[customer].push(view.clone());
        self.observed.orders.insert(order_uuid, Some(view));
    }

    fn view(
        &self,
        order_uuid: Uuid,
        customer: usize,
        parts: &[usize],
        ending: &Ending,
        status: &str,
    ) -> OrderView {
        let charge = match ending {
            Ending::Paid {
                transaction_uuid, ..
            } => Some(*transaction_uuid),
            _ => None,
        };
        OrderView {
            order_uuid,
            user_uuid: self.users[customer],
            part_uuids: parts.iter().map(|part| self.before.uuid(*part)).collect(),
            total_price: self.before.price(parts),
            transaction_uuid: charge,
            payment_method: charge.map(|_| "CARD".to_owned()),
            status: status.to_owned(),
            updated_at: SENT + ASSEMBLY,
        }
    }

    fn refused(&mut self, code: &str, parts: &[usize]) {
        self.ledger.push(Entry {
            customer: 0,
            parts: parts.to_vec(),
            cancel: false,
            fate: Fate::Refused(code.to_owned()),
        });
    }

    /// An order that exists though its creation was never answered.
    fn unanswered(&mut self, customer: usize, parts: &[usize]) {
        let order_uuid = self.id();
        let view = self.view(
            order_uuid,
            customer,
            parts,
            &Ending::PayUnknown { sent_at: SENT },
            "PENDING_PAYMENT",
        );
        self.observed.lists[customer].push(view);
        self.ledger.push(Entry {
            customer,
            parts: parts.to_vec(),
            cancel: false,
            fate: Fate::Unknown,
        });
    }

    fn tell(&mut self, customer: usize, order_uuid: Uuid, kind: &str) {
        let event_uuid = self.id();
        self.told[customer].take(vec![MessageView {
            event_uuid,
            order_uuid,
            kind: kind.to_owned(),
        }]);
    }

    /// The id of the ledger's `n`th order.
    fn uuid(&self, n: usize) -> Uuid {
        match self.ledger[n].fate {
            Fate::Created { order_uuid, .. } => order_uuid,
            _ => panic!("order {n} was not created"),
        }
    }

    /// What is seen of it at its own address; the same is then put into the list.
    fn change(&mut self, n: usize, change: impl Fn(&mut OrderView)) {
        let uuid = self.uuid(n);
        let lists = self.observed.lists.iter_mut().flatten();
        lists.filter(|it| it.order_uuid == uuid).for_each(&change);
        change(
            self.observed
                .orders
                .get_mut(&uuid)
                .unwrap()
                .as_mut()
                .unwrap(),
        );
    }

    fn audit(&self) -> Audit {
        let told: Vec<_> = self.told.iter().collect();
        Audit::of(&Evidence {
            users: &self.users,
            ledger: &self.ledger,
            before: &self.before,
            observed: &self.observed,
            told: &told,
            assembly_time: Some(ASSEMBLY),
        })
    }

    /// The one thing that is found: of this order, in words with these in them.
    fn finds(&self, order_uuid: Option<Uuid>, words: &str) {
        let found = self.audit().findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].order_uuid, order_uuid, "{found:#?}");
        assert!(found[0].what.contains(words), "{words:?} in {found:#?}");
    }
}

#[test]
fn a_right_world_is_clean_and_counted() {
    let audit = World::new().audit();
    assert_eq!(audit.findings, []);
    let counts = (
        audit.orders,
        audit.assembled,
        audit.cancelled,
        audit.pending,
    );
    assert_eq!(counts, (6, 2, 1, 3));
    assert_eq!((audit.messages, audit.stock_parts), (4, 3));
}

#[test]
fn a_lost_order() {
    let mut world = World::new();
    world.observed.orders.insert(world.uuid(0), None);
    world.finds(Some(world.uuid(0)), "is lost");
}

#[test]
fn an_order_that_its_list_misses_or_has_twice_or_shows_differently() {
    let mut world = World::new();
    let one = world.observed.lists[1].remove(0);
    world.finds(Some(world.uuid(1)), "missing in its customer's list");
    world.observed.lists[1].extend([one.clone(), one.clone()]);
    world.finds(Some(world.uuid(1)), "list 2 times");
    world.observed.lists[1].pop();
    world.observed.lists[1].last_mut().unwrap().total_price += 1;
    world.finds(Some(world.uuid(1)), "shown differently");
}

#[test]
fn an_order_that_nobody_was_told_of() {
    let mut world = World::new();
    // As the one creation without an answer, but for the other customer.
    let mut foreign = world.observed.lists[0].last().unwrap().clone();
    foreign.order_uuid = Uuid::from_u128(5);
    world.observed.lists[1].push(foreign.clone());
    world.finds(Some(foreign.order_uuid), "never told of it");
    // The right customer, but one creation makes one order only.
    world.observed.lists[1].pop();
    world.observed.lists[0].push(foreign.clone());
    let found = world.audit().findings;
    assert_eq!(found.len(), 1, "{found:#?}");
}

/// Its creation was never answered, so nobody can have paid it.
#[test]
fn an_unanswered_order_that_is_not_as_it_was_asked_for() {
    let finds = |words: &str, change: &dyn Fn(&mut OrderView)| {
        let mut world = World::new();
        let order = world.observed.lists[0].last_mut().unwrap();
        change(order);
        let uuid = order.order_uuid;
        world.finds(Some(uuid), words);
    };
    finds("was perhaps created, and is ASSEMBLED", &|order| {
        "ASSEMBLED".clone_into(&mut order.status);
    });
    finds("costs 101, its parts cost 100", &|order| {
        order.total_price += 1;
    });
    finds("was charged: transaction", &|order| {
        order.transaction_uuid = Some(Uuid::from_u128(8));
    });
    finds("who did not create it", &|order| {
        order.user_uuid = Uuid::from_u128(102);
    });
}

#[test]
fn a_customer_who_sees_another_ones_order() {
    let mut world = World::new();
    let foreign = world.observed.lists[0][0].clone();
    world.observed.lists[1].push(foreign.clone());
    world.finds(Some(foreign.order_uuid), "never told of it");
}

#[test]
fn a_wrong_status() {
    for (n, status, words) in [
        (0, "PAID", "was paid, and is PAID"),
        (0, "CANCELLED", "was paid, and is CANCELLED"),
        (
            2,
            "PENDING_PAYMENT",
            "was cancelled, and is PENDING_PAYMENT",
        ),
        (4, "PAID", "was perhaps paid, and is PAID"),
    ] {
        let mut world = World::new();
        world.change(n, |order| status.clone_into(&mut order.status));
        world.finds(Some(world.uuid(n)), words);
    }
    let mut world = World::new();
    world.change(3, |order| "ASSEMBLED".clone_into(&mut order.status));
    world.finds(Some(world.uuid(3)), "was not paid, and is ASSEMBLED");
}

#[test]
fn a_wrong_charge() {
    let mut world = World::new();
    world.change(0, |order| order.transaction_uuid = Some(Uuid::from_u128(8)));
    world.finds(Some(world.uuid(0)), "another charge");
    let mut world = World::new();
    world.change(0, |order| order.payment_method = None);
    world.finds(Some(world.uuid(0)), "another charge");
    let mut world = World::new();
    world.change(2, |order| order.transaction_uuid = Some(Uuid::from_u128(8)));
    world.finds(Some(world.uuid(2)), "is CANCELLED, and was charged");
}

#[test]
fn a_wrong_owner_price_or_part() {
    let mut world = World::new();
    world.change(3, |order| order.user_uuid = Uuid::from_u128(101));
    world.finds(Some(world.uuid(3)), "who did not create it");
    let mut world = World::new();
    world.change(3, |order| order.total_price = 99);
    world.finds(Some(world.uuid(3)), "costs 99, it was created for 100");
    let mut world = World::new();
    world.change(0, |order| order.part_uuids.truncate(2));
    world.finds(Some(world.uuid(0)), "other parts");
    let mut world = World::new();
    let Fate::Created { price, .. } = &mut world.ledger[3].fate else {
        panic!("it was created");
    };
    *price = 99;
    world.change(3, |order| order.total_price = 99);
    world.finds(
        Some(world.uuid(3)),
        "was created for 99, its parts cost 100",
    );
}

#[test]
fn a_stock_that_is_one_off() {
    for stock in [[5, 8, 9], [7, 8, 9], [6, 8, 8]] {
        let mut world = World::new();
        world.observed.parts = Some(catalogue(stock));
        world.finds(None, "left the stock");
    }
}

#[test]
fn a_cancelled_order_gives_its_parts_back() {
    // The unanswered one has expired.
    let mut world = World::new();
    world.observed.lists[0].last_mut().unwrap().status = "CANCELLED".to_owned();
    world.finds(None, "4 left the stock, and the orders have 3");
    world.observed.parts = Some(catalogue([7, 8, 9]));
    assert_eq!(world.audit().findings, []);
}

#[test]
fn a_customer_told_twice_or_never_or_without_a_cause() {
    let mut world = World::new();
    let uuid = world.uuid(0);
    world.tell(0, uuid, "order.paid");
    world.finds(Some(uuid), "told 2 times that it is paid");

    let mut world = World::new();
    world.told[1] = Told::default();
    let uuid = world.uuid(1);
    world.tell(1, uuid, "order.paid");
    world.finds(Some(uuid), "never told that its ship is assembled");

    let mut world = World::new();
    let uuid = world.uuid(2);
    world.tell(0, uuid, "order.paid");
    world.finds(Some(uuid), "without a cause");

    // The order is another customer's.
    let mut world = World::new();
    let uuid = world.uuid(0);
    world.tell(1, uuid, "order.paid");
    world.finds(Some(uuid), "without a cause");
}

#[test]
fn messages_that_may_have_been_missed() {
    let mut world = World::new();
    for customer in &mut world.told {
        *customer = Told::default();
    }
    let uuids = [world.uuid(0), world.uuid(1)];
    for ((kind, _), (customer, uuid)) in KINDS.into_iter().zip(uuids.into_iter().enumerate()) {
        world.tell(customer, uuid, kind);
    }
    let all: Vec<_> = (0..50_u128)
        .map(|n| MessageView {
            event_uuid: Uuid::from_u128(n),
            order_uuid: uuids[0],
            kind: "ship.assembled".to_owned(),
        })
        .collect();
    world.told[0].take(all);
    let found: Vec<_> = world
        .audit()
        .findings
        .into_iter()
        .map(|it| it.what)
        .collect();
    assert!(
        found
            .iter()
            .any(|what| what.contains("may not have been seen")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|what| what.contains("never told")),
        "customer 1: {found:?}"
    );
}

#[test]
fn a_ship_assembled_too_early() {
    let mut world = World::new();
    world.change(1, |order| order.updated_at -= Duration::from_millis(1));
    world.finds(Some(world.uuid(1)), "sooner than 10.000 s");
}

#[test]
fn what_could_not_be_read_is_said_and_nothing_is_made_of_it() {
    let mut world = World::new();
    // As when the platform went away before this customer's turn.
    world.observed.lists[0].clear();
    world
        .observed
        .unread
        .push("customer 0 could not be read".to_owned());
    world.finds(None, "could not be read");
    let all = world.audit().findings;
    assert!(all.iter().all(|it| it.order_uuid.is_none()), "{all:?}");
}
