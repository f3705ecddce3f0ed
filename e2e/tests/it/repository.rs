//! Rules of the repository that no compiler checks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn is_rust(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ending == "rs")
}

fn tracked_files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success());
    let names = String::from_utf8(output.stdout).unwrap();
    names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Which of our crates each of our crates depends on, tests apart.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<_> = packages
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    packages
        .iter()
        .map(|package| {
            let used = package["dependencies"].as_array().unwrap().iter();
            let used = used
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| dependency["name"].as_str())
                .filter(|name| names.contains(name))
                .map(str::to_owned)
                .collect();
            (package["name"].as_str().unwrap().to_owned(), used)
        })
        .collect()
}

const SERVICES: [&str; 6] = [
    "rocket-order",
    "rocket-inventory",
    "rocket-payment",
    "rocket-assembly",
    "rocket-notification",
    "rocket-iam",
];

/// proto <- platform <- services <- rocketctl; the operator's types know nobody.
#[test]
fn crates_depend_in_one_direction() {
    let dependencies = dependencies();
    let layer = |name: &str| match name {
        "rocket-proto" | "rocket-routes" | "rocket-operator-api" => 0,
        name if SERVICES.contains(&name) => 2,
        "rocketctl" => 3,
        "rocket-e2e" => 4,
        _ => 1,
    };
    for (name, used) in &dependencies {
        for other in used {
            let within_platform = layer(name) == 1 && layer(other) == 1;
            assert!(
                layer(other) < layer(name) || within_platform,
                "{name} must not depend on {other}"
            );
        }
    }
    for service in SERVICES {
        assert!(dependencies.contains_key(service), "{service} is missing");
        let used = &dependencies[service];
        assert!(
            !used.contains("rocket-testkit"),
            "{service} ships test code"
        );
    }
    assert_eq!(dependencies["rocket-routes"], BTreeSet::new());
    assert_eq!(dependencies["rocket-operator-api"], BTreeSet::new());
}

#[test]
fn domains_know_neither_transports_nor_stores() {
    let banned = [
        "axum",
        "tonic",
        "rusqlite",
        "sqlx",
        "mongodb",
        "redis",
        "rdkafka",
        "rocket_proto",
        "rocket_db",
        "tokio",
        "http",
    ];
    let mut seen = 0;
    for name in tracked_files() {
        if !name.starts_with("services/") || !name.contains("/src/domain/") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(root().join(&name)).unwrap();
        for word in banned {
            let uses =
                text.contains(&format!("use {word}::")) || text.contains(&format!(" {word}::"));
            assert!(!uses, "{name} uses {word}");
        }
    }
    assert!(seen > 12, "only {seen} domain files were found");
}

#[test]
fn make_run_links_no_client_of_a_server_it_does_not_use() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "rocketctl",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("rocket-order"), "{tree}");
    let banned = [
        "rdkafka",
        "sqlx",
        "tokio-postgres",
        "mongodb",
        "redis",
        "openssl-sys",
        "aws-lc-sys",
        "kube-client",
    ];
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(!banned.contains(&name), "rocketctl links {name}");
    }
}

#[test]
fn no_source_file_is_too_long() {
    let mut lengths: Vec<(usize, String)> = tracked_files()
        .into_iter()
        .filter(|name| is_rust(name))
        .map(|name| {
            (
                fs::read_to_string(root().join(&name))
                    .unwrap()
                    .lines()
                    .count(),
                name,
            )
        })
        .collect();
    lengths.sort();
    let (most, longest) = lengths.last().unwrap();
    assert!(*most <= 500, "{longest} has {most} lines; the bound is 500");
    let percentile = &lengths[lengths.len() * 9 / 10];
    assert!(
        percentile.0 <= 300,
        "the 90th percentile is {} lines",
        percentile.0
    );
    let median = &lengths[lengths.len() / 2];
    assert!(median.0 <= 120, "the median is {} lines", median.0);
}

/// Every requirement is mapped to code and proof, and what the page names exists.
#[test]
fn the_requirements_page_names_what_exists() {
    let page = fs::read_to_string(root().join("docs/requirements.md")).unwrap();
    let files = tracked_files();
    let sources: Vec<String> = files
        .iter()
        .filter(|name| is_rust(name))
        .map(|name| fs::read_to_string(root().join(name)).unwrap())
        .collect();
    let mut rows = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells.len() != 4 || cells[0] == "id" || cells[0].starts_with('-') {
            continue;
        }
        rows += 1;
        for (column, cell) in [("code", cells[2]), ("proof", cells[3])] {
            assert!(!cell.is_empty(), "{}: {column} is empty", cells[0]);
            for name in cell.split('`').skip(1).step_by(2) {
                let is_file = files.iter().any(|file| {
                    file == name || file.starts_with(&format!("{}/", name.trim_end_matches('/')))
                });
                let is_test = sources
                    .iter()
                    .any(|text| text.contains(&format!("fn {name}(")));
                let is_command = name.starts_with("make ") || name.starts_with("rocketctl ");
                assert!(
                    is_file || is_test || is_command,
                    "{}: {name} does not exist",
                    cells[0]
                );
            }
        }
    }
    assert_eq!(rows, 81, "requirements are mapped");
}

#[test]
fn nothing_names_where_it_was_built_or_holds_a_secret() {
    // Put together here, so that this file does not hold what it looks for.
    let banned = [
        ["/wor", "k/"].concat(),
        ["../sha", "red"].concat(),
        ["BEGIN PRIVATE", " KEY"].concat(),
        ["BEGIN RSA PRIVATE", " KEY"].concat(),
    ];
    for name in tracked_files() {
        let Ok(text) = fs::read_to_string(root().join(&name)) else {
            continue;
        };
        for word in &banned {
            assert!(!text.contains(word), "{name} holds {word:?}");
        }
    }
}
