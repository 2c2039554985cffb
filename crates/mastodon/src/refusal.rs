//! Owns the meaning of what a server says instead of who a token's person is: the whole table, a line for each case.
//!
//! The `WWW-Authenticate` header decides first, then status and server. Texts decide only where a server has nothing else and
//! does not translate them for who asks in English. What no line knows says nothing about the token.

use grantkeep_core::{Answer, Outcome};
use grantkeep_oauth::{ErrorCode, challenge};
use serde::Deserialize;

use crate::Software;
use crate::json::{self, Word};

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What it means for the token.
    pub(crate) outcome: Outcome,
    /// Our word for it.
    pub(crate) cause: &'static str,
}

/// Cause of a token that belongs to an application and to nobody.
pub(crate) const APP_TOKEN: &str = "app_token";

/// When a line holds, beside its status.
#[derive(Clone, Copy)]
enum When {
    /// The body is text that begins so, and is not JSON.
    Begins(&'static str),
    /// The body's `error` is that code of OAuth.
    Code(ErrorCode),
    /// The body has nothing in it.
    Empty,
    /// The `WWW-Authenticate` header has a `Bearer` challenge with that code.
    Header(ErrorCode),
    /// The body is a JSON object.
    Json,
    /// So too, and the token is not known to lack the scopes to ask.
    JsonToWhoMayAsk,
    /// The body is Laravel's, which has a message and no error: Passport's about scopes, or an empty one.
    LaravelOnScopes,
    /// The body's `identifier` says what is wrong with the account.
    NamesAccount,
    /// The body's `error` begins so.
    Says(&'static str),
    /// The `Location` is the sign-in page.
    ToLogin,
}

/// The servers of a line; none named means all.
type Servers = &'static [Software];

const ANY: Servers = &[];
const MASTODON: Servers = &[Software::Mastodon, Software::MastodonBefore43, Software::Unknown];
const PLEROMA: Servers = &[Software::Akkoma, Software::Pleroma];

use ErrorCode::{InsufficientScope, InvalidToken};
use Outcome::{AccountBlocked, Alive, Revoked};
use When::{Begins, Code, Empty, Header, Json, JsonToWhoMayAsk, LaravelOnScopes, NamesAccount, Says, ToLogin};

/// Our words for refusals.
const INSUFFICIENT_SCOPE: &str = "insufficient_scope";
const INVALID_TOKEN: &str = "invalid_token";
const LOGIN_DISABLED: &str = "login_disabled";

/// The first line that holds decides.
#[rustfmt::skip]
const TABLE: &[(Servers, u16, When, Outcome, &str)] = &[
    // RFC 6750 §3.1. Mastodon, and whoever else sends the header: the same in every language.
    (ANY,                     401, Header(InvalidToken),      Revoked,        INVALID_TOKEN),
    (ANY,                     403, Header(InvalidToken),      Revoked,        INVALID_TOKEN),
    (ANY,                     401, Header(InsufficientScope), Alive,          INSUFFICIENT_SCOPE),
    (ANY,                     403, Header(InsufficientScope), Alive,          INSUFFICIENT_SCOPE),
    // Hollo, Takahē: the code in the body alone.
    (ANY,                     401, Code(InsufficientScope),   Alive,          INSUFFICIENT_SCOPE),
    (ANY,                     403, Code(InsufficientScope),   Alive,          INSUFFICIENT_SCOPE),
    // Pleroma and Akkoma refuse everything with 403; only the text tells what.
    (PLEROMA,                 403, NamesAccount,              AccountBlocked, LOGIN_DISABLED),
    (PLEROMA,                 403, Says("Invalid credentials"), Revoked,      INVALID_TOKEN),
    (PLEROMA,                 403, Says("Insufficient permissions"), Alive,   INSUFFICIENT_SCOPE),
    // Friendica refuses everything with 403, in translated words, and has the same ones for a token that lacks the scope.
    (&[Software::Friendica],  403, JsonToWhoMayAsk,           Revoked,        INVALID_TOKEN),
    (&[Software::GoToSocial], 403, Says("Forbidden: token has insufficient scope"), Alive, INSUFFICIENT_SCOPE),
    // Behind Laravel's guard: the token was known, and lacks a scope.
    (&[Software::Pixelfed],   403, LaravelOnScopes,           Alive,          INSUFFICIENT_SCOPE),
    (&[Software::Pixelfed],   302, ToLogin,                   Revoked,        INVALID_TOKEN),
    (&[Software::Snac],       401, Empty,                     Revoked,        INVALID_TOKEN),
    (&[Software::Takahe],     400, Begins("Invalid Bearer token"), Revoked,   INVALID_TOKEN),
    // An application's own token, and an account that is suspended, unconfirmed or pending: without the header, in words that are
    // not translated. Other words in these statuses are a firewall's.
    (MASTODON,                422, Says("This method requires an authenticated user"), Alive, APP_TOKEN),
    (MASTODON,                403, Says("Your login is "),    AccountBlocked, LOGIN_DISABLED),
    // What every API does. A 401 that is a page is rather a proxy's.
    (ANY,                     401, Json,                      Revoked,        INVALID_TOKEN),
];

/// The members of an error that say something.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    error: Word,
    identifier: Word,
    message: Word,
}

/// What an answer means that is no success; none if it says nothing about the token. `may_ask`: whether the token has the scopes to
/// ask who it is, as far as is known.
pub(crate) fn read(software: Software, may_ask: bool, answer: &Answer) -> Option<Refusal> {
    let header = challenge::bearer_error(&answer.headers);
    let problem = json::object::<Problem>(&answer.body).ok();
    let body = answer.body.trim_ascii();
    let error = problem.as_ref().and_then(|problem| problem.error.text());
    let holds = |when: When| match when {
        Begins(prefix) => problem.is_none() && body.starts_with(prefix.as_bytes()),
        Code(code) => error == Some(code.as_str()),
        Empty => body.is_empty(),
        Header(code) => header == Some(code),
        Json => problem.is_some(),
        JsonToWhoMayAsk => problem.is_some() && may_ask,
        LaravelOnScopes => problem.as_ref().is_some_and(|problem| {
            error.is_none() && matches!(problem.message.said(), Some("" | "Invalid scope(s) provided."))
        }),
        NamesAccount => problem.as_ref().is_some_and(|problem| problem.identifier.text().is_some()),
        Says(prefix) => error.is_some_and(|error| error.starts_with(prefix)),
        ToLogin => is_login(answer),
    };
    let is_for = |servers: Servers| servers.is_empty() || servers.contains(&software);
    let line =
        TABLE.iter().find(|(servers, status, when, ..)| *status == answer.status && is_for(servers) && holds(*when));
    line.map(|(.., outcome, cause)| Refusal { outcome: *outcome, cause })
}

/// Whether a redirect leads to `/login`.
fn is_login(answer: &Answer) -> bool {
    let location = answer.headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = location.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    path == "/login"
}
