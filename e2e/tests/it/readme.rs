//! What the README tells people to type works as written.

use std::{fs, path::Path, process::Command};

use rocket_e2e::{Options, Platform};

use crate::PROGRAM;

const BEGIN: &str = "<!-- readme-test: begin -->\n```sh\n";
const END: &str = "```\n<!-- readme-test: end -->";

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The blocks that are marked as tested, in order.
fn blocks() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = readme.split(BEGIN).skip(1);
    blocks
        .map(|rest| rest.split_once(END).unwrap().0.to_owned())
        .collect()
}

/// Starts the platform of the README.
async fn laptop() -> Platform {
    let laptop = fs::read_to_string(root().join("examples/laptop.yaml")).unwrap();
    let services = laptop.split_once("\n  services:").unwrap().1;
    let options = Options {
        spec: format!("  services:{services}"),
        ..Options::default()
    };
    Platform::start(PROGRAM, &options).await
}

/// What a script says; it must succeed.
async fn typed(script: String) -> String {
    let output = tokio::task::spawn_blocking(move || {
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(root())
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{complained}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_work() {
    let platform = laptop().await;
    let script = blocks()[0].replace("http://127.0.0.1:8080", &platform.url());
    let said = typed(script).await;
    for expected in [
        "user_uuid",
        "\"WING\"",
        "transaction_uuid",
        "ASSEMBLED",
        "Ship assembled",
    ] {
        assert!(said.contains(expected), "{expected} is missing:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_commands_of_the_readme_work() {
    let platform = laptop().await;
    // The test's own address and data stand where the README's defaults would.
    let (url, data) = (platform.url(), platform.data());
    let data = data.display();
    let prelude = format!(
        "rocketctl() {{ case $1 in load) {PROGRAM} \"$@\" --url {url};; \
         *) {PROGRAM} \"$@\" --data {data};; esac; }}\n"
    );
    let said = typed(prelude + &blocks()[1..].concat()).await;
    assert!(said.contains("Audit: clean."), "{said}");
    assert!(said.contains("unchanged"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_an_order_from_outside() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let url = platform.url();
    let demo = |arguments: &'static [&'static str]| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || {
            Command::new(PROGRAM)
                .args(["demo", "--url", &url])
                .args(arguments)
                .output()
                .unwrap()
        })
    };
    let told = demo(&[]).await.unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(told.status.success(), "{text}");
    assert!(
        text.contains("Ordered ") && text.contains("Ship assembled"),
        "{text}"
    );

    let told = demo(&["--json"]).await.unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let statuses = serde_json::json!(["PENDING_PAYMENT", "PAID", "ASSEMBLED"]);
    assert_eq!(summary["statuses"], statuses);
    assert_eq!(summary["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn the_demo_without_a_platform_says_how_to_start_one() {
    let output = Command::new(PROGRAM)
        .args(["demo", "--url", "http://127.0.0.1:9"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(69));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("make run"), "{said}");
}
