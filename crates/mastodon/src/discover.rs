//! Owns finding out what a server is, from what somebody typed: a step machine of a few calls, without I/O.
//!
//! nodeinfo names the software; the metadata document (RFC 8414) is asked for where there may be one; the instance API is
//! asked where nodeinfo says nothing that we know; WebFinger (RFC 7033) leads from a handle's domain to the server behind it.
//! Nothing is sent to a server but GETs without credentials. Encryption is never given up on the way: a server that was
//! typed as https is found as https.

mod reply;

use grantkeep_core::{Answer, NoAnswer, Outgoing, Purpose};
use grantkeep_oauth::metadata::{self, Metadata, MetadataFault};
use grantkeep_oauth::{Issuer, TokenFault, Tolerance};
use http::{HeaderValue, Method, header};
use thiserror::Error;

use crate::instance::Typed;
use crate::site::{Endpoints, Site};
use crate::software::Named;
use crate::{Server, Software};

const NODEINFO: &str = "/.well-known/nodeinfo";
const METADATA: &str = "/.well-known/oauth-authorization-server";
const WEBFINGER: &str = "/.well-known/webfinger";
const INSTANCE_V2: &str = "/api/v2/instance";
const INSTANCE_V1: &str = "/api/v1/instance";

/// How often we let ourselves be led to another server.
const MOST_MOVES: u8 = 3;

/// How many requests one discovery makes at most.
const MOST_REQUESTS: u8 = 12;

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this, and give what comes back to [`Discovery::answered`].
    Send(Outgoing, Box<Discovery>),
    /// Nothing: this came out.
    Done(Result<Box<Site>, DiscoveryFault>),
}

/// Why there is no site. Holds nothing that a server said, but a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DiscoveryFault {
    /// The metadata document is not the server's own, or leads to another one.
    #[error("the server's metadata contradicts itself or leads to another server")]
    Misleading,
    /// Misskey or a fork of it: another API.
    #[error("the server runs Misskey, which does not speak Mastodon's API")]
    Misskey,
    /// It answers, but not as a server of this family does.
    #[error("the server does not speak Mastodon's API")]
    NotOfFamily,
    /// It answers that it will not, or not now.
    #[error("the server answers with HTTP {0}")]
    Trouble(u16),
    /// It does not answer.
    #[error("the server could not be asked: {0}")]
    Unreachable(NoAnswer),
}

impl DiscoveryFault {
    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Misleading => "Ask whoever runs the server to look at its /.well-known/oauth-authorization-server",
            Self::Misskey => "Make an access token in the server's settings (API) and use it with Misskey's own API",
            Self::NotOfFamily => "Check the name: open it in a browser, and use the address where you sign in",
            Self::Trouble(429) => "Wait a few minutes and try again",
            Self::Trouble(401 | 403) => "The server, or a filter before it, turns programs away: ask whoever runs it",
            Self::Trouble(_) => "Try again later",
            Self::Unreachable(NoAnswer::Forbidden) => {
                "If it is on your own network, name it in GRANTKEEP_OUTBOUND_ALLOW"
            }
            Self::Unreachable(_) => "Check the name and the network, and try again",
        }
    }

    /// Whether the same question may be answered later.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Trouble(status) => !matches!(status, 401 | 403 | 410),
            Self::Unreachable(reason) => !matches!(reason, NoAnswer::Forbidden),
            Self::Misleading | Self::Misskey | Self::NotOfFamily => false,
        }
    }
}

/// A discovery that waits for an answer.
#[derive(Debug)]
pub struct Discovery {
    /// What was typed.
    typed: Typed,
    /// The server that is being asked.
    server: Server,
    stage: Stage,
    /// What it says it runs.
    software: Option<Software>,
    version: Option<Box<str>>,
    /// The last status by which a server turned us away.
    trouble: Option<u16>,
    asked_webfinger: bool,
    moves: u8,
    requests: u8,
}

/// Which answer is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The list of nodeinfo documents.
    Documents,
    /// `/api/v1/instance`, which every server of the family has.
    InstanceV1,
    /// `/api/v2/instance`: Mastodon 4.0 and later.
    InstanceV2,
    /// The metadata document.
    Metadata,
    /// A nodeinfo document.
    NodeInfo,
    /// Whose server a handle belongs to.
    WebFinger,
}

