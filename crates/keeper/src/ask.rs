//! Owns asking a provider about a token: carries each provider's step machine through the outbound client, and gives back one
//! kind of reading.

use grantkeep_core::{
    Account, Credential, NoAnswer, Outcome, Provider, Secret, Subject, TokenKind, schedule::NOBODY_TO_ASK,
};
use grantkeep_mastodon::{self as mastodon, Server, Software};
use grantkeep_oauth::{
    Endpoint, ErrorCode, Scopes,
    id_token::Claims,
    userinfo::{self, UserInfoFault},
};
use grantkeep_vk as vk;

use crate::{KeepFault, Keeper, metrics::Kind, site::discovery_word};

/// Cause of an unclear reading of a credential whose provider the configuration now leads elsewhere.
const PROVIDER_CHANGED: &str = "provider_changed";

/// The name of an account where a provider names nobody.
const NAMELESS: &str = "default";

const USERINFO: &str = "userinfo";

/// Who is asked, and how.
#[derive(Debug)]
pub(crate) enum Whom {
    /// VK, about a token of that kind.
    Vk(TokenKind),
    /// A server of Mastodon's family, about a token with these scopes.
    Mastodon { server: Server, software: Software, scopes: Option<Scopes> },
    /// A userinfo endpoint, if there is one.
    UserInfo(Option<Endpoint>),
    /// Nobody, for that reason.
    Nobody(Box<str>),
}

impl Whom {
    /// The kind of provider that is really asked, if one is.
    const fn kind(&self) -> Option<Kind> {
        match self {
            Self::Vk(_) => Some(Kind::Vk),
            Self::Mastodon { .. } => Some(Kind::Mastodon),
            Self::UserInfo(Some(_)) => Some(Kind::OAuth2),
            Self::UserInfo(None) | Self::Nobody(_) => None,
        }
    }
}

/// What a provider says of a token now. No answer is a reading too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) outcome: Outcome,
    /// Our word for why.
    pub(crate) cause: Box<str>,
    /// The method whose answer decided.
    pub(crate) asked: &'static str,
    /// Whom the token speaks for, if the provider told.
    pub(crate) told: Option<Told>,
}

/// Whom a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: TokenKind,
    pub(crate) subject: Subject,
    /// What to call the account where nobody says.
    pub(crate) account: Account,
}

impl Reading {
    fn unclear(cause: impl Into<Box<str>>, asked: &'static str) -> Self {
        Self { outcome: Outcome::Unclear, cause: cause.into(), asked, told: None }
    }

    /// What the provider has just proved in another way than by an answer about the token.
    pub(crate) fn confirm(&mut self, cause: &str, asked: &'static str) {
        (self.outcome, self.cause, self.asked) = (Outcome::Alive, cause.into(), asked);
    }

    /// Whom an ID token names.
    pub(crate) fn told_by(claims: &Claims) -> Told {
        person(&claims.sub, claims.preferred_username.as_deref())
    }
}

fn person(sub: &str, preferred_username: Option<&str>) -> Told {
    let names = [preferred_username.unwrap_or_default(), sub, NAMELESS];
    let cut = |name: &str| Account::new(&name.chars().take(Account::LONGEST / 3).collect::<String>()).ok();
    let account = names.into_iter().find_map(|name| Account::new(name).ok().or_else(|| cut(name)));
    Told {
        kind: TokenKind::OAuth2,
        subject: Subject::Person(sub.into()),
        account: account.expect("the last one is a name"),
    }
}

/// What an account is called while the provider has not told whose it is.
pub(crate) fn nameless(provider: Provider, server: Option<&str>) -> Account {
    match (provider, server.and_then(Server::from_kept)) {
        (Provider::Vk, _) => vk::default_account(None),
        (Provider::Mastodon, Some(server)) => mastodon::default_account(None, &server),
        _ => Account::new(NAMELESS).expect("a short word"),
    }
}

impl Keeper {
    /// What the provider says of `token` now. Never fails: no answer is a reading too.
    pub(crate) async fn ask(&self, token: &Secret, whom: &Whom) -> Reading {
        let reading = match whom {
            Whom::Vk(kind) => self.ask_vk(token, *kind).await,
            Whom::Mastodon { server, software, scopes } => {
                Box::pin(self.ask_mastodon(token, server, *software, scopes.as_ref())).await
            }
            Whom::UserInfo(Some(endpoint)) => Box::pin(self.ask_userinfo(token, endpoint)).await,
            Whom::UserInfo(None) => Reading::unclear(NOBODY_TO_ASK, USERINFO),
            Whom::Nobody(cause) => Reading::unclear(cause.clone(), "discovery"),
        };
        if let Some(kind) = whom.kind() {
            self.metrics.checked(kind, reading.outcome);
        }
        tracing::debug!(
            asked = reading.asked,
            outcome = reading.outcome.as_str(),
            cause = &*reading.cause,
            "provider asked"
        );
        reading
    }

