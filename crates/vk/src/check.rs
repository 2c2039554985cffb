//! Owns the asking of VK about a token: a step machine of one or two calls, without I/O.
//!
//! `users.get` names the person of a user's token, and answers an empty list to a community's token and a service key;
//! then `groups.getById` names the community. Only what VK said counts: whatever is not understood is unclear, and an
//! unclear answer says nothing about the token. A redirect is never followed.

use grantkeep_core::{Answer, NoAnswer, Outcome, Outgoing, Payload, Purpose, Secret, Subject, TokenKind};
use http::Method;
use url::Url;

use crate::reply::{self, Reply, Shape};
use crate::{API_VERSION, ApiFault, Class, Settings};

/// Names the person.
const USERS: &str = "users.get";

/// Names the community.
const GROUPS: &str = "groups.getById";

/// Cause of a token that VK answered as asked.
const CONFIRMED: &str = "confirmed";

/// What to do next.
#[derive(Debug)]
pub enum Step<'t> {
    /// Send this, and give what comes back to [`Check::answered`].
    Send(Outgoing, Check<'t>),
    /// Nothing: this came out.
    Done(Finding),
}

/// What came out of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it means for the token.
    pub outcome: Outcome,
    /// Our word for why: `confirmed`, `vk_5_1130`, `http_502`, `timeout`. Never VK's text.
    pub cause: Box<str>,
    /// The method whose answer decided: `users.get` or `groups.getById`.
    pub asked: &'static str,
    /// Whom the token speaks for; none when VK has not told, although the token may be alive.
    pub identity: Option<Identity>,
}

/// Whom a token speaks for, as VK told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The token's kind, which VK's answer shows.
    pub kind: TokenKind,
    /// The person, the community or the application.
    pub subject: Subject,
}

/// A check that waits for an answer.
#[derive(Debug)]
pub struct Check<'t> {
    token: &'t Secret,
    api_url: &'t Url,
    kind: TokenKind,
    stage: Stage,
}

/// Which answer is awaited.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// That of `users.get`.
    Person,
    /// That of `groups.getById`; the token is known to live.
    Community {
        /// Whether the application is who remains when no community is named.
        or_application: bool,
    },
}

/// Begins a check. `kind` is what is known of the token so far.
pub fn start<'t>(settings: &'t Settings, token: &'t Secret, kind: TokenKind) -> Step<'t> {
    Check { token, api_url: &settings.api_url, kind, stage: Stage::Person }.send(USERS)
}

impl<'t> Check<'t> {
    /// Goes on with what came back.
    pub fn answered(self, answer: Result<Answer, NoAnswer>) -> Step<'t> {
        let reply = reply::read(answer);
        match self.stage {
            Stage::Person => self.person(reply),
            Stage::Community { or_application } => Step::Done(self.community(reply, or_application)),
        }
    }

    /// What `users.get` tells.
    fn person(self, reply: Reply) -> Step<'t> {
        match reply {
            Reply::Listed(Shape::Array, Some(id)) => {
                let kind = if self.kind == TokenKind::VkId { TokenKind::VkId } else { TokenKind::VkUser };
                Step::Done(alive(CONFIRMED, USERS, Some(Identity { kind, subject: Subject::User(id) })))
            }
            Reply::Listed(Shape::Array, None) => {
                let or_application = self.kind != TokenKind::VkCommunity;
                Check { stage: Stage::Community { or_application }, ..self }.send(GROUPS)
            }
            Reply::Fault(fault) if is_groups_refusal(fault) => {
                Check { stage: Stage::Community { or_application: false }, ..self }.send(GROUPS)
            }
            Reply::Fault(fault) if is_service_refusal(fault) => {
                Step::Done(alive(&fault.cause(), USERS, Some(Identity::APPLICATION)))
            }
            other => Step::Done(undecided(other, USERS)),
        }
    }

    /// What `groups.getById` tells of a token that is alive, but no person's.
    fn community(&self, reply: Reply, or_application: bool) -> Finding {
        let application = || or_application.then_some(Identity::APPLICATION);
        match reply {
            Reply::Listed(_, Some(id)) => {
                let identity = Identity { kind: TokenKind::VkCommunity, subject: Subject::Community(id) };
                alive(CONFIRMED, GROUPS, Some(identity))
            }
            Reply::Listed(_, None) => alive(CONFIRMED, GROUPS, application()),
            Reply::Fault(fault) if is_groups_refusal(fault) => alive(&fault.cause(), GROUPS, None),
            Reply::Fault(fault) if names_no_community(fault) => match application() {
                Some(identity) => alive(CONFIRMED, GROUPS, Some(identity)),
                None => alive(&fault.cause(), GROUPS, None),
            },
            other => undecided(other, GROUPS),
        }
    }

    fn send(self, method: &str) -> Step<'t> {
        Step::Send(request(self.api_url, method, self.token), self)
    }
}

impl Identity {
    const APPLICATION: Self = Self { kind: TokenKind::VkService, subject: Subject::Application };
}

/// Refused because it is a community's token: 27 "method is unavailable with group auth".
fn is_groups_refusal(fault: ApiFault) -> bool {
    fault.code == 27 && fault.class == Class::Alive
}

/// Refused because it is a service key: 28 "method is unavailable with service token".
fn is_service_refusal(fault: ApiFault) -> bool {
    fault.code == 28 && fault.class == Class::Alive
}

/// Whether an error of `groups.getById`, asked without parameters, means that the token has no community of its own:
/// refused for lack of a right, or asked which community it is to be.
fn names_no_community(fault: ApiFault) -> bool {
    fault.class == Class::Alive || matches!(fault.code, 100 | 125)
}

/// A finding about a token that VK knows.
fn alive(cause: &str, asked: &'static str, identity: Option<Identity>) -> Finding {
    Finding { outcome: Outcome::Alive, cause: cause.into(), asked, identity }
}

/// What an answer means that tells of nobody.
fn undecided(reply: Reply, asked: &'static str) -> Finding {
    let (outcome, cause) = match reply {
        Reply::Challenge => (Outcome::NeedsHuman, "challenge".into()),
        Reply::Fault(fault) => (fault.class.outcome(), fault.cause().into()),
        Reply::Listed(..) => (Outcome::Unclear, reply::UNEXPECTED.into()),
        Reply::Unclear(cause) => (Outcome::Unclear, cause),
    };
    Finding { outcome, cause, asked, identity: None }
}

/// A call of the API: `POST {api_url}/method/{method}` with the token in the body.
fn request(api_url: &Url, method: &str, token: &Secret) -> Outgoing {
    let mut url = api_url.clone();
    url.set_path(&format!("{}/method/{method}", api_url.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    // Room for every byte escaped: a string that grows leaves copies of the token behind that nobody wipes.
    let room = "access_token=&v=".len() + API_VERSION.len() + 3 * token.len();
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(room));
    form.append_pair("access_token", token.expose()).append_pair("v", API_VERSION);
    let body = Some(Payload::Form(Secret::from(form.finish())));
    Outgoing { purpose: Purpose::Check, method: Method::POST, url, headers: Vec::new(), body }
}

#[cfg(test)]
mod tests;
