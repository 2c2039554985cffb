//! Owns what one emulated server remembers while it runs: applications, codes, tokens, sessions, how accounts stand, and the
//! settings that somebody chose.
//!
//! Always bounded: the oldest makes place. Nothing is on disk; a restart forgets everything, as a reset server does.

use std::sync::Arc;

use grantkeep_core::{Lifetime, Secret, Timestamp};

use super::cast::{PEOPLE, Standing};
use super::limit::Windows;
use super::scope;

/// So many of each kind are kept.
const MOST: usize = 5000;

/// An application.
#[derive(Debug)]
pub(super) struct App {
    pub(super) number: u64,
    pub(super) client_id: String,
    pub(super) secret: Secret,
    pub(super) name: String,
    pub(super) website: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) scopes: Vec<String>,
}

/// A code, used or not.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) code: Secret,
    pub(super) app: Arc<App>,
    /// Index in [`PEOPLE`].
    pub(super) person: usize,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) challenge: Option<String>,
    pub(super) ends_at: Timestamp,
    /// The token that it led to.
    pub(super) token: Option<u64>,
}

/// An access token, with the refresh token that came with it.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) number: u64,
    pub(super) text: Secret,
    pub(super) refresh: Option<Renewal>,
    pub(super) app: Arc<App>,
    /// Index in [`PEOPLE`]; none: the application's own.
    pub(super) person: Option<usize>,
    pub(super) scopes: Vec<String>,
    pub(super) created_at: Timestamp,
    pub(super) ends_at: Option<Timestamp>,
    pub(super) is_revoked: bool,
}

/// A refresh token.
#[derive(Debug)]
pub(super) struct Renewal {
    pub(super) text: Secret,
    pub(super) ends_at: Option<Timestamp>,
    pub(super) is_used: bool,
}

/// A browser.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) cookie: Secret,
    /// What its forms carry.
    pub(super) form_token: Secret,
    pub(super) person: Option<usize>,
    /// Where it wanted to go before it was asked to sign in.
    pub(super) wanted: Option<String>,
}

/// What somebody chose.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// The clock runs so many seconds ahead.
    pub(super) ahead: u64,
    /// Persons' tokens live so many seconds, whatever the server does by itself.
    pub(super) expires_in: Option<u64>,
    /// The domain of handles, when it is not the server's: `localhost:8003`.
    pub(super) handle_domain: Option<String>,
    /// So many more requests are answered with HTTP 429.
    pub(super) throttled: u32,
    /// The authorize page answers with `access_token` instead of `code`.
    pub(super) sends_token: bool,
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct Store {
    last_number: u64,
    pub(super) apps: Vec<Arc<App>>,
    pub(super) grants: Vec<Grant>,
    pub(super) tokens: Vec<Token>,
    pub(super) sessions: Vec<Session>,
    pub(super) standings: [Standing; PEOPLE.len()],
    pub(super) settings: Settings,
    pub(super) windows: Windows,
}

/// Adds something; the oldest makes place.
fn push<T>(things: &mut Vec<T>, thing: T) {
    if things.len() >= MOST {
        things.drain(..MOST / 10);
    }
    things.push(thing);
}

impl Token {
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        !self.is_revoked && self.ends_at.is_none_or(|end| end > now)
    }
}

impl Store {
    /// The next number, for whatever needs one.
    pub(super) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(super) fn standing(&self, person: usize) -> Standing {
        self.standings.get(person).copied().unwrap_or_default()
    }

    pub(super) fn add_app(&mut self, app: App) -> Arc<App> {
        let app = Arc::new(app);
        push(&mut self.apps, Arc::clone(&app));
        app
    }

    pub(super) fn app(&self, client_id: &str) -> Option<Arc<App>> {
        self.apps.iter().find(|app| app.client_id == client_id).cloned()
    }

    /// Forgets an application with its codes and tokens, as if it had never been; `None`: all of them. Says how many there were.
    pub(super) fn forget_apps(&mut self, client_id: Option<&str>) -> usize {
        let is_meant = |app: &App| client_id.is_none_or(|wanted| app.client_id == wanted);
        let before = self.apps.len();
        self.apps.retain(|app| !is_meant(app));
        self.grants.retain(|grant| !is_meant(&grant.app));
        self.tokens.retain(|token| !is_meant(&token.app));
        before - self.apps.len()
    }

    pub(super) fn add_grant(&mut self, grant: Grant) {
        push(&mut self.grants, grant);
    }

    pub(super) fn grant(&mut self, code: &str) -> Option<&mut Grant> {
        self.grants.iter_mut().find(|grant| grant.code.expose() == code)
    }

    pub(super) fn add_token(&mut self, token: Token) {
        push(&mut self.tokens, token);
    }

    pub(super) fn token(&self, text: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| token.text.expose() == text)
    }

    pub(super) fn numbered(&self, number: u64) -> Option<&Token> {
        self.tokens.iter().find(|token| token.number == number)
    }

    /// The token that lives for that application, person and set of scopes.
    pub(super) fn live_token(
        &self,
        app: &App,
        person: Option<usize>,
        scopes: &[String],
        now: Timestamp,
    ) -> Option<&Token> {
        let is_wanted = |token: &&Token| {
            let whose = token.app.client_id == app.client_id && token.person == person;
            whose && token.is_live(now) && scope::is_same(&token.scopes, scopes)
        };
        self.tokens.iter().find(is_wanted)
    }

    /// The newest code that led to a token which still lives, for that application and person.
    pub(super) fn live_grant(&self, app: &App, person: usize, now: Timestamp) -> Option<&Grant> {
        let is_wanted = |grant: &&Grant| {
            let whose = grant.app.client_id == app.client_id && grant.person == person;
            whose && grant.token.and_then(|number| self.numbered(number)).is_some_and(|token| token.is_live(now))
        };
        self.grants.iter().rev().find(is_wanted)
    }

    /// Revokes the tokens that are meant, and says how many lived.
    pub(super) fn revoke(&mut self, is_meant: impl Fn(&Token) -> bool) -> usize {
        let meant = self.tokens.iter_mut().filter(|token| !token.is_revoked && is_meant(token));
        meant.map(|token| token.is_revoked = true).count()
    }

    /// Drops revoked tokens, as Mastodon's nightly job does, and says how many there were.
    pub(super) fn vacuum(&mut self) -> usize {
        let before = self.tokens.len();
        self.tokens.retain(|token| !token.is_revoked);
        before - self.tokens.len()
    }

    pub(super) fn add_session(&mut self, session: Session) {
        push(&mut self.sessions, session);
    }

    pub(super) fn session(&mut self, cookie: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.cookie.expose() == cookie)
    }

    /// The instant by this server's own clock.
    pub(super) fn now(&self, real: Timestamp) -> Timestamp {
        real.after(Lifetime::from_seconds(self.settings.ahead))
    }
}
