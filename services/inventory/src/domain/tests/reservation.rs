use std::time::Duration;

use uuid::Uuid;

use crate::{
    contract::{at, items, until},
    domain::{
        CommitRefusal, CommitStep, Expiry, MAX_TTL, ReleaseRefusal, ReleaseStep, Reservation,
        ReserveRefusal, ReserveStep, State,
    },
};

const STATES: [State; 4] = [
    State::Held(Expiry::Never),
    State::Expired,
    State::Committed,
    State::Released,
];

fn reserve(state: State, expiry: Expiry) -> Result<ReserveStep, ReserveRefusal> {
    let wanted = items(&[(Uuid::from_u128(1), 2)]);
    let known = Reservation {
        items: Some(wanted.clone()),
        state,
    };
    Reservation::reserve(Some(&known), &wanted, expiry)
}

#[test]
fn reserving_takes_extends_or_leaves() {
    let wanted = items(&[(Uuid::from_u128(1), 2)]);
    let fresh = Reservation::reserve(None, &wanted, until(5));
    assert_eq!(fresh, Ok(ReserveStep::Take(until(5))));
    let held = |expiry| State::Held(expiry);
    let cases = [
        (held(until(5)), until(6), Ok(ReserveStep::Extend(until(6)))),
        (held(until(5)), until(5), Ok(ReserveStep::Done)),
        (held(until(5)), until(4), Ok(ReserveStep::Done)),
        (
            held(until(5)),
            Expiry::Never,
            Ok(ReserveStep::Extend(Expiry::Never)),
        ),
        (held(Expiry::Never), until(9), Ok(ReserveStep::Done)),
        (State::Expired, until(9), Ok(ReserveStep::Take(until(9)))),
        (State::Committed, until(9), Ok(ReserveStep::Done)),
        (State::Released, until(9), Err(ReserveRefusal::Released)),
    ];
    for (state, expiry, expected) in cases {
        assert_eq!(reserve(state, expiry), expected, "{state:?} {expiry:?}");
    }
}

#[test]
fn other_parts_are_refused_in_every_state() {
    let had = items(&[(Uuid::from_u128(1), 2)]);
    for state in STATES {
        let known = Reservation {
            items: Some(had.clone()),
            state,
        };
        for other in [
            items(&[(Uuid::from_u128(1), 1)]),
            items(&[(Uuid::from_u128(2), 2)]),
        ] {
            let refused = Reservation::reserve(Some(&known), &other, Expiry::Never);
            let expected = if state == State::Released {
                ReserveRefusal::Released
            } else {
                ReserveRefusal::Differs
            };
            assert_eq!(refused, Err(expected), "{state:?}");
        }
    }
}

#[test]
fn commit_and_release_decide_by_state() {
    assert_eq!(State::commit(None), Err(CommitRefusal::NotFound));
    assert_eq!(State::release(None), Ok(ReleaseStep::Mark));
    let commits = [
        Ok(CommitStep::Sell),
        Err(CommitRefusal::Expired),
        Ok(CommitStep::Done),
        Err(CommitRefusal::Released),
    ];
    let releases = [
        Ok(ReleaseStep::GiveBack),
        Ok(ReleaseStep::Mark),
        Err(ReleaseRefusal::Committed),
        Ok(ReleaseStep::Done),
    ];
    for ((state, commit), release) in STATES.into_iter().zip(commits).zip(releases) {
        assert_eq!(State::commit(Some(state)), commit, "{state:?}");
        assert_eq!(State::release(Some(state)), release, "{state:?}");
    }
}

#[test]
fn only_a_hold_past_its_expiry_is_due() {
    assert!(State::Held(until(5)).is_due(at(5)));
    assert!(!State::Held(until(5)).is_due(at(4)));
    for state in STATES {
        assert!(!state.is_due(at(1_000_000)), "{state:?}");
    }
}

#[test]
fn a_time_to_live_is_more_than_nothing_and_at_most_a_week() {
    let after = |ttl| Expiry::after(at(0), Some(ttl));
    assert_eq!(Expiry::after(at(0), None), Ok(Expiry::Never));
    assert_eq!(after(Duration::from_secs(3)), Ok(until(3)));
    assert!(after(MAX_TTL).is_ok());
    for bad in [
        Duration::ZERO,
        MAX_TTL + Duration::from_nanos(1),
        Duration::MAX,
    ] {
        assert!(after(bad).is_err(), "{bad:?}");
    }
}
