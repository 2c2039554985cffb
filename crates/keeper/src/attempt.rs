//! Owns what an authorization carries from its beginning to its end: what was frozen when it began, and the sealed secrets.
//!
//! Addresses and client are those of the beginning, whatever the configuration says meanwhile: a code never goes to another
//! server than the one that the person was sent to.

use grantkeep_core::{
    Account, Authorization, AuthorizationId, CredentialId, Owner, Progress, Provider, Sealed, Secret, Uid,
};
use grantkeep_oauth::{Endpoint, state};
use grantkeep_seal::Place;
use serde::{Deserialize, Serialize};

use crate::{KeepFault, Keeper};

/// Addresses, client and scope of one authorization. Not secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Frozen {
    /// The token endpoint.
    pub(crate) token: Option<String>,
    /// Who tells whose a token is.
    pub(crate) userinfo: Option<String>,
    /// Where a server shows a code for copying.
    pub(crate) authorization: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) promises_iss: bool,
    pub(crate) client_id: String,
    pub(crate) method: String,
    pub(crate) scope: Option<String>,
    /// What a Mastodon runs.
    pub(crate) software: Option<String>,
    /// Whether a one-tap link began it: then whoever goes on was told to, and did not think of it.
    #[serde(default)]
    pub(crate) by_link: bool,
}

impl Frozen {
    pub(crate) fn text(&self) -> Box<str> {
        serde_json::to_string(self).expect("texts are JSON").into()
    }

    pub(crate) fn of(authorization: &Authorization) -> Result<Self, KeepFault> {
        serde_json::from_str(&authorization.begun.frozen).map_err(|_| KeepFault::damaged("frozen"))
    }

    /// The endpoint of that text.
    pub(crate) fn endpoint(text: Option<&str>) -> Result<Endpoint, KeepFault> {
        let url = text.and_then(|text| text.parse().ok()).ok_or(KeepFault::damaged("frozen"))?;
        Endpoint::new(url).map_err(|_| KeepFault::damaged("frozen"))
    }
}

/// What must be sent back later, sealed together.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) authorization_url: Option<Secret>,
    pub(crate) verifier: Option<Secret>,
    pub(crate) device_code: Option<Secret>,
    pub(crate) client_secret: Option<Secret>,
}

#[derive(Serialize, Deserialize)]
struct Written<T> {
    authorization_url: Option<T>,
    verifier: Option<T>,
    device_code: Option<T>,
    client_secret: Option<T>,
}

impl Secrets {
    fn write(&self) -> Secret {
        fn text(secret: &Option<Secret>) -> Option<&str> {
            secret.as_ref().map(Secret::expose)
        }
        let parts = [&self.authorization_url, &self.verifier, &self.device_code, &self.client_secret];
        // With room for everything at once: a text that grows leaves copies behind.
        let room = 128 + 2 * parts.iter().filter_map(|part| text(part)).map(str::len).sum::<usize>();
        let mut bytes = Vec::with_capacity(room);
        let written = Written {
            authorization_url: text(&self.authorization_url),
            verifier: text(&self.verifier),
            device_code: text(&self.device_code),
            client_secret: text(&self.client_secret),
        };
        serde_json::to_writer(&mut bytes, &written).expect("texts are JSON");
        Secret::from(String::from_utf8(bytes).expect("JSON is UTF-8"))
    }

    fn read(text: &Secret) -> Option<Self> {
        let read: Written<String> = serde_json::from_str(text.expose()).ok()?;
        Some(Self {
            authorization_url: read.authorization_url.map(Secret::from),
            verifier: read.verifier.map(Secret::from),
            device_code: read.device_code.map(Secret::from),
            client_secret: read.client_secret.map(Secret::from),
        })
    }
}

const fn place(owner: &Owner, uid: Uid) -> Place<'_> {
    Place { table: "authorization", column: "secrets", owner, uid, generation: 1 }
}

/// How an authorization stands, for whoever began it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How far it has come. What is being exchanged is pending.
    pub progress: Progress,
    /// Our word for why it ended as it did.
    pub cause: Option<Box<str>>,
    /// What it led to.
    pub credential: Option<CredentialId>,
}

/// What became of an authorization, for the browser that went through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Where.
    pub provider: Provider,
    /// How far it has come.
    pub progress: Progress,
    /// Our word for why it ended as it did.
    pub cause: Option<Box<str>>,
    /// Under which name the credential is kept.
    pub account: Option<Account>,
    /// Whether the provider confirmed the token.
    pub verified: bool,
    /// Whether less was granted than asked for.
    pub scope_reduced: bool,
}

