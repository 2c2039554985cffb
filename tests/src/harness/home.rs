//! Owns a home: a directory of its own for everything that a started program writes, gone with the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A home for programs: data, temporary files, sockets and logs, side by side.
#[derive(Debug)]
pub struct Home {
    root: TempDir,
    data: PathBuf,
}

impl Home {
    /// An empty home. The data directory does not exist yet.
    pub fn new() -> Self {
        // A short path: a socket's may have 107 bytes.
        let root = tempfile::Builder::new().prefix("gk").tempdir().unwrap();
        for name in ["tmp", "run", "log"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        let data = root.path().join("data");
        Self { root, data }
    }

    /// The same with the data directory elsewhere.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<PathBuf>) -> Self {
        self.data = data.into();
        self
    }

    /// Where everything is.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A file in the data directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// Where logs go.
    pub fn logs(&self) -> PathBuf {
        self.root().join("log")
    }

    /// `program` with nothing in its environment but this home.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.root())
            .env("TMPDIR", self.root().join("tmp"))
            .env("XDG_RUNTIME_DIR", self.root().join("run"))
            .env("GRANTKEEP_DATA_DIR", &self.data)
            .current_dir(self.root());
        command
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// Every file below `directory` with its content; what disappears meanwhile is left out.
pub fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    found.extend(fs::read(entry.path()).ok().map(|text| (entry.path(), text)));
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}
