//! Emulated providers on loopback, for people who try Grantkeep without an account and for whole-program tests.
//!
//! Owns: VK's authorize page for the implicit flow, `blank.html`, and the methods of VK's API that a token keeper calls,
//! with every error, outage and address rule on request. What always holds: it listens on loopback only and answers to
//! loopback names only; every page says that it is a sandbox; no redirect and no link leads off this machine; nothing is
//! stored and no token is logged. What it must never do: know who is asking. Everything here is general, and everything
//! unusual is asked for, by the same words for a fault and for a single token.
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
//! `html`, `empty`, `truncated`, `huge`, `hang`, `stall`, `cut`, `reset`, `redirect[:STATUS]`, `challenge`, `alive`; and the
//! modifiers `slow:SECONDS`, `rate_limit`, `ancient`. The page lists them all with their exact texts.

mod ask;
mod authorize;
mod behaviour;
mod cast;
mod clock;
mod control;
mod fault;
mod gate;
mod markup;
mod method;
mod page;
mod rate;
mod refusal;
mod reply;
mod route;
mod scope;
mod server;
mod state;
mod token;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;

use state::State;

/// How to start.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The first address; VK is served there. Port 0 takes any free one.
    pub listen: SocketAddr,
}

/// A running sandbox. It ends when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    state: Arc<State>,
    task: JoinHandle<Infallible>,
}

/// Binds the address and serves on the current tokio runtime.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for an address that is not loopback; otherwise whatever binding it says.
pub async fn start(options: Options) -> io::Result<Sandbox> {
    let listener = server::bind(options.listen).await?;
    let state = Arc::new(State::new(listener.local_addr()?));
    tracing::info!(address = %state.address, "the sandbox plays VK");
    let task = tokio::spawn(server::run(listener, Arc::clone(&state)));
    Ok(Sandbox { state, task })
}

impl Sandbox {
    /// Where VK is: `http://127.0.0.1:8001`. The authorize page, the API and the sandbox's own page are all there.
    pub fn vk_url(&self) -> String {
        self.state.base.clone()
    }

    /// Closes the port and every connection, hanging ones too.
    pub async fn stop(mut self) {
        self.task.abort();
        // Only says that it was stopped.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}
