//! A small disk of its own for a data directory, which can be full and can be read-only.
//!
//! It is a tmpfs in a mount namespace that a helper process keeps alive, so it needs
//! no privilege beyond a namespace, leaves nothing behind, and outlives the platform's
//! restarts. From outside it is seen through `/proc/PID/root`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant, SystemTime},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdin, Command},
};

const FILLER: &str = "filler";

/// The disk. Dropping it ends the helper process, and the disk with it.
#[derive(Debug)]
pub struct Disk {
    mount_point: TempDir,
    holder: Child,
    /// The helper reads it, and ends when it is closed.
    _keep: ChildStdin,
    own_users: bool,
}

impl Disk {
    /// A new, empty disk of this many MiB.
    pub async fn new(mebibytes: u32) -> Self {
        // Whoever is root may only need a mount namespace; others get a user
        // namespace, in which they are root.
        for own_users in [false, true] {
            if let Some(disk) = Self::try_new(mebibytes, own_users).await {
                return disk;
            }
        }
        panic!("no mount namespace: `unshare -m` and `unshare -rm` (util-linux) both fail");
    }

    async fn try_new(mebibytes: u32, own_users: bool) -> Option<Self> {
        let mount_point = tempfile::tempdir().unwrap();
        let script = format!(
            "mount -t tmpfs -o size={mebibytes}m tmpfs '{}' && echo mounted && exec cat",
            mount_point.path().display()
        );
        let mut holder = Command::new("unshare")
            .arg(if own_users { "-rm" } else { "-m" })
            .args(["sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let keep = holder.stdin.take().unwrap();
        let mut said = BufReader::new(holder.stdout.take().unwrap()).lines();
        let mounted = said.next_line().await.unwrap();
        (mounted.as_deref() == Some("mounted")).then_some(Self {
            mount_point,
            holder,
            _keep: keep,
            own_users,
        })
    }

    /// Its path as a program sees it that was started by [`Disk::launcher`].
    pub fn inside(&self) -> &Path {
        self.mount_point.path()
    }

    /// Its path as everybody else sees it.
    pub fn outside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid()));
        root.join(self.inside().strip_prefix("/").unwrap())
    }

    /// What to put before a command that is to see the disk; the process stays the one
    /// that was started.
    pub fn launcher(&self) -> Vec<String> {
        let mut command = vec!["nsenter".to_owned(), format!("--target={}", self.pid())];
        if self.own_users {
            command.extend(["--user".to_owned(), "--preserve-credentials".to_owned()]);
        }
        command.push("--mount".to_owned());
        command
    }

    /// Takes all space that is left.
    pub fn fill(&self) {
        let path = self.outside().join(FILLER);
        let mut filler = File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        let mut piece = vec![0_u8; 1024 * 1024];
        while !piece.is_empty() {
            match filler.write(&piece) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => {
                    piece.truncate(piece.len() / 2);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Gives that space back.
    pub fn free(&self) {
        fs::remove_file(self.outside().join(FILLER)).unwrap();
    }

    /// Makes it read-only, or writable again. Impossible while a process has a file
    /// open for writing.
    pub async fn set_read_only(&self, read_only: bool) {
        let launcher = self.launcher();
        let options = if read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        let status = Command::new(&launcher[0])
            .args(&launcher[1..])
            .args(["mount", "-o", options])
            .arg(self.inside())
            .status()
            .await;
        assert!(status.unwrap().success(), "{options}");
    }

    /// A copy of the stores in `data`, as they were at one moment. SQLite itself cannot
    /// open them from outside: it resolves `/proc/PID/root` to the wrong root.
    pub fn copy_of(&self, data: &Path) -> TempDir {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let before = state(data);
            let copy = tempfile::tempdir().unwrap();
            for name in before.keys() {
                // Gone meanwhile: then the copy is not taken.
                let _ = fs::copy(data.join(name), copy.path().join(name));
            }
            if state(data) == before {
                return copy;
            }
            assert!(Instant::now() < deadline, "the stores never rest");
        }
    }

    fn pid(&self) -> u32 {
        self.holder.id().expect("it has not been waited for")
    }
}

/// Each store's files with their lengths and times of change. The shared-memory index
/// is made anew from the others.
fn state(data: &Path) -> BTreeMap<OsString, (u64, SystemTime)> {
    let entries = fs::read_dir(data).unwrap().filter_map(Result::ok);
    entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.ends_with(".db") || name.ends_with(".db-wal")
        })
        .filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some((entry.file_name(), (about.len(), about.modified().ok()?)))
        })
        .collect()
}
