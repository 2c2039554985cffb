//! What the servers and the browser need. Debian's packages are looked for and named when missing; those of npm and PyPI are installed below
//! `target/e2e/`, at the versions of the lock files, once for each change of those.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::server::absolute;
use crate::process;
use crate::step::Failure;

pub(super) const CHROMIUM: &str = "/usr/bin/chromium";
/// Where the folders of `e2e/` are copied to, with their packages beside them.
pub(super) const PLACE: &str = "target/e2e";

/// A program that must start with these arguments, and the Debian packages that bring it.
const NEEDED: &[(&str, &[&str], &str)] = &[
    (CHROMIUM, &["--version"], "chromium"),
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
    ("python3", &["-m", "pip", "--version"], "python3 python3-pip"),
    ("cc", &["--version"], "gcc"),
    (
        "ruby",
        &["-e", "%w[rails doorkeeper sqlite3 webrick].each { |name| require name }"],
        "ruby-rails ruby-doorkeeper ruby-sqlite3 ruby-webrick",
    ),
];

const NPM: &[&str] = &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
const PIP: &[&str] = &[
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-deps",
    "--no-input",
    "--only-binary",
    ":all:",
    "--quiet",
    "--requirement",
    "requirements.txt",
    "--root-user-action",
    "ignore",
    "--target",
    "packages",
];

/// The library that gives a program another clock, below the place of the packages.
pub(super) const FAKE_CLOCK: &str = "clock/packages/libfaketime.so";

/// Its source in the package. The library that comes with that does not go before `epoll_wait`, and is not made for several threads.
const FAKE_CLOCK_SOURCE: &str = "clock/packages/libfaketime/vendor/libfaketime/src";

const CC: &[&str] = &[
    "-std=gnu99",
    "-O2",
    "-w",
    "-fPIC",
    "-shared",
    "-DFAKE_INTERNAL_CALLS",
    "-DFAKE_PTHREAD",
    "-DFAKE_SLEEP",
    "-DFAKE_TIMERS",
    "-DPTHREAD_SINGLETHREADED_TIME",
    "-DPREFIX=\"\"",
    "-DLIBDIRNAME=\"\"",
    "-Wl,--version-script=libfaketime.map",
    "libfaketime.c",
    "-lpthread",
    "-ldl",
    "-lm",
    "-lrt",
    "-o",
];

pub(super) fn prepare() -> Result<(), Failure> {
    let missing: Vec<&(&str, &[&str], &str)> = NEEDED
        .iter()
        .filter(|(program, arguments, _)| !process::answers(Command::new(program).args(*arguments)))
        .collect();
    if !missing.is_empty() {
        let packages = missing.iter().map(|(_, _, packages)| *packages).collect::<Vec<_>>().join(" ");
        let findings = missing.iter().map(|(program, _, packages)| format!("`{program}` does not work: {packages}"));
        return Err(Failure { findings: findings.collect(), remedy: format!("apt-get install {packages}") });
    }
    copy("doorkeeper")?;
    copy("oidc")?;
    install("oidc", "package-lock.json", "node_modules", Command::new("npm").args(NPM))?;
    copy("browser")?;
    install("browser", "package-lock.json", "node_modules", Command::new("npm").args(NPM))?;
    copy("webhook")?;
    install("webhook", "package-lock.json", "node_modules", Command::new("npm").args(NPM))?;
    copy("django")?;
    install("django", "requirements.txt", "packages", Command::new("python3").args(PIP))?;
    copy("clock")?;
    install("clock", "requirements.txt", "packages", Command::new("python3").args(PIP))?;
    build_clock()
}

/// Builds the library, unless it is there: it goes when the packages go.
fn build_clock() -> Result<(), Failure> {
    let library = absolute(FAKE_CLOCK);
    if library.exists() {
        return Ok(());
    }
    let mut cc = Command::new("cc");
    cc.current_dir(absolute(FAKE_CLOCK_SOURCE)).args(CC).arg(library);
    process::run(&mut cc, "look at its message above; the source is that of e2e/clock/requirements.txt")
}

/// The folder as it is in the repository: scripts find their packages beside themselves.
fn copy(folder: &str) -> Result<(), Failure> {
    let (from, to) = (format!("e2e/{folder}"), format!("{PLACE}/{folder}"));
    let copied = || -> std::io::Result<()> {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), Path::new(&to).join(entry.file_name()))?;
        }
        Ok(())
    };
    copied().map_err(|error| Failure::new(format!("{from} to {to}: {error}"), "make it writable"))
}

/// Installs what `list` names into `packages`, unless the list that was installed last is this one.
fn install(folder: &str, list: &str, packages: &str, command: &mut Command) -> Result<(), Failure> {
    let place = format!("{PLACE}/{folder}");
    let stamp = format!("{place}/installed");
    let file = |error: std::io::Error| Failure::new(format!("{place}: {error}"), "make it writable");
    let wanted = fs::read_to_string(format!("{place}/{list}")).map_err(file)?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // A half-installed folder is not there: the old one goes first, and the stamp comes last.
    let old = format!("{place}/{packages}");
    if Path::new(&old).exists() {
        fs::remove_dir_all(&old).map_err(file)?;
    }
    eprintln!("installing what e2e/{folder}/{list} names");
    process::run(command.current_dir(&place), "look at its message above; the versions are those of the list")?;
    fs::write(&stamp, wanted).map_err(file)
}
