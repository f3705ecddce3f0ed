//! The real collector, as a process of its own.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rocket_testkit::eventually;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A collector that passes everything on.
pub(super) struct Collector {
    program: PathBuf,
    dir: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Collector {
    /// Starts one that sends to `to`.
    pub(super) async fn start(to: SocketAddr) -> Self {
        let port = free_port();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("collector.yaml"), configuration(port, to)).unwrap();
        let mut collector = Self {
            program: program().await,
            dir,
            port,
            child: None,
        };
        collector.start_again().await;
        collector
    }

    /// Starts it on the same port.
    pub(super) async fn start_again(&mut self) {
        let log = std::fs::File::create(self.dir.path().join("log")).unwrap();
        let child = Command::new(&self.program)
            .arg("--config")
            .arg(self.dir.path().join("collector.yaml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.child = Some(child.unwrap());
        let address = ("127.0.0.1", self.port);
        let log = self.dir.path().join("log");
        eventually("the collector listens", Duration::from_secs(30), || async {
            let ended = std::fs::read_to_string(&log).unwrap();
            assert!(!ended.contains("Error:"), "{ended}");
            tokio::net::TcpStream::connect(address).await.ok()
        })
        .await;
    }

    /// SIGKILL.
    pub(super) async fn kill(&mut self) {
        self.child.take().unwrap().kill().await.unwrap();
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// From the environment, the machine, or built once from pinned sources.
async fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(root.join("testbed/testbed.sh"))
        .args(["path", "otelcol"])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end())
}

fn configuration(port: u16, to: SocketAddr) -> String {
    let pipeline = "{receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp]}";
    format!(
        "receivers:\n  otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:{port}}}}}}}\n\
         processors:\n  memory_limiter: {{check_interval: 1s, limit_mib: 256}}\n  \
         batch: {{timeout: 20ms}}\n\
         exporters:\n  otlp: {{endpoint: \"{to}\", compression: none, tls: {{insecure: true}}}}\n\
         service:\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n    \
         traces: {pipeline}\n    metrics: {pipeline}\n    logs: {pipeline}\n"
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
