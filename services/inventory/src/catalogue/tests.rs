use rocket_runtime::money::Money;

use super::*;
use crate::domain::{Category, MetadataValue};

const EXAMPLE: &str = include_str!("../../../../examples/catalogue.yaml");

const ONE: &str = "
parts:
  - uuid: 01980000-0000-7000-8000-000000000001
    name: Fin
    description: Steers.
    price: 1999
    stock: 3
    category: WING
    dimensions: {length_cm: 1, width_cm: 2.5, height_cm: 3, weight_kg: 0}
    manufacturer: {name: Maker, country: Japan, website: 'https://maker.example'}
    tags: [light]
    metadata: {text: 'true', integer: 7, double: 7.0, flag: true, word: yes please}
";

#[test]
fn a_part_is_read_as_written() {
    let [part] = parse(ONE).unwrap().try_into().unwrap();
    assert_eq!(part.details.price, Money::from_minor(1_999).unwrap());
    assert_eq!(part.details.category, Category::Wing);
    assert!((part.details.dimensions.width_cm - 2.5).abs() < f64::EPSILON);
    let metadata: Vec<_> = part.details.metadata.into_iter().collect();
    let text = |text: &str| MetadataValue::Text(text.to_owned());
    let expected = [
        ("double", MetadataValue::Double(7.0)),
        ("flag", MetadataValue::Flag(true)),
        ("integer", MetadataValue::Integer(7)),
        ("text", text("true")),
        ("word", text("yes please")),
    ];
    assert_eq!(
        metadata,
        expected.map(|(key, value)| (key.to_owned(), value))
    );
}

/// The only problem when `from` in the example is replaced by `to`.
fn problem(from: &str, to: &str) -> Problem {
    assert!(ONE.contains(from), "{from}");
    let CatalogueError(mut problems) = parse(&ONE.replace(from, to)).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("price: 1999", "price: -1", "parts[0].price"),
        ("price: 1999", "price: 19.99", "parts[0].price"),
        ("price: 1999", "price: cheap", "parts[0].price"),
        ("stock: 3", "stock: -3", "parts[0].stock"),
        ("stock: 3", "stock: 3\n    held: 1", "parts[0].held"),
        ("WING", "SAIL", "parts[0].category"),
        ("WING", "wing", "parts[0].category"),
        ("01980000-0000", "0198-0000", "parts[0].uuid"),
        (
            "width_cm: 2.5",
            "width_cm: wide",
            "parts[0].dimensions.width_cm",
        ),
        (
            "width_cm: 2.5",
            "width_cm: -2.5",
            "parts[0].dimensions.width_cm",
        ),
        (
            "width_cm: 2.5",
            "width_cm: .nan",
            "parts[0].dimensions.width_cm",
        ),
        (
            "website: 'https",
            "website: 'http",
            "parts[0].manufacturer.website",
        ),
        ("name: Fin", "name: ''", "parts[0].name"),
        ("[light]", "[light, light]", "parts[0].tags[1]"),
        ("[light]", "light", "parts[0].tags"),
        ("integer: 7", "integer: [7]", "parts[0].metadata.integer"),
        ("name: Fin", "name: 747", "parts[0].name"),
        ("tags: [light]", "tags: [light, 7]", "parts[0].tags[1]"),
        ("integer: 7", "integer: .inf", "parts[0].metadata.integer"),
        (
            "{name: Maker, country: Japan, website: 'https://maker.example'}",
            "Maker",
            "parts[0].manufacturer",
        ),
    ];
    for (from, to, field) in cases {
        assert_eq!(problem(from, to).field, field, "{to}");
    }
}

#[test]
fn words_that_older_yaml_takes_for_flags_are_words() {
    let [part] = parse(&ONE.replace("Japan", "NO").replace("flag: true", "flag: on"))
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(part.details.manufacturer.country, "NO");
    let flag = part.details.metadata.get("flag");
    assert_eq!(flag, Some(&MetadataValue::Text("on".to_owned())));
}

