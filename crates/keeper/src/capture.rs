//! Owns what a browser brings back: whose authorization it is, whether it may be believed, and its one exchange.
//!
//! What is not known to be right ends nothing and sends nothing: anybody can call these addresses. What is known by its state,
//! and wrong, ends the authorization (RFC 9700 §4.4, §4.7; RFC 9207).

use std::sync::Arc;

use grantkeep_core::{
    Authorization, AuthorizationId, Credential, Flow, Progress, Provider, Secret,
    redirect::{self, Intake, IntakeFault},
};
use grantkeep_oauth::{
    Tolerance,
    callback::{self, CallbackFault, Outcome},
    issuer::{self, IssuerFault},
    state,
};
use thiserror::Error;

use crate::{KeepFault, Keeper, Submitted, attempt::Frozen, exchange::Captured};

/// What arrived.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// At which path.
    pub path: &'a str,
    /// The query, or the fragment.
    pub text: &'a str,
    /// Whether it is a fragment, which our own page read and sent.
    pub in_fragment: bool,
    /// What the browser shows for an authorization: the cookie that was set when its ticket was spent.
    pub binding: &'a (dyn Fn(&AuthorizationId) -> Option<String> + Sync),
}

impl std::fmt::Debug for Arrival<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arrival").field("in_fragment", &self.in_fragment).finish_non_exhaustive()
    }
}

/// Why a redirect, a ticket or a paste was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CaptureFault {
    /// Another browser than the one that began, or one that does not show that it began.
    #[error("it began in another browser")]
    BindingMismatch,
    /// A code and an error at once.
    #[error("it has a code and an error")]
    CodeAndError,
    /// The code is empty, too long, or has characters that no code has.
    #[error("the code is malformed")]
    CodeMalformed,
    /// It came to the address of another provider.
    #[error("it came to the address of another provider")]
    ContextMismatch,
    /// The person declined.
    #[error("access was declined")]
    Declined,
    /// A parameter stands in it twice.
    #[error("a parameter stands in it twice")]
    Duplicate,
    /// It is another issuer's.
    #[error("it comes from another issuer")]
    IssuerMismatch,
    /// It does not say whose it is, although the provider promised that.
    #[error("it does not say which issuer it comes from")]
    IssuerMissing,
    /// As everywhere.
    #[error(transparent)]
    Keep(#[from] KeepFault),
    /// Neither a code nor a token nor an error.
    #[error("it has neither a code nor an error")]
    Nothing,
    /// The provider sent an error.
    #[error("the provider sent an error ({code})")]
    Provider {
        /// Its code, or `other`.
        code: &'static str,
        /// Its words, cut and cleaned, hostile all the same: shown as text or not at all.
        description: Option<String>,
    },
    /// It came too late.
    #[error("it came too late")]
    StateExpired,
    /// There is no state in it.
    #[error("there is no state in it")]
    StateMissing,
    /// Nobody knows its state.
    #[error("nobody knows its state")]
    StateUnknown,
    /// It came before.
    #[error("it was used before")]
    StateUsed,
    /// The link was opened before, in another browser or in this one.
    #[error("the link was used before")]
    TicketSpent,
    /// Nobody knows the link, or it has ended.
    #[error("nobody knows the link")]
    TicketUnknown,
    /// A token where a code should be: none was asked for.
    #[error("a token came where a code should be")]
    TokenInQuery,
    /// More than 8 KiB.
    #[error("it is too long")]
    TooLong,
}

impl From<grantkeep_store::StoreFault> for CaptureFault {
    fn from(fault: grantkeep_store::StoreFault) -> Self {
        Self::Keep(fault.into())
    }
}

impl Keeper {
    /// Takes what a browser came back with. The credential is stored when this returns `Ok`.
    pub async fn capture(self: &Arc<Self>, arrival: Arrival<'_>) -> Result<AuthorizationId, CaptureFault> {
        let callback = callback::read(arrival.text);
        match callback.outcome {
            Outcome::Wrong(CallbackFault::TooLong) => return Err(CaptureFault::TooLong),
            Outcome::Wrong(CallbackFault::Duplicate) => return Err(CaptureFault::Duplicate),
            _ => {}
        }
        let state = callback.state.filter(|state| !state.expose().is_empty()).ok_or(CaptureFault::StateMissing)?;
        let found = self.store.authorization_of_state(state::digest(state.expose())).await?;
        let found = found.ok_or(CaptureFault::StateUnknown)?;
        self.is_open(&found).await?;
        let uri = found.begun.redirect_uri.as_deref().unwrap_or_default();
        // A token that our fragment page carries over from a page that is not ours came to the fragment page.
        let is_carried = arrival.in_fragment
            && found.begun.provider == Provider::Vk
            && found.begun.flow == Flow::Implicit
            && self.takes_fragment(arrival.path);
        if !is_carried && !self.providers.arrives_at(uri, arrival.path) {
            return self.burn(&found, CaptureFault::ContextMismatch).await;
        }
        let shown = (arrival.binding)(&found.begun.id).map(|text| state::digest(&text));
        if shown.is_none() || found.binding != shown {
            return self.burn(&found, CaptureFault::BindingMismatch).await;
        }
        self.believe(&found, callback.outcome, arrival.text).await.map(|_| found.begun.id.clone())
    }

