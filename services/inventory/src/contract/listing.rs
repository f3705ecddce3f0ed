//! Listing parts.

use uuid::Uuid;

use super::{Stores, ascending, at, new_part};
use crate::domain::{Filter, NewPart, PageKey, Part};

/// A tag that only this test's parts have, so that it sees no others.
async fn tagged<const N: usize>(stores: &Stores, names: [&str; N]) -> (Filter, [Uuid; N]) {
    let tag = Uuid::new_v4().to_string();
    let ids = ascending::<N>();
    let parts: Vec<NewPart> = ids
        .iter()
        .zip(names)
        .map(|(id, name)| {
            let mut part = new_part(*id, 1);
            name.clone_into(&mut part.details.name);
            part.details.tags.push(tag.clone());
            part
        })
        .collect();
    stores.parts.import(parts, at(0)).await.unwrap();
    let filter = Filter::new(vec![], vec![], vec![], vec![], vec![tag]).unwrap();
    (filter, ids)
}

pub async fn pages_follow_name_and_id_and_miss_nothing(stores: Stores) {
    // Equal names, capitals before small letters, one a prefix of another, beyond ASCII.
    let names = ["b", "a", "a", "B", "ab", "a", "é", "", "z"];
    let (filter, _) = tagged(&stores, names).await;
    for size in 1..=10_usize {
        let mut seen: Vec<Part> = Vec::new();
        loop {
            let after = seen.last().map(PageKey::of);
            let limit = u32::try_from(size).unwrap();
            let page = stores
                .parts
                .list(&filter, after.as_ref(), limit)
                .await
                .unwrap();
            let last = page.len() < size;
            assert!(page.len() <= size);
            seen.extend(page);
            assert!(seen.len() <= names.len(), "a page repeats");
            if last {
                break;
            }
        }
        let keys: Vec<PageKey> = seen.iter().map(PageKey::of).collect();
        assert_eq!(keys.len(), names.len());
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
    }
}

pub async fn text_is_never_a_pattern(stores: Stores) {
    let (_, _) = tagged(&stores, ["wing", "wing 2", "WING", "w.ng"]).await;
    for name in ["w%", "w_ng", "w*", "^wing$", "win", "w.n.", "Wing"] {
        let names = vec![name.to_owned()];
        let filter = Filter::new(vec![], names, vec![], vec![], vec![]).unwrap();
        let found = stores.parts.list(&filter, None, 10).await.unwrap();
        assert_eq!(found, [], "{name}");
    }
    for pattern in ["z%", "zet_", ".*", "zeta\0"] {
        let tags = vec![pattern.to_owned()];
        let filter = Filter::new(vec![], vec![], vec![], vec![], tags).unwrap();
        let found = stores.parts.list(&filter, None, 10).await.unwrap();
        assert_eq!(found, [], "{pattern}");
    }
}

pub async fn sql_and_json_in_text_are_only_text(stores: Stores) {
    let names = ["'; DROP TABLE parts; --", "\"]", "$gt", "{\"$ne\": null}"];
    let (_, ids) = tagged(&stores, names).await;
    for (name, id) in names.into_iter().zip(ids) {
        let only = vec![name.to_owned()];
        let filter = Filter::new(vec![id], only, vec![], vec![], vec![]).unwrap();
        let found = stores.parts.list(&filter, None, 10).await.unwrap();
        let found: Vec<Uuid> = found.iter().map(|part| part.uuid).collect();
        assert_eq!(found, [id], "{name}");
    }
}
