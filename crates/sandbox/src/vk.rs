//! Owns the emulated VK: its authorize page for the implicit and the legacy code flow, VK ID, `blank.html`, and the methods of
//! its API that a token keeper calls, with every error, outage and address rule on request.
//!
//! One server is VK's oauth, API and VK ID address at once. Their paths are different but for `/authorize`: it is VK ID's when
//! a code challenge comes with it, or for an application of the VK ID cabinet that asks for a code. Behind `/id` everything of
//! VK ID is there once more, and `/id/authorize` is always VK ID's.
//!
//! # Pages
//!
//! | path | what |
//! |---|---|
//! | `GET /` | what the sandbox can do, and the switches for faults |
//! | `GET /authorize` | asks a person to allow or deny; parameters as VK takes them |
//! | `GET /blank.html` | where a token arrives; VK's own warning |
//! | `GET /activation`, `/captcha.php`, `/not_robot_captcha` | where errors 17 and 14 send a person |
//!
//! `/authorize` takes `client_id`, `redirect_uri` (this server's `blank.html`, VK's, which means this server's, or http on
//! loopback; left out: `blank.html`), `response_type=token`, `scope` (a mask or names with commas), `state`, `display`
//! (`page`, `popup`, `mobile`), `group_ids`, `revoke` and `v`. For scripts, `auto=allow` or `auto=deny` answers at once, and
//! `person`, `expires_in`, `answers`, `answers_after`, `bind=on` and `address` choose what the page would ask. What VK
//! refuses without a redirect is HTTP 401 with `{"error":"invalid_request","error_description":"…"}`.
//!
//! # API
//!
//! `GET` or `POST /method/NAME`, with the token in the form, the query or `Authorization: Bearer`. Methods: `users.get`,
//! `groups.getById`, `groups.getTokenPermissions`, `account.getAppPermissions`, `account.getProfileInfo`, `account.getInfo`,
//! `secure.checkToken`, `apps.getScopes`, `utils.getServerTime`. A caller's address is the peer's, or `X-Sandbox-Address`.
//!
//! # Switches
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /sandbox/faults` | `{answer, method?, times?, after?, after_seconds?, address?, other_than?}` | 201, the fault as set, with its `id` |
//! | `GET /sandbox/faults` | | `{"faults": [...]}` as they stand now |
//! | `DELETE /sandbox/faults` | | `{"faults": []}` |
//! | `POST /sandbox/tokens` | `{kind, id?, expires_in?, issued_at?, scope?, answers?, answers_after?, address?}` | `{"access_token", "url"}` |
//! | `GET /sandbox/requests` | | `{"methods": {"users.get": 2}, "unknown", "elsewhere", "authorize"}` |
//!
//! `method`: which one; left out, all. `times`: so many calls, then the fault is gone. `after`: so many calls pass first.
//! `after_seconds`: begins that much later. `address`, `other_than`: only callers at, or not at, that address. `kind`:
//! `user`, `vk_id`, `community` or `service`. `answers_after`: seconds from the token's issue until `answers` holds. A mistake
//! is HTTP 400 with `{"error": "…"}`. Faults count calls in the order in which they were set; the first that is an answer of
//! its own decides.
//!
//! # Words for answers
//!
//! `error:CODE`, `error:CODE/SUBCODE`, `error:CODE:VARIANT` (`error:5:expired`, `error:5/1130`, `error:8:blocked`,
//! `error:10:check_later`, `error:27:method`, ...), each with `@STATUS` for another HTTP status than 200; `http:STATUS`,
//! `html`, `empty`, `truncated`, `huge`, `endless`,
//! `bomb`, `hang`, `stall`, `cut`, `close`, `reset`, `redirect[:STATUS]`, `challenge`, `alive`; and the
//! modifiers `slow:SECONDS`, `trickle`, `lost`, `rate_limit`, `ancient`. The page lists them all with their exact texts.
//!
//! # Codes and VK ID
//!
//! `/authorize?response_type=code` is the legacy code flow; its code lives an hour and is exchanged once at `/access_token` by
//! GET or POST. Every application's secret is [`code::SECRET`]. Errors are HTTP 401, as VK's are.
//!
//! | path | what |
//! |---|---|
//! | `GET /authorize`, `/id/authorize` | VK ID's page; PKCE is required, `S256` in either case. For scripts `auto`, `person`, and `grant` (rights that are granted, the others being left out silently), `payload=on` (one parameter with a JSON object) |
//! | `POST /oauth2/auth` | `authorization_code`, `refresh_token`; from the form or the query; errors are HTTP 200, as VK's mostly are |
//! | `POST /oauth2/revoke`, `/oauth2/logout`, `/oauth2/user_info`, `/oauth2/public_info` | |
//!
//! A code lives 10 minutes, an access token an hour and works from the address that it was handed to. A refresh token lives
//! 180 days and is used once: the second time its session is dead, while an access token that is out lives on. After
//! `/oauth2/revoke` access tokens of the session answer `error:5:revoked`, after `/oauth2/logout` `error:5:session`.
//!
//! Faults of these endpoints are set like those of methods, with the endpoint's name as `method`; a fault without `method` is
//! about the API alone. Names: `redirect` (what `/authorize` sends back), `access_token`, `id/authorize`, `id/redirect`,
//! `oauth2/auth`, `oauth2/revoke`, `oauth2/logout`, `oauth2/user_info`, `oauth2/public_info`. Words: [`crate::behaviour`], so
//! `error:invalid_grant@400` and `set:scope=vkid.personal_info` rather than errors of the API. What reached them is in
//! `/sandbox/requests` under `endpoints` and `requests`, once there is something.

pub(crate) mod authorize;
pub(crate) mod behaviour;
pub(crate) mod cast;
pub(crate) mod code;
pub(crate) mod control;
pub(crate) mod id;
pub(crate) mod method;
pub(crate) mod page;
pub(crate) mod rate;
pub(crate) mod refusal;
pub(crate) mod route;
pub(crate) mod scope;
pub(crate) mod state;
pub(crate) mod token;

use crate::ask::Ask;
use crate::clock::Moment;
use crate::provider::{Provider, Site};
use crate::reply::Plan;
use state::State;

/// The emulated VK.
#[derive(Debug)]
pub(crate) struct Vk {
    state: State,
}

impl Vk {
    pub(crate) fn new(site: Site) -> Self {
        Self { state: State::new(site) }
    }
}

impl Provider for Vk {
    fn plan(&self, ask: &Ask, at: Moment) -> Plan {
        route::plan(&self.state, ask, at)
    }
}
