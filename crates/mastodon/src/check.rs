//! Owns the asking of a server about a token: a step machine of one call, without I/O.
//!
//! `accounts/verify_credentials` names the person. A token whose scopes do not let it ask that is shown to
//! `apps/verify_credentials` where the server answers that to any live token. Only what the server said counts: whatever is
//! not understood is unclear, and an unclear answer says nothing about the token. A redirect is never followed.

use grantkeep_core::{Answer, NoAnswer, Outcome, Outgoing, Purpose, Secret};
use grantkeep_oauth::{Scopes, bearer};
use http::{HeaderValue, Method, header};
use serde::Deserialize;

use crate::identity::{CredentialAccount, Identity};
use crate::json::{self, UNEXPECTED, Word};
use crate::refusal::{self, APP_TOKEN, Refusal};
use crate::{Server, Software, scope};

/// Names the person (docs.joinmastodon.org/methods/accounts).
const ACCOUNTS: &str = "accounts/verify_credentials";

/// Names the application (docs.joinmastodon.org/methods/apps).
const APPS: &str = "apps/verify_credentials";

/// Cause of a token that the server answered as asked.
const CONFIRMED: &str = "confirmed";

/// Cause of a token that no server can have made.
const MALFORMED: &str = "malformed_token";

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this, and give what comes back to [`Check::answered`].
    Send(Outgoing, Check),
    /// Nothing: this came out.
    Done(Finding),
}

/// What came out of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it means for the token.
    pub outcome: Outcome,
    /// Our word for why: `confirmed`, `invalid_token`, `http_502`, `timeout`. Never the server's text.
    pub cause: Box<str>,
    /// The method whose answer decided.
    pub asked: &'static str,
    /// Whom the token speaks for; none when the server has not told, although the token may be alive.
    pub identity: Option<Identity>,
}

/// A check that waits for an answer.
#[derive(Debug)]
pub struct Check {
    software: Software,
    may_ask: bool,
    asked: &'static str,
}

/// Begins a check. `scopes` is what the token is known to have, if that is known.
pub fn start(server: &Server, software: Software, token: &Secret, scopes: Option<&Scopes>) -> Step {
    let may_ask = scopes.is_none_or(|scopes| scopes.is_empty() || scope::identifies(scopes));
    let asked = if !may_ask && software.traits().has_scopeless_check { APPS } else { ACCOUNTS };
    let Some(authorization) = bearer::header(token) else {
        return Step::Done(Finding { outcome: Outcome::Revoked, cause: MALFORMED.into(), asked, identity: None });
    };
    let headers = vec![
        (header::ACCEPT, HeaderValue::from_static("application/json")),
        // Texts in English: some servers tell only by them what they mean.
        (header::ACCEPT_LANGUAGE, HeaderValue::from_static("en")),
        authorization,
    ];
    let url = server.url(&format!("/api/v1/{asked}"));
    let outgoing = Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers, body: None };
    Step::Send(outgoing, Check { software, may_ask, asked })
}

impl Check {
    /// Goes on with what came back.
    pub fn answered(self, answer: Result<Answer, NoAnswer>) -> Step {
        let (outcome, cause, identity) = match answer {
            Err(reason) => (Outcome::Unclear, reason.as_str().into(), None),
            Ok(answer) if answer.status == 200 => self.confirmed(&answer),
            Ok(answer) => match refusal::read(self.software, self.may_ask, &answer) {
                Some(Refusal { outcome, cause }) => {
                    (outcome, cause.into(), (cause == APP_TOKEN).then_some(Identity::Application))
                }
                None if (300..400).contains(&answer.status) => {
                    (Outcome::Unclear, format!("redirect_{}", answer.status).into(), None)
                }
                None if answer.status == 429 => (Outcome::Unclear, "rate_limited".into(), None),
                None => (Outcome::Unclear, format!("http_{}", answer.status).into(), None),
            },
        };
        Step::Done(Finding { outcome, cause, asked: self.asked, identity })
    }

    /// What a success says.
    fn confirmed(&self, answer: &Answer) -> (Outcome, Box<str>, Option<Identity>) {
        let unclear = |word: &'static str| (Outcome::Unclear, word.into(), None);
        if self.asked == APPS {
            return match json::object::<Application>(&answer.body) {
                Ok(application) if application.name.text().is_some() => (Outcome::Alive, CONFIRMED.into(), None),
                Ok(_) => unclear(UNEXPECTED),
                Err(word) => unclear(word),
            };
        }
        match json::object::<CredentialAccount>(&answer.body).map(|account| account.person()) {
            Ok(Some(person)) => (Outcome::Alive, CONFIRMED.into(), Some(Identity::Person(person))),
            Ok(None) => unclear(UNEXPECTED),
            Err(word) => unclear(word),
        }
    }
}

/// `Application`, as far as we need it (docs.joinmastodon.org/entities/Application).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Application {
    name: Word,
}

#[cfg(test)]
mod tests;