#[test]
fn json_is_read_as_well() {
    let value: Value = serde_saphyr::from_str(ONE).unwrap();
    let json = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(parse(&json.replace("  ", "\t")), parse(ONE));
}

#[test]
fn a_name_that_is_no_field_and_a_field_that_is_missing_are_both_told() {
    for (from, to, expected) in [
        (
            "price: 1999",
            "prize: 1999",
            &["parts[0].price", "parts[0].prize"][..],
        ),
        ("parts:", "pieces:", &["parts", "pieces"]),
    ] {
        let CatalogueError(problems) = parse(&ONE.replace(from, to)).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|problem| &problem.field).collect();
        assert_eq!(fields, expected);
    }
}

#[test]
fn a_catalogue_has_a_bound() {
    let entry = ONE.replace("parts:\n", "");
    let many = format!("parts:\n{}", entry.repeat(MAX_PARTS + 1));
    let CatalogueError(problems) = parse(&many).unwrap_err();
    assert_eq!(problems.len(), 1, "{:?}", &problems[..2]);
    assert_eq!(problems[0].field, "parts");
    let CatalogueError(problems) =
        parse(&format!("parts:\n{}", entry.repeat(MAX_PARTS))).unwrap_err();
    assert_eq!(
        problems.len(),
        MAX_PARTS - 1,
        "all but the first are repeated"
    );
}

#[test]
fn a_missing_field_is_named_in_words() {
    let missing = problem("    price: 1999\n", "");
    assert!(missing.to_string().contains("price"), "{missing}");
}

#[test]
fn text_that_is_no_catalogue_is_refused_in_one_line() {
    for yaml in [
        "",
        "parts",
        "[]",
        "parts: 3",
        "parts: [",
        "parts: []\n---\nparts: []",
    ] {
        let error = parse(yaml).unwrap_err().to_string();
        assert!(!error.contains('\n'), "{yaml}: {error}");
    }
}

#[test]
fn every_problem_of_every_part_is_told_at_once() {
    let twice = format!(
        "{ONE}{}",
        ONE.replace("parts:\n", "").replace("stock: 3", "stock: -1")
    );
    let twice = twice.replace("name: Maker", "name: ' Maker'");
    let twice = twice.replace("price: 1999", "price: cheap");
    let CatalogueError(problems) = parse(&twice).unwrap_err();
    let fields: Vec<_> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "parts[0].price",
            "parts[0].manufacturer.name",
            "parts[1].price",
            "parts[1].uuid",
            "parts[1].stock",
            "parts[1].manufacturer.name",
        ]
    );
}

#[test]
fn the_example_catalogue_has_something_for_everybody() {
    let parts = parse(EXAMPLE).unwrap();
    for category in Category::ALL {
        let of = parts
            .iter()
            .filter(|part| part.details.category == category);
        assert!(of.clone().count() >= 10, "{category:?}");
        assert!(
            of.clone().any(|part| part.stock >= 1_000_000),
            "{category:?}"
        );
    }
    assert!(
        parts
            .iter()
            .filter(|part| (5..=50).contains(&part.stock))
            .count()
            >= 4
    );
    let countries: HashSet<_> = parts
        .iter()
        .map(|part| &part.details.manufacturer.country)
        .collect();
    assert!(countries.len() >= 8, "{countries:?}");
    let names: HashSet<_> = parts.iter().map(|part| &part.details.name).collect();
    assert_eq!(names.len(), parts.len());
    let values = || parts.iter().flat_map(|part| part.details.metadata.values());
    assert!(values().any(|value| matches!(value, MetadataValue::Text(_))));
    assert!(values().any(|value| matches!(value, MetadataValue::Integer(_))));
    assert!(values().any(|value| matches!(value, MetadataValue::Double(_))));
    assert!(values().any(|value| matches!(value, MetadataValue::Flag(_))));
}
