//! Owns how behaviours become a plan: what stands in the place of the answer, what changes it, and when it comes.

use std::time::Duration;

use super::edit::edited;
use crate::behaviour::Behaviour;
use crate::reply::{Ending, Payload, Plan, Reply, json, redirect, reply};

/// What is wanted of a provider's own answer.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Whom it is about, whoever allowed it.
    pub(crate) person: Option<String>,
    /// No more rights than these, separated by spaces or commas.
    pub(crate) scope: Option<String>,
}

/// Plans the answer. `elsewhere` is where a `redirect` without an address leads; `refuse` makes an OAuth error; `answer` is
/// the provider's own, and is not asked when another takes its place.
pub(crate) fn carry_out(
    behaviours: Vec<Behaviour>,
    elsewhere: &str,
    refuse: impl FnOnce(&str, Option<u16>) -> Reply,
    answer: impl FnOnce(&Wanted) -> Reply,
) -> Plan {
    let mut wanted = Wanted::default();
    let (mut delay, mut is_lost) = (Duration::ZERO, false);
    let (mut edits, mut instead) = (Vec::new(), None);
    for behaviour in behaviours {
        match behaviour {
            Behaviour::As(person) => wanted.person = Some(person),
            Behaviour::Grant(scope) => wanted.scope = Some(scope),
            Behaviour::Lost => is_lost = true,
            Behaviour::Slow(seconds) => delay += Duration::from_secs(seconds.into()),
            Behaviour::Drop(_)
            | Behaviour::Form
            | Behaviour::Set(..)
            | Behaviour::Status(_)
            | Behaviour::Trickle
            | Behaviour::Twice(_) => edits.push(behaviour),
            other => instead = instead.or(Some(other)),
        }
    }
    let own = match instead {
        None | Some(Behaviour::Alive) => answer(&wanted),
        Some(Behaviour::Error { code, status }) => refuse(&code, status),
        Some(other) => return Plan { delay, ending: outage(&other, elsewhere) },
    };
    let ending = if is_lost { Ending::Reset } else { Ending::Answer(Box::new(edited(own, &edits))) };
    Plan { delay, ending }
}

/// Where an answer breaks off.
const PIECE: &str = r#"{"access_token":""#;

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>One moment</title></head>\
    <body><h1>One moment</h1><p>This page is in the place of the answer.</p></body></html>\n";

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// What is no answer of a provider at all.
pub(crate) fn outage(behaviour: &Behaviour, elsewhere: &str) -> Ending {
    let answer = match behaviour {
        Behaviour::Bomb => {
            let mut reply = reply(200, JSON, Payload::bomb());
            reply.headers_mut().insert("content-encoding", http::HeaderValue::from_static("gzip"));
            reply
        }
        Behaviour::Close => return Ending::Close,
        Behaviour::Cut => reply(200, JSON, Payload::Cut(Some(PIECE.into()), 1)),
        Behaviour::Endless => reply(200, JSON, Payload::blank(u64::MAX)),
        Behaviour::Hang => return Ending::Hang,
        Behaviour::Html => reply(200, HTML, Payload::whole(PAGE)),
        Behaviour::Http(status) => {
            let text = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n");
            reply(*status, HTML, Payload::whole(text))
        }
        Behaviour::Huge => reply(200, JSON, Payload::blank(64 * 1024 * 1024)),
        Behaviour::Redirect { status, to } => redirect(*status, to.as_deref().unwrap_or(elsewhere)),
        Behaviour::Reset => return Ending::Reset,
        Behaviour::Stall => reply(200, JSON, Payload::Stall(Some(PIECE.into()))),
        Behaviour::Truncated => reply(200, JSON, Payload::whole(PIECE)),
        // `empty`; the others do not come here.
        _ => json(200, ""),
    };
    Ending::Answer(Box::new(answer))
}