impl Keeper {
    pub(crate) fn seal_secrets(&self, owner: &Owner, uid: Uid, secrets: &Secrets) -> Result<Sealed, KeepFault> {
        self.seal_at(&place(owner, uid), &secrets.write())
    }

    pub(crate) fn open_secrets(&self, authorization: &Authorization) -> Result<Secrets, KeepFault> {
        let begun = &authorization.begun;
        let text = self.open_at(&place(&begun.owner, begun.uid), &begun.secrets)?;
        Secrets::read(&text).ok_or(KeepFault::damaged("secrets"))
    }

    /// How far it has really come: time ends what nobody came back for before the sweep does.
    pub(crate) fn progress(&self, authorization: &Authorization) -> Progress {
        let is_late = authorization.begun.expires_at <= self.now();
        match authorization.progress {
            Progress::Pending if is_late => Progress::Expired,
            progress => progress,
        }
    }

    /// The owner's authorization of that id.
    pub(crate) async fn own(
        &self,
        owner: &Owner,
        provider: Provider,
        id: &AuthorizationId,
    ) -> Result<Authorization, KeepFault> {
        let found = self.store.authorization(id).await?;
        found
            .filter(|found| found.begun.owner == *owner && found.begun.provider == provider)
            .ok_or(KeepFault::NoSuchAuthorization)
    }

    /// How the owner's authorization stands.
    pub async fn authorization(
        &self,
        owner: &Owner,
        provider: Provider,
        id: &AuthorizationId,
    ) -> Result<Attempt, KeepFault> {
        let found = self.own(owner, provider, id).await?;
        let progress = match self.progress(&found) {
            Progress::Claimed => Progress::Pending,
            progress => progress,
        };
        Ok(Attempt { progress, cause: found.cause, credential: found.credential })
    }

    /// Gives the owner's authorization up.
    pub async fn cancel(&self, owner: &Owner, provider: Provider, id: &AuthorizationId) -> Result<(), KeepFault> {
        let found = self.own(owner, provider, id).await?;
        // Claimed by whoever gives it up, so that nothing that arrives at this moment is exchanged as well.
        if self.store.claim(&found.begun.id, self.now()).await? {
            self.end(&found, Progress::Failed, "given_up", None).await?;
        }
        Ok(())
    }

    /// What became of an authorization, for the browser that shows its binding.
    pub async fn ending(&self, id: &AuthorizationId, binding: Option<&str>) -> Result<Option<Ending>, KeepFault> {
        let Some(found) = self.store.authorization(id).await? else { return Ok(None) };
        let shown = binding.map(state::digest);
        if shown.is_none() || found.binding != shown {
            return Ok(None);
        }
        let credential = match found.credential {
            Some(id) => self.store.get(&found.begun.owner, id).await?,
            None => None,
        };
        Ok(Some(Ending {
            provider: found.begun.provider,
            progress: self.progress(&found),
            verified: credential.as_ref().is_some_and(|credential| credential.evidence.is_confirmed()),
            scope_reduced: credential.as_ref().is_some_and(|credential| credential.grant.scope.is_reduced()),
            account: credential.map(|credential| credential.account),
            cause: found.cause,
        }))
    }

    /// Ends an authorization.
    pub(crate) async fn end(
        &self,
        authorization: &Authorization,
        progress: Progress,
        cause: &str,
        credential: Option<CredentialId>,
    ) -> Result<(), KeepFault> {
        let id = &authorization.begun.id;
        let cause = (!cause.is_empty()).then_some(cause);
        if self.store.conclude(id, progress, cause, credential).await? {
            self.metrics.ended(progress, 1);
        }
        tracing::info!(
            authorization = id.as_str(),
            provider = authorization.begun.provider.as_str(),
            progress = progress.as_str(),
            cause,
            "an authorization has ended"
        );
        Ok(())
    }

    /// At the start of a server: renewed tokens that did not come into their rows are brought there; what was being exchanged
    /// when the program ended has failed, for its answer is lost.
    pub async fn recover(&self) -> Result<(), KeepFault> {
        self.replay().await?;
        let given_up = self.store.give_up_claimed("interrupted").await?;
        self.metrics.ended(Progress::Failed, given_up);
        if given_up > 0 {
            tracing::warn!(given_up, "logins were interrupted when the program ended last: begin them again");
        }
        Ok(())
    }
}
