#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tempfile::TempDir;

use super::*;

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER NOT NULL) STRICT;";

fn store() -> (TempDir, Sqlite) {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("t.db"), &[TABLE]).unwrap();
    (dir, store)
}

async fn insert(store: &Sqlite, id: i64) -> Result<(), DbError> {
    store
        .write(move |c| {
            c.execute("INSERT INTO t VALUES (?1, ?1)", [id])?;
            Ok(())
        })
        .await
}

async fn count(store: &Sqlite) -> i64 {
    store
        .read(|c| Ok::<_, DbError>(c.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_once_are_all_kept() {
    let (_dir, store) = store();
    let writes = (0..500).map(|id| {
        let store = store.clone();
        tokio::spawn(async move { insert(&store, id).await })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap().unwrap();
    }
    assert_eq!(count(&store).await, 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_job_is_undone_alone() {
    let (_dir, store) = store();
    let jobs = (0..200).map(|id| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .write(move |c| {
                    c.execute("INSERT INTO t VALUES (?1, ?1)", [id])?;
                    if id % 2 == 0 {
                        return Err(DbError::Closed);
                    }
                    assert!(id % 3 != 0, "on purpose");
                    Ok(())
                })
                .await
        })
    });
    let mut kept = 0_usize;
    for job in jobs.collect::<Vec<_>>() {
        kept += usize::from(job.await.unwrap().is_ok());
    }
    assert_eq!(
        kept,
        (0..200).filter(|id| id % 2 != 0 && id % 3 != 0).count()
    );
    assert_eq!(count(&store).await, i64::try_from(kept).unwrap());
}

#[tokio::test]
async fn a_unique_violation_is_recognised() {
    let (_dir, store) = store();
    insert(&store, 1).await.unwrap();
    assert!(insert(&store, 1).await.unwrap_err().is_unique_violation());
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let (_dir, store) = store();
    let result = store
        .read(|c| Ok::<_, DbError>(c.execute("DELETE FROM t", [])?))
        .await;
    assert!(result.is_err());
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let (dir, store) = store();
    insert(&store, 1).await.unwrap();
    drop(store);
    let migrations = [TABLE, "ALTER TABLE t ADD COLUMN w INTEGER;"];
    let store = Sqlite::open(&dir.path().join("t.db"), &migrations).unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_alone() {
    let (dir, store) = store();
    drop(store);
    let path = dir.path().join("t.db");
    let error = Sqlite::open(&path, &[]).unwrap_err();
    assert!(
        matches!(
            error,
            DbError::Newer {
                found: 1,
                known: 0,
                ..
            }
        ),
        "{error}"
    );
    Sqlite::open(&path, &[TABLE]).unwrap();
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.db");
    let text = "a letter to a friend, long enough to be a header".repeat(4);
    std::fs::write(&path, &text).unwrap();
    let error = Sqlite::open(&path, &[TABLE]).unwrap_err();
    assert!(matches!(error, DbError::NotADatabase { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_full_disk_fails_what_does_not_fit_and_recovers() {
    let (_dir, store) = store();
    insert(&store, 1).await.unwrap();
    // SQLite's own bound on pages answers as a full disk does.
    let set = |pages: i64| {
        let store = store.clone();
        async move {
            store
                .write(move |c| {
                    c.pragma_update(None, "max_page_count", pages)?;
                    Ok::<_, DbError>(())
                })
                .await
                .unwrap();
        }
    };
    set(3).await;
    let filled = store
        .write(|c| {
            for id in 10..100_000_i64 {
                c.execute("INSERT INTO t VALUES (?1, ?1)", [id])?;
            }
            Ok::<_, DbError>(())
        })
        .await;
    assert!(filled.unwrap_err().is_storage_trouble());
    assert_eq!(count(&store).await, 1);
    set(1_000).await;
    insert(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

/// Half of what is written is in the WAL at most, although nobody ever pauses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wal_starts_over_under_constant_work() {
    let dir = tempfile::tempdir().unwrap();
    let table = "CREATE TABLE t (v BLOB) STRICT;";
    let store = Sqlite::open(&dir.path().join("t.db"), &[table]).unwrap();
    let mut written = 0;
    while written < 64 << 20 {
        store
            .write(|c| Ok::<_, DbError>(c.execute("INSERT INTO t VALUES (randomblob(16384))", ())?))
            .await
            .unwrap();
        written += 16_384;
        count(&store).await;
    }
    let wal = std::fs::metadata(dir.path().join("t.db-wal")).unwrap();
    assert!(wal.len() * 2 < written, "{} of {written}", wal.len());
}

/// `rocketctl` writes to files of a running platform.
#[tokio::test]
async fn another_process_that_writes_is_waited_for_and_holds_up_nobody_else() {
    let (dir, store) = store();
    let other = Connection::open(dir.path().join("t.db")).unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1, 1)")
        .unwrap();
    let write = tokio::spawn({
        let store = store.clone();
        async move { insert(&store, 2).await }
    });
    // The test has one thread: were the writer to wait on it, nothing else would run.
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(!write.is_finished());
    }
    other.execute_batch("COMMIT").unwrap();
    write.await.unwrap().unwrap();
    assert_eq!(count(&store).await, 2);
}