    async fn ask_vk(&self, token: &Secret, kind: TokenKind) -> Reading {
        let mut step = vk::check::start(self.vk(), token, kind);
        let finding = loop {
            match step {
                vk::check::Step::Done(finding) => break finding,
                vk::check::Step::Send(outgoing, waiting) => {
                    step = waiting.answered(self.outbound.send(outgoing).await);
                }
            }
        };
        let told = finding.identity.map(|identity| Told {
            kind: identity.kind,
            account: vk::default_account(Some(&identity.subject)),
            subject: identity.subject,
        });
        Reading { outcome: finding.outcome, cause: finding.cause, asked: finding.asked, told }
    }

    async fn ask_mastodon(
        &self,
        token: &Secret,
        server: &Server,
        software: Software,
        scopes: Option<&Scopes>,
    ) -> Reading {
        let mut step = mastodon::check::start(server, software, token, scopes);
        let finding = loop {
            match step {
                mastodon::check::Step::Done(finding) => break finding,
                mastodon::check::Step::Send(outgoing, waiting) => {
                    step = waiting.answered(self.outbound.send(outgoing).await);
                }
            }
        };
        let told = finding.identity.map(|identity| Told {
            kind: TokenKind::Mastodon,
            account: mastodon::default_account(Some(&identity), server),
            subject: identity.subject(server),
        });
        Reading { outcome: finding.outcome, cause: finding.cause, asked: finding.asked, told }
    }

    async fn ask_userinfo(&self, token: &Secret, endpoint: &Endpoint) -> Reading {
        let answer = match self.outbound.send(userinfo::request(endpoint, token)).await {
            Ok(answer) => answer,
            Err(reason) => return Reading::unclear(NoAnswer::as_str(reason), USERINFO),
        };
        let fault = match userinfo::read(&answer) {
            Ok(info) => {
                let told = person(&info.sub, info.preferred_username.as_deref());
                let (outcome, cause) = (Outcome::Alive, "confirmed".into());
                return Reading { outcome, cause, asked: USERINFO, told: Some(told) };
            }
            Err(fault) => fault,
        };
        let outcome = match fault {
            UserInfoFault::Refused(refusal) => match refusal.code {
                ErrorCode::InvalidToken => Outcome::Revoked,
                // Refused for lack of a right, which proves that it lives (RFC 6750 §3.1).
                ErrorCode::InsufficientScope => Outcome::Alive,
                // A server without the words of the standard: the status is all that it says.
                ErrorCode::Other if refusal.status == 401 => Outcome::Revoked,
                _ => Outcome::Unclear,
            },
            UserInfoFault::ServerTrouble(_) | UserInfoFault::Strange(_) => Outcome::Unclear,
        };
        Reading { outcome, cause: fault.cause().into(), asked: USERINFO, told: None }
    }

    /// Who is to be asked about a credential. A token goes to the server that issued it and to no other.
    pub(crate) async fn whom_of(&self, credential: &Credential) -> Result<Whom, KeepFault> {
        let server = credential.server.as_deref();
        match credential.provider {
            // A userinfo endpoint knows people: what it says of an application's token says nothing.
            Provider::OAuth2(_) if credential.grant.kind == TokenKind::OAuth2Client => Ok(Whom::UserInfo(None)),
            Provider::Vk => Ok(Whom::Vk(credential.grant.kind)),
            Provider::Mastodon => {
                let server = server.and_then(Server::from_kept);
                let server = server.ok_or_else(|| KeepFault::damaged_credential(credential, "server"))?;
                match self.site_of(server.clone()).await {
                    Ok(site) => {
                        let scope = &credential.grant.scope;
                        let scopes = scope.granted.as_ref().or(scope.asked.as_ref());
                        let scopes = scopes.map(|scopes| Scopes::parse(scopes));
                        Ok(Whom::Mastodon { server, software: site.software, scopes })
                    }
                    Err(fault) => Ok(Whom::Nobody(discovery_word(fault))),
                }
            }
            Provider::OAuth2(name) => {
                let settings = self.providers.oauth2(name);
                let Some(settings) = settings.filter(|settings| settings.server().as_deref() == server) else {
                    return Ok(Whom::Nobody(PROVIDER_CHANGED.into()));
                };
                match self.endpoints(settings).await {
                    Ok(endpoints) => Ok(Whom::UserInfo(endpoints.userinfo)),
                    Err(_) => Ok(Whom::Nobody("no_metadata".into())),
                }
            }
        }
    }
}
