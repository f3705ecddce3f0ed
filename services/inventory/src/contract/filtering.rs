//! The filter against a naive model.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    test_runner::TestRunner,
};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{Stores, at, new_part};
use crate::domain::{Category, Filter, NewPart, PartDetails};

const NAMES: [&str; 3] = ["wing", "fin", "wing two"];
const COUNTRIES: [&str; 3] = ["Japan", "France", "Chile"];
const TAGS: [&str; 4] = ["carbon", "light", "heavy", "new"];

/// The values of a filter as they are asked for.
#[derive(Debug, Clone)]
struct Asked {
    uuids: Vec<Uuid>,
    names: Vec<String>,
    categories: Vec<Category>,
    countries: Vec<String>,
    tags: Vec<String>,
}

impl Asked {
    /// The sentence "OR inside a field, AND across fields, an empty field is ignored".
    fn selects(&self, uuid: Uuid, part: &PartDetails) -> bool {
        let country = &part.manufacturer.country;
        (self.uuids.is_empty() || self.uuids.contains(&uuid))
            && (self.names.is_empty() || self.names.contains(&part.name))
            && (self.categories.is_empty() || self.categories.contains(&part.category))
            && (self.countries.is_empty() || self.countries.contains(country))
            && (self.tags.is_empty() || part.tags.iter().any(|tag| self.tags.contains(tag)))
    }

    fn filter(self) -> Filter {
        Filter::new(
            self.uuids,
            self.names,
            self.categories,
            self.countries,
            self.tags,
        )
        .unwrap()
    }
}

/// Any of `all`, some of them twice, and perhaps one that no part has.
fn some(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let known = subsequence(all, 0..=all.len());
    (known, any::<bool>(), prop::option::of(select(all))).prop_map(|(known, odd, again)| {
        let odd = odd.then_some("nobody has this");
        let values = known.into_iter().chain(again.filter(|_| odd.is_some()));
        values.chain(odd).map(str::to_owned).collect()
    })
}

fn asked(ids: Vec<Uuid>) -> impl Strategy<Value = Asked> {
    let many = ids.len();
    (
        prop_oneof![Just(vec![]), subsequence(ids, 0..=many)],
        prop_oneof![Just(vec![]), some(&NAMES)],
        subsequence(&Category::ALL, 0..=4),
        prop_oneof![Just(vec![]), some(&COUNTRIES)],
        prop_oneof![Just(vec![]), some(&TAGS)],
    )
        .prop_map(|(uuids, names, categories, countries, tags)| Asked {
            uuids,
            names,
            categories,
            countries,
            tags,
        })
}

/// Every combination of name, category and country, with tags that vary.
fn parts() -> Vec<NewPart> {
    let mut parts = Vec::new();
    for name in NAMES {
        for category in Category::ALL {
            for country in COUNTRIES {
                let mut part = new_part(Uuid::new_v4(), 1);
                let bits = parts.len() * 7 % 16;
                let details = &mut part.details;
                name.clone_into(&mut details.name);
                details.category = category;
                country.clone_into(&mut details.manufacturer.country);
                let tags = TAGS.iter().enumerate();
                details.tags = tags
                    .filter(|(bit, _)| bits >> bit & 1 == 1)
                    .map(|(_, tag)| (*tag).to_owned())
                    .collect();
                parts.push(part);
            }
        }
    }
    parts
}

pub async fn a_filter_selects_what_the_naive_model_selects(stores: Stores) {
    let parts = parts();
    stores.parts.import(parts.clone(), at(0)).await.unwrap();
    let runtime = Handle::current();
    let property = move || {
        let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid).collect();
        let outcome = TestRunner::default().run(&asked(ids), |asked| {
            let expected: BTreeSet<Uuid> = parts
                .iter()
                .filter(|part| asked.selects(part.uuid, &part.details))
                .map(|part| part.uuid)
                .collect();
            let filter = asked.filter();
            let listed = runtime.block_on(stores.parts.list(&filter, None, 1_000));
            let listed: Vec<Uuid> = listed.unwrap().iter().map(|part| part.uuid).collect();
            prop_assert_eq!(listed.len(), expected.len());
            prop_assert_eq!(BTreeSet::from_iter(listed), expected);
            Ok(())
        });
        outcome.map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(property)
        .await
        .unwrap()
        .unwrap();
}
