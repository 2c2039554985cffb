//! Owns what is known of servers at the moment: a Mastodon's site, a configured server's endpoints.
//!
//! Found out by asking, and remembered in memory for an hour; a login that is under way never looks here again, because it
//! keeps what it began with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use grantkeep_core::{Lifetime, NoAnswer, Timestamp};
use grantkeep_mastodon::{
    Server, Site, Typed,
    discover::{self, DiscoveryFault, Step},
    instance,
};
use grantkeep_oauth::{
    Endpoint, Issuer, Method, Tolerance,
    metadata::{self, Metadata, MetadataFault},
};

use crate::{
    KeepFault, Keeper, OAuth2Settings,
    refresh::{Sign, host_of},
};

const REMEMBERED_FOR: Lifetime = Lifetime::from_hours(1);

/// All requests of one discovery together: a person waits for them.
const ASKED_FOR: Duration = Duration::from_secs(15);

/// Of each kind. What is more is asked for again.
const MOST: usize = 256;

/// What has been found out lately.
#[derive(Debug, Default)]
pub(crate) struct Known {
    sites: Mutex<Shelf<Site>>,
    metadata: Mutex<Shelf<Metadata>>,
}

type Shelf<T> = HashMap<Box<str>, (Timestamp, Arc<T>)>;

/// Nothing panics while one of these is held; if something did, what is remembered is still whole.
fn open<T>(shelf: &Mutex<Shelf<T>>) -> MutexGuard<'_, Shelf<T>> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

fn recall<T>(shelf: &Mutex<Shelf<T>>, key: &str, now: Timestamp) -> Option<Arc<T>> {
    let shelf = open(shelf);
    let (since, value) = shelf.get(key)?;
    (*since <= now && now.since(*since) < REMEMBERED_FOR).then(|| Arc::clone(value))
}

/// However old: better than nothing while its server is away.
fn recall_old<T>(shelf: &Mutex<Shelf<T>>, key: &str) -> Option<Arc<T>> {
    open(shelf).get(key).map(|(_, value)| Arc::clone(value))
}

fn remember<T>(shelf: &Mutex<Shelf<T>>, key: &str, value: T, now: Timestamp) -> Arc<T> {
    let value = Arc::new(value);
    let mut shelf = open(shelf);
    if shelf.len() >= MOST {
        shelf.clear();
    }
    shelf.insert(key.into(), (now, Arc::clone(&value)));
    value
}

/// Where a configured server's steps go.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) authorization: Option<Endpoint>,
    pub(crate) token: Option<Endpoint>,
    pub(crate) revocation: Option<Endpoint>,
    pub(crate) device: Option<Endpoint>,
    pub(crate) userinfo: Option<Endpoint>,
    pub(crate) issuer: Option<String>,
    /// Whether the server promises `iss` in redirects.
    pub(crate) promises_iss: bool,
    /// Whether the server takes S256, if it says.
    pub(crate) takes_s256: Option<bool>,
    pub(crate) method: Method,
}

impl Keeper {
    /// What somebody typed for a server. A server that may only be reached in plain http (a configured one) is meant so.
    pub(crate) fn typed(&self, text: &str) -> Result<Typed, KeepFault> {
        let wrong = |fault: grantkeep_mastodon::InstanceFault| KeepFault::Instance {
            what: fault.to_string(),
            advice: fault.advice(),
        };
        let typed = instance::read(text).map_err(wrong)?;
        match self.outbound.check(typed.server.origin()) {
            Ok(()) => Ok(typed),
            Err(fault) => {
                let plain = format!("http://{}", text.trim());
                let plain = instance::read(&plain).ok().filter(|_| !text.contains("://"));
                let reachable = plain.filter(|typed| self.outbound.check(typed.server.origin()).is_ok());
                reachable.ok_or(KeepFault::Instance {
                    what: fault.to_string(),
                    advice: "Type a public server's name, such as mstdn.jp; one on your own network is named in GRANTKEEP_OUTBOUND_ALLOW",
                })
            }
        }
    }

