//! Commands of the program that work beside a platform, and the log as another
//! process sees it.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use rocket_e2e::Platform;
use rocket_events::{EventLog as _, Headers, Record, embedded::EmbeddedLog};
use rocket_runtime::SystemClock;
use serde_json::Value;

use crate::PROGRAM;

/// What a command did.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// Standard output as JSON, of a command that succeeded.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs `rocketctl ARGS --data DIR`.
pub(crate) fn rocketctl(data: &Path, args: &[&str]) -> Done {
    let mut command = Command::new(PROGRAM);
    command.args(args).arg("--data").arg(data);
    command.stdin(Stdio::null()).output().unwrap().into()
}

/// The same on a platform's data, with JSON for an answer.
pub(crate) fn json(platform: &Platform, args: &[&str]) -> Value {
    let args = [args, &["--json"]].concat();
    rocketctl(&platform.data(), &args).json()
}

/// A platform's log, as another process has it.
pub(crate) fn log(platform: &Platform) -> EmbeddedLog {
    let file = platform.data().join("events.db");
    EmbeddedLog::open(&file, Arc::new(SystemClock)).unwrap()
}

/// Appends a record beside whoever else does.
pub(crate) async fn append(log: &EmbeddedLog, topic: &str, key: &str, payload: Vec<u8>) {
    append_with(log, topic, key, payload, Vec::new()).await;
}

pub(crate) async fn append_with(
    log: &EmbeddedLog,
    topic: &str,
    key: &str,
    payload: Vec<u8>,
    headers: Headers,
) {
    let record = Record {
        topic: topic.to_owned(),
        key: key.to_owned(),
        payload: payload.into(),
        headers,
    };
    log.append(vec![record]).await.unwrap();
}
