//! Owns the emulated OAuth 2.0 and OpenID server: a plain one that follows the standards to the letter, so that what is odd about
//! an answer is what somebody asked for.
//!
//! Always: client authentication by one method, parameters once, redirects to loopback only. Never: an access token without
//! somebody's consent, a code twice. Access and refresh tokens and registered clients say what they are, so they outlive a
//! restart; codes, device codes and what was revoked do not.
//!
//! # Endpoints
//!
//! | path | what | standard |
//! |---|---|---|
//! | `GET`, `POST /authorize` | choose a person, allow or deny; `response_type=code` (PKCE S256) or `token` | RFC 6749 §4.1, §4.2, RFC 7636, RFC 9207 |
//! | `POST /token` | `authorization_code`, `refresh_token`, `client_credentials`, device code | RFC 6749 §4.1.3, §4.4, §6, RFC 8628 |
//! | `POST /device_authorization`, `GET`, `POST /device` | a code for a device, and the page to type it in | RFC 8628 |
//! | `POST /revoke`, `POST /introspect` | | RFC 7009, RFC 7662 |
//! | `GET`, `POST /userinfo` | who the person is | OpenID Connect Core §5.3 |
//! | `POST /register` | a client of one's own; redirect URIs on loopback | RFC 7591 |
//! | `GET /.well-known/oauth-authorization-server`, `/.well-known/openid-configuration`, `/jwks` | one document under two names, and the key | RFC 8414, OpenID Connect Discovery |
//!
//! Names for faults and in the log: `authorize` (the page), `redirect` (what goes back to the application), `token`,
//! `device_authorization`, `device`, `revoke`, `introspect`, `userinfo`, `register`, `metadata`, `jwks`; `elsewhere` in the log is
//! what followed a `redirect`.
//!
//! Clients that are known from the start take any redirect URI on loopback: [`CLIENT_ID`] with [`CLIENT_SECRET`], by `basic` or
//! `post`, and [`PUBLIC_CLIENT_ID`], which has no secret and must use PKCE. Scopes: `openid`, `profile`, `email`,
//! `offline_access`, `read`, `write`; left out: `read`. Every grant but client credentials and implicit has a refresh token. An
//! ID token (scope `openid`) is signed with RS256. Without clicks: `/authorize?…&auto=allow&person=anna`, with `grant=read` for
//! fewer rights than were asked for, `auto=deny`; the same fields, and `user_code`, in a form to `/device`. People: `anna`,
//! `boris`, `vera`.
//!
//! # Settings
//!
//! `GET`, `POST`, `DELETE /sandbox/settings`: a JSON object, or the page's form, of those that shall change; DELETE puts all back.
//!
//! | name | default | |
//! |---|---|---|
//! | `rotation` | `strict` | a refresh token works once, and coming again it ends the grant; `tolerant`: old ones work on; `none`: no new one is issued |
//! | `access_token_for` | 3600 | seconds; null: without end, and without `expires_in` |
//! | `refresh_token_for` | null | seconds; null: without end |
//! | `pkce` | `optional` | `required`: of everybody |
//! | `iss` | true | whether `iss` comes with every answer of `/authorize`, and the metadata says so |
//! | `device_code_for`, `device_interval` | 600, 5 | seconds |

mod account;
mod authorize;
mod cast;
mod client;
mod device;
mod grant;
mod metadata;
mod page;
mod refusal;
mod register;
mod scope;
mod setting;
mod token;

use std::sync::{Mutex, MutexGuard};

use http::Method;

use crate::ask::Ask;
use crate::clock::Moment;
use crate::desk::{Desk, ELSEWHERE, Endpoint, Wanted, lock};
use crate::gate;
use crate::provider::{Provider, Site};
use crate::reply::{self, Plan, Reply, not_allowed, problem};
use crate::shelf::Shelf;
use setting::Settings;

/// The client that is known from the start.
pub(crate) const CLIENT_ID: &str = "grantkeep";

/// Its secret, which is none. It has what form encoding changes (RFC 6749 §2.3.1).
pub(crate) const CLIENT_SECRET: &str = "not a secret: 100% sandbox+";

/// The client without a secret.
pub(crate) const PUBLIC_CLIENT_ID: &str = "grantkeep-public";

