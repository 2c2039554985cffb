//! Owns the key files: made once, whole or not at all, mode 0600; one that others can read, or have given us, is refused.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use grantkeep_core::Secret;

use crate::{directory::is_own, fault::CliFault, text};

/// Largest key file that is read.
const LARGEST: u64 = 4096;

/// The text of a key file, without its final newline; none when there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Secret>, CliFault> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(text::key_file_unreadable(path, error.kind())),
    };
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(text::key_file_strange(path));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(text::key_file_open(path));
    }
    if !is_own(&metadata) && !belongs_here(path, &metadata) {
        return Err(text::key_file_of_another(path));
    }
    let text = fs::read_to_string(path).map_err(|error| text::key_file_unreadable(path, error.kind()))?;
    Ok(Some(Secret::from(text.trim_end())))
}

/// Whether a key file of somebody else is that of whoever owns the directory, over which the superuser works: so it is in a container. That
/// user could put any key there anyway.
fn belongs_here(path: &Path, metadata: &Metadata) -> bool {
    let directory = path.parent().and_then(|directory| fs::metadata(directory).ok());
    rustix::process::geteuid().is_root() && directory.is_some_and(|directory| directory.uid() == metadata.uid())
}

/// Makes a key file, unless somebody else has made it meanwhile; either way, what is then there is the key.
pub(crate) fn make(path: &Path, key: &Secret) -> Result<Secret, CliFault> {
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let made = write_whole(&temporary, key).and_then(|()| fs::hard_link(&temporary, path));
    let _ = fs::remove_file(&temporary);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(text::key_file_not_made(path, error.kind()));
        }
        _ => {}
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|error| text::key_file_not_made(path, error.kind()))?;
    read(path)?.ok_or_else(|| text::key_file_not_made(path, io::ErrorKind::NotFound))
}

fn write_whole(path: &Path, key: &Secret) -> io::Result<()> {
    // Left by a process of the same number that ended half way.
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("master.key");
        assert!(read(&path).unwrap().is_none());
        assert_eq!(make(&path, &Secret::from("first")).unwrap().expose(), "first");
        assert_eq!(make(&path, &Secret::from("second")).unwrap().expose(), "first");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_a_link_is_refused() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("master.key");
        make(&path, &Secret::from("first")).unwrap();
        let link = directory.path().join("link.key");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read(&link).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&path).is_err());
    }

    #[test]
    fn a_key_of_another_user_is_refused() {
        if !rustix::process::geteuid().is_root() {
            return println!("NOT RUN as the superuser: only that one can give a file away");
        }
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("jwt.key");
        make(&path, &Secret::from("first")).unwrap();
        let give = |path: &Path, user| std::os::unix::fs::chown(path, Some(user), None).unwrap();
        give(&path, 12345);
        assert!(read(&path).unwrap_err().what.contains("another user"));
        // Unless everything here is theirs, as in a container.
        give(directory.path(), 12345);
        assert_eq!(read(&path).unwrap().unwrap().expose(), "first");
        give(&path, 12346);
        assert!(read(&path).is_err());
    }
}
