//! What each call makes of a reservation, one call after another.

use uuid::Uuid;

use super::{Stores, ascending, at, items, until};
use crate::{
    domain::{CommitRefusal, Expiry, ReleaseRefusal, ReserveRefusal},
    ports::{CommitError, ReleaseError, ReserveError},
};

macro_rules! assert_refused {
    ($result:expr, $error:pat $(if $guard:expr)?) => {{
        let result = $result;
        assert!(matches!(&result, Err($error) $(if $guard)?), "{result:?}");
    }};
}

pub async fn invariant_3_a_reservation_is_all_or_nothing(stores: Stores) {
    let [first, second, third] = stores.stocked([5, 1, 5]).await;
    let order = Uuid::new_v4();
    let reserve = |quantity| {
        let wanted = items(&[(first, 2), (second, quantity), (third, 2)]);
        let stores = stores.clone();
        async move {
            stores
                .reservations
                .reserve(order, &wanted, until(60), at(1))
                .await
        }
    };
    assert_refused!(reserve(2).await, ReserveError::OutOfStock { part_uuid, left: 1 } if *part_uuid == second);
    for (part, stock) in [(first, 5), (second, 1), (third, 5)] {
        stores.expect(part, stock, 0, 0).await;
    }
    // The refusal left no trace, so the order may still ask for something else.
    reserve(1).await.unwrap();
    for (part, stock, held) in [(first, 3, 2), (second, 0, 1), (third, 3, 2)] {
        stores.expect(part, stock, held, 0).await;
    }
}

pub async fn the_first_part_by_id_decides(stores: Stores) {
    let [unknown] = ascending::<1>();
    let [scarce] = stores.stocked([0]).await;
    let wanted = items(&[(scarce, 1), (unknown, 1)]);
    let result = stores
        .reservations
        .reserve(Uuid::new_v4(), &wanted, until(60), at(1))
        .await;
    if unknown < scarce {
        assert_refused!(result, ReserveError::UnknownPart { part_uuid } if *part_uuid == unknown);
    } else {
        assert_refused!(result, ReserveError::OutOfStock { part_uuid, .. } if *part_uuid == scarce);
    }
}

pub async fn repeating_a_reservation_changes_nothing(stores: Stores) {
    let [part] = stores.stocked([5]).await;
    let order = Uuid::new_v4();
    let wanted = items(&[(part, 3)]);
    for second in 1..4 {
        let result = stores
            .reservations
            .reserve(order, &wanted, until(60), at(second))
            .await;
        result.unwrap();
        stores.expect(part, 2, 3, 0).await;
    }
}

pub async fn a_repeat_never_shortens_a_hold(stores: Stores) {
    let [part] = stores.stocked([5]).await;
    let order = Uuid::new_v4();
    let wanted = items(&[(part, 1)]);
    let reservations = &stores.reservations;
    for expiry in [until(60), until(90), until(30)] {
        reservations
            .reserve(order, &wanted, expiry, at(1))
            .await
            .unwrap();
    }
    stores.sweep(at(89)).await;
    stores.expect(part, 4, 1, 0).await;
    stores.sweep(at(90)).await;
    stores.expect(part, 5, 0, 0).await;
}

pub async fn other_parts_are_refused(stores: Stores) {
    let [one, other] = stores.stocked([5, 5]).await;
    let order = Uuid::new_v4();
    let reservations = &stores.reservations;
    let first = items(&[(one, 1)]);
    reservations
        .reserve(order, &first, until(60), at(1))
        .await
        .unwrap();
    for wanted in [
        items(&[(one, 2)]),
        items(&[(other, 1)]),
        items(&[(one, 1), (other, 1)]),
    ] {
        let result = reservations
            .reserve(order, &wanted, Expiry::Never, at(2))
            .await;
        assert_refused!(result, ReserveError::Refused(ReserveRefusal::Differs));
    }
    stores.expect(one, 4, 1, 0).await;
    stores.expect(other, 5, 0, 0).await;
}

pub async fn an_expired_hold_is_taken_anew_if_stock_allows(stores: Stores) {
    let [part] = stores.stocked([1]).await;
    let (order, rival) = (Uuid::new_v4(), Uuid::new_v4());
    let wanted = items(&[(part, 1)]);
    let reservations = &stores.reservations;
    reservations
        .reserve(order, &wanted, until(10), at(1))
        .await
        .unwrap();
    stores.sweep(at(10)).await;
    stores.expect(part, 1, 0, 0).await;
    let late = reservations.commit(order, at(11)).await;
    assert_refused!(late, CommitError::Refused(CommitRefusal::Expired));

    reservations
        .reserve(rival, &wanted, until(20), at(11))
        .await
        .unwrap();
    let too_late = reservations
        .reserve(order, &wanted, Expiry::Never, at(12))
        .await;
    assert_refused!(too_late, ReserveError::OutOfStock { left: 0, .. });

    reservations.release(rival, at(13)).await.unwrap();
    reservations
        .reserve(order, &wanted, Expiry::Never, at(14))
        .await
        .unwrap();
    stores.expect(part, 0, 1, 0).await;
    reservations.commit(order, at(15)).await.unwrap();
    stores.expect(part, 0, 0, 1).await;
}

