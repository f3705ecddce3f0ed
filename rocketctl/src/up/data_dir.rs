//! The data directory: held by one process, of a known format.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::exit::Failure;

/// Grows by one when a newer program writes what an older one cannot read.
const FORMAT: u32 = 1;
const FORMAT_FILE: &str = "FORMAT";
const LOCK_FILE: &str = "LOCK";

/// An open data directory. The lock is the operating system's, so it ends with
/// the process however that ends.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens or makes the directory. A failure leaves it as it was.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        check_format(path)?;
        fs::create_dir_all(path).map_err(|error| refused(path, &error))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(|error| refused(path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::data(format!(
                    "{}: in use by another process; stop it, or choose another directory with --data",
                    path.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(refused(path, &error)),
        }
        write_format(path).map_err(|error| refused(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// The path of one of its files.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    Failure::data(format!("{}: not usable: {error}", path.display()))
}

/// Refuses what another program made: a newer version of this one, or somebody
/// else's directory.
fn check_format(path: &Path) -> Result<(), Failure> {
    let text = match fs::read_to_string(path.join(FORMAT_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return check_empty(path),
        Err(error) => return Err(refused(path, &error)),
    };
    match text.trim().parse::<u32>() {
        Ok(found) if found <= FORMAT => Ok(()),
        Ok(found) => Err(Failure::data(format!(
            "{}: written by a newer version (format {found}, this program knows {FORMAT}); \
             use that version, or another directory with --data",
            path.display()
        ))),
        Err(_) => Err(Failure::data(format!(
            "{}: its file {FORMAT_FILE} does not hold a number",
            path.display()
        ))),
    }
}

fn check_empty(path: &Path) -> Result<(), Failure> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(path, &error)),
    };
    // A crash between making the lock and writing the format leaves the lock alone.
    let foreign = entries
        .filter_map(Result::ok)
        .any(|entry| entry.file_name() != LOCK_FILE);
    if foreign {
        return Err(Failure::data(format!(
            "{}: not empty and not a data directory of this program; choose another with --data",
            path.display()
        )));
    }
    Ok(())
}

/// Written aside and renamed, so that a crash never leaves half a number.
fn write_format(path: &Path) -> io::Result<()> {
    let target = path.join(FORMAT_FILE);
    if target.exists() {
        return Ok(());
    }
    let aside = path.join("FORMAT.new");
    let mut file = File::create(&aside)?;
    writeln!(file, "{FORMAT}")?;
    file.sync_all()?;
    fs::rename(aside, target)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_directory_is_made_and_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        drop(DataDir::open(&path).unwrap());
        drop(DataDir::open(&path).unwrap());
        assert_eq!(names(&path), [FORMAT_FILE, LOCK_FILE]);
    }

    #[test]
    fn a_directory_in_use_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _held = DataDir::open(dir.path()).unwrap();
        let message = DataDir::open(dir.path()).unwrap_err().to_string();
        assert!(message.contains("in use"), "{message}");
    }

    #[test]
    fn a_newer_directory_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FORMAT_FILE), "2\n").unwrap();
        let message = DataDir::open(dir.path()).unwrap_err().to_string();
        assert!(message.contains("newer version"), "{message}");
        assert_eq!(names(dir.path()), [FORMAT_FILE]);
    }

    #[test]
    fn somebody_elses_directory_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        let message = DataDir::open(dir.path()).unwrap_err().to_string();
        assert!(message.contains("not a data directory"), "{message}");
        assert_eq!(names(dir.path()), ["thesis.tex"]);
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "").unwrap();
        let message = DataDir::open(&path).unwrap_err().to_string();
        assert!(message.contains("not usable"), "{message}");
    }
}