/// Begins a discovery.
pub fn start(typed: Typed) -> Step {
    let discovery = Discovery {
        server: typed.server.clone(),
        typed,
        stage: Stage::Documents,
        software: None,
        version: None,
        trouble: None,
        asked_webfinger: false,
        moves: 0,
        requests: 0,
    };
    Box::new(discovery).ask(Stage::Documents, NODEINFO)
}

impl Discovery {
    /// Goes on with what came back.
    pub fn answered(mut self: Box<Self>, answer: Result<Answer, NoAnswer>) -> Step {
        let answer = match answer {
            Ok(answer) => answer,
            // It is there; what it says is of no use.
            Err(NoAnswer::TooLarge) => return self.without(),
            Err(reason) => return Step::Done(Err(DiscoveryFault::Unreachable(reason))),
        };
        if matches!(answer.status, 401 | 403 | 410 | 418 | 429 | 500..) {
            self.trouble = Some(answer.status);
        }
        if (300..400).contains(&answer.status) {
            return self.led_on(&answer);
        }
        match self.stage {
            Stage::Documents => self.documents(&answer),
            Stage::NodeInfo => self.node_info(&answer),
            Stage::InstanceV1 | Stage::InstanceV2 => self.instance(&answer),
            Stage::Metadata => self.metadata(&answer),
            Stage::WebFinger => self.web_finger(&answer),
        }
    }

    /// A redirect. One of a well-known path to the same path elsewhere is how a handle's domain names its server
    /// (docs.joinmastodon.org/admin/config, `WEB_DOMAIN`); any other leads to a page.
    fn led_on(mut self: Box<Self>, answer: &Answer) -> Step {
        let Some(url) = reply::location(answer, self.server.origin()) else { return self.without() };
        let known = match self.stage {
            Stage::Documents => NODEINFO,
            Stage::WebFinger => WEBFINGER,
            _ => return self.without(),
        };
        if url.path() != known || !Server::of(&url).is_some_and(|server| self.moves_to(server)) {
            return self.without();
        }
        let stage = self.stage;
        self.ask(stage, &reply::path_of(&url))
    }

    /// The list of nodeinfo documents.
    fn documents(mut self: Box<Self>, answer: &Answer) -> Step {
        let Some(url) = reply::document(answer) else { return self.without() };
        // The scheme in it is often wrong behind a proxy.
        if url.host() != self.server.origin().host() && !Server::of(&url).is_some_and(|server| self.moves_to(server)) {
            return self.without();
        }
        self.ask(Stage::NodeInfo, &reply::path_of(&url))
    }

    /// A nodeinfo document.
    fn node_info(mut self: Box<Self>, answer: &Answer) -> Step {
        let Some(found) = reply::node_info(answer) else { return self.without() };
        self.version = found.version;
        match found.software {
            Some(named) => self.named(named),
            None => self.ask(Stage::InstanceV2, INSTANCE_V2),
        }
    }

    /// What the instance API says: at least that Mastodon's API is spoken here.
    fn instance(mut self: Box<Self>, answer: &Answer) -> Step {
        let Some(found) = reply::instance(answer) else { return self.without() };
        self.version = self.version.or(found.version);
        self.named(found.software.unwrap_or(Named::Family(Software::Unknown)))
    }

    /// The software is known: what remains is the metadata.
    fn named(mut self: Box<Self>, named: Named) -> Step {
        let Named::Family(software) = named else { return Step::Done(Err(DiscoveryFault::Misskey)) };
        self.software = Some(software);
        // Metadata is never taken over plain http, but on this machine.
        if software.traits().has_metadata && Issuer::new(self.server.origin().as_str()).is_ok() {
            return self.ask(Stage::Metadata, METADATA);
        }
        self.done(None)
    }

