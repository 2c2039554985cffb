//! Owns the way of a token into a credential: read what was pasted, ask the provider, decide, seal, store.

use std::sync::Arc;

use grantkeep_core::{
    Account, AuthorizationId, Credential, Evidence, Expiry, Grant, NewAuthorization, Outcome, Owner, Provider, Renewal,
    Scope, Secret, Subject, Timestamp, TokenKind, Uid,
    event::Action,
    redirect::{self, Intake, Stated},
    renewal,
    schedule::next_check,
};
use grantkeep_mastodon as mastodon;
use grantkeep_oauth::{callback, state};
use grantkeep_store::{NewCredential, StoreFault};
use grantkeep_vk as vk;

use crate::{
    CaptureFault, KeepFault, Keeper,
    ask::{Reading, Whom, nameless},
    exchange::Granted,
    site::discovery_fault,
};

/// What somebody pasted.
#[derive(Debug)]
pub struct Submission {
    /// The text as it came.
    pub text: Secret,
    /// Under which name to keep it; by default after whom it speaks for.
    pub account: Option<Account>,
    /// The authorization that it is the answer to.
    pub authorization: Option<AuthorizationId>,
    /// The server that it comes from, as typed; for Mastodon.
    pub instance: Option<String>,
}

/// What became of it.
#[derive(Debug)]
pub struct Submitted {
    /// The credential as stored.
    pub credential: Arc<Credential>,
    /// Whether it is new; otherwise an existing one took the token.
    pub created: bool,
    /// Whether the provider confirmed the token.
    pub verified: bool,
}

/// A token that has been read and asked about, on its way into the store.
#[derive(Debug)]
pub(crate) struct Incoming {
    owner: Owner,
    provider: Provider,
    server: Option<Box<str>>,
    account: Account,
    token: Secret,
    refresh_token: Option<Secret>,
    device_id: Option<Secret>,
    kind: TokenKind,
    subject: Option<Subject>,
    expiry: Expiry,
    scope: Scope,
    evidence: Evidence,
    /// Whether the provider told whom it speaks for; otherwise `subject` is what the text claims.
    identified: bool,
    outcome: Outcome,
    /// Our word for how the provider answered.
    cause: Box<str>,
}

/// Tries to write before giving up. Each failure means that another write of the same account went through.
const TRIES: usize = 100;

impl Keeper {
    /// Takes what somebody pasted for `owner`: a token in any form, or what a login led to. Nothing is stored unless this
    /// returns `Ok`.
    pub async fn submit(
        self: &Arc<Self>,
        owner: &Owner,
        provider: Provider,
        submission: Submission,
    ) -> Result<Submitted, KeepFault> {
        // Whoever closes the keeper waits for it.
        let _flight = self.flights.begin()?;
        if let Some(id) = &submission.authorization {
            let found = self.own(owner, provider, id).await?;
            if self.progress(&found) != grantkeep_core::Progress::Pending {
                return Err(KeepFault::AuthorizationEnded);
            }
            return Box::pin(self.take_pasted(&found, &submission.text)).await.map_err(pasted_fault);
        }
        // The address of a page that a login led to says by its state which login that was.
        if let Some(state) = state_of_code(&submission.text) {
            let found = self.store.authorization_of_state(state).await?;
            let found = found.filter(|found| found.begun.owner == *owner && found.begun.provider == provider);
            let found = found.ok_or(KeepFault::NoSuchAuthorization)?;
            if self.progress(&found) != grantkeep_core::Progress::Pending {
                return Err(KeepFault::AuthorizationEnded);
            }
            return Box::pin(self.take_pasted(&found, &submission.text)).await.map_err(pasted_fault);
        }
        // What is seldom is apart, so that the usual way is a small piece of memory.
        match provider {
            Provider::Vk => self.submit_vk(owner, submission).await,
            Provider::Mastodon => Box::pin(self.submit_mastodon(owner, submission)).await,
            Provider::OAuth2(_) => Box::pin(self.submit_oauth2(owner, provider, submission)).await,
        }
    }