pub async fn a_hold_past_its_expiry_still_counts(stores: Stores) {
    let [part] = stores.stocked([1]).await;
    let (order, rival) = (Uuid::new_v4(), Uuid::new_v4());
    let wanted = items(&[(part, 1)]);
    let reservations = &stores.reservations;
    reservations
        .reserve(order, &wanted, until(10), at(1))
        .await
        .unwrap();
    let result = reservations
        .reserve(rival, &wanted, until(99), at(50))
        .await;
    assert_refused!(result, ReserveError::OutOfStock { left: 0, .. });
    reservations.commit(order, at(51)).await.unwrap();
    stores.expect(part, 0, 0, 1).await;
}

pub async fn a_permanent_hold_outlives_its_first_expiry(stores: Stores) {
    let [part] = stores.stocked([2]).await;
    let order = Uuid::new_v4();
    let wanted = items(&[(part, 2)]);
    let reservations = &stores.reservations;
    // The last one is a repeat of the first that arrives late.
    for expiry in [until(10), Expiry::Never, until(11)] {
        reservations
            .reserve(order, &wanted, expiry, at(1))
            .await
            .unwrap();
    }
    stores.sweep(at(1_000_000)).await;
    stores.expect(part, 0, 2, 0).await;
    reservations.commit(order, at(1_000_001)).await.unwrap();
    stores.expect(part, 0, 0, 2).await;
}

pub async fn a_commit_is_final(stores: Stores) {
    let [part] = stores.stocked([3]).await;
    let order = Uuid::new_v4();
    let wanted = items(&[(part, 1)]);
    let reservations = &stores.reservations;
    reservations
        .reserve(order, &wanted, until(10), at(1))
        .await
        .unwrap();
    for _ in 0..2 {
        reservations.commit(order, at(2)).await.unwrap();
    }
    reservations
        .reserve(order, &wanted, until(10), at(3))
        .await
        .unwrap();
    let result = reservations.release(order, at(4)).await;
    assert_refused!(result, ReleaseError::Refused(ReleaseRefusal::Committed));
    stores.sweep(at(100)).await;
    stores.expect(part, 2, 0, 1).await;
}

pub async fn a_release_is_final(stores: Stores) {
    let [part] = stores.stocked([3]).await;
    let order = Uuid::new_v4();
    let wanted = items(&[(part, 1)]);
    let reservations = &stores.reservations;
    reservations
        .reserve(order, &wanted, until(10), at(1))
        .await
        .unwrap();
    for _ in 0..2 {
        reservations.release(order, at(2)).await.unwrap();
    }
    let result = reservations.reserve(order, &wanted, until(10), at(3)).await;
    assert_refused!(result, ReserveError::Refused(ReserveRefusal::Released));
    let result = reservations.commit(order, at(4)).await;
    assert_refused!(result, CommitError::Refused(CommitRefusal::Released));
    stores.expect(part, 3, 0, 0).await;
}

pub async fn a_release_before_the_reservation_stops_it(stores: Stores) {
    let [part] = stores.stocked([3]).await;
    let order = Uuid::new_v4();
    let reservations = &stores.reservations;
    for _ in 0..2 {
        reservations.release(order, at(1)).await.unwrap();
    }
    let late = reservations
        .reserve(order, &items(&[(part, 1)]), Expiry::Never, at(2))
        .await;
    assert_refused!(late, ReserveError::Refused(ReserveRefusal::Released));
    stores.expect(part, 3, 0, 0).await;
}

pub async fn an_expired_hold_can_be_released(stores: Stores) {
    let [part] = stores.stocked([3]).await;
    let order = Uuid::new_v4();
    let wanted = items(&[(part, 2)]);
    let reservations = &stores.reservations;
    reservations
        .reserve(order, &wanted, until(10), at(1))
        .await
        .unwrap();
    stores.sweep(at(11)).await;
    reservations.release(order, at(12)).await.unwrap();
    stores.expect(part, 3, 0, 0).await;
    let late = reservations
        .reserve(order, &wanted, until(99), at(13))
        .await;
    assert_refused!(late, ReserveError::Refused(ReserveRefusal::Released));
}

pub async fn an_unknown_reservation_cannot_be_committed(stores: Stores) {
    let result = stores.reservations.commit(Uuid::new_v4(), at(1)).await;
    assert_refused!(result, CommitError::Refused(CommitRefusal::NotFound));
}

pub async fn due_lists_the_longest_due_first(stores: Stores) {
    let [part] = stores.stocked([100]).await;
    let orders = ascending::<5>();
    let ends = [30, 10, 50, 20, 40];
    for (order, end) in orders.into_iter().zip(ends) {
        let wanted = items(&[(part, 1)]);
        stores
            .reservations
            .reserve(order, &wanted, until(end), at(1))
            .await
            .unwrap();
    }
    let due = stores.reservations.due(at(40), 3).await.unwrap();
    assert_eq!(due, [orders[1], orders[3], orders[0]]);
    stores.expect(part, 95, 5, 0).await;
    stores.sweep(at(40)).await;
    stores.expect(part, 99, 1, 0).await;
    let due = stores.reservations.due(at(49), 3).await.unwrap();
    assert!(due.is_empty(), "{due:?}");
}
