//! Owns the way of a request: gate, route, sign-in, body, handler, answer; with an id in the log and the header.

use std::{
    fmt::{self, Write},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use grantkeep_core::{Owner, Timestamp};
use grantkeep_keeper::{ApiKey, KeepFault, Keeper, acting_as};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, request::Parts};
use hyper::body::{Body, Bytes};

use crate::{
    auth::{Authority, Feeds, JwtSecret, Permissions},
    body, browser,
    fault::Fault,
    finishing::Finishing,
    gate::{self, Hosts},
    handler::{self, Asked},
    metrics::Requests,
    page,
    reply::{self, Response},
    request::{Caller, LOCAL_OWNER, Peer, Query},
    route::{Access, Route, Template},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Keys, links and states that may be wrong in a burst from one address, and how many more each second. What is guessed is a 256-bit secret: this
/// bounds work and log, not the odds.
const FAILURES_AT_ONCE: NonZeroU32 = NonZeroU32::new(300).unwrap();
const FAILURES_A_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Addresses after which the memory of failures is swept.
const REMEMBERED_ADDRESSES: usize = 10_000;

/// What a service is made of.
#[derive(Debug)]
pub struct Settings {
    /// The use cases.
    pub keeper: Arc<Keeper>,
    /// What JWTs are signed with.
    pub jwt_secret: JwtSecret,
    /// `Host` values to answer to.
    pub hosts: Vec<String>,
    /// Whether every page says that the providers are emulated ones.
    pub sandbox: bool,
    /// 16 unpredictable bytes.
    pub random: fn() -> [u8; 16],
}

/// Answers requests. Shared by all listeners.
pub struct Service {
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) authority: Authority,
    /// The secret addresses of calendars.
    pub(crate) feeds: Feeds,
    /// What has been answered.
    pub(crate) requests: Requests,
    pub(crate) hosts: Hosts,
    pub(crate) random: fn() -> [u8; 16],
    pub(crate) sandbox: bool,
    failures: DefaultKeyedRateLimiter<IpAddr>,
    ids: RequestIds,
    /// By which name the audit knows callers beside the data directory.
    command: Arc<str>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

impl Service {
    /// Makes a service; reads which keys have been revoked. One that does not read counts as such.
    pub async fn new(settings: Settings) -> Result<Self, KeepFault> {
        let Settings { keeper, jwt_secret, hosts, sandbox, random } = settings;
        let (mut live, mut revoked) = (Vec::new(), Vec::new());
        for row in keeper.keys().await? {
            match row {
                Ok(ApiKey { id, revoked_at: Some(_), .. }) => revoked.push(id),
                Ok(key) => live.push(key),
                Err(damaged) => {
                    tracing::error!(%damaged, "an API key cannot be read, and counts as revoked");
                    revoked.push(damaged.id);
                }
            }
        }
        let feeds = Feeds::new(&jwt_secret, &live);
        Ok(Self {
            authority: Authority::new(jwt_secret, revoked),
            feeds,
            requests: Requests::default(),
            hosts: Hosts::new(hosts),
            failures: RateLimiter::keyed(Quota::per_second(FAILURES_A_SECOND).allow_burst(FAILURES_AT_ONCE)),
            ids: RequestIds::new(random()),
            command: "command".into(),
            keeper,
            random,
            sandbox,
        })
    }

    /// Answers one request. What changes something is finished even when the caller hangs up meanwhile.
    pub async fn respond<B>(self: &Arc<Self>, request: Request<B>, peer: Peer) -> Response
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (id, came_at) = (self.ids.next(), self.keeper.steady());
        let (parts, body) = request.into_parts();
        let (template, result) = match self.enter(&parts, peer) {
            Err(fault) => (Template::None, Err(fault)),
            Ok((route, caller)) => {
                let template = route.template();
                let result = if route.access() == Access::Browser {
                    Box::pin(browser::respond(self, route, &parts, body, peer)).await
                } else if matches!(parts.method, Method::GET | Method::HEAD) {
                    let actor = self.actor(caller.as_deref());
                    let asked = Asked { caller, query: Query(parts.uri.query()), body: None };
                    acting_as(actor, handler::handle(self, route, &asked)).await
                } else {
                    Box::pin(self.change(route, caller, &parts, body)).await
                };
                (template, result)
            }
        };
        log(&id, &parts.method, template.as_str(), &result);
        let mut response = result.unwrap_or_else(|fault| self.refuse(&parts, peer, &fault));
        self.requests.answered(template, response.status(), self.keeper.steady().saturating_duration_since(came_at));
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }

    /// Says why not: on a page where people look, in JSON everywhere else.
    fn refuse(&self, parts: &Parts, peer: Peer, fault: &Fault) -> Response {
        let path = parts.uri.path();
        let is_page =
            matches!(peer, Peer::Browser(_)) || (!path.starts_with("/api/") && browser::is_for_people(self, path));
        // Our own page sends a fragment, and tells what came of it by itself.
        let by_script =
            parts.method == Method::POST && !path.starts_with("/connect/") && body::check_type(&parts.headers).is_ok();
        if is_page && !by_script { page::wrong(self.frame(), fault) } else { reply::fault(fault) }
    }

    /// Through the gate, to a route, as somebody who may.
    fn enter(&self, parts: &Parts, peer: Peer) -> Result<(Route, Option<Arc<Caller>>), Fault> {
        gate::check(parts, peer, &self.hosts)?;
        let path = parts.uri.path();
        if matches!(peer, Peer::Browser(_)) && (path.starts_with("/api/") || !browser::is_for_people(self, path)) {
            return Err(Fault::NoSuchPath);
        }
        if path.starts_with("/api/") {
            // Signing in comes first: what exists under /api/ is not told to strangers.
            let caller = self.sign_in(&parts.headers, peer)?;
            let route = Route::find(&parts.method, path)?;
            if route.provider().is_some_and(|provider| !self.keeper.knows(provider)) {
                return Err(Fault::NoSuchProvider);
            }
            return match route.access() {
                Access::May(needed) if !caller.may.include(needed) => Err(Fault::ForbiddenScope(needed)),
                _ => Ok((route, Some(caller))),
            };
        }
        // Not even which methods they answer is told to the network.
        if path.starts_with("/local/") && peer != Peer::Local {
            return Err(Fault::NoSuchPath);
        }
        let route = match Route::find(&parts.method, path) {
            Err(Fault::NoSuchPath) if self.keeper.captures(path) => {
                browser::route(self, &parts.method, path, &parts.headers)?
            }
            found => found?,
        };
        if let Route::Feed(secret) = &route {
            // Like a path that is not there, and counted like a key that is none.
            let now = self.keeper.now();
            let caller = self.feeds.caller(secret, now);
            let caller = caller.ok_or_else(|| self.failed(peer, Fault::NoSuchPath))?;
            self.note_use(&caller, now);
            return Ok((route, Some(caller)));
        }
        match (route.access(), peer) {
            (Access::Browser, _)
            | (Access::Everybody, Peer::Local | Peer::Network(_))
            | (Access::Local, Peer::Local) => Ok((route, None)),
            _ => Err(Fault::NoSuchPath),
        }
    }

    fn sign_in(&self, headers: &HeaderMap, peer: Peer) -> Result<Arc<Caller>, Fault> {
        if peer == Peer::Local {
            return self.local_caller(headers);
        }
        let now = self.keeper.now();
        let caller = self.authority.caller(headers.get(http::header::AUTHORIZATION), now);
        let caller = caller.map_err(|_| self.failed(peer, Fault::NotSignedIn))?;
        self.note_use(&caller, now);
        Ok(caller)
    }

    /// Tells the audit, once an hour, that a key is in use.
    fn note_use(&self, caller: &Caller, now: Timestamp) {
        if let Some(key) = caller.key.as_ref().filter(|key| key.is_to_be_told(now)) {
            self.keeper.note_key_use(&caller.owner, &key.id, &caller.actor);
        }
    }

    /// By which name the audit knows whoever asks. Without a caller nothing is done but beside the data directory.
    fn actor(&self, caller: Option<&Caller>) -> Arc<str> {
        Arc::clone(caller.map_or(&self.command, |caller| &caller.actor))
    }

    /// Somebody showed a key, a link or a state that nobody knows. A good one is never limited: only what failed is counted.
    pub(crate) fn failed(&self, peer: Peer, fault: Fault) -> Fault {
        let (Peer::Browser(address) | Peer::Network(address)) = peer else { return fault };
        if self.failures.len() > REMEMBERED_ADDRESSES {
            self.failures.retain_recent();
        }
        match self.failures.check_key(&network_of(address)) {
            Ok(()) => fault,
            Err(_) => Fault::TooManyFailures,
        }
    }

    /// Who can read the data directory may do everything in it, for the owner that they name.
    fn local_caller(&self, headers: &HeaderMap) -> Result<Arc<Caller>, Fault> {
        let owner = headers.get(LOCAL_OWNER).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        let owner =
            Owner::new(owner.unwrap_or("me")).map_err(|_| Fault::Malformed("the owner's name cannot be used"))?;
        let actor = Arc::clone(&self.command);
        Ok(Arc::new(Caller { owner, may: Permissions::ADMIN, providers: None, actor, key: None }))
    }

    async fn change<B>(
        self: &Arc<Self>,
        route: Route,
        caller: Option<Arc<Caller>>,
        parts: &Parts,
        body: B,
    ) -> Result<Response, Fault>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let body = if route.takes_body() {
            Some(body::object(&parts.headers, body, route.may_go_without()).await.map_err(Fault::Body)?)
        } else {
            None
        };
        let service = Arc::clone(self);
        let query = parts.uri.query().map(str::to_owned);
        let actor = self.actor(caller.as_deref());
        // Inside, so that it also holds when nobody waits any more.
        let handling = Finishing::new(acting_as(actor, async move {
            let asked = Asked { caller, query: Query(query.as_deref()), body };
            handler::handle(&service, route, &asked).await
        }));
        handling.await.unwrap_or(Err(Fault::Internal))
    }
}

