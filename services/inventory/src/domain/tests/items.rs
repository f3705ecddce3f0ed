use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    contract::new_part,
    domain::{Filter, FilterError, Items, ItemsError, MAX_STOCK, MetadataValue, NewPart},
};

#[test]
fn quantities_are_summed_and_bounded() {
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let items = Items::new([(other, 2), (one, 1), (other, 3)]).unwrap();
    assert_eq!(items.iter().collect::<Vec<_>>(), [(one, 1), (other, 5)]);

    assert_eq!(Items::new([]), Err(ItemsError::Empty));
    assert_eq!(Items::new([(one, 101)]), Err(ItemsError::TooMany));
    assert_eq!(
        Items::new([(one, 100), (other, 1)]),
        Err(ItemsError::TooMany)
    );
    assert!(Items::new([(one, 99), (other, 1)]).is_ok());
    for quantity in [0, -1, i64::MIN] {
        let error = Items::new([(one, 1), (other, quantity)]);
        assert_eq!(error, Err(ItemsError::Quantity { index: 1 }));
    }
}

#[test]
fn a_filter_field_lists_at_most_a_hundred_values() {
    let tags = |many: usize| vec!["same".to_owned(); many];
    assert!(Filter::new(vec![], vec![], vec![], vec![], tags(100)).is_ok());
    assert_eq!(
        Filter::new(vec![], vec![], vec![], vec![], tags(101)),
        Err(FilterError { field: "tags" })
    );
    assert_eq!(
        Filter::new(vec![], vec![], vec![], tags(101), vec![]),
        Err(FilterError {
            field: "manufacturer_countries"
        })
    );
}

#[test]
fn a_part_out_of_bounds_is_named() {
    type Spoil = fn(&mut NewPart);
    let cases: [(&str, Spoil); 14] = [
        ("uuid", |part| part.uuid = Uuid::nil()),
        ("name", |part| part.details.name.clear()),
        ("name", |part| part.details.name = "a,b".to_owned()),
        ("name", |part| part.details.name = "x".repeat(201)),
        ("description", |part| {
            " x".clone_into(&mut part.details.description);
        }),
        ("stock", |part| part.stock = -1),
        ("stock", |part| part.stock = MAX_STOCK + 1),
        ("dimensions.width_cm", |part| {
            part.details.dimensions.width_cm = -0.5;
        }),
        ("dimensions.weight_kg", |part| {
            part.details.dimensions.weight_kg = f64::NAN;
        }),
        ("manufacturer.country", |part| {
            part.details.manufacturer.country = "Korea, South".to_owned();
        }),
        ("manufacturer.website", |part| {
            part.details.manufacturer.website = "javascript:alert(1)".to_owned();
        }),
        ("tags[1]", |part| part.details.tags[1] = "zeta".to_owned()),
        ("tags", |part| {
            part.details.tags = (0..33).map(|tag| tag.to_string()).collect();
        }),
        ("metadata.double", |part| {
            let infinite = MetadataValue::Double(f64::INFINITY);
            part.details.metadata.insert("double".to_owned(), infinite);
        }),
    ];
    assert_eq!(new_part(Uuid::new_v4(), 0).problems(), []);
    for (field, spoil) in cases {
        let mut part = new_part(Uuid::new_v4(), 1);
        spoil(&mut part);
        let found: Vec<String> = part.problems().into_iter().map(|p| p.field).collect();
        assert_eq!(found, [field]);
    }
}

proptest! {
    #[test]
    fn items_never_exceed_their_bounds(
        parts in prop::collection::vec((0_u128..5, any::<i64>()), 0..20),
    ) {
        let parts = parts.into_iter().map(|(part, many)| (Uuid::from_u128(part), many));
        if let Ok(items) = Items::new(parts) {
            let total: i64 = items.iter().map(|(_, many)| many).sum();
            prop_assert!((1..=100).contains(&total));
            prop_assert!(items.iter().all(|(_, many)| many >= 1));
        }
    }
}
