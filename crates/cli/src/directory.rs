//! Owns the data directory: that it is private and nobody else's, and who may open the database in it.
//!
//! A directory that is not for us alone is never closed to others: somebody may live in it. A running server holds the lock alone. A
//! command without a server shares it with other commands. The lock ends with the process, however that ends.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError},
    io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};

use crate::{fault::CliFault, text};

const DATABASE: &str = "grantkeep.db";
const JWT_KEY: &str = "jwt.key";
const LOCK: &str = "grantkeep.lock";
const MASTER_KEY: &str = "master.key";
const SOCKET: &str = "grantkeep.sock";

/// What may be there before we have been: what an operator brings, and what a new file system has.
const BROUGHT: [&str; 5] = ["config.toml", JWT_KEY, "lost+found", MASTER_KEY, "sandbox"];

/// Longest path of a Unix socket: `sun_path` without its final NUL.
const LONGEST_SOCKET_PATH: usize = 107;

/// The data directory, made and private.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

/// Held while the database is open.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl DataDir {
    /// Makes the directory if need be, with mode 0700. One that is there must be ours, and is closed to others when nothing but
    /// ours is in it.
    pub(crate) fn open(path: &Path) -> Result<Self, CliFault> {
        let wrong = |error: io::Error| text::data_dir(path, error.kind());
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(wrong)?;
        let metadata = fs::metadata(path).map_err(wrong)?;
        // To the superuser it is a warning: in a container a directory of the host is often somebody else's.
        if !is_own(&metadata) && !rustix::process::geteuid().is_root() {
            return Err(text::data_dir_of_another(path));
        }
        // What is mounted or was made by hand is often readable to others.
        if metadata.permissions().mode() & 0o077 != 0 {
            if !is_for_us_alone(path, &metadata).map_err(wrong)? {
                return Err(text::data_dir_shared(path));
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(wrong)?;
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    pub(crate) fn master_key(&self) -> PathBuf {
        self.0.join(MASTER_KEY)
    }

    pub(crate) fn jwt_key(&self) -> PathBuf {
        self.0.join(JWT_KEY)
    }

    /// Where the server is to listen for commands: in the directory, or where a short path can be had. That is then written into the
    /// lock file: a command need not have the environment of the server.
    pub(crate) fn claim_socket(&self, lock: &Lock) -> Result<PathBuf, CliFault> {
        let whole = self.whole()?;
        if let Some(inside) = inside(&whole) {
            return Ok(inside);
        }
        let short = short(&whole)?;
        let written = lock.0.set_len(0).and_then(|()| lock.0.write_all_at(short.as_os_str().as_bytes(), 0));
        written.map_err(|error| text::data_dir(&self.0, error.kind()))?;
        Ok(short)
    }

    /// Where the server listens for commands, if one runs.
    pub(crate) fn socket(&self) -> Result<PathBuf, CliFault> {
        let whole = self.whole()?;
        if let Some(inside) = inside(&whole) {
            return Ok(inside);
        }
        // In a copied directory it says where another server is.
        let told = fs::read(self.0.join(LOCK)).map(|path| PathBuf::from(OsString::from_vec(path)));
        let told = told.ok().filter(|path| path.is_absolute() && path.ends_with(short_name(&whole)));
        told.map_or_else(|| short(&whole), Ok)
    }

    /// The same for everybody, however they name the directory.
    fn whole(&self) -> Result<PathBuf, CliFault> {
        self.0.canonicalize().map_err(|error| text::data_dir(&self.0, error.kind()))
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
        options.open(self.0.join(LOCK)).map_err(|error| text::data_dir(&self.0, error.kind()))
    }
}

/// The user that a directory or file belongs to, when that is neither us nor the superuser: then somebody else can read and change it.
/// None also when there is nothing to be seen.
pub(crate) fn foreign_owner(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().filter(|metadata| !is_own(metadata)).map(|metadata| metadata.uid())
}

/// Whether nobody but us and the superuser owns it.
pub(crate) fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() || metadata.uid() == 0
}

/// Whether a directory that others can read is for us alone: nothing is in it yet, or we have been there, or what is in it is ours.
fn is_for_us_alone(path: &Path, metadata: &Metadata) -> io::Result<bool> {
    let names: Vec<OsString> = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    let is_one = |name: &OsString, of: &[&str]| of.iter().any(|ours| name.as_os_str() == OsStr::new(ours));
    let has_us = names.iter().any(|name| is_one(name, &[DATABASE, LOCK]));
    // The sticky bit is for directories where everybody puts something, whatever it is.
    let for_everybody = metadata.permissions().mode() & 0o1000 != 0 && !names.is_empty();
    Ok(!for_everybody && (has_us || names.iter().all(|name| is_one(name, &BROUGHT))))
}

/// The socket in the directory, where its path is not too long.
fn inside(whole: &Path) -> Option<PathBuf> {
    Some(whole.join(SOCKET)).filter(|path| path.as_os_str().len() <= LONGEST_SOCKET_PATH)
}

/// The socket elsewhere.
fn short(whole: &Path) -> Result<PathBuf, CliFault> {
    Ok(short_directory()?.join(short_name(whole)))
}

/// What no other data directory's socket is called.
fn short_name(whole: &Path) -> String {
    let mut name = String::from("grantkeep-");
    for byte in &digest(&SHA256, whole.as_os_str().as_bytes()).as_ref()[..8] {
        // Writing to a String does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name + ".sock"
}

/// `XDG_RUNTIME_DIR`; where there is none, a directory of our own in the one for temporary files, that nobody else can have made.
fn short_directory() -> Result<PathBuf, CliFault> {
    if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute()) {
        return Ok(runtime);
    }
    let user = rustix::process::geteuid().as_raw();
    let directory = std::env::temp_dir().join(format!("grantkeep-{user}"));
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    let metadata = made.and_then(|()| fs::symlink_metadata(&directory));
    let metadata = metadata.map_err(|error| text::data_dir(&directory, error.kind()))?;
    let ours = metadata.is_dir() && metadata.uid() == user && metadata.permissions().mode() & 0o077 == 0;
    if ours { Ok(directory) } else { Err(text::data_dir(&directory, io::ErrorKind::PermissionDenied)) }
}

#[cfg(test)]
mod tests;