    /// Whether an authorization still waits.
    async fn is_open(&self, found: &Authorization) -> Result<(), CaptureFault> {
        match self.progress(found) {
            Progress::Pending => Ok(()),
            Progress::Expired => {
                self.end(found, Progress::Expired, "", None).await?;
                Err(CaptureFault::StateExpired)
            }
            _ => {
                if let Some(credential) = self.credential_of(found).await? {
                    self.note_replay(&found.begun.id, &credential);
                }
                Err(CaptureFault::StateUsed)
            }
        }
    }

    async fn credential_of(&self, found: &Authorization) -> Result<Option<Credential>, KeepFault> {
        let Some(id) = found.credential else { return Ok(None) };
        Ok(self.store.get(&found.begun.owner, id).await?)
    }

    /// Ends an authorization of which something wrong came back.
    async fn burn<T>(&self, found: &Authorization, fault: CaptureFault) -> Result<T, CaptureFault> {
        self.end(found, Progress::Failed, fault.cause(), None).await?;
        Err(fault)
    }

    /// Goes on with what came back from the right browser to the right address.
    async fn believe(
        self: &Arc<Self>,
        found: &Authorization,
        outcome: Outcome,
        text: &str,
    ) -> Result<Submitted, CaptureFault> {
        let frozen = Frozen::of(found)?;
        let (iss, is_code) = match &outcome {
            Outcome::Code { iss, .. } => (iss.as_deref(), true),
            Outcome::Denied { iss } | Outcome::Error { iss, .. } => (iss.as_deref(), false),
            Outcome::Token | Outcome::Wrong(_) => (None, false),
        };
        if let Err(fault) = check_issuer(found.begun.provider, &frozen, iss, is_code) {
            return self.burn(found, fault).await;
        }
        let is_implicit = found.begun.flow == Flow::Implicit;
        match outcome {
            Outcome::Code { code, device_id, .. } if !is_implicit => {
                self.take(found, &frozen, Captured::Code { code, device_id }).await
            }
            Outcome::Code { .. } => self.burn(found, CaptureFault::Nothing).await,
            Outcome::Denied { .. } => {
                self.end(found, Progress::Denied, "access_denied", None).await?;
                Err(CaptureFault::Declined)
            }
            Outcome::Error { code, description, .. } => {
                self.burn(found, CaptureFault::Provider { code: code.as_str(), description }).await
            }
            Outcome::Token if is_implicit => {
                let text = Secret::from(text);
                match redirect::read(text.expose(), &|_| false) {
                    Ok(intake) => self.take(found, &frozen, Captured::of(&intake)).await,
                    Err(fault) => {
                        self.end(found, Progress::Failed, "invalid_format", None).await?;
                        Err(KeepFault::NotTaken(fault).into())
                    }
                }
            }
            Outcome::Token => self.burn(found, CaptureFault::TokenInQuery).await,
            Outcome::Wrong(CallbackFault::CodeAndError) => self.burn(found, CaptureFault::CodeAndError).await,
            Outcome::Wrong(CallbackFault::CodeMalformed) => self.burn(found, CaptureFault::CodeMalformed).await,
            Outcome::Wrong(_) => self.burn(found, CaptureFault::Nothing).await,
        }
    }

    /// Takes a code or a token, once, and ends the authorization as it comes out.
    async fn take(
        self: &Arc<Self>,
        found: &Authorization,
        frozen: &Frozen,
        captured: Captured,
    ) -> Result<Submitted, CaptureFault> {
        let _flight = self.flights.begin()?;
        if !self.store.claim(&found.begun.id, self.now()).await? {
            return Err(CaptureFault::StateUsed);
        }
        Ok(self.complete(found, frozen, captured).await?)
    }

    /// Goes on with a text that somebody pasted for an authorization. What cannot be read ends nothing: it can be pasted again.
    pub(crate) async fn take_pasted(
        self: &Arc<Self>,
        found: &Authorization,
        text: &Secret,
    ) -> Result<Submitted, CaptureFault> {
        let frozen = Frozen::of(found)?;
        let captured = match found.begun.flow {
            Flow::Implicit => self.pasted_token(found, text).await?,
            Flow::Code | Flow::VkId => self.pasted_code(found, &frozen, text).await?,
            Flow::ClientCredentials | Flow::Device => return Err(KeepFault::FlowNotOffered.into()),
        };
        self.take(found, &frozen, captured).await
    }

