//! Owns the calls of VK's API: which answer a call gets, in this order: faults, the token's own state (made up, expired,
//! bound to another address), what the token was made to answer, and then the method itself.

mod response;

use std::time::Duration;

use http::Method;

use crate::ask::{Ask, Call};
use crate::behaviour::Behaviour as Common;
use crate::clock::Moment;
use crate::desk;
use crate::reply::{Ending, Payload, Plan, Reply, json, reply};
use crate::vk::behaviour::Behaviour;
use crate::vk::id::Fate;
use crate::vk::refusal::{Refusal, TABLE};
use crate::vk::state::State;
use crate::vk::token::{Claims, Kind};

/// What a method answers, or how it refuses.
type Outcome = Result<String, &'static Refusal>;

/// Every method there is, with what it is good for.
pub(crate) static METHODS: [(&str, &str); 9] = [
    ("account.getAppPermissions", "a user's token: its rights as a bit mask"),
    ("account.getInfo", "a user's token: settings of the account"),
    ("account.getProfileInfo", "a user's token: the profile"),
    ("apps.getScopes", "a user's token: rights that the application may ask for"),
    ("groups.getById", "any token: communities; a community's token needs no group_ids"),
    ("groups.getTokenPermissions", "a community's token: its rights"),
    ("secure.checkToken", "a service key: whose token another one is"),
    ("users.get", "any token: people; a user's token needs no user_ids"),
    ("utils.getServerTime", "any token: the time"),
];

/// The method of that name, as it is counted and addressed by faults. Case matters, as with VK.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    METHODS.iter().find(|(known, _)| *known == name).map(|(known, _)| *known)
}

/// Plans the answer to a call.
pub(crate) fn plan(state: &State, ask: &Ask, name: &str, at: Moment) -> Plan {
    let known = known(name);
    {
        let mut counts = state.counts();
        match known {
            Some(method) => *counts.methods.entry(method).or_default() += 1,
            None => counts.unknown += 1,
        }
    }
    let faults = state.faults().answers(known.unwrap_or_default(), ask.caller, at.steady);
    answered(state, ask, name, at, faults)
}

/// The same where a redirect leads: counted apart, and without faults.
pub(crate) fn plan_elsewhere(state: &State, ask: &Ask, name: &str, at: Moment) -> Plan {
    state.counts().elsewhere += 1;
    answered(state, ask, name, at, Vec::new())
}

fn answered(state: &State, ask: &Ask, name: &str, at: Moment, faults: Vec<Behaviour>) -> Plan {
    let call = ask.call();
    let claims = call.token.as_ref().and_then(|token| Claims::read(token.expose()));
    let mut course = Course { state, ask, name, at, call: &call, claims: claims.as_ref(), settled: Settled::default() };
    let decision = course.decide(faults);
    let ending = course.end(decision);
    let Settled { delay, is_lost, is_slow, .. } = course.settled;
    let ending = match ending {
        Ending::Answer(_) if is_lost => Ending::Reset,
        Ending::Answer(reply) if is_slow => Ending::Answer(Box::new(reply.map(Payload::trickling))),
        other => other,
    };
    Plan { delay, ending }
}

/// One call on its way to an answer.
struct Course<'a> {
    state: &'a State,
    ask: &'a Ask,
    name: &'a str,
    at: Moment,
    call: &'a Call,
    claims: Option<&'a Claims>,
    settled: Settled,
}

/// What modifiers ask for.
#[derive(Default)]
struct Settled {
    delay: Duration,
    does_echo: bool,
    is_lost: bool,
    is_slow: bool,
}

enum Decision {
    As(Behaviour),
    Text(String),
}