    async fn submit_vk(&self, owner: &Owner, submission: Submission) -> Result<Submitted, KeepFault> {
        let captured_at = self.now();
        let intake = redirect::read(submission.text.expose(), &|place| self.providers.shows_vk_token(place))?;
        let kind = vk::kind_of(&intake);
        let granted = pasted(&intake, kind, expiry_in_text(&intake, kind, captured_at));
        let reading = self.ask(&granted.access_token, &Whom::Vk(kind)).await;
        let to = Destination { owner, provider: Provider::Vk, server: None, account: submission.account };
        self.store_incoming(to.incoming(granted, reading, captured_at)).await
    }

    /// A token that a person made in a server's settings.
    async fn submit_mastodon(&self, owner: &Owner, submission: Submission) -> Result<Submitted, KeepFault> {
        let captured_at = self.now();
        let intake = mastodon::import::read(submission.text.expose())?;
        let typed = self.typed(submission.instance.as_deref().ok_or(KeepFault::InstanceMissing)?)?;
        let site = self.site(typed).await.map_err(discovery_fault)?;
        let expiry = mastodon::import::expiry(site.software, &intake, captured_at);
        let granted = pasted(&intake, TokenKind::Mastodon, expiry);
        let (server, software) = (site.server.clone(), site.software);
        let reading = self.ask(&granted.access_token, &Whom::Mastodon { server, software, scopes: None }).await;
        let server = Some(site.server.as_str().into());
        let to = Destination { owner, provider: Provider::Mastodon, server, account: submission.account };
        self.store_incoming(to.incoming(granted, reading, captured_at)).await
    }

    async fn submit_oauth2(
        &self,
        owner: &Owner,
        provider: Provider,
        submission: Submission,
    ) -> Result<Submitted, KeepFault> {
        let Provider::OAuth2(name) = provider else { return Err(KeepFault::FlowNotOffered) };
        let settings = self.providers.oauth2(name).ok_or(KeepFault::FlowNotOffered)?;
        let captured_at = self.now();
        let uri = settings.redirect_uri(&self.providers).parse::<url::Url>().ok();
        let is_ours = |place: &redirect::Place<'_>| uri.as_ref().is_some_and(|uri| vk::settings::is_place(place, uri));
        let intake = redirect::read(submission.text.expose(), &is_ours)?;
        let endpoints = self.endpoints(settings).await?;
        let expiry = match intake.lifetime {
            Some(Stated::For(lifetime)) => Expiry::Stated(captured_at.after(lifetime)),
            Some(Stated::Never) | None => Expiry::Unstated,
        };
        let granted = pasted(&intake, TokenKind::OAuth2, expiry);
        let reading = self.ask(&granted.access_token, &Whom::UserInfo(endpoints.userinfo)).await;
        let server = settings.server().map(Into::into);
        let to = Destination { owner, provider, server, account: submission.account };
        self.store_incoming(to.incoming(granted, reading, captured_at)).await
    }

    /// Stores a token, unless the provider refuses it for good.
    pub(crate) async fn store_incoming(&self, incoming: Incoming) -> Result<Submitted, KeepFault> {
        incoming.refuse_dead()?;
        let verified = incoming.outcome == Outcome::Alive;
        let (credential, created) = self.keep(&incoming).await?;
        self.wake_watchers(&credential);
        tracing::info!(
            credential = credential.id,
            created,
            verified,
            kind = credential.grant.kind.as_str(),
            "token stored"
        );
        self.note(Action::Capture, &credential, if verified { "done" } else { "unverified" });
        Ok(Submitted { credential, created, verified })
    }

    async fn keep(&self, incoming: &Incoming) -> Result<(Arc<Credential>, bool), KeepFault> {
        for _ in 0..TRIES {
            let existing = self.store.find(&incoming.owner, incoming.provider, Some(&incoming.account)).await?;
            let written = match existing {
                None => self.store.insert(self.as_new(incoming)?).await.map(|stored| (Arc::new(stored), true)),
                Some(found) => {
                    self.may_replace(&found.credential, incoming)?;
                    let credential = self.with_token(&found.credential, incoming)?;
                    self.store.replace(credential, None).await.map(|stored| (stored, false))
                }
            };
            match written {
                Err(StoreFault::Conflict | StoreFault::Stale) => {}
                written => return Ok(written?),
            }
        }
        Err(StoreFault::Stale.into())
    }

