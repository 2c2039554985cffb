//! Owns the way of a pasted token into a credential: read, ask the provider, decide, seal, store.

use grantkeep_core::{
    Account, Credential, Evidence, Expiry, Grant, Lifetime, Outcome, Owner, Provider, Scope, Sealed, Secret, Subject,
    Timestamp, TokenKind, Uid,
    redirect::{self, Intake, Stated},
};
use grantkeep_store::{NewCredential, StoreFault};
use grantkeep_vk::{self as vk, check::Finding};

use crate::{KeepFault, Keeper, settle};

/// What somebody pasted.
#[derive(Debug)]
pub struct Submission {
    /// The text as it came.
    pub text: Secret,
    /// Under which name to keep it; by default after whom it speaks for.
    pub account: Option<Account>,
}

/// What became of it.
#[derive(Debug)]
pub struct Submitted {
    /// The credential as stored.
    pub credential: Credential,
    /// Whether it is new; otherwise an existing one took the token.
    pub created: bool,
    /// Whether the provider confirmed the token.
    pub verified: bool,
    /// How long it lives from now; none when it never expires.
    pub lifetime: Option<Lifetime>,
}

/// A token that has been read and asked about, on its way into the store.
struct Incoming {
    owner: Owner,
    account: Account,
    token: Secret,
    kind: TokenKind,
    subject: Option<Subject>,
    expiry: Expiry,
    evidence: Evidence,
    check_at: Option<Timestamp>,
    /// Whether the provider told whom it speaks for; otherwise `subject` is what the text claims.
    identified: bool,
    /// Our word for how the provider answered.
    cause: Box<str>,
}

/// Tries to write before giving up. Each failure means that another write of the same account went through.
const TRIES: usize = 100;

impl Keeper {
    /// Takes a pasted VK token, URL, fragment or JSON for `owner`. Nothing is stored unless this returns `Ok`.
    pub async fn submit(&self, owner: &Owner, submission: Submission) -> Result<Submitted, KeepFault> {
        let captured_at = self.now();
        let intake = redirect::read(submission.text.expose(), &|place| self.vk.is_ours(place))?;
        let token = Secret::from(intake.token.expose());
        let finding = self.ask(&token, vk::kind_of(&intake)).await;
        refuse_dead(&finding)?;
        let verified = finding.outcome == Outcome::Alive;
        let incoming = incoming(owner, submission.account, token, &intake, finding, captured_at);
        let lifetime = incoming.expiry.at().map(|at| at.since(captured_at));
        let (credential, created) = self.keep(&incoming).await?;
        if credential.check_at.is_some() {
            self.due_changed.notify_one();
        }
        tracing::info!(
            credential = credential.id,
            created,
            verified,
            kind = credential.grant.kind.as_str(),
            "token stored"
        );
        Ok(Submitted { credential, created, verified, lifetime })
    }

    async fn keep(&self, incoming: &Incoming) -> Result<(Credential, bool), KeepFault> {
        for _ in 0..TRIES {
            let existing = self.store.find(&incoming.owner, Provider::Vk, Some(&incoming.account)).await?;
            let written = match existing {
                None => self.store.insert(self.as_new(incoming)?).await.map(|stored| (stored, true)),
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
    /// claims the same person, or is the same token once more.
    fn may_replace(&self, existing: &Credential, incoming: &Incoming) -> Result<(), KeepFault> {
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
        let access_token = self.seal(&incoming.owner, uid, 1, &incoming.token)?;
        Ok(NewCredential {
            uid,
            owner: incoming.owner.clone(),
            provider: Provider::Vk,
            server: None,
            account: incoming.account.clone(),
            subject: incoming.subject.clone(),
            grant: bare(incoming, access_token, 1),
            evidence: incoming.evidence.clone(),
            created_at: incoming.evidence.captured_at,
            check_at: incoming.check_at,
        })
    }

    fn with_token(&self, existing: &Credential, incoming: &Incoming) -> Result<Credential, KeepFault> {
        let generation = existing.grant.generation + 1;
        let access_token = self.seal(&incoming.owner, existing.uid, generation, &incoming.token)?;
        Ok(Credential {
            subject: incoming.subject.clone(),
            grant: bare(incoming, access_token, generation),
            evidence: incoming.evidence.clone(),
            check_at: incoming.check_at,
            ..existing.clone()
        })
    }
}

/// A definite refusal stores nothing. What only says "not now" or "ask a person" does not speak against the token.
fn refuse_dead(finding: &Finding) -> Result<(), KeepFault> {
    match finding.outcome {
        Outcome::Alive | Outcome::NeedsHuman | Outcome::Unclear => Ok(()),
        Outcome::AccountBlocked
        | Outcome::AppBlocked
        | Outcome::Expired
        | Outcome::Misconfigured
        | Outcome::OtherAddress
        | Outcome::Revoked => Err(KeepFault::Refused { outcome: finding.outcome, cause: finding.cause.clone() }),
    }
}

/// A pasted token comes alone: nothing renews it, and nobody says what it may do.
fn bare(incoming: &Incoming, access_token: Sealed, generation: i64) -> Grant {
    Grant {
        kind: incoming.kind,
        access_token,
        refresh_token: None,
        device_id: None,
        generation,
        expiry: incoming.expiry,
        scope: Scope::default(),
    }
}

fn incoming(
    owner: &Owner,
    account: Option<Account>,
    token: Secret,
    intake: &Intake<'_>,
    finding: Finding,
    captured_at: Timestamp,
) -> Incoming {
    let identity = finding.identity;
    let kind = identity.as_ref().map_or_else(|| vk::kind_of(intake), |identity| identity.kind);
    let expiry = match intake.lifetime {
        Some(Stated::Never) => Expiry::Never,
        Some(Stated::For(lifetime)) => Expiry::Stated(captured_at.after(lifetime)),
        None => vk::usual_expiry(kind, captured_at),
    };
    let told = identity.map(|identity| identity.subject);
    let account = account.unwrap_or_else(|| vk::default_account(told.as_ref()));
    let evidence = Evidence::captured(captured_at).with(finding.outcome, &finding.cause, finding.asked, captured_at);
    let check_at = settle::next_check(&evidence, expiry, captured_at);
    let identified = told.is_some();
    let subject = told.or_else(|| claimed(intake));
    Incoming {
        owner: owner.clone(),
        account,
        token,
        kind,
        subject,
        expiry,
        evidence,
        check_at,
        identified,
        cause: finding.cause,
    }
}

fn claimed(intake: &Intake<'_>) -> Option<Subject> {
    intake.community.map(Subject::Community).or_else(|| intake.user_id.map(Subject::User))
}