    /// What the typed server is.
    pub(crate) async fn site(&self, typed: Typed) -> Result<Arc<Site>, DiscoveryFault> {
        // A handle's domain may lead elsewhere for one person and not for another.
        let key = typed.user.is_none().then(|| typed.server.as_str().to_owned());
        let recall = |key: &Option<String>| recall(&self.known.sites, key.as_ref()?, self.now());
        if let Some(site) = recall(&key) {
            return Ok(site);
        }
        // Many may want to know it at once.
        let turn = self.turns.of(&format!("site {}", typed.server.as_str()));
        let _mine = turn.lock().await;
        if let Some(site) = recall(&key) {
            return Ok(site);
        }
        let host = host_of(typed.server.origin());
        let found = match self.hosts.admit(&host, (self.world.steady)()) {
            Err(_) => Err(DiscoveryFault::Unreachable(NoAnswer::Unreachable)),
            Ok(_) => self.site_now(typed).await,
        };
        match found {
            Ok(site) => {
                tracing::debug!(software = site.software.as_str(), "server discovered");
                let key = key.unwrap_or_else(|| site.server.as_str().to_owned());
                Ok(remember(&self.known.sites, &key, site, self.now()))
            }
            Err(fault) if fault.is_transient() => key.and_then(|key| recall_old(&self.known.sites, &key)).ok_or(fault),
            Err(fault) => Err(fault),
        }
    }

    /// The same, whatever is remembered: asked now.
    pub(crate) async fn site_now(&self, typed: Typed) -> Result<Site, DiscoveryFault> {
        let host = host_of(typed.server.origin());
        let found = tokio::time::timeout(ASKED_FOR, self.discover(typed)).await;
        let found = found.unwrap_or(Err(DiscoveryFault::Unreachable(NoAnswer::Timeout)));
        self.report(&host, sign(found.as_ref().is_err_and(|fault| fault.is_transient())));
        found
    }

    async fn discover(&self, typed: Typed) -> Result<Site, DiscoveryFault> {
        let mut step = discover::start(typed);
        loop {
            match step {
                Step::Done(found) => return found.map(|site| *site),
                Step::Send(outgoing, waiting) => step = waiting.answered(self.outbound.send(outgoing).await),
            }
        }
    }

    /// What the server of a credential is.
    pub(crate) async fn site_of(&self, server: Server) -> Result<Arc<Site>, DiscoveryFault> {
        let found = self.site(Typed { server: server.clone(), user: None }).await?;
        // A token goes to the server that issued it and to no other, wherever that one points today.
        if found.server == server { Ok(found) } else { Err(DiscoveryFault::Misleading) }
    }

    /// Where a configured server's steps go.
    pub(crate) async fn endpoints(&self, settings: &OAuth2Settings) -> Result<Endpoints, KeepFault> {
        let metadata = match &settings.issuer {
            Some(issuer) => match self.metadata(issuer).await {
                Ok(metadata) => Some(metadata),
                // What is configured by hand is enough without it.
                Err(_) if settings.is_whole() => None,
                Err(fault) => return Err(fault),
            },
            None => None,
        };
        let told = metadata.as_deref();
        let either = |configured: &Option<Endpoint>, told: Option<&Endpoint>| configured.clone().or(told.cloned());
        let has_secret = settings.client_secret.is_some();
        let usual = if has_secret { Method::Basic } else { Method::None };
        let method = settings.client_auth.or_else(|| told.and_then(|told| told.method(has_secret))).unwrap_or(usual);
        Ok(Endpoints {
            authorization: either(
                &settings.authorization_url,
                told.and_then(|told| told.authorization_endpoint.as_ref()),
            ),
            token: either(&settings.token_url, told.map(|told| &told.token_endpoint)),
            revocation: either(&settings.revocation_url, told.and_then(|told| told.revocation_endpoint.as_ref())),
            device: either(
                &settings.device_authorization_url,
                told.and_then(|told| told.device_authorization_endpoint.as_ref()),
            ),
            userinfo: either(&settings.userinfo_url, told.and_then(|told| told.userinfo_endpoint.as_ref())),
            issuer: settings.issuer.as_ref().map(|issuer| issuer.as_str().to_owned()),
            promises_iss: told.is_some_and(|told| told.iss_parameter),
            takes_s256: told.and_then(Metadata::takes_s256),
            method,
        })
    }

