//! Owns the emulated servers that speak Mastodon's API: one engine, and a personality for each kind of server, as data.
//!
//! Always: what a server answers is what its personality says and nobody asked otherwise; codes, tokens and applications are
//! forgotten when the sandbox ends. Never: a redirect off this machine, or a secret in the record of requests. The
//! personalities are in [`personality`] and described on each server's page.
//!
//! # Endpoints
//!
//! | path | name for faults and in the log |
//! |---|---|
//! | `POST /api/v1/apps`, `GET /api/v1/apps/verify_credentials` | `apps`, `apps/verify_credentials` |
//! | `GET`, `POST /oauth/authorize`, `GET /oauth/authorize/native` | `authorize`; what it sends back is `redirect` |
//! | `POST /oauth/token`, `POST /oauth/revoke` | `token`, `revoke` |
//! | `GET`, `POST /oauth/userinfo` | `userinfo` |
//! | `GET /api/v1/accounts/verify_credentials` | `verify_credentials` |
//! | `GET /api/v1/instance`, `/api/v2/instance` | `instance/v1`, `instance/v2` |
//! | `GET /.well-known/oauth-authorization-server` | `metadata` |
//! | `GET /.well-known/nodeinfo`, `/nodeinfo/2.0` | `nodeinfo` |
//! | `GET /.well-known/webfinger` | `webfinger` |
//! | `/auth/sign_in`, `/auth/sign_out`, `/auth/setup` | not counted |
//!
//! Without clicks: `/oauth/authorize?…&auto=allow&person=anna`, with `grant=read` for fewer scopes, `auto=deny`. People: `anna`,
//! `boris`, `vera`, `zoe`; the password of everybody is `sandbox`.
//!
//! # Switches of its own
//!
//! JSON or a form; JSON is answered with JSON, a form with the home page. A mistake is HTTP 400 with `{"error": "…"}`.
//!
//! | request | body | does |
//! |---|---|---|
//! | `GET /sandbox/state` | | `{"personality", "apps", "tokens", "people", "settings"}`, without secrets |
//! | `POST /sandbox/apps/forget` | `{client_id?}` | forgets that application, or all, with its codes and tokens: `{"forgotten"}` |
//! | `POST /sandbox/tokens/revoke` | `{token?, number?, person?}` | revokes those that fit all that is said: `{"revoked"}` |
//! | `POST /sandbox/tokens/vacuum` | | drops revoked tokens, so that they are unknown: `{"dropped"}` |
//! | `POST /sandbox/people` | `{person, standing}` | `active`, `disabled`, `pending`, `suspended`, `unconfirmed` |
//! | `POST /sandbox/limits/clear` | | forgets what was counted for rate limits |
//! | `POST /sandbox/settings` | some of the below; an empty text undoes one | the settings as they are |
//! | `POST /sandbox/reset` | | forgets everything, settings too |
//! | `POST /sandbox/try` | | registers an application and leads to its authorize page |
//!
//! Settings: `ahead`, the seconds that the server's clock runs ahead, so that codes and tokens end without waiting; `expires_in`
//! of persons' tokens; `handle_domain`, the domain of handles when it is not the server's: under that name (`localhost` with
//! the port is always this server too) nothing but a redirect of WebFinger is served; `throttled`, how many more requests to
//! endpoints are answered with the server's own HTTP 429; `sends_token` (`true`), by which the authorize page answers with
//! `access_token` in the code's place, as Pleroma and Akkoma may.

mod account;
mod app;
mod authorize;
mod bearer;
mod cast;
mod control;
mod denial;
mod fault;
mod instance;
mod limit;
mod page;
mod param;
mod personality;
mod redirect_uri;
mod revoke;
mod route;
mod scope;
mod session;
mod store;
mod token;
mod visit;

use std::sync::{Mutex, MutexGuard};

use crate::ask::Ask;
use crate::clock::Moment;
use crate::desk::{Desk, lock};
use crate::provider::{Provider, Site};
use crate::reply::Plan;
use personality::{ALL, Personality};
use store::Store;

/// The names of the personalities, in the order of their ports.
pub(crate) const PERSONALITIES: &[&str] = &personality::NAMES;

/// One emulated server.
#[derive(Debug)]
pub(crate) struct Mastodon {
    site: Site,
    personality: &'static Personality,
    desk: Desk,
    store: Mutex<Store>,
}

impl Mastodon {
    /// The personality of that site's name; the first one when there is none of that name.
    pub(crate) fn new(site: Site) -> Self {
        let personality = ALL.iter().find(|known| known.name == site.name).unwrap_or(&ALL[0]);
        let desk = Desk::new(&site, "a real server", &route::ENDPOINTS);
        Self { site, personality, desk, store: Mutex::default() }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }
}

impl Provider for Mastodon {
    fn plan(&self, ask: &Ask, at: Moment) -> Plan {
        route::plan(self, ask, at)
    }
}
