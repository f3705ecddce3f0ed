//! `rocketctl`: see `rocketctl --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rocketctl::main()
}