    /// Another person's token never silently replaces a credential; nor does one of which we cannot tell whose it is, unless it
    /// claims the same person, or is the same token once more. The same person at another server is another person.
    fn may_replace(&self, existing: &Credential, incoming: &Incoming) -> Result<(), KeepFault> {
        if existing.server != incoming.server {
            return Err(KeepFault::OwnerChanged);
        }
        match (&existing.subject, &incoming.subject) {
            (Some(kept), Some(came)) if kept == came => Ok(()),
            (None, _) if incoming.identified => Ok(()),
            (None, None) if self.open(existing)?.expose() == incoming.token.expose() => Ok(()),
            _ if incoming.identified => Err(KeepFault::OwnerChanged),
            _ => Err(KeepFault::ProviderUnavailable(incoming.cause.clone())),
        }
    }

    fn as_new(&self, incoming: &Incoming) -> Result<NewCredential, KeepFault> {
        let uid = Uid((self.world.random)());
        let grant = self.grant(incoming, uid, 1)?;
        Ok(NewCredential {
            renew_at: incoming.renew_at(&grant, uid),
            check_at: incoming.check_at(&grant, uid),
            uid,
            owner: incoming.owner.clone(),
            provider: incoming.provider,
            server: incoming.server.clone(),
            account: incoming.account.clone(),
            subject: incoming.subject.clone(),
            grant,
            evidence: incoming.evidence.clone(),
            created_at: incoming.evidence.captured_at,
        })
    }

    fn with_token(&self, existing: &Credential, incoming: &Incoming) -> Result<Credential, KeepFault> {
        let grant = self.grant(incoming, existing.uid, existing.grant.generation + 1)?;
        Ok(Credential {
            subject: incoming.subject.clone(),
            evidence: incoming.evidence.clone(),
            check_at: incoming.check_at(&grant, existing.uid),
            renewal: Renewal {
                at: incoming.renew_at(&grant, existing.uid),
                fence: existing.renewal.fence,
                ..Renewal::default()
            },
            grant,
            id: existing.id,
            uid: existing.uid,
            revision: existing.revision,
            owner: existing.owner.clone(),
            provider: existing.provider,
            server: existing.server.clone(),
            account: existing.account.clone(),
            created_at: existing.created_at,
            told: existing.told,
        })
    }

    fn grant(&self, incoming: &Incoming, uid: Uid, generation: i64) -> Result<Grant, KeepFault> {
        let seal = |column, secret: &Secret| self.seal(&incoming.owner, uid, generation, column, secret);
        let seal_some = |column, secret: &Option<Secret>| secret.as_ref().map(|it| seal(column, it)).transpose();
        Ok(Grant {
            kind: incoming.kind,
            access_token: seal("access_token", &incoming.token)?,
            refresh_token: seal_some("refresh_token", &incoming.refresh_token)?,
            device_id: seal_some("device_id", &incoming.device_id)?,
            generation,
            expiry: incoming.expiry,
            scope: incoming.scope.clone(),
        })
    }
}

/// Where a token is to be kept.
struct Destination<'a> {
    owner: &'a Owner,
    provider: Provider,
    server: Option<Box<str>>,
    account: Option<Account>,
}

impl Destination<'_> {
    fn incoming(self, granted: Granted, reading: Reading, captured_at: Timestamp) -> Incoming {
        let Reading { outcome, cause, asked, told } = reading;
        let Granted { kind, access_token, refresh_token, device_id, expiry, scope, claimed, .. } = granted;
        // What VK shows of a token may be another kind than it looked like, which then lives as long as that kind does.
        let (kind, expiry) = match (&told, expiry) {
            (Some(told), Expiry::Assumed(_)) if told.kind != kind => {
                (told.kind, vk::usual_expiry(told.kind, captured_at))
            }
            (Some(told), expiry) => (told.kind, expiry),
            (None, expiry) => (kind, expiry),
        };
        let usual = || match &told {
            Some(told) => told.account.clone(),
            None => nameless(self.provider, self.server.as_deref()),
        };
        let account = self.account.unwrap_or_else(usual);
        let identified = told.is_some();
        let evidence = Evidence::captured(captured_at).with(outcome, &cause, asked, captured_at);
        Incoming {
            owner: self.owner.clone(),
            provider: self.provider,
            server: self.server,
            account,
            token: access_token,
            refresh_token,
            device_id,
            kind,
            subject: told.map(|told| told.subject).or(claimed),
            expiry,
            scope,
            evidence,
            identified,
            outcome,
            cause,
        }
    }
}