    async fn metadata(&self, issuer: &Issuer) -> Result<Arc<Metadata>, KeepFault> {
        if let Some(metadata) = recall(&self.known.metadata, issuer.as_str(), self.now()) {
            return Ok(metadata);
        }
        // Many may want to know it at once.
        let turn = self.turns.of(&format!("metadata {}", issuer.as_str()));
        let _mine = turn.lock().await;
        if let Some(metadata) = recall(&self.known.metadata, issuer.as_str(), self.now()) {
            return Ok(metadata);
        }
        let host = host_of(issuer.url());
        let found = match self.hosts.admit(&host, (self.world.steady)()) {
            Err(_) => Err(metadata_away(NoAnswer::Unreachable)),
            Ok(_) => {
                let found = tokio::time::timeout(ASKED_FOR, self.ask_for_metadata(issuer)).await;
                let found = found.unwrap_or_else(|_| Err(metadata_away(NoAnswer::Timeout)));
                self.report(&host, sign(matches!(found, Err(KeepFault::ProviderAway { .. }))));
                found
            }
        };
        match found {
            Ok(metadata) => Ok(remember(&self.known.metadata, issuer.as_str(), metadata, self.now())),
            Err(fault @ KeepFault::ProviderAway { .. }) => {
                recall_old(&self.known.metadata, issuer.as_str()).ok_or(fault)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn ask_for_metadata(&self, issuer: &Issuer) -> Result<Metadata, KeepFault> {
        let mut last = None;
        for address in metadata::addresses(issuer.url()) {
            let answer = self.outbound.send(metadata::request(&address)).await.map_err(metadata_away)?;
            match metadata::read(&answer, issuer, Tolerance::Exact) {
                Ok(metadata) => return Ok(metadata),
                Err(fault) if fault.tries_next() => last = Some(fault),
                Err(fault) => return Err(metadata_fault(fault)),
            }
        }
        Err(last.map_or(KeepFault::FlowNotOffered, metadata_fault))
    }
}

const fn sign(is_away: bool) -> Sign {
    if is_away { Sign::Declines } else { Sign::Answers }
}

pub(crate) fn metadata_away(reason: NoAnswer) -> KeepFault {
    KeepFault::ProviderAway {
        what: format!("the provider could not be asked about itself: {reason}"),
        advice: "Check the issuer's address and the network, and try again",
    }
}

fn metadata_fault(fault: MetadataFault) -> KeepFault {
    let what = format!("the provider's metadata cannot be used: {fault}");
    match fault {
        MetadataFault::Answer(answer) if answer.is_transient() && !matches!(fault, MetadataFault::Missing(_)) => {
            KeepFault::ProviderAway { what, advice: "Check the issuer's address, and try again" }
        }
        _ => KeepFault::ProviderWrong {
            what,
            advice: "Check the issuer: it must be written exactly as the provider writes it",
        },
    }
}

/// What a failed discovery means for a login.
pub(crate) fn discovery_fault(fault: DiscoveryFault) -> KeepFault {
    let (what, advice) = (fault.to_string(), fault.advice());
    if fault.is_transient() {
        KeepFault::ProviderAway { what, advice }
    } else {
        KeepFault::ProviderWrong { what, advice }
    }
}

/// Our word for a failed discovery, as the cause of an unclear reading.
pub(crate) fn discovery_word(fault: DiscoveryFault) -> Box<str> {
    match fault {
        DiscoveryFault::Trouble(status) => format!("http_{status}").into(),
        DiscoveryFault::Unreachable(reason) => reason.as_str().into(),
        DiscoveryFault::Misleading => "misleading_metadata".into(),
        DiscoveryFault::Misskey | DiscoveryFault::NotOfFamily => "not_mastodon".into(),
    }
}
