//! Parts in and out.

use uuid::Uuid;

use super::{Stores, at, items, new_part, until};
use crate::ports::Imported;

pub async fn an_empty_store_says_so(stores: Stores) {
    assert!(stores.parts.is_empty().await.unwrap());
    stores.stocked([1]).await;
    assert!(!stores.parts.is_empty().await.unwrap());
}

pub async fn an_unknown_part_is_none(stores: Stores) {
    assert_eq!(stores.parts.get(Uuid::new_v4()).await.unwrap(), None);
}

pub async fn a_part_comes_back_as_it_was_imported(stores: Stores) {
    let new = new_part(Uuid::new_v4(), 7);
    let outcome = stores.parts.import(vec![new.clone()], at(5)).await.unwrap();
    assert_eq!(outcome, [Imported::Added]);
    let part = stores.parts.get(new.uuid).await.unwrap().unwrap();
    assert_eq!(part.uuid, new.uuid);
    assert_eq!(part.details, new.details);
    assert_eq!(part.stock, 7);
    assert_eq!((part.created_at, part.updated_at), (at(5), at(5)));
}

pub async fn importing_again_updates_and_keeps_what_is_taken(stores: Stores) {
    let [part] = stores.stocked([10]).await;
    let (sold, held) = (Uuid::new_v4(), Uuid::new_v4());
    let reservations = &stores.reservations;
    for (order, quantity) in [(sold, 2), (held, 3)] {
        let wanted = items(&[(part, quantity)]);
        reservations
            .reserve(order, &wanted, until(60), at(1))
            .await
            .unwrap();
    }
    reservations.commit(sold, at(2)).await.unwrap();

    let same = new_part(part, 10);
    let outcome = stores
        .parts
        .import(vec![same.clone()], at(3))
        .await
        .unwrap();
    assert_eq!(outcome, [Imported::Unchanged]);
    stores.expect(part, 5, 3, 2).await;

    let mut dearer = same;
    dearer.details.price = dearer.details.price.checked_mul(2).unwrap();
    let outcome = stores
        .parts
        .import(vec![dearer.clone()], at(4))
        .await
        .unwrap();
    assert_eq!(outcome, [Imported::Updated]);
    let shown = stores.parts.get(part).await.unwrap().unwrap();
    assert_eq!(shown.details, dearer.details);
    assert_eq!((shown.created_at, shown.updated_at), (at(0), at(4)));

    dearer.stock = 12;
    let outcome = stores.parts.import(vec![dearer], at(5)).await.unwrap();
    assert_eq!(outcome, [Imported::Updated]);
    stores.expect(part, 7, 3, 2).await;
    let shown = stores.parts.get(part).await.unwrap().unwrap();
    assert_eq!(shown.updated_at, at(4), "more stock is no new description");
}

pub async fn importing_less_than_is_taken_is_refused(stores: Stores) {
    let [part] = stores.stocked([10]).await;
    let wanted = items(&[(part, 4)]);
    stores
        .reservations
        .reserve(Uuid::new_v4(), &wanted, until(60), at(1))
        .await
        .unwrap();
    let mut less = new_part(part, 3);
    "not to be seen".clone_into(&mut less.details.description);
    let other = new_part(Uuid::new_v4(), 1);
    let (all, other) = (vec![other.clone(), less], other.uuid);
    for outcome in [
        stores.parts.check_import(all.clone()).await.unwrap(),
        stores.parts.import(all, at(2)).await.unwrap(),
    ] {
        assert_eq!(
            outcome,
            [Imported::Added, Imported::StockTooLow { least: 4 }]
        );
    }
    assert_eq!(stores.parts.get(other).await.unwrap(), None, "all or none");
    stores.expect(part, 6, 4, 0).await;
    let shown = stores.parts.get(part).await.unwrap().unwrap();
    assert_eq!(shown.details.description, "for tests");

    let outcome = stores
        .parts
        .import(vec![new_part(part, 4)], at(3))
        .await
        .unwrap();
    assert_eq!(outcome, [Imported::Updated]);
    stores.expect(part, 0, 4, 0).await;
}

pub async fn checking_an_import_says_what_it_would_do_and_does_nothing(stores: Stores) {
    let [known, same] = stores.stocked([10, 3]).await;
    let mut changed = new_part(known, 12);
    changed.details.price = changed.details.price.checked_mul(2).unwrap();
    let added = new_part(Uuid::new_v4(), 1);
    let all = vec![changed, new_part(same, 3), added.clone()];
    let before = stores.parts.get(known).await.unwrap();
    let expected = [Imported::Updated, Imported::Unchanged, Imported::Added];
    for _ in 0..2 {
        let outcome = stores.parts.check_import(all.clone()).await.unwrap();
        assert_eq!(outcome, expected);
        assert_eq!(stores.parts.get(known).await.unwrap(), before);
        assert_eq!(stores.parts.get(added.uuid).await.unwrap(), None);
    }
    let outcome = stores.parts.import(all.clone(), at(9)).await.unwrap();
    assert_eq!(outcome, expected);
    stores.expect(known, 12, 0, 0).await;
    let outcome = stores.parts.import(all, at(10)).await.unwrap();
    assert_eq!(outcome, [Imported::Unchanged; 3], "once more is nothing");
}
