//! The data directory: held by one process, of a known format.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use rocket_runtime::money::Currency;

use crate::exit::Failure;

/// The number of migrations of all stores together, so it grows with each: a newer
/// program's directory is known by it before any store is opened. A whole-system test
/// counts.
const FORMAT: u32 = 8;
const FORMAT_FILE: &str = "FORMAT";
const CURRENCY_FILE: &str = "CURRENCY";
const LOCK_FILE: &str = "LOCK";

/// An open data directory. The lock is the operating system's, so it ends with
/// the process however that ends.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens or makes the directory, in which all amounts are of one currency for
    /// good. A failure leaves it as it was.
    pub(crate) fn open(path: &Path, currency: Currency) -> Result<Self, Failure> {
        check_format(path)?;
        check_currency(path, currency)?;
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
        write(path, CURRENCY_FILE, currency.as_str())
            .and_then(|()| write(path, FORMAT_FILE, &FORMAT.to_string()))
            .map_err(|error| refused(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// A store of a platform that runs, or has run, in this directory, for a command
    /// that works beside it: nothing is locked and nothing is made. Only of exactly
    /// this format, as a program of another one may be at work.
    pub(crate) fn store_beside(path: &Path, name: &str) -> Result<PathBuf, Failure> {
        check_format(path)?;
        let file = path.join(name);
        let format = fs::read_to_string(path.join(FORMAT_FILE)).unwrap_or_default();
        if format.is_empty() || !file.exists() {
            return Err(Failure::data(format!(
                "{}: holds no {name}: no platform has run there yet; start `rocketctl up` on it \
                 once, or choose another directory with --data",
                path.display()
            )));
        }
        if format.trim() != FORMAT.to_string() {
            return Err(Failure::data(format!(
                "{}: written by an older version (format {}, this program knows {FORMAT}); \
                 `rocketctl up` brings it up to date",
                path.display(),
                format.trim()
            )));
        }
        Ok(file)
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
    // A crash before the format was written leaves these.
    let ours = [LOCK_FILE, CURRENCY_FILE, "CURRENCY.new", "FORMAT.new"];
    let foreign = entries
        .filter_map(Result::ok)
        .any(|entry| !ours.iter().any(|name| entry.file_name() == **name));
    if foreign {
        return Err(Failure::data(format!(
            "{}: not empty and not a data directory of this program; choose another with --data",
            path.display()
        )));
    }
    Ok(())
}

fn check_currency(path: &Path, currency: Currency) -> Result<(), Failure> {
    let text = match fs::read_to_string(path.join(CURRENCY_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(path, &error)),
    };
    if text.trim() == currency.as_str() {
        return Ok(());
    }
    Err(Failure::data(format!(
        "{}: its amounts are in {}; expected spec.currency to be that, or another directory \
         with --data",
        path.display(),
        text.trim()
    )))
}

/// Written aside and renamed, so that a crash never leaves half a word.
fn write(path: &Path, name: &str, text: &str) -> io::Result<()> {
    let target = path.join(name);
    if fs::read_to_string(&target).is_ok_and(|found| found.trim() == text) {
        return Ok(());
    }
    let aside = path.join(format!("{name}.new"));
    let mut file = File::create(&aside)?;
    writeln!(file, "{text}")?;
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
        drop(DataDir::open(&path, Currency::USD).unwrap());
        drop(DataDir::open(&path, Currency::USD).unwrap());
        assert_eq!(names(&path), [CURRENCY_FILE, FORMAT_FILE, LOCK_FILE]);
    }

    #[test]
    fn a_directory_in_use_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _held = DataDir::open(dir.path(), Currency::USD).unwrap();
        let message = DataDir::open(dir.path(), Currency::USD)
            .unwrap_err()
            .to_string();
        assert!(message.contains("in use"), "{message}");
    }

    #[test]
    fn a_newer_directory_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FORMAT_FILE), format!("{}\n", FORMAT + 1)).unwrap();
        let message = DataDir::open(dir.path(), Currency::USD)
            .unwrap_err()
            .to_string();
        assert!(message.contains("newer version"), "{message}");
        assert_eq!(names(dir.path()), [FORMAT_FILE]);
    }

    #[test]
    fn a_command_works_beside_a_platform_of_its_own_format_only() {
        let dir = tempfile::tempdir().unwrap();
        let beside = || DataDir::store_beside(dir.path(), "events.db");
        let message = |found: Result<PathBuf, Failure>| found.unwrap_err().to_string();
        assert!(message(beside()).contains("no platform has run there"));
        assert_eq!(names(dir.path()), [] as [&str; 0], "nothing is made");
        let _held = DataDir::open(dir.path(), Currency::USD).unwrap();
        assert!(message(beside()).contains("no platform has run there"));
        fs::write(dir.path().join("events.db"), "").unwrap();
        assert_eq!(beside().unwrap(), dir.path().join("events.db"));
        for (format, word) in [(FORMAT - 1, "older version"), (FORMAT + 1, "newer version")] {
            fs::write(dir.path().join(FORMAT_FILE), format.to_string()).unwrap();
            let message = message(beside());
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn amounts_stay_in_the_currency_they_were_written_in() {
        let dir = tempfile::tempdir().unwrap();
        drop(DataDir::open(dir.path(), Currency::USD).unwrap());
        let euro = "EUR".parse().unwrap();
        let message = DataDir::open(dir.path(), euro).unwrap_err().to_string();
        assert!(message.contains("its amounts are in USD"), "{message}");
        assert!(message.contains("spec.currency"), "{message}");
        DataDir::open(dir.path(), Currency::USD).unwrap();
    }

    #[test]
    fn somebody_elses_directory_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        let message = DataDir::open(dir.path(), Currency::USD)
            .unwrap_err()
            .to_string();
        assert!(message.contains("not a data directory"), "{message}");
        assert_eq!(names(dir.path()), ["thesis.tex"]);
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "").unwrap();
        let message = DataDir::open(&path, Currency::USD).unwrap_err().to_string();
        assert!(message.contains("not usable"), "{message}");
    }
}
