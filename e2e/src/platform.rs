//! The platform as a process of its own.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use rocket_runtime::faults;
use rocket_testkit::eventually;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

use crate::Disk;

/// How the platform is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// `spec` of the RocketPlatform, as YAML, beyond what every test wants.
    pub spec: String,
    /// Stop at this place and wait to be killed.
    pub fault_point: Option<&'static str>,
    /// More environment.
    pub env: Vec<(&'static str, String)>,
    /// More arguments of `up`.
    pub args: Vec<String>,
    /// A disk of its own for the data; none: beside everything else.
    pub disk: Option<Arc<Disk>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            spec: "  services:\n    assembly: {assemblyTime: 500ms}\n".to_owned(),
            fault_point: None,
            env: Vec::new(),
            args: Vec::new(),
            disk: None,
        }
    }
}

/// A data directory and, most of the time, a process that works on it.
#[derive(Debug)]
pub struct Platform {
    program: &'static str,
    dir: TempDir,
    child: Option<Child>,
    disk: Option<Arc<Disk>>,
    port: u16,
    log: Arc<Mutex<String>>,
    /// Ends when the process has closed its standard error.
    reader: Option<JoinHandle<()>>,
}

impl Platform {
    /// Starts `program` on a new data directory and waits until it answers.
    pub async fn start(program: &'static str, options: &Options) -> Self {
        let mut platform = Self::prepare(program, options);
        platform.start_again(options).await;
        platform
    }

    /// A new data directory, or none yet, and no process.
    pub fn prepare(program: &'static str, options: &Options) -> Self {
        // Test processes have no main that would choose one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            program,
            dir: tempfile::tempdir().unwrap(),
            child: None,
            disk: options.disk.clone(),
            port: free_port(),
            log: Arc::default(),
            reader: None,
        }
    }

    /// Starts a new process on the same data and waits until it answers.
    pub async fn start_again(&mut self, options: &Options) {
        self.spawn(options);
        self.wait_until_ready().await;
    }

    /// Starts a new process on the same data, and does not wait for it.
    pub fn spawn(&mut self, options: &Options) {
        assert!(self.child.is_none(), "the platform runs already");
        // A new one: the last lines of the process before it may still be on their way.
        self.log = Arc::default();
        let mut child = self.command(options).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::clone(&self.log);
        self.reader = Some(tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut log = log.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        }));
        self.child = Some(child);
    }

    /// The command that would start it.
    fn command(&self, options: &Options) -> Command {
        let file = self.dir.path().join("platform.yaml");
        std::fs::write(&file, resource(&options.spec)).unwrap();
        let mut words = self
            .disk
            .as_ref()
            .map(|it| it.launcher())
            .unwrap_or_default();
        words.push(self.program.to_owned());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .arg("up")
            .arg("--file")
            .arg(&file)
            .arg("--data")
            .arg(match &self.disk {
                Some(disk) => disk.inside().join("data"),
                None => self.data(),
            })
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .args(&options.args)
            .env("LOG_FORMAT", "json")
            .env("RUST_LOG", "debug")
            .env_remove("TELEGRAM_BOT_TOKEN")
            .envs(options.env.iter().map(|(name, value)| (*name, value)))
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        if let Some(point) = options.fault_point {
            command.env(faults::VARIABLE, point);
        }
        command
    }

    /// Starts a process that is to end by itself; returns its exit code and what it
    /// said.
    pub async fn refused(&self, options: &Options) -> (Option<i32>, String) {
        let output = self.command(options).output();
        let output = tokio::time::timeout(Duration::from_secs(20), output).await;
        let output = output.expect("the start is not refused").unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    }

    /// Waits until the process answers.
    pub async fn wait_until_ready(&mut self) {
        if let Some((code, said)) = self.ready_or_ended().await {
            panic!("the platform ended with {code:?}:\n{said}");
        }
    }

    /// Waits until the process answers (none) or has ended by itself: its exit code
    /// and what it said.
    pub async fn ready_or_ended(&mut self) -> Option<(Option<i32>, String)> {
        let health = format!("{}/healthz", self.url());
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while std::time::Instant::now() < deadline {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                self.child = None;
                self.reader.take().unwrap().await.unwrap();
                return Some((status.code(), self.log()));
            }
            if reqwest::get(&health)
                .await
                .is_ok_and(|answer| answer.status() == 200)
            {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("neither ready nor ended:\n{}", self.log());
    }

    /// SIGKILL, now.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("the platform runs");
        child.kill().await.unwrap();
    }

    /// SIGTERM; waits for the end and returns its status.
    pub async fn stop(&mut self) -> std::process::ExitStatus {
        let mut child = self.child.take().expect("the platform runs");
        let pid = child.id().expect("it has not been waited for").to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(sent.unwrap().success());
        child.wait().await.unwrap()
    }

    /// Waits until a task stands at `point`, then SIGKILLs the process there.
    pub async fn kill_at(&mut self, point: &'static str) {
        let line = format!("{}{point}", faults::REACHED);
        let log = Arc::clone(&self.log);
        eventually(&line, Duration::from_secs(20), || {
            let reached = log.lock().unwrap().contains(&line);
            async move { reached.then_some(()) }
        })
        .await;
        self.kill().await;
    }

    /// The one address, for HTTP and gRPC.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Everything the current process has logged.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child
            .as_ref()
            .and_then(Child::id)
            .expect("the platform runs")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        match &self.disk {
            Some(disk) => disk.outside().join("data"),
            None => self.dir.path().join("data"),
        }
    }

    /// The disk that the data is on, if it has one of its own.
    pub fn disk(&self) -> Option<&Disk> {
        self.disk.as_deref()
    }

    /// One of the stores, to be read while nothing writes, or beside it.
    pub fn store(&self, name: &str) -> rusqlite::Connection {
        open_read_only(&self.data().join(name))
    }
}

fn open_read_only(path: &Path) -> rusqlite::Connection {
    // Not SQLITE_OPEN_READ_ONLY: after a kill, reading needs the WAL recovered.
    rusqlite::Connection::open(path).unwrap()
}

/// A port that was free a moment ago. It stays the platform's over restarts, so
/// that clients need not learn a new one.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn resource(spec: &str) -> String {
    format!(
        "apiVersion: rocketscience.dev/v1alpha1\nkind: RocketPlatform\n\
         metadata: {{name: test}}\nspec:\n  version: \"0.1.0\"\n  profile: dev\n  stores:\n    \
         kafka: {{managed: {{replicas: 1, storage: 1Gi}}}}\n    \
         postgres: {{managed: {{storage: 1Gi}}}}\n    \
         mongodb: {{managed: {{storage: 1Gi}}}}\n    \
         redis: {{managed: {{storage: 1Gi}}}}\n{spec}"
    )
}