    async fn pasted_token(&self, found: &Authorization, text: &Secret) -> Result<Captured, CaptureFault> {
        let uri = found.begun.redirect_uri.as_deref().and_then(|uri| uri.parse::<url::Url>().ok());
        let is_ours = |place: &redirect::Place<'_>| {
            let is_redirect = uri.as_ref().is_some_and(|uri| grantkeep_vk::settings::is_place(place, uri));
            is_redirect || (found.begun.provider == Provider::Vk && self.providers.shows_vk_token(place))
        };
        let intake = match redirect::read(text.expose(), &is_ours) {
            Ok(intake) => intake,
            Err(IntakeFault::Declined) => return self.declined(found).await,
            Err(fault) => return Err(KeepFault::NotTaken(fault).into()),
        };
        if let Some(state) = &intake.state
            && Some(state::digest(state.expose())) != found.begun.state
        {
            return Err(KeepFault::StateMismatch.into());
        }
        Ok(Captured::of(&intake))
    }

    async fn pasted_code(
        &self,
        found: &Authorization,
        frozen: &Frozen,
        text: &Secret,
    ) -> Result<Captured, CaptureFault> {
        let pasted = match callback::read_pasted(text.expose()) {
            Ok(pasted) => pasted,
            Err(callback::PastedFault::Denied) => return self.declined(found).await,
            Err(fault) => return Err(KeepFault::NoCode(fault.to_string()).into()),
        };
        if let Some(address) = &pasted.address {
            let same_server =
                |other: &str| other.parse::<url::Url>().is_ok_and(|other| other.origin() == address.origin());
            let redirect = found.begun.redirect_uri.as_deref().unwrap_or_default();
            let is_redirect = redirect
                .parse::<url::Url>()
                .is_ok_and(|uri| uri.origin() == address.origin() && uri.path() == address.path());
            // A server may show the code on a page of its own.
            if !is_redirect && !frozen.authorization.as_deref().is_some_and(same_server) {
                return Err(KeepFault::NoCode("its address is not one that this login leads to".to_owned()).into());
            }
        }
        let is_state = |state: &Secret| Some(state::digest(state.expose())) == found.begun.state;
        let is_whole = pasted.address.is_some() && found.begun.state.is_some();
        match &pasted.state {
            Some(state) if !is_state(state) => return Err(KeepFault::StateMismatch.into()),
            None if is_whole => return Err(KeepFault::StateMismatch.into()),
            _ => {}
        }
        // A code alone carries no `iss`: it was copied by hand out of what this very authorization led to.
        if let Err(fault) = check_issuer(found.begun.provider, frozen, pasted.iss.as_deref(), pasted.address.is_some())
        {
            return self.burn(found, fault).await;
        }
        Ok(Captured::Code { code: pasted.code, device_id: pasted.device_id })
    }

    async fn declined<T>(&self, found: &Authorization) -> Result<T, CaptureFault> {
        self.end(found, Progress::Denied, "access_denied", None).await?;
        Err(CaptureFault::Declined)
    }
}

/// Whether a redirect comes from the issuer that the authorization began at (RFC 9207 §2.4).
fn check_issuer(
    provider: Provider,
    frozen: &Frozen,
    iss: Option<&str>,
    must_be_there: bool,
) -> Result<(), CaptureFault> {
    let tolerance = if provider == Provider::Mastodon { Tolerance::TrailingSlash } else { Tolerance::Exact };
    let is_promised = frozen.promises_iss && must_be_there;
    issuer::check(iss, frozen.issuer.as_deref(), is_promised, tolerance).map_err(|fault| match fault {
        IssuerFault::Missing => CaptureFault::IssuerMissing,
        _ => CaptureFault::IssuerMismatch,
    })
}

impl Captured {
    fn of(intake: &Intake<'_>) -> Self {
        Self::Token {
            access_token: Secret::from(intake.token.expose()),
            kind: grantkeep_vk::kind_of(intake),
            lifetime: intake.lifetime,
            claimed: crate::submit::claimed(intake),
        }
    }
}

impl CaptureFault {
    /// Our word for it, as the cause of an authorization's end.
    pub(crate) fn cause(&self) -> &'static str {
        match self {
            Self::BindingMismatch => "binding_mismatch",
            Self::CodeAndError => "code_and_error",
            Self::CodeMalformed => "code_malformed",
            Self::ContextMismatch => "context_mismatch",
            Self::Declined => "access_denied",
            Self::Duplicate => "duplicate_parameter",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::IssuerMissing => "issuer_missing",
            Self::Keep(_) => "failed",
            Self::Nothing => "invalid_callback",
            Self::Provider { code, .. } => code,
            Self::StateExpired => "state_expired",
            Self::StateMissing => "state_missing",
            Self::StateUnknown => "state_unknown",
            Self::StateUsed => "state_used",
            Self::TicketSpent => "ticket_spent",
            Self::TicketUnknown => "ticket_unknown",
            Self::TokenInQuery => "token_in_query",
            Self::TooLong => "too_long",
        }
    }
}
