use rocket_proto::inventory::v1::{PartQuantity, PartsFilter};

use super::*;

fn field(error: &ApiError) -> (String, String) {
    let problem = error.problem();
    let field = problem.errors.first().map(|error| error.field.clone());
    (problem.code, field.unwrap_or_default())
}

fn refused(spoil: impl FnOnce(&mut PartsFilter)) -> (String, String) {
    let mut wire = PartsFilter {
        uuids: vec![Uuid::new_v4().to_string()],
        categories: vec![proto::Category::Fuel.into()],
        ..PartsFilter::default()
    };
    assert!(filter(Some(wire.clone())).is_ok());
    spoil(&mut wire);
    field(&filter(Some(wire)).unwrap_err())
}

#[test]
fn a_bad_filter_names_its_field() {
    let named = |code: &str, field: &str| (code.to_owned(), field.to_owned());
    assert_eq!(
        refused(|filter| filter.uuids.push("x".to_owned())),
        named("invalid_uuid", "filter.uuids[1]")
    );
    for unknown in [0, 5, -1] {
        assert_eq!(
            refused(|filter| filter.categories.push(unknown)),
            named("invalid_argument", "filter.categories[1]")
        );
    }
    assert_eq!(
        refused(|filter| filter.names = vec![String::new(); 101]),
        named("invalid_argument", "filter.names")
    );
    assert_eq!(
        refused(|filter| filter.tags = vec![String::new(); 101]),
        named("invalid_argument", "filter.tags")
    );
}

#[test]
fn no_filter_selects_everything() {
    assert_eq!(filter(None).unwrap(), Filter::default());
}

#[test]
fn a_page_size_that_is_not_set_is_the_default() {
    assert_eq!(page_size(0).unwrap(), PageSize::default());
    assert_eq!(page_size(100).unwrap().get(), 100);
    for bad in [-1, 101, i32::MIN, i32::MAX] {
        assert_eq!(field(&page_size(bad).unwrap_err()).1, "page_size");
    }
}

#[test]
fn bad_quantities_name_their_field() {
    let part = |text: &str, quantity| PartQuantity {
        part_uuid: text.to_owned(),
        quantity,
    };
    let id = Uuid::new_v4().to_string();
    let cases = [
        (vec![], "parts"),
        (vec![part(&id, 1), part("x", 1)], "parts[1].part_uuid"),
        (vec![part(&id, 1), part(&id, 0)], "parts[1].quantity"),
        (vec![part(&id, 60), part(&id, 41)], "parts"),
    ];
    for (parts, expected) in cases {
        assert_eq!(field(&items(&parts).unwrap_err()).1, expected);
    }
}

#[test]
fn a_negative_time_to_live_is_refused() {
    let negative = prost_types::Duration {
        seconds: -1,
        nanos: 0,
    };
    assert_eq!(field(&ttl(Some(negative)).unwrap_err()).1, "ttl");
    assert_eq!(ttl(None).unwrap(), None);
}
