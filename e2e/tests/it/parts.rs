//! `rocketctl parts import`, beside a running platform and on a stopped one.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use rocket_e2e::{Customer, Options, Platform};
use tempfile::TempDir;

use crate::{
    PROGRAM,
    command::{Done, rocketctl},
};

const FIN: &str = "01980000-0000-7000-8000-00000000f001";
const TANK: &str = "01980000-0000-7000-8000-00000000f002";

struct Files(TempDir);

impl Files {
    /// A catalogue of these parts: id, name, price and stock.
    fn catalogue(&self, parts: &[(&str, &str, &str, i64)]) -> PathBuf {
        let mut yaml = "parts:\n".to_owned();
        for (uuid, name, price, stock) in parts {
            write!(
                yaml,
                "  - uuid: {uuid}\n    name: {name}\n    description: For tests.\n    \
                 price: {price}\n    stock: {stock}\n    category: WING\n    \
                 dimensions: {{length_cm: 1, width_cm: 1, height_cm: 1, weight_kg: 1}}\n    \
                 manufacturer: {{name: A, country: B, website: 'https://a.example'}}\n"
            )
            .unwrap();
        }
        let file = self.0.path().join("catalogue.yaml");
        fs::write(&file, yaml).unwrap();
        file
    }

    fn import(&self, platform: &Platform, parts: &[(&str, &str, &str, i64)]) -> Done {
        let file = self.catalogue(parts);
        import(platform, file.to_str().unwrap(), &[])
    }
}

fn import(platform: &Platform, file: &str, more: &[&str]) -> Done {
    rocketctl(
        &platform.data(),
        &[&["parts", "import", file], more].concat(),
    )
}

/// What is left of a part, or nothing where there is none.
async fn stock(customer: &Customer, part: &str) -> Option<i64> {
    let answer = customer.get(&format!("/api/v1/parts/{part}")).await;
    match answer.status.as_u16() {
        200 => answer.body["stock_quantity"].as_i64(),
        404 => None,
        _ => panic!("{answer:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_imported_can_be_ordered_at_once_and_stock_stays_right() {
    let files = Files(tempfile::tempdir().unwrap());
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    assert_eq!(stock(&customer, FIN).await, None);
    let catalogue = files.catalogue(&[(FIN, "Fin", "100", 5)]);
    let file = catalogue.to_str().unwrap();
    let dry = import(&platform, file, &["--dry-run"]);
    assert_eq!(dry.out, "Would import: 1 added, 0 updated, 0 unchanged.\n");
    assert_eq!(stock(&customer, FIN).await, None);
    let done = import(&platform, file, &[]);
    assert_eq!(done.out, "Imported: 1 added, 0 updated, 0 unchanged.\n");
    assert_eq!(stock(&customer, FIN).await, Some(5));

    // One sold, two held: what is left is what the file brings in less these three.
    let sold = customer.order(&[FIN]).await;
    assert_eq!(customer.pay(&sold).await.status, 200);
    customer.wait_for(&sold, "ASSEMBLED").await;
    let held = customer.order(&[FIN, FIN]).await;
    let again = import(&platform, file, &["--json"]).json();
    assert_eq!(again["unchanged"], 1, "{again}");
    assert_eq!(stock(&customer, FIN).await, Some(2));
    let more = files.import(&platform, &[(FIN, "Fin", "100", 9)]);
    assert_eq!(more.out, "Imported: 0 added, 1 updated, 0 unchanged.\n");
    assert_eq!(stock(&customer, FIN).await, Some(6));
    let exactly = files.import(&platform, &[(FIN, "Better Fin", "150", 3)]);
    assert_eq!(exactly.code, 0, "{}", exactly.err);
    assert_eq!(stock(&customer, FIN).await, Some(0));
    let shown = customer.get(&format!("/api/v1/parts/{FIN}")).await.body;
    assert_eq!(shown["name"], "Better Fin");

    let less = files.import(&platform, &[(TANK, "Tank", "1", 1), (FIN, "Fin", "1", 2)]);
    assert_eq!(less.code, 64);
    assert!(
        less.err.contains("parts[1].stock: expected at least 3"),
        "{}",
        less.err
    );
    assert_eq!(stock(&customer, TANK).await, None, "all or nothing");
    assert_eq!(customer.cancel(&held).await.status, 204);
    rocket_testkit::eventually("it is back", std::time::Duration::from_secs(20), || async {
        (stock(&customer, FIN).await == Some(2)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_is_named_and_nothing_is_imported() {
    let files = Files(tempfile::tempdir().unwrap());
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let bad = files.import(
        &platform,
        &[
            (FIN, "Fin", "cheap", 1),
            (TANK, "Tank", "1", 1),
            ("no-uuid", "' '", "1", -1),
        ],
    );
    assert_eq!(bad.code, 64);
    let lines: Vec<_> = bad.err.lines().collect();
    for (line, field) in lines.iter().zip([
        "parts[0].price",
        "parts[2].uuid",
        "parts[2].name",
        "parts[2].stock",
    ]) {
        assert!(line.starts_with("rocketctl: "), "{line}");
        assert!(
            line.contains(&format!("catalogue.yaml: {field}: expected ")),
            "{line}"
        );
    }
    assert_eq!(lines.len(), 4, "{}", bad.err);
    assert_eq!(stock(&customer, TANK).await, None);
    let missing = import(&platform, "/nowhere/catalogue.yaml", &[]);
    assert_eq!((missing.code, missing.err.lines().count()), (64, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_platform_is_stocked_from_standard_input_in_json() {
    let mut platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    platform.stop().await;
    let json = serde_json::json!({"parts": [{
        "uuid": TANK, "name": "Tank", "description": "For tests.", "price": 7, "stock": 4,
        "category": "FUEL", "tags": ["round"],
        "dimensions": {"length_cm": 1, "width_cm": 1, "height_cm": 1.5, "weight_kg": 1},
        "manufacturer": {"name": "A", "country": "NO", "website": "https://a.example"},
    }]});
    let mut command = Command::new(PROGRAM)
        .args(["parts", "import", "-", "--data"])
        .arg(platform.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = command.stdin.take().unwrap();
    stdin.write_all(json.to_string().as_bytes()).unwrap();
    drop(stdin);
    let done = Done::from(command.wait_with_output().unwrap());
    assert_eq!((done.code, &*done.err), (0, ""));
    platform.start_again(&Options::default()).await;
    assert_eq!(stock(&customer, TANK).await, Some(4));

    let nowhere = tempfile::tempdir().unwrap();
    let refused = rocketctl(nowhere.path(), &["parts", "import", "-"]);
    assert_eq!(refused.code, 73, "{}", refused.err);
    assert_eq!(fs::read_dir(nowhere.path()).unwrap().count(), 0);
}
