//! What is generated and committed is what the program says today. `make snapshots`
//! writes them anew; the change is then seen in review.

use std::{fs, path::Path, process::Command};

use crate::PROGRAM;

fn same(command: &str, file: &str) {
    let output = Command::new(PROGRAM).arg(command).output().unwrap();
    assert!(output.status.success());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let committed = fs::read(&path).unwrap_or_default();
    assert!(
        committed == output.stdout,
        "{file} is not what `rocketctl {command}` prints; run: make snapshots"
    );
}

#[test]
fn the_openapi_document() {
    same("openapi", "docs/openapi.json");
}

#[test]
fn the_descriptor_set() {
    same("descriptors", "proto/descriptors.binpb");
}

#[test]
fn the_custom_resource_definition() {
    same("crd", "crds/rocketplatforms.yaml");
}
