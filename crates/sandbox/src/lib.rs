//! Emulated providers on loopback, for people who try Grantkeep without an account and for whole-program tests.
//!
//! Owns: VK (`vk`: implicit, legacy code and VK ID flows, and its API), a plain OAuth 2.0 and OpenID server (`oauth2`), and
//! Mastodon servers of several kinds (`mastodon`), each on a port of its own, with errors, outages and odd behaviours on request.
//! What always holds: it listens on loopback only and answers to loopback names only; every page says that it is a sandbox;
//! no redirect and no link leads off this machine; nothing is stored and no token is logged. What it must never do: know who
//! is asking. Everything here is general, and everything unusual is asked for.
//!
//! # How a provider is built
//!
//! A provider implements `provider::Provider`: one function that plans the answer to a request. It is made from a
//! `provider::Site` (its name, its base URL and the others' addresses) and belongs to one port. What it need not do itself:
//!
//! | module | what |
//! |---|---|
//! | `server`, `gate`, `ask`, `clock` | connections, what is refused at the door, a request with its parameters, the time |
//! | `reply`, `page`, `markup` | answers with their headers, the frame that marks a page as a sandbox's, escaped HTML |
//! | `target` | redirect URIs that stay on this machine |
//! | `seal`, `jwt`, `shelf` | random ids, tokens that say what they are, things kept until a time |
//! | `behaviour`, `fault`, `log`, `desk` | odd behaviours on request, the record of requests, `/sandbox/…` and its form |
//!
//! With a `desk::Desk` a provider names its endpoints once; each request then goes through `Desk::answer`, which notes it,
//! looks for a fault, runs the provider's own code unless the fault stands in its place, and changes the answer as was asked.
//! A provider's routes ask `Desk::control` first, for everything under `/sandbox/`.
//!
//! # Switches of the plain server and of the Mastodons
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /sandbox/faults` | `{answer, endpoint?, times?, after?, after_seconds?, address?, other_than?}` | 201, the fault as set |
//! | `GET`, `DELETE /sandbox/faults` | | `{"faults": [...]}` as they stand |
//! | `GET`, `DELETE /sandbox/requests` | | `{"endpoints": {"token": 2}, "requests": [...]}` |
//!
//! `endpoint`: which one, by the names on the provider's page; left out, all. `times`: so many requests, then the fault is gone.
//! `after`: so many pass first. `after_seconds`: begins that much later. `address`, `other_than`: only callers at, or not at,
//! that address (the peer's, or what `X-Sandbox-Address` says). A request is recorded as `{endpoint, method, query, form, json,
//! authorization, content_type}`: `query`, `form` and `json` list `[name, value]` in the order in which they came, where a value
//! that could be a secret is `sha256:` and 16 hexadecimal digits; `authorization` is the scheme alone. The last 1000 are kept.
//!
//! Words for `answer` are listed in `behaviour` and on every provider's page. VK's own switches are described in `vk`.

mod ask;
mod behaviour;
mod clock;
mod desk;
mod fault;
mod gate;
mod jwt;
mod log;
mod markup;
mod mastodon;
mod oauth2;
mod page;
mod provider;
mod reply;
mod seal;
mod server;
mod shelf;
mod target;
mod vk;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use provider::{Neighbour, Provider, Site};

/// How to start.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The first address, VK's. The plain OAuth 2.0 server has the next port, the Mastodons those after it. With port 0 each
    /// takes any free one.
    pub listen: SocketAddr,
}

/// A running sandbox. It ends when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    /// VK, the plain server, then the Mastodons.
    sites: Vec<(&'static str, Url)>,
    tasks: Vec<JoinHandle<Infallible>>,
}

const VK: &str = "VK";
const OAUTH2: &str = "OAuth 2.0";

/// Binds the addresses and serves on the current tokio runtime.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for an address that is not loopback, or so near to the last port that the others do not
/// fit behind it; otherwise whatever binding one of them says.
pub async fn start(options: Options) -> io::Result<Sandbox> {
    let names = [VK, OAUTH2].into_iter().chain(mastodon::PERSONALITIES.iter().copied());
    let mut places = Vec::new();
    for (name, offset) in names.zip(0_u16..) {
        places.push((name, bind(options.listen, offset).await?));
    }
    let mut sites = Vec::new();
    for (name, listener) in &places {
        let url = format!("http://{}", listener.local_addr()?);
        sites.push((*name, Url::parse(&url).map_err(|_| io::ErrorKind::AddrNotAvailable)?));
    }
    let all: Arc<[Neighbour]> = sites
        .iter()
        .map(|(name, url)| Neighbour { name, base: url.as_str().trim_end_matches('/').to_owned() })
        .collect();
    let mut tasks = Vec::new();
    for ((name, listener), Neighbour { base, .. }) in places.into_iter().zip(all.iter()) {
        let site = Site { name, base: base.clone(), all: Arc::clone(&all) };
        tracing::info!(name, address = %base, "the sandbox plays a provider");
        tasks.push(tokio::spawn(server::run(listener, provider(site))));
    }
    Ok(Sandbox { sites, tasks })
}

fn provider(site: Site) -> Arc<dyn Provider> {
    match site.name {
        VK => Arc::new(vk::Vk::new(site)),
        OAUTH2 => Arc::new(oauth2::OAuth2::new(site)),
        _ => Arc::new(mastodon::Mastodon::new(site)),
    }
}

async fn bind(first: SocketAddr, offset: u16) -> io::Result<TcpListener> {
    let mut listen = first;
    if first.port() != 0 {
        let what = "the sandbox needs a port for each provider, and there are none above 65535";
        let port = first.port().checked_add(offset);
        listen.set_port(port.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, what))?);
    }
    let bound = server::bind(listen).await;
    bound.map_err(|error| io::Error::new(error.kind(), format!("{listen}: {error}")))
}

impl Sandbox {
    /// Where VK is: `http://127.0.0.1:8001`. Its oauth, API and VK ID addresses and the sandbox's own page are all there.
    pub fn vk_url(&self) -> String {
        self.base(0)
    }

    /// The base of VK ID alone: [`vk_url`](Self::vk_url) and `/id`. It differs in one thing: its `/authorize` is always VK ID's.
    pub fn vk_id_url(&self) -> String {
        format!("{}/id", self.vk_url())
    }

    /// Where the plain OAuth 2.0 and OpenID server is; also its issuer.
    pub fn oauth2_url(&self) -> String {
        self.base(1)
    }

    /// The client that the plain server knows from the start: its id and its secret, which is none.
    pub fn oauth2_client(&self) -> (&'static str, &'static str) {
        (oauth2::CLIENT_ID, oauth2::CLIENT_SECRET)
    }

    /// The Mastodons: the personality's name and where it is.
    pub fn mastodons(&self) -> Vec<(&'static str, Url)> {
        self.sites.get(2..).unwrap_or_default().to_vec()
    }

    /// Closes the ports and every connection, hanging ones too.
    pub async fn stop(mut self) {
        for mut task in std::mem::take(&mut self.tasks) {
            task.abort();
            // Only says that it was stopped.
            let _ = (&mut task).await;
        }
    }

    fn base(&self, which: usize) -> String {
        // There are always at least two.
        self.sites.get(which).map(|(_, url)| url.as_str().trim_end_matches('/').to_owned()).unwrap_or_default()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
