//! What the README tells people to type works as written.

use std::{fs, path::Path, process::Command};

use rocket_e2e::{Options, Platform};

use crate::PROGRAM;

const BEGIN: &str = "<!-- readme-test: begin -->\n```sh\n";
const END: &str = "```\n<!-- readme-test: end -->";

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_work() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let script = readme
        .split_once(BEGIN)
        .unwrap()
        .1
        .split_once(END)
        .unwrap()
        .0;
    let laptop = fs::read_to_string(root().join("examples/laptop.yaml")).unwrap();
    let services = laptop.split_once("\n  services:").unwrap().1;
    let options = Options {
        spec: format!("  services:{services}"),
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    let script = script.replace("http://127.0.0.1:8080", &platform.url());
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