impl Course<'_> {
    fn decide(&mut self, faults: Vec<Behaviour>) -> Decision {
        let by_fault = faults.into_iter().find_map(|fault| self.settle(fault));
        match by_fault {
            Some(Behaviour::Common(Common::Alive)) => return self.ask_method(),
            Some(fault) => return Decision::As(fault),
            None => {}
        }
        let claims = match self.usable() {
            Ok(claims) => claims,
            Err(refusal) => return Decision::As(Behaviour::error(refusal)),
        };
        let begun = claims.is_some_and(|claims| self.at.wall >= claims.issued_at.after(claims.answers_after));
        let own = claims.and_then(|claims| claims.answers.clone()).filter(|_| begun);
        match own.and_then(|own| self.settle(own)) {
            Some(Behaviour::Common(Common::Alive)) | None => self.ask_method(),
            Some(own) => Decision::As(own),
        }
    }

    /// Applies a modifier; gives back what is an answer of its own.
    fn settle(&mut self, behaviour: Behaviour) -> Option<Behaviour> {
        match behaviour {
            Behaviour::Ancient => self.settled.does_echo = true,
            Behaviour::Common(Common::Lost) => self.settled.is_lost = true,
            Behaviour::Common(Common::Slow(seconds)) => self.settled.delay += Duration::from_secs(seconds.into()),
            Behaviour::Common(Common::Trickle) => self.settled.is_slow = true,
            Behaviour::RateLimit => return self.is_too_fast().then(|| Behaviour::error(refusal("6"))),
            other => return Some(other),
        }
        None
    }

    fn is_too_fast(&self) -> bool {
        let allowed = match self.claims.map(|claims| claims.kind) {
            Some(Kind::Community) => 20,
            Some(Kind::Service | Kind::User | Kind::VkId) => 3,
            None => return false,
        };
        let token = self.call.token.as_ref();
        token.is_some_and(|token| self.state.rate().is_over(token.expose(), allowed, self.at.steady))
    }

    /// What the token says, when there is one and it may be used here and now.
    fn usable(&self) -> Result<Option<&Claims>, &'static Refusal> {
        if self.call.token.is_none() {
            return Ok(None);
        }
        let claims = self.claims.ok_or_else(|| refusal("5:invalid"))?;
        if claims.expires_at().is_some_and(|end| end <= self.at.wall) {
            return Err(refusal(if claims.kind == Kind::Service { "28:expired" } else { "5:expired" }));
        }
        if claims.address.is_some_and(|address| address != self.ask.caller) {
            return Err(refusal("5:ip"));
        }
        match self.state.sessions().fate(claims.session) {
            // A session that is dead for having been refreshed twice leaves its access tokens to their end.
            Fate::Alive | Fate::Compromised => {}
            Fate::LoggedOut => return Err(refusal("5:session")),
            Fate::Revoked => return Err(refusal("5:revoked")),
        }
        Ok(Some(claims))
    }

    fn ask_method(&self) -> Decision {
        match self.outcome() {
            Ok(text) => Decision::Text(text),
            Err(refusal) => Decision::As(Behaviour::error(refusal)),
        }
    }

    fn outcome(&self) -> Outcome {
        if !matches!(self.ask.method, Method::GET | Method::POST) {
            return Err(refusal("9999"));
        }
        let method = known(self.name).ok_or_else(|| refusal("3"))?;
        let version = self.call.get("v").and_then(version).ok_or_else(|| refusal("100:v"))?;
        if self.call.token.is_none() {
            return Err(refusal("5:no_token"));
        }
        let claims = self.claims.ok_or_else(|| refusal("5:invalid"))?;
        response::to(method, version, self.call, claims, self.at.wall)
    }

    fn end(&self, decision: Decision) -> Ending {
        let behaviour = match decision {
            Decision::Text(text) => return answer(json(200, text)),
            Decision::As(behaviour) => behaviour,
        };
        match behaviour {
            Behaviour::Error { refusal, status } => answer(json(status, self.envelope(refusal))),
            Behaviour::Challenge => answer(challenge()),
            Behaviour::Common(common) => self.outage(&common),
            // Modifiers are settled before.
            Behaviour::Ancient | Behaviour::RateLimit => answer(json(200, "")),
        }
    }

    /// What is not VK's API speaking; where it begins to speak, it is VK's words.
    fn outage(&self, outage: &Common) -> Ending {
        match outage {
            Common::Cut => answer(reply(200, JSON, Payload::Cut(Some(PIECE.into()), 1))),
            Common::Html => answer(reply(200, HTML, Payload::whole(TOO_MANY))),
            Common::Stall => answer(reply(200, JSON, Payload::Stall(Some(PIECE.into())))),
            Common::Truncated => answer(reply(200, JSON, Payload::whole(PIECE))),
            other => {
                let method = known(self.name).unwrap_or("unknown");
                desk::outage(other, &format!("{}{}/method/{method}", self.state.base, desk::ELSEWHERE))
            }
        }
    }

    /// `request_params` has `method` and `oauth` first, as today, and never a token; the ancient way has them last and the
    /// token among them.
    fn envelope(&self, refusal: &Refusal) -> String {
        let shown = self.call.params.iter().filter(|(key, _)| key != "token" && key != "method" && key != "oauth");
        let shown = shown.map(|(key, value)| (key.as_str(), value.as_str()));
        let head = [("method", self.name), ("oauth", "1")];
        let token = self.call.token.as_ref().map(|token| ("access_token", token.expose()));
        if self.settled.does_echo {
            refusal.envelope(&self.state.base, shown.chain(token).chain(head))
        } else {
            refusal.envelope(&self.state.base, head.into_iter().chain(shown))
        }
    }
}

fn answer(reply: Reply) -> Ending {
    Ending::Answer(Box::new(reply))
}

/// A row that this crate names itself. The tests of this module go through all of them.
fn refusal(name: &str) -> &'static Refusal {
    Refusal::named(name).unwrap_or(&TABLE[0])
}

/// `5.199` as two numbers.
fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

const PIECE: &str = r#"{"response":[{"id":"#;

const TOO_MANY: &str = "<!DOCTYPE html>\n<html lang=\"ru\"><head><meta charset=\"utf-8\"><title>Ошибка 429</title></head>\
    <body><h1>Ошибка 429</h1><p>Слишком много запросов. Повторите попытку позже.</p></body></html>\n";

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

fn challenge() -> Reply {
    let mut reply = reply(200, HTML, Payload::whole(""));
    let headers = reply.headers_mut();
    headers.insert("x-challenge", http::HeaderValue::from_static("required"));
    headers.insert("x-challenge-url", http::HeaderValue::from_static("/challenge.html"));
    reply
}

#[cfg(test)]
mod tests;
