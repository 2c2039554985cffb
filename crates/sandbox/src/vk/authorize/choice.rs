//! Owns what a person, or a script in their place, chose: allow or deny, as whom, and what the token shall be like.

use std::fmt::Write as _;
use std::net::IpAddr;

use grantkeep_core::{Lifetime, Secret};

use super::{Asked, positive};
use crate::ask::last;
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::vk::behaviour::Behaviour;
use crate::vk::scope::{EMAIL, OFFLINE, Scope};
use crate::vk::state::State;
use crate::vk::token::{Claims, Kind};
use crate::vk::{cast, code};

/// VK's lifetime of a user's token: 24 hours.
const DAY: u64 = 86_400;

/// The lifetime of a token that a code was exchanged for.
const HALF_A_DAY: u64 = 43_200;

/// A choice.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    Allow {
        person: u64,
        expires_in: Option<u64>,
        answers: Option<Behaviour>,
        answers_after: u64,
        address: Option<IpAddr>,
    },
    Deny,
}

impl Choice {
    /// Reads the choice; none while nobody has chosen. `auto=allow|deny`, `person`, `expires_in`, `answers`,
    /// `answers_after`, `bind`, `address`; an empty value counts as left out.
    pub(super) fn read(pairs: &[(String, String)], caller: IpAddr) -> Result<Option<Self>, &'static str> {
        let get = |name| last(pairs, name).map(str::trim).filter(|value| !value.is_empty());
        match get("auto") {
            None => return Ok(None),
            Some("deny") => return Ok(Some(Self::Deny)),
            Some("allow") => {}
            Some(_) => return Err("auto is allow or deny"),
        }
        let person = get("person").map_or(Some(cast::PEOPLE[0].id), positive);
        let address = get("address").map(str::parse::<IpAddr>).transpose().map_err(|_| "address is no IP address")?;
        let is_bound = get("bind").is_some_and(|bind| bind != "off");
        Ok(Some(Self::Allow {
            person: person.ok_or("person is the number of a person")?,
            expires_in: get("expires_in").map(number).transpose().map_err(|()| "expires_in is a number of seconds")?,
            answers: match get("answers") {
                Some(word) => {
                    Some(Behaviour::of_method(word).ok_or("answers is none of the words on the sandbox's page")?)
                }
                None => None,
            },
            answers_after: get("answers_after")
                .map(number)
                .transpose()
                .map_err(|()| "answers_after is a number of seconds")?
                .unwrap_or(0),
            address: address.or_else(|| is_bound.then_some(caller)).map(|address| address.to_canonical()),
        }))
    }

    /// What goes back to the application, in VK's key order: for the implicit flow with the tokens, for the code flow with a
    /// code; none when none could be made.
    pub(super) fn parameters(&self, state: &State, asked: &Asked, at: Moment) -> Option<Secret> {
        let Some(claims) = self.claims(asked, at) else {
            return Some(Secret::from(error(asked, "access_denied")));
        };
        if asked.wants_code {
            let code = code::issue(state, asked, self, at)?;
            let mut text = format!("code={code}");
            append_state(&mut text, asked);
            return Some(Secret::from(text));
        }
        let mut text = tokens(&claims, asked)?;
        append_state(&mut text, asked);
        if asked.groups.is_empty() && asked.scope.has(EMAIL) {
            // VK leaves the @ as it is; the addresses are ours.
            text += "&email=";
            text += &cast::person(claims.subject).email;
        }
        Some(Secret::from(text))
    }

    /// What the token shall say, issued now; none when the person said no.
    pub(crate) fn claims(&self, asked: &Asked, at: Moment) -> Option<Claims> {
        let Self::Allow { person, expires_in, answers, answers_after, address } = self else { return None };
        let by_itself = match (asked.groups.is_empty() && !asked.scope.has(OFFLINE), asked.wants_code) {
            (true, false) => DAY,
            (true, true) => HALF_A_DAY,
            (false, _) => 0,
        };
        Some(Claims {
            kind: if asked.groups.is_empty() { Kind::User } else { Kind::Community },
            subject: *person,
            scope: asked.scope,
            issued_at: at.wall,
            expires_in: Lifetime::from_seconds(expires_in.unwrap_or(by_itself)),
            address: *address,
            answers: answers.clone(),
            answers_after: Lifetime::from_seconds(*answers_after),
            session: 0,
        })
    }

    /// The same, by whomever a fault wants.
    pub(super) fn changed(&self, wanted: &Wanted) -> Self {
        let mut changed = self.clone();
        if let (Self::Allow { person, .. }, Some(other)) = (&mut changed, wanted.person.as_deref().and_then(positive)) {
            *person = other;
        }
        changed
    }
}

fn tokens(claims: &Claims, asked: &Asked) -> Option<String> {
    let mut text = String::new();
    for community in &asked.groups {
        let token = Claims { subject: community.id, ..claims.clone() }.mint().ok()?;
        write!(text, "access_token_{}={}&", community.id, token.expose()).ok()?;
    }
    if asked.groups.is_empty() {
        write!(text, "access_token={}&", claims.mint().ok()?.expose()).ok()?;
    }
    write!(text, "expires_in={}", claims.expires_in.seconds()).ok()?;
    if asked.groups.is_empty() {
        write!(text, "&user_id={}", claims.subject).ok()?;
    }
    Some(text)
}

/// An error, in VK's key order. Other texts than that of a person who said no are not on record.
pub(super) fn error(asked: &Asked, code: &str) -> String {
    let mut text = match code {
        "access_denied" => {
            "error=access_denied&error_reason=user_denied&error_description=User%20denied%20your%20request".to_owned()
        }
        other => format!("error={other}&error_description=The%20sandbox%20was%20asked%20to%20say%20this"),
    };
    append_state(&mut text, asked);
    text
}

fn append_state(text: &mut String, asked: &Asked) {
    if let Some(state) = &asked.state {
        *text += "&state=";
        *text += &encoded(state);
    }
}

/// Percent-encoded, with `%20` for a space as in VK's own redirects.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// What the page for error 17 sends back.
pub(super) fn validated(person: u64, at: Moment) -> Option<Secret> {
    let claims = Claims {
        kind: Kind::User,
        subject: person,
        scope: Scope(270_352),
        issued_at: at.wall,
        expires_in: Lifetime::from_seconds(DAY),
        address: None,
        answers: None,
        answers_after: Lifetime::from_seconds(0),
        session: 0,
    };
    Some(Secret::from(format!("success=1&access_token={}&user_id={person}", claims.mint().ok()?.expose())))
}

/// Seconds in digits alone; more than 100 years is a mistake.
fn number(text: &str) -> Result<u64, ()> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|seconds| digits && *seconds <= Lifetime::LONGEST.seconds()).ok_or(())
}
