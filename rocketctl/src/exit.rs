//! Exit codes, after BSD's sysexits.h where one fits.

use std::{fmt, process::ExitCode};

/// Why a command ended without success: one line for people, a code for scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// 1: the command ran and did not succeed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(1, message)
    }

    /// 64 (`EX_USAGE`): the file or a setting is wrong; nothing was started.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(64, message)
    }

    /// 69 (`EX_UNAVAILABLE`): something outside is away or taken.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(69, message)
    }

    /// 73 (`EX_CANTCREAT`): the data directory cannot be used.
    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(73, message)
    }

    fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
