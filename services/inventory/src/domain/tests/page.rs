use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::{Category, Filter, PageKey, PageSize};

fn key() -> impl Strategy<Value = PageKey> {
    (any::<u128>(), ".{0,40}").prop_map(|(uuid, name)| PageKey {
        uuid: Uuid::from_u128(uuid),
        name,
    })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[ab]{0,2}", 0..3)
}

fn filter() -> impl Strategy<Value = Filter> {
    let uuids = prop::collection::vec((0_u128..3).prop_map(Uuid::from_u128), 0..3);
    let categories = prop::sample::subsequence(&Category::ALL, 0..=2);
    (uuids, texts(), categories, texts(), texts()).prop_map(
        |(uuids, names, categories, countries, tags)| {
            Filter::new(uuids, names, categories, countries, tags).unwrap()
        },
    )
}

#[test]
fn a_page_size_is_from_1_to_100() {
    assert_eq!(PageSize::default().get(), 50);
    for good in [1, 100] {
        assert_eq!(PageSize::new(good).unwrap().get(), good);
    }
    for bad in [0, 101, u32::MAX] {
        assert!(PageSize::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_order_and_repetition_of_values_make_no_other_filter() {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let one = Filter::new(vec![], names(&["a", "b"]), vec![], vec![], vec![]).unwrap();
    let same = Filter::new(vec![], names(&["b", "a", "b"]), vec![], vec![], vec![]).unwrap();
    assert_eq!(one.fingerprint(), same.fingerprint());
}

proptest! {
    #[test]
    fn a_token_comes_back_as_its_place(key in key(), filter in filter()) {
        let token = key.token(&filter);
        prop_assert_eq!(PageKey::from_token(&token, &filter).unwrap(), key);
        let plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        prop_assert!(plain, "{}", token);
    }

    #[test]
    fn a_token_of_another_filter_is_refused(key in key(), one in filter(), other in filter()) {
        let read = PageKey::from_token(&key.token(&one), &other);
        prop_assert_eq!(read.is_ok(), one == other);
    }

    #[test]
    fn a_token_with_one_bit_changed_is_refused(
        key in key(),
        filter in filter(),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let mut bytes = URL_SAFE_NO_PAD.decode(key.token(&filter)).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1_u8 << bit;
        let changed = URL_SAFE_NO_PAD.encode(bytes);
        prop_assert!(PageKey::from_token(&changed, &filter).is_err());
    }

    #[test]
    fn a_token_cut_short_is_refused(key in key(), filter in filter(), keep in any::<prop::sample::Index>()) {
        let token = key.token(&filter);
        let cut = &token[..keep.index(token.len())];
        prop_assert!(PageKey::from_token(cut, &filter).is_err());
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,80}", filter in filter()) {
        prop_assert!(PageKey::from_token(&text, &filter).is_err());
    }
}