impl Incoming {
    /// What a login led to.
    pub(crate) fn new(begun: &NewAuthorization, granted: Granted, reading: Reading, now: Timestamp) -> Self {
        let to = Destination {
            owner: &begun.owner,
            provider: begun.provider,
            server: begun.server.clone(),
            account: begun.account.clone(),
        };
        to.incoming(granted, reading, now)
    }

    /// When the provider is to be asked about it next. About an application's token nobody can be asked.
    fn check_at(&self, grant: &Grant, uid: Uid) -> Option<Timestamp> {
        let next = next_check(&self.evidence, self.expiry, grant.renews(), uid, self.evidence.captured_at);
        next.filter(|_| self.kind != TokenKind::OAuth2Client)
    }

    /// When it is to be renewed by itself, if it can be.
    fn renew_at(&self, grant: &Grant, uid: Uid) -> Option<Timestamp> {
        let due_at = renewal::due_at(self.expiry, self.evidence.captured_at, uid);
        due_at.filter(|_| grant.renews())
    }

    /// A definite refusal stores nothing. What only says "not now" or "ask a person" does not speak against the token.
    fn refuse_dead(&self) -> Result<(), KeepFault> {
        match self.outcome {
            Outcome::Alive | Outcome::NeedsHuman | Outcome::Unclear => Ok(()),
            Outcome::AccountBlocked
            | Outcome::AppBlocked
            | Outcome::Expired
            | Outcome::Misconfigured
            | Outcome::OtherAddress
            | Outcome::Revoked => Err(KeepFault::Refused { outcome: self.outcome, cause: self.cause.clone() }),
        }
    }
}

/// A pasted token comes alone: nothing renews it, and nobody says what it may do.
fn pasted(intake: &Intake<'_>, kind: TokenKind, expiry: Expiry) -> Granted {
    Granted {
        kind,
        access_token: Secret::from(intake.token.expose()),
        refresh_token: None,
        device_id: None,
        expiry,
        scope: Scope::default(),
        claimed: claimed(intake),
        claims: None,
        is_fresh: false,
    }
}

fn expiry_in_text(intake: &Intake<'_>, kind: TokenKind, captured_at: Timestamp) -> Expiry {
    match intake.lifetime {
        Some(Stated::Never) => Expiry::Never,
        Some(Stated::For(lifetime)) => Expiry::Stated(captured_at.after(lifetime)),
        None => vk::usual_expiry(kind, captured_at),
    }
}

/// Whom a text claims its token to be for.
pub(crate) fn claimed(intake: &Intake<'_>) -> Option<Subject> {
    intake.community.map(Subject::Community).or_else(|| intake.user_id.map(Subject::User))
}

/// The state beside a code, when a text has both.
fn state_of_code(text: &Secret) -> Option<grantkeep_core::Digest> {
    // Its name may be escaped. Nearly every text is a token without one, and reading it twice takes longer than this.
    if !text.expose().contains("state") && !text.expose().contains(['%', '\\']) {
        return None;
    }
    let pasted = callback::read_pasted(text.expose()).ok()?;
    pasted.state.map(|state| state::digest(state.expose()))
}

/// A paste through the API is answered like any other request there.
fn pasted_fault(fault: CaptureFault) -> KeepFault {
    match fault {
        CaptureFault::Keep(fault) => fault,
        CaptureFault::Declined => KeepFault::Declined,
        CaptureFault::StateUsed | CaptureFault::StateExpired => KeepFault::AuthorizationEnded,
        other => KeepFault::NoCode(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_found_however_its_name_is_written() {
        let found = |text: &str| state_of_code(&Secret::from(text));
        for text in [
            "https://example.org/callback?code=abc&state=s1",
            "https://example.org/callback?code=abc&st%61te=s1",
            "abc&state=s1",
            r#"{"code":"abc","state":"s1"}"#,
            r#"{"code":"abc","st\u0061te":"s1"}"#,
        ] {
            assert!(found(text) == Some(state::digest("s1")), "{text}");
        }
        for text in ["abc", "https://example.org/callback?code=abc", "https://vk.com/blank.html#access_token=vk1.a.x"] {
            assert!(found(text).is_none(), "{text}");
        }
    }
}
