use super::*;

fn refuse(world: &mut World, n: usize, code: &str) {
    let Fate::Created { ending, .. } = &mut world.ledger[n].fate else {
        panic!("order {n} was not created");
    };
    *ending = Ending::Refused(code.to_owned());
}

#[test]
fn creations_refused_without_a_cause() {
    for code in ["unauthenticated", "part_not_found", "status_200"] {
        let mut world = World::new();
        world.refused(code, &[1]);
        world.refused(code, &[2]);
        let words = format!("creating was refused without a cause, 2 times: {code}");
        world.finds(None, &words);
    }
}

#[test]
fn parts_said_to_be_short_that_were_not() {
    let mut world = World::new();
    world.refused("out_of_stock", &[2]);
    world.finds(
        None,
        "creating was refused without a cause, 1 times: out_of_stock",
    );
    // Two of ten pieces were asked for; half of them is where it may have been short.
    for _ in 2..6 {
        world.refused("too_many_unpaid_orders", &[2]);
    }
    assert_eq!(world.audit().findings, []);
}

#[test]
fn a_payment_or_cancelling_refused_although_the_order_is_held_and_unpaid() {
    for code in [
        "out_of_stock",
        "already_paid",
        "order_cancelled",
        "status_404",
    ] {
        let mut world = World::new();
        refuse(&mut world, 3, code);
        let words = format!("paying was refused without a cause, 1 times: {code}");
        world.finds(None, &words);
    }
    // What may be said about paying may not be said about cancelling.
    let mut world = World::new();
    refuse(&mut world, 2, "payment_declined");
    world.finds(None, "cancelling was refused without a cause");
}

#[test]
fn not_one_order_paid_although_some_were_to_be() {
    let mut world = World::new();
    for n in [0, 1] {
        refuse(&mut world, n, "payment_declined");
        world.change(n, |order| {
            "PENDING_PAYMENT".clone_into(&mut order.status);
            order.transaction_uuid = None;
            order.payment_method = None;
        });
    }
    world.told = vec![Told::default(), Told::default()];
    world.finds(None, "not one order could be paid");
    for entry in &mut world.ledger {
        entry.cancel = true;
    }
    let found = world.audit().findings;
    let none_paid = |it: &Finding| it.what.contains("could be paid");
    assert!(!found.iter().any(none_paid), "none was to be: {found:#?}");
}

#[test]
fn a_success_that_cannot_be_read() {
    let mut world = World::new();
    let Fate::Created { ending, .. } = &mut world.ledger[1].fate else {
        panic!("it was created");
    };
    *ending = Ending::PaidUnreadably { sent_at: SENT };
    // It is paid all the same: assembled, told of, out of the stock.
    world.finds(Some(world.uuid(1)), "the transaction cannot be read");

    let mut world = World::new();
    let unanswered = world.ledger.last_mut().unwrap();
    unanswered.fate = Fate::Unreadable;
    world.finds(None, "the order cannot be read");
}
