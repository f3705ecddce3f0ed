//! What stops the start: one clear line, an exit code, nothing touched, no port.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use rocket_e2e::{Options, Platform};

use crate::PROGRAM;

const RESOURCE: &str = "apiVersion: rocketscience.dev/v1alpha1\nkind: RocketPlatform\n\
    metadata: {name: t}\nspec:\n  version: \"0.1.0\"\n  profile: dev\n  stores:\n    \
    kafka: {managed: {}}\n    postgres: {managed: {}}\n    mongodb: {managed: {}}\n    \
    redis: {managed: {}}\n";

fn up(dir: &Path, resource: &str, listen: &str) -> Output {
    let file = dir.join("platform.yaml");
    fs::write(&file, resource).unwrap();
    up_with(&dir.join("data"), &file, listen)
}

fn up_with(data: &Path, file: &Path, listen: &str) -> Output {
    Command::new(PROGRAM)
        .args(["up", "--data"])
        .arg(data)
        .arg("--file")
        .arg(file)
        .args(["--listen", listen])
        .output()
        .unwrap()
}

/// Starts with a resource that is wrong; the data directory must not even be made.
fn refused(resource: &str, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let output = up(dir.path(), resource, "127.0.0.1:0");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains(expected), "expected {expected:?} in:\n{said}");
    assert!(
        said.lines().all(|line| line.starts_with("rocketctl: ")),
        "{said}"
    );
    assert!(!dir.path().join("data").exists());
}

#[test]
fn a_wrong_resource_is_refused_with_the_fields_path() {
    refused(
        &format!("{RESOURCE}  colour: red\n"),
        "spec.colour: unknown field",
    );
    refused(
        &format!("{RESOURCE}  services: {{order: {{replicas: -1}}}}\n"),
        "spec.services.order.replicas: ",
    );
    refused(
        &format!("{RESOURCE}  services: {{assembly: {{assemblyTime: soon}}}}\n"),
        "spec.services.assembly.assemblyTime: ",
    );
    let two_modes = "redis: {managed: {}, external: {secretRef: {name: r}}}";
    refused(
        &RESOURCE.replace("redis: {managed: {}}", two_modes),
        "spec.stores.redis: ",
    );
    refused(
        &RESOURCE.replace("kind: RocketPlatform", "kind: Rocket"),
        "kind: ",
    );
    refused("", "platform.yaml: ");
    refused("{", "platform.yaml: ");
    refused(
        &format!("{RESOURCE}  services: {{iam: {{enabled: false}}}}\n"),
        "spec.services.iam.enabled: expected true",
    );
}

#[test]
fn a_missing_file_is_named() {
    let output = Command::new(PROGRAM)
        .args(["up", "--file", "nowhere.yaml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere.yaml: "));
}

#[test]
fn a_setting_that_cannot_be_used_is_named_and_never_printed() {
    let dir = tempfile::tempdir().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let start = |variables: &[(&str, &str)], arguments: &[&str]| {
        Command::new(PROGRAM)
            .args(["up", "--listen", "127.0.0.1:0", "--file"])
            .arg(examples.join("laptop.yaml"))
            .arg("--data")
            .arg(dir.path().join("data"))
            .args(arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    };
    let resource = examples.join("laptop.yaml");
    let no_parts = ["--catalogue", resource.to_str().unwrap()];
    for (output, expected) in [
        (
            start(&[("TELEGRAM_BOT_TOKEN", "two words")], &[]),
            "TELEGRAM_BOT_TOKEN: ",
        ),
        (
            start(&[("TELEGRAM_BOT_TOKEN", "a/b")], &[]),
            "TELEGRAM_BOT_TOKEN: ",
        ),
        (
            start(&[("PAYMENT_PROVIDER_KEY", "two\nlines")], &[]),
            "PAYMENT_PROVIDER_KEY: ",
        ),
        (start(&[], &no_parts), "--catalogue: "),
    ] {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(expected), "{said}");
        for secret in ["two words", "a/b", "two\nlines"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = up(dir.path(), RESOURCE, &address);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(
        said.contains(&format!("rocketctl: {address}: cannot listen")),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_in_use_is_refused_and_its_owner_goes_on() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let file = platform.data().parent().unwrap().join("platform.yaml");
    let output = up_with(&platform.data(), &file, "127.0.0.1:0");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(73), "{said}");
    assert!(said.contains("in use by another process"), "{said}");
    let health = reqwest::get(format!("{}/healthz", platform.url()))
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
}

#[test]
fn a_data_directory_of_a_newer_version_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("FORMAT"), "99\n").unwrap();
    let output = up(dir.path(), RESOURCE, "127.0.0.1:0");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(73), "{said}");
    assert!(said.contains("newer version"), "{said}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("FORMAT"), "1\n").unwrap();
    let store = rusqlite::Connection::open(data.join("order.db")).unwrap();
    store.pragma_update(None, "user_version", 1_000).unwrap();
    drop(store);
    let before = fs::read(data.join("order.db")).unwrap();
    let output = up(dir.path(), RESOURCE, "127.0.0.1:0");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(73), "{said}");
    assert!(
        said.contains("order.db") && said.contains("newer version"),
        "{said}"
    );
    assert_eq!(fs::read(data.join("order.db")).unwrap(), before);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_refused() {
    // A file stands where the directory's parent should be: true for every user,
    // root included, whom permissions do not stop.
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    fs::write(dir.path().join("platform.yaml"), RESOURCE).unwrap();
    let output = Command::new(PROGRAM)
        .arg("up")
        .arg("--data")
        .arg(dir.path().join("file/data"))
        .arg("--file")
        .arg(dir.path().join("platform.yaml"))
        .args(["--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(73), "{said}");
    assert!(said.contains("not usable"), "{said}");
}

/// Which ports a process listens on, from the kernel's own tables.
fn listening(pid: u32) -> Vec<String> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let sockets: Vec<String> = links
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| {
            let text = link.to_str()?.to_owned();
            Some(text.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let columns: Vec<_> = line.split_whitespace().collect();
            // 0A is LISTEN; a UDP socket has no such state, so any of them counts.
            let listens = columns[3] == "0A" || table.starts_with("udp");
            if listens && sockets.iter().any(|inode| inode == columns[9]) {
                found.push(format!("{table} {}", columns[1]));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn one_port_is_open_and_no_other() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let ports = listening(platform.pid());
    assert_eq!(ports.len(), 1, "{ports:?}");
    // 127.0.0.1, as the kernel writes it.
    assert!(ports[0].starts_with("tcp 0100007F:"), "{ports:?}");
}

/// The directory's format is the number of migrations of all stores, so a new
/// migration cannot be forgotten there.
#[tokio::test(flavor = "multi_thread")]
async fn the_format_of_the_data_directory_counts_every_migration() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let mut migrations = 0;
    for store in [
        "events.db",
        "iam.db",
        "inventory.db",
        "notification.db",
        "order.db",
    ] {
        let version: u32 = platform
            .store(store)
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        migrations += version;
    }
    let format = fs::read_to_string(platform.data().join("FORMAT")).unwrap();
    assert_eq!(format.trim(), migrations.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_currency_is_refused_on_the_same_data() {
    let mut platform = Platform::start(PROGRAM, &Options::default()).await;
    platform.kill().await;
    let file = platform.data().parent().unwrap().join("platform.yaml");
    fs::write(&file, format!("{RESOURCE}  currency: EUR\n")).unwrap();
    let output = up_with(&platform.data(), &file, "127.0.0.1:0");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(73), "{said}");
    assert!(
        said.contains("its amounts are in USD") && said.contains("spec.currency"),
        "{said}"
    );
}
