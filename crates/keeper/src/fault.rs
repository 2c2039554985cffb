//! Owns the reasons why a use case did not do what was asked.

use grantkeep_core::{Credential, Outcome, Progress, State, redirect::IntakeFault};
use grantkeep_seal::SealFault;
use grantkeep_store::{DamagedCredential, StoreFault};
use thiserror::Error;

/// Why a use case did not do what was asked. Holds no name, no token, no text from outside: what is told in words is ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeepFault {
    /// Several accounts fit, and none was named.
    #[error("several accounts fit")]
    AccountAmbiguous,
    /// The authorization has ended, or is being completed: nothing more can be pasted for it.
    #[error("the authorization has ended")]
    AuthorizationEnded,
    /// Nothing renews this credential: it has no refresh token, or the provider refused that.
    #[error("nothing renews this credential")]
    CannotRenew,
    /// The provider has no way to withdraw this token, or would withdraw others with it.
    #[error("the provider cannot withdraw this token alone")]
    CannotRevoke,
    /// The provider refused our application when a token was to be renewed: our word for why.
    #[error("the provider refuses the application ({0})")]
    ClientRefused(Box<str>),
    /// What was pasted says that the person declined.
    #[error("access was declined")]
    Declined,
    /// The provider refused the code, or its answer must not be used: our word for why.
    #[error("the provider refused the exchange ({0})")]
    ExchangeRefused(Box<str>),
    /// The code was sent, and no clear answer came: nobody knows what became of it.
    #[error("the exchange was sent and its answer is lost ({0})")]
    ExchangeUnknown(Box<str>),
    /// The provider has no such flow, or it is not configured.
    #[error("this provider has no such flow here")]
    FlowNotOffered,
    /// What was typed names no server that may be asked.
    #[error("what was typed names no server: {what}")]
    Instance {
        /// What is wrong with it.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// A server must be named.
    #[error("no server was named")]
    InstanceMissing,
    /// Somebody else used the one-tap link at the same moment, and began.
    #[error("the link was used before")]
    LinkSpent,
    /// There is no code in what was pasted that can be used here.
    #[error("no code was found: {0}")]
    NoCode(String),
    /// There is no such authorization, or it is another owner's.
    #[error("no such authorization")]
    NoSuchAuthorization,
    /// There is no such credential, or it is another owner's: one answer for both.
    #[error("no such credential")]
    NotFound,
    /// The pasted text was not taken.
    #[error("the pasted text was not taken: {0}")]
    NotTaken(#[from] IntakeFault),
    /// The token belongs to someone else than the account that it would replace.
    #[error("the token belongs to someone else than the account")]
    OwnerChanged,
    /// The provider could not be asked now.
    #[error("{what}")]
    ProviderAway {
        /// What happened.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// The provider gave no clear answer, and without one the account's token must not be replaced.
    #[error("the provider gave no clear answer ({0})")]
    ProviderUnavailable(Box<str>),
    /// The provider answered, but not so that a login can go on.
    #[error("{what}")]
    ProviderWrong {
        /// What happened.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// The provider refused the token.
    #[error("the provider refused the token ({cause})")]
    Refused {
        /// What the answer means.
        outcome: Outcome,
        /// Our word for why: `vk_5_1130`.
        cause: Box<str>,
    },
    /// A token of the application itself is to have more scopes than the configuration allows.
    #[error("the configuration does not have all of the scopes")]
    ScopeNotConfigured,
    /// The server does not know a scope that was asked for.
    #[error("the server does not know all of the scopes")]
    ScopeNotKnown,
    /// A stored secret does not open.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// What was pasted is the answer to another attempt.
    #[error("the pasted text belongs to another attempt")]
    StateMismatch,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// It took longer than the caller would wait. What has begun goes on.
    #[error("it took too long")]
    WaitOver,
    /// The token cannot be handed out in this state.
    #[error("the token is {}", .0.as_str())]
    Unusable(State),
}

impl KeepFault {
    /// An authorization that does not read as we wrote it. Its name is no number.
    pub(crate) const fn damaged(column: &'static str) -> Self {
        Self::Store(StoreFault::Corrupt { table: "authorization", id: 0, column })
    }

    /// A credential that does not read as we wrote it.
    pub(crate) fn damaged_credential(credential: &Credential, column: &'static str) -> Self {
        let (provider, account) = (Some(credential.provider), Some(credential.account.clone()));
        Self::Store(DamagedCredential { id: credential.id, column, provider, account }.into())
    }

    /// How an authorization ends with it, and our word for why.
    pub(crate) fn ends_as(&self) -> (Progress, String) {
        let cause = match self {
            Self::ExchangeUnknown(cause) => return (Progress::Unknown, cause.to_string()),
            Self::Declined => return (Progress::Denied, "access_denied".to_owned()),
            Self::ExchangeRefused(cause) | Self::ProviderUnavailable(cause) | Self::Refused { cause, .. } => cause,
            Self::NotTaken(_) | Self::NoCode(_) => "invalid_format",
            Self::OwnerChanged => "owner_changed",
            Self::ProviderAway { .. } => "provider_unreachable",
            Self::Store(_) | Self::Seal(_) => "storage",
            _ => "failed",
        };
        (Progress::Failed, cause.to_owned())
    }
}
