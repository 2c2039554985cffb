//! Owns small disks: a file system in memory with room for little, mounted for a test where that is allowed.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A small file system. Unmounted when it goes out of scope.
#[derive(Debug)]
pub struct Disk {
    place: TempDir,
}

impl Disk {
    /// Mounts one with those options, such as `size=2m`; says why not where that is not allowed.
    pub fn mount(options: &str) -> Result<Self, String> {
        let place = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place.path());
        match mount.output() {
            Ok(output) if output.status.success() => Ok(Self { place }),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Lets nothing be written to it; whoever has a file of it open for writing must have ended.
    #[track_caller]
    pub fn freeze(&self) {
        self.remount("remount,ro");
    }

    /// Lets it be written to again.
    #[track_caller]
    pub fn thaw(&self) {
        self.remount("remount,rw");
    }

    #[track_caller]
    fn remount(&self, options: &str) {
        let status = Command::new("mount").args(["-o", options]).arg(self.path()).status().unwrap();
        assert!(status.success(), "mount -o {options}");
    }

    /// Fills it to the last byte, and says with what.
    pub fn fill(&self) -> PathBuf {
        use std::io::Write;
        let path = self.path().join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[0; 1024]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a server on it may be ending.
        let _ = Command::new("umount").arg("-l").arg(self.place.path()).status();
    }
}