    /// The metadata document, or what is there in its place.
    fn metadata(self: Box<Self>, answer: &Answer) -> Step {
        let Ok(issuer) = Issuer::new(self.server.origin().as_str()) else { return self.done(None) };
        match metadata::read(answer, &issuer, Tolerance::TrailingSlash) {
            Ok(metadata) if metadata.elsewhere().is_empty() => self.done(Some(metadata)),
            // Which Mastodon it is cannot be told now. Others fail at what they do not know.
            Err(MetadataFault::Answer(TokenFault::ServerTrouble(status)))
                if self.software == Some(Software::Mastodon) =>
            {
                Step::Done(Err(DiscoveryFault::Trouble(status)))
            }
            Err(MetadataFault::Answer(_) | MetadataFault::Missing(_)) => self.done(None),
            Ok(_) | Err(MetadataFault::Endpoint(..) | MetadataFault::Issuer) => {
                Step::Done(Err(DiscoveryFault::Misleading))
            }
        }
    }

    /// Whose server a handle belongs to.
    fn web_finger(mut self: Box<Self>, answer: &Answer) -> Step {
        let server = reply::self_link(answer).and_then(|url| Server::of(&url));
        let other = server.filter(|server| *server != self.typed.server);
        if other.is_some_and(|server| self.moves_to(server)) {
            self.ask(Stage::Documents, NODEINFO)
        } else {
            self.failed()
        }
    }

    /// Goes on where the awaited answer is of no use.
    fn without(mut self: Box<Self>) -> Step {
        match self.stage {
            Stage::Documents | Stage::NodeInfo => self.ask(Stage::InstanceV2, INSTANCE_V2),
            Stage::InstanceV2 => self.ask(Stage::InstanceV1, INSTANCE_V1),
            Stage::InstanceV1 if !self.asked_webfinger => {
                self.asked_webfinger = true;
                let path = format!("{WEBFINGER}?resource={}", self.resource());
                self.ask(Stage::WebFinger, &path)
            }
            Stage::Metadata => self.done(None),
            Stage::InstanceV1 | Stage::WebFinger => self.failed(),
        }
    }

    /// What WebFinger is asked for: the person, or the server itself, which Mastodon has an actor for.
    fn resource(&self) -> String {
        let resource = match &self.typed.user {
            Some(user) => format!("acct:{user}@{}", self.typed.server.name()),
            None => self.typed.server.origin().as_str().to_owned(),
        };
        form_urlencoded::byte_serialize(resource.as_bytes()).collect()
    }

    /// Goes over to another server, unless we have been led around too much or would lose encryption.
    fn moves_to(&mut self, server: Server) -> bool {
        let may = self.moves < MOST_MOVES && (server.is_https() || !self.typed.server.is_https());
        if may {
            self.moves += 1;
            self.server = server;
            self.trouble = None;
        }
        may
    }

    fn ask(mut self: Box<Self>, stage: Stage, path: &str) -> Step {
        if self.requests == MOST_REQUESTS {
            return self.failed();
        }
        self.requests += 1;
        self.stage = stage;
        let headers = vec![(header::ACCEPT, HeaderValue::from_static("application/json"))];
        let url = self.server.url(path);
        Step::Send(Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers, body: None }, self)
    }

    fn failed(&self) -> Step {
        Step::Done(Err(self.trouble.map_or(DiscoveryFault::NotOfFamily, DiscoveryFault::Trouble)))
    }

    fn done(self, metadata: Option<Metadata>) -> Step {
        let software = match self.software {
            Some(Software::Mastodon) if metadata.is_none() => Software::MastodonBefore43,
            software => software.unwrap_or(Software::Unknown),
        };
        let mut endpoints = Endpoints::usual(&self.server);
        if let Some(metadata) = &metadata {
            endpoints.authorization = metadata.authorization_endpoint.clone().unwrap_or(endpoints.authorization);
            endpoints.token = metadata.token_endpoint.clone();
            endpoints.revocation = metadata.revocation_endpoint.clone().unwrap_or(endpoints.revocation);
        }
        Step::Done(Ok(Box::new(Site {
            server: self.server,
            software,
            version: self.version,
            endpoints,
            metadata: metadata.map(Box::new),
        })))
    }
}

#[cfg(test)]
mod tests;
