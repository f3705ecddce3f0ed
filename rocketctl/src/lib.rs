//! The command line of the platform.
//!
//! A library with a three-line binary, so that whole-system tests can start the
//! very same program.

mod cli;
mod demo;
mod dlq;
mod exit;
mod load;
mod openapi;
mod parts;
mod up;

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;

use crate::{
    cli::{Cli, Command},
    exit::Failure,
};

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // The one TLS provider of the process; it is only ever installed here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "rocketctl: {failure}");
            failure.exit_code()
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(args) => up::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Dlq(args) => dlq::run(&args),
        Command::Parts(args) => parts::run(&args),
        Command::Crd => print(rocket_operator_api::crd_yaml().as_bytes()),
        Command::Openapi => print(openapi::json().as_bytes()),
        Command::Descriptors => print(rocket_proto::FILE_DESCRIPTOR_SET),
    }
}

/// A value as people and programs read it, with a line's end.
fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Failure::failed(format!("JSON: {error}")))
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::failed(format!("standard output: {error}")))
}
