//! Owns the data directory: that it is private, and who may open the database in it.
//!
//! A running server holds the lock alone. A command without a server shares it with other commands. The lock ends with the
//! process, however that ends.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::{fault::CliFault, text};

/// Longest path of a Unix socket: `sun_path` without its final NUL.
const LONGEST_SOCKET_PATH: usize = 107;

/// The data directory, made and private.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

/// Held while the database is open.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock is the open file")] File);

impl DataDir {
    /// Makes the directory if need be, with mode 0700.
    pub(crate) fn open(path: &Path) -> Result<Self, CliFault> {
        let wrong = |error: io::Error| text::data_dir(path, error.kind());
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(wrong)?;
        // What is mounted or was made by hand is often readable to others.
        let metadata = fs::metadata(path).map_err(wrong)?;
        if metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(wrong)?;
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("grantkeep.db")
    }

    pub(crate) fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    pub(crate) fn jwt_key(&self) -> PathBuf {
        self.0.join("jwt.key")
    }

    /// Where the running server listens for commands: in the directory, or where a short path can be had.
    pub(crate) fn socket(&self) -> Result<PathBuf, CliFault> {
        let inside = self.0.join("grantkeep.sock");
        if inside.as_os_str().len() <= LONGEST_SOCKET_PATH {
            return Ok(inside);
        }
        let whole = self.0.canonicalize().map_err(|error| text::data_dir(&self.0, error.kind()))?;
        let mut hasher = DefaultHasher::new();
        whole.hash(&mut hasher);
        Ok(short_directory()?.join(format!("grantkeep-{:016x}.sock", hasher.finish())))
    }

    /// For the server: alone, or not at all. Waits for commands to finish, not for another server.
    pub(crate) fn try_lock_alone(&self) -> Result<Option<Lock>, CliFault> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => return Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(text::data_dir(&self.0, error.kind())),
        }
        // Commands share it; if we can share it too, no server holds it.
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(_) => Err(text::already_served(&self.0)),
        }
    }

    /// For a command: together with other commands. None while a server holds it.
    pub(crate) fn try_lock_shared(&self) -> Result<Option<Lock>, CliFault> {
        let file = self.lock_file()?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(text::data_dir(&self.0, error.kind())),
        }
    }

    fn lock_file(&self) -> Result<File, CliFault> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        options.open(self.0.join("grantkeep.lock")).map_err(|error| text::data_dir(&self.0, error.kind()))
    }
}

/// `XDG_RUNTIME_DIR`; where there is none, a directory of our own in the one for temporary files, that nobody else can have made.
fn short_directory() -> Result<PathBuf, CliFault> {
    if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute()) {
        return Ok(runtime);
    }
    let user = rustix::process::getuid().as_raw();
    let directory = std::env::temp_dir().join(format!("grantkeep-{user}"));
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    let metadata = made.and_then(|()| fs::symlink_metadata(&directory));
    let metadata = metadata.map_err(|error| text::data_dir(&directory, error.kind()))?;
    let ours = metadata.is_dir() && metadata.uid() == user && metadata.permissions().mode() & 0o077 == 0;
    if ours { Ok(directory) } else { Err(text::data_dir(&directory, io::ErrorKind::PermissionDenied)) }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_directory_is_private_even_if_it_was_not() {
        let outer = TempDir::new().unwrap();
        let path = outer.path().join("a/b");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        DataDir::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        DataDir::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_server_has_it_alone_and_commands_share_it() {
        let outer = TempDir::new().unwrap();
        let directory = DataDir::open(outer.path()).unwrap();
        let command = directory.try_lock_shared().unwrap().unwrap();
        let another = directory.try_lock_shared().unwrap().unwrap();
        assert!(directory.try_lock_alone().unwrap().is_none(), "a server waits for commands");
        drop((command, another));
        let server = directory.try_lock_alone().unwrap().unwrap();
        assert!(directory.try_lock_shared().unwrap().is_none(), "a command does not open what a server has");
        assert!(directory.try_lock_alone().is_err(), "a second server is refused");
        drop(server);
        assert!(directory.try_lock_alone().unwrap().is_some());
    }

    #[test]
    fn the_socket_has_a_short_path_of_its_own() {
        let outer = TempDir::new().unwrap();
        let near = DataDir::open(outer.path()).unwrap();
        assert_eq!(near.socket().unwrap(), outer.path().join("grantkeep.sock"));
        let far = DataDir::open(&outer.path().join("d".repeat(100))).unwrap();
        let other = DataDir::open(&outer.path().join("e".repeat(100))).unwrap();
        assert!(far.socket().unwrap().as_os_str().len() <= LONGEST_SOCKET_PATH);
        assert_ne!(far.socket().unwrap(), other.socket().unwrap());
    }
}
