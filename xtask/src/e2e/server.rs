//! The servers, the browser and the port that everybody has agreed on, for one run.

use std::cell::OnceCell;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::browser::Browser;
use super::child::Child;
use super::flow::Flow;
use super::install::PLACE;
use crate::process::Stream;
use crate::step::Failure;

/// Where a free port is looked for: below the range that the system takes for outgoing connections, so that it stays free between flows.
const PORTS: std::ops::Range<u16> = 10_000..18_000;

/// A server of this folder. Alphabetical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Django,
    /// As itself, with refresh tokens.
    Doorkeeper,
    /// Claims to be Mastodon 4.4: metadata document, PKCE.
    Mastodon,
    /// Claims to be Mastodon 4.2, which had neither.
    OldMastodon,
    Oidc,
}

impl Server {
    const ALL: [Self; 5] = [Self::Django, Self::Doorkeeper, Self::Mastodon, Self::OldMastodon, Self::Oidc];

    fn name(self) -> &'static str {
        match self {
            Self::Django => "django",
            Self::Doorkeeper => "doorkeeper",
            Self::Mastodon => "mastodon-4.4",
            Self::OldMastodon => "mastodon-4.2",
            Self::Oidc => "oidc",
        }
    }

    fn command(self) -> Command {
        let doorkeeper = |version: Option<&str>| {
            let mut ruby = Command::new("ruby");
            ruby.arg(absolute("doorkeeper/server.rb")).env_remove("E2E_VERSION");
            ruby.envs(version.map(|version| ("E2E_VERSION", version)));
            ruby
        };
        match self {
            Self::Django => {
                let mut python = Command::new("python3");
                python.arg(absolute("django/server.py")).env("PYTHONPATH", absolute("django/packages"));
                python
            }
            Self::Doorkeeper => doorkeeper(None),
            Self::Mastodon => doorkeeper(Some("4.4.1")),
            Self::OldMastodon => doorkeeper(Some("4.2.9")),
            Self::Oidc => {
                let mut node = Command::new("node");
                node.arg(absolute("oidc/server.mjs"));
                node
            }
        }
    }
}

/// A server that was started, and its address as soon as it has told it.
struct Started {
    server: Server,
    child: std::cell::RefCell<Child>,
    base: OnceCell<String>,
}

/// Everything that one run has started.
pub(super) struct World {
    /// The port on which our binary listens for redirects: the servers have it in their clients' redirect URIs.
    pub(super) port: u16,
    /// A directory of this run alone, absolute.
    pub(super) place: PathBuf,
    browser: OnceCell<Browser>,
    started: Vec<Started>,
}

impl World {
    /// Starts what the flows need, all at once; each is waited for when it is first asked.
    pub(super) fn start(flows: &[&Flow]) -> Result<Self, Failure> {
        let place = absolute("run");
        let port = free_port().ok_or_else(|| Failure::new("no free port", "look who holds 10000 to 18000"))?;
        let begun = || -> Result<Vec<Started>, String> {
            fresh(&place).and_then(|()| fresh(&absolute("log"))).map_err(|error| format!("{PLACE}: {error}"))?;
            let needed = |server: &Server| flows.iter().any(|flow| flow.needs == Some(*server));
            Server::ALL.into_iter().filter(needed).map(|server| Started::new(server, &place, port)).collect()
        };
        let started = begun().map_err(|finding| Failure::new(finding, "see docs/e2e.md"))?;
        Ok(Self { port, place, browser: OnceCell::new(), started })
    }

    /// The address of a server, without a slash at the end.
    pub(super) fn base(&self, server: Server) -> Result<&str, String> {
        let known = self.started.iter().find(|started| started.server == server);
        known.ok_or_else(|| format!("{} was not started", server.name()))?.base()
    }

    /// The base of our redirect URIs.
    pub(super) fn callback(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn browser(&self) -> Result<&Browser, String> {
        if self.browser.get().is_none() {
            let browser = Browser::start()?;
            return Ok(self.browser.get_or_init(|| browser));
        }
        self.browser.get().ok_or_else(|| "the browser is gone".to_owned())
    }
}

impl Started {
    fn new(server: Server, place: &Path, port: u16) -> Result<Self, String> {
        let mut command = server.command();
        command.env("E2E_CALLBACK", format!("http://127.0.0.1:{port}")).env("E2E_STATE", place);
        let child = Child::start(server.name(), &mut command, log(server.name())?)?;
        Ok(Self { server, child: child.into(), base: OnceCell::new() })
    }

    fn base(&self) -> Result<&str, String> {
        if let Some(base) = self.base.get() {
            return Ok(base);
        }
        let ready = |_: Stream, line: &str| line.strip_prefix("ready ").map(str::to_owned);
        let found = self.child.borrow_mut().wait_for("its address", ready);
        let name = self.server.name();
        let base = found.map_err(|finding| format!("{finding}\nsee {PLACE}/log/{name}.log"))?;
        Ok(self.base.get_or_init(|| base))
    }
}

/// A file for what a program says on its standard error.
pub(super) fn log(name: &str) -> Result<Stdio, String> {
    let path = absolute(&format!("log/{name}.log"));
    File::create(&path).map(Stdio::from).map_err(|error| format!("{}: {error}", path.display()))
}

/// A path below the place of the packages. We stand at the root of the repository.
pub(super) fn absolute(path: &str) -> PathBuf {
    let place = Path::new(PLACE).join(path);
    std::path::absolute(&place).unwrap_or(place)
}

fn fresh(directory: &Path) -> std::io::Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory)
}

fn free_port() -> Option<u16> {
    // Two runs at once begin at different places.
    let first = u16::try_from(std::process::id() % u32::from(PORTS.end - PORTS.start)).unwrap_or(0);
    let order = (PORTS.start + first..PORTS.end).chain(PORTS.start..PORTS.start + first);
    order.into_iter().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
}