/// An IPv6 customer has a whole /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

/// One line for each request, at `debug` unless it went wrong here: what was done is told by whoever did it. Never the path itself
/// nor the query: they may hold names and secrets.
fn log(id: &HeaderValue, method: &Method, path: &'static str, result: &Result<Response, Fault>) {
    let id = id.to_str().unwrap_or_default();
    match result {
        Ok(response) => {
            let status = response.status().as_u16();
            tracing::debug!(id, %method, path, status, "answered");
        }
        Err(fault) => {
            let (status, error_type) = (fault.status(), fault.error_type());
            if fault.is_ours() {
                tracing::error!(id, %method, path, status = status.as_u16(), error_type, "failed");
            } else {
                tracing::debug!(id, %method, path, status = status.as_u16(), error_type, "refused");
            }
        }
    }
}

/// Ids of requests: what is random tells runs of the program apart, what counts tells requests apart.
struct RequestIds {
    run: String,
    next: AtomicU64,
}

impl RequestIds {
    fn new(random: [u8; 16]) -> Self {
        let [a, b, c, d, ..] = random;
        Self { run: format!("{a:02x}{b:02x}{c:02x}{d:02x}-"), next: AtomicU64::new(1) }
    }

    fn next(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // As long as it gets: a header's value with room left over is given a second piece of memory.
        let digits = number.max(1).ilog(16) + 1;
        let mut id = String::with_capacity(self.run.len() + digits as usize);
        id.push_str(&self.run);
        // Writing to a String does not fail.
        let _ = write!(id, "{number:x}");
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-"))
    }
}

#[cfg(test)]
mod tests;
