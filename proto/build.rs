//! Compiles the contracts with protox, so that no protoc binary is needed.

use std::{env, error::Error, fs, path::PathBuf};

use protox::prost_reflect::prost::Message as _;

const FILES: [&str; 6] = [
    "auth/v1/auth.proto",
    "user/v1/user.proto",
    "inventory/v1/inventory.proto",
    "payment/v1/payment.proto",
    "events/v1/events.proto",
    "envoy/service/auth/v3/external_auth.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
