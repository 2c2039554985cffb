//! The files of the repository, as git sees them: tracked ones, and new ones that are not ignored.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::step::Failure;

/// Makes the root of the repository the working directory, so that every path in here is relative to it.
pub(crate) fn enter() -> Result<(), Failure> {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let root = package.parent().unwrap_or(&package);
    std::env::set_current_dir(root).map_err(|error| {
        Failure::new(format!("{}: {error}", root.display()), "run it as `cargo xtask`, inside the repository")
    })
}

/// A text file of the repository.
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every file that is text; the others (seeds, pictures) have nothing that a lint could read.
pub(crate) fn sources() -> Result<Vec<Source>, Failure> {
    let list =
        process::output(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let read = |path: &str| {
        let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
        Some(Source { path: path.to_owned(), text })
    };
    Ok(list.split('\0').filter(|path| Path::new(path).is_file()).filter_map(read).collect())
}

/// Is this a file of tests, rather than code that ships?
pub(crate) fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.starts_with("tests/")
}
