use super::*;

fn clean() -> Audit {
    World::new().audit()
}

/// Nothing is unpaid, so nothing can change any more.
fn at_rest() -> Audit {
    Audit {
        pending: 0,
        ..clean()
    }
}

fn lost() -> (Uuid, Audit) {
    let mut world = World::new();
    world.observed.orders.insert(world.uuid(0), None);
    (world.uuid(0), world.audit())
}

fn unsettled() -> Audit {
    let mut world = World::new();
    world.change(0, |order| "PAID".clone_into(&mut order.status));
    world.audit()
}

#[test]
fn the_verdict_is_the_look_after_the_first_clean_one() {
    let mut judge = Judge::default();
    assert!(!judge.is_verdict(&mut unsettled(), true, false));
    assert!(!judge.is_verdict(&mut clean(), true, false));
    assert!(judge.is_verdict(&mut clean(), true, false));

    let mut judge = Judge::default();
    assert!(
        !judge.is_verdict(&mut at_rest(), true, true),
        "however late"
    );
    let mut changed = Audit {
        pending: 0,
        ..unsettled()
    };
    assert!(judge.is_verdict(&mut changed, true, false));
    assert_eq!(changed.findings.len(), 1);
}

#[test]
fn an_unpaid_order_may_still_change() {
    let mut judge = Judge::default();
    assert!(!judge.is_verdict(&mut clean(), true, false));
    assert!(!judge.is_verdict(&mut unsettled(), true, false));
    assert!(!judge.is_verdict(&mut clean(), true, false));
    assert!(judge.is_verdict(&mut clean(), true, false));
}

#[test]
fn a_lost_order_and_a_strangers_are_not_forgiven_when_the_next_look_is_clean() {
    let (uuid, mut look) = lost();
    let mut judge = Judge::default();
    assert!(!judge.is_verdict(&mut look, true, false));
    let mut next = clean();
    assert!(!judge.is_verdict(&mut next, true, false));
    assert_eq!(next.findings.len(), 1, "once: {:#?}", next.findings);
    assert_eq!(next.findings[0].order_uuid, Some(uuid));
    let mut last = clean();
    assert!(judge.is_verdict(&mut last, true, true), "out of time");
    assert_eq!(last.findings.len(), 1);

    let stranger = |change: &dyn Fn(&mut World)| {
        let mut world = World::new();
        change(&mut world);
        let mut judge = Judge::default();
        judge.is_verdict(&mut world.audit(), true, false);
        let mut next = clean();
        judge.is_verdict(&mut next, true, false);
        assert_eq!(next.findings.len(), 1, "{:#?}", next.findings);
    };
    stranger(&|world| {
        let foreign = world.observed.lists[0][0].clone();
        world.observed.lists[1].push(foreign);
    });
    stranger(&|world| world.change(3, |order| order.user_uuid = Uuid::from_u128(101)));
    stranger(&|world| drop(world.observed.lists[1].remove(0)));
}

#[test]
fn what_a_look_could_not_read_is_not_lost_for_good() {
    let mut judge = Judge::default();
    assert!(!judge.is_verdict(&mut lost().1, false, false));
    let mut next = clean();
    judge.is_verdict(&mut next, true, false);
    assert_eq!(next.findings, []);
}
