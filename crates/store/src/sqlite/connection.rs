//! Owns how a connection is opened and set: durable, closed to hostile schemas, nothing left behind in freed pages.

use std::{ffi::OsString, fs, io, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig, limits::Limit};

use crate::StoreFault;

/// The oldest SQLite without the WAL-reset corruption that was fixed in 3.51.3.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Waiting for another process's write; ours wait in the writer's queue.
const BUSY_FOR: Duration = Duration::from_secs(5);

/// A log that has grown beyond this is cut once it is written from its beginning again. It grows so when every row is written at
/// once, or a read takes long. Ordinary commits stay far below: cutting it each time and letting it grow would make each slower.
const LARGEST_LOG: i64 = 64 * 1024 * 1024;

pub(super) fn open_for_writing(path: &Path) -> Result<Connection, StoreFault> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(StoreFault::Unavailable("this SQLite library is too old to be safe"));
    }
    make_private(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    if mode != "wal" {
        return Err(StoreFault::Unavailable("a write-ahead log cannot be used in this place"));
    }
    connection.pragma_update(None, "journal_size_limit", LARGEST_LOG)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    Ok(connection)
}

pub(super) fn open_for_reading(path: &Path) -> Result<Connection, StoreFault> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
}

fn open(path: &Path, mode: OpenFlags) -> Result<Connection, StoreFault> {
    // No SQLITE_OPEN_URI: a path is a path. No mutex: a connection is used by one thread at a time.
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_FOR)?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        // Without it a newly bound value may cost a new plan, that is, parsing the statement anew, on every call.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        // So the audit's triggers guard it against other programs only. We have no statement that they would refuse.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(connection)
}

/// Waits for, and holds until dropped, the lock file beside the database. Held while a database is opened: neither the switch
/// to the write-ahead log nor a migration bears a second process that does the same.
pub(super) fn lock_opening(path: &Path) -> Result<fs::File, StoreFault> {
    let mut name = OsString::from(path);
    name.push("-open");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(Path::new(&name)).map_err(|error| from_io(&error))?;
    file.lock().map_err(|error| from_io(&error))?;
    Ok(file)
}

/// Makes the file with mode 0600 before SQLite would make it with the umask's; its `-wal` and `-shm` take the mode after it.
fn make_private(path: &Path) -> Result<(), StoreFault> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => return Ok(()),
        Ok(_) => return Err(StoreFault::Unavailable("not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(from_io(&error)),
    }
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        // Made by somebody else a moment ago.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(from_io(&error)),
        Ok(_) => sync_directory_of(path),
    }
}

/// Without this a power loss could take the file's name away although its content is safe.
fn sync_directory_of(path: &Path) -> Result<(), StoreFault> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| from_io(&error))
}

pub(super) fn from_io(error: &io::Error) -> StoreFault {
    match error.kind() {
        io::ErrorKind::PermissionDenied => StoreFault::Unavailable("permission denied"),
        io::ErrorKind::StorageFull => StoreFault::Full,
        io::ErrorKind::ReadOnlyFilesystem => StoreFault::Unavailable("read-only file system"),
        io::ErrorKind::NotFound => StoreFault::Unavailable("no such directory"),
        _ => StoreFault::Unavailable("input/output error"),
    }
}
