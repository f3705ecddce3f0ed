//! The program under test: `rocketctl`, built with fault points.

use std::process::ExitCode;

fn main() -> ExitCode {
    rocketctl::main()
}