/// What this server is not, for its pages.
const WHAT: &str = "a real OAuth server";

static ENDPOINTS: [Endpoint; 11] = [
    ("authorize", "GET and POST /authorize until something goes back to the application"),
    ("redirect", "what goes back to the application: code, token or error"),
    ("token", "POST /token"),
    ("device_authorization", "POST /device_authorization"),
    ("device", "/device, where a person types the code"),
    ("revoke", "POST /revoke"),
    ("introspect", "POST /introspect"),
    ("userinfo", "GET and POST /userinfo"),
    ("register", "POST /register"),
    ("metadata", "both documents under /.well-known/"),
    ("jwks", "GET /jwks"),
];

/// The emulated server.
#[derive(Debug)]
pub(crate) struct OAuth2 {
    site: Site,
    desk: Desk,
    settings: Mutex<Settings>,
    codes: Mutex<Shelf<authorize::Issued>>,
    devices: Mutex<Shelf<device::Waiting>>,
    families: Mutex<grant::Families>,
}

impl OAuth2 {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            desk: Desk::new(&site, WHAT, &ENDPOINTS),
            site,
            settings: Mutex::default(),
            codes: Mutex::default(),
            devices: Mutex::default(),
            families: Mutex::default(),
        }
    }

    fn settings(&self) -> Settings {
        *lock(&self.settings)
    }

    fn codes(&self) -> MutexGuard<'_, Shelf<authorize::Issued>> {
        lock(&self.codes)
    }

    fn devices(&self) -> MutexGuard<'_, Shelf<device::Waiting>> {
        lock(&self.devices)
    }

    fn families(&self) -> MutexGuard<'_, grant::Families> {
        lock(&self.families)
    }

    /// An endpoint for programs that takes these methods.
    fn endpoint(
        &self,
        name: &'static str,
        allowed: (&[Method], &'static str),
        ask: &Ask,
        at: Moment,
        answer: fn(&Self, &Ask, Moment, &Wanted) -> Reply,
    ) -> Plan {
        self.desk.answer(name, ask, at, |wanted| {
            if allowed.0.contains(&ask.method) { answer(self, ask, at, wanted) } else { not_allowed(allowed.1) }
        })
    }

    fn own_pages(&self, path: &str, ask: &Ask, at: Moment) -> Plan {
        if !gate::is_own(ask) {
            return problem(403, "this comes from another site's page").into();
        }
        match path {
            "/authorize" => authorize::plan(self, ask, at),
            "/device" => device::page(self, ask, at),
            "/sandbox/settings" => setting::answer(self, ask).into(),
            "/" if matches!(ask.method, Method::GET | Method::HEAD) => {
                reply::page(200, page::home::page(self, at)).into()
            }
            "/" => not_allowed("GET").into(),
            _ => reply::page(404, crate::page::notice(WHAT, "Nothing here", "There is no such page.")).into(),
        }
    }
}

impl Provider for OAuth2 {
    fn plan(&self, ask: &Ask, at: Moment) -> Plan {
        if let Some(reply) = self.desk.control(ask, at) {
            return reply.into();
        }
        let post: (&[Method], _) = (&[Method::POST], "POST");
        let get: (&[Method], _) = (&[Method::GET, Method::HEAD], "GET");
        let both: (&[Method], _) = (&[Method::GET, Method::POST], "GET, POST");
        match ask.path.strip_prefix(ELSEWHERE).unwrap_or(&ask.path) {
            "/token" => self.endpoint("token", post, ask, at, token::answer),
            "/device_authorization" => self.endpoint("device_authorization", post, ask, at, device::begin),
            "/revoke" => self.endpoint("revoke", post, ask, at, account::revoke),
            "/introspect" => self.endpoint("introspect", post, ask, at, account::introspect),
            "/userinfo" => self.endpoint("userinfo", both, ask, at, account::userinfo),
            "/register" => self.endpoint("register", post, ask, at, register::answer),
            "/jwks" => self.endpoint("jwks", get, ask, at, metadata::jwks),
            "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration" => {
                self.endpoint("metadata", get, ask, at, metadata::answer)
            }
            path => self.own_pages(path, ask, at),
        }
    }
}
