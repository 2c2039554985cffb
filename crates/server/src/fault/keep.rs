//! Owns what the keeper's reasons become at the door.

use grantkeep_core::{Outcome, redirect::IntakeFault};
use grantkeep_keeper::{KeepFault, StoreFault};

use super::{Fault, LoginFault};

impl From<KeepFault> for Fault {
    fn from(fault: KeepFault) -> Self {
        match fault {
            KeepFault::AccountAmbiguous => Self::AccountAmbiguous,
            KeepFault::AuthorizationEnded => LoginFault::AuthorizationEnded.into(),
            KeepFault::CannotRenew => Self::CannotRenew,
            KeepFault::CannotRevoke => LoginFault::CannotRevoke.into(),
            KeepFault::ClientRefused(cause) => LoginFault::ClientRefused(cause).into(),
            KeepFault::Declined | KeepFault::NotTaken(IntakeFault::Declined) => Self::Declined,
            KeepFault::ExchangeRefused(cause) if is_of_client(&cause) => LoginFault::ClientRefused(cause).into(),
            KeepFault::ExchangeRefused(cause) => LoginFault::CodeRefused(cause).into(),
            KeepFault::ExchangeUnknown(cause) => LoginFault::ExchangeUnknown(cause).into(),
            KeepFault::FlowNotOffered => LoginFault::FlowNotOffered.into(),
            KeepFault::Instance { what, advice } => LoginFault::Instance { what, advice }.into(),
            KeepFault::InstanceMissing => LoginFault::InstanceMissing.into(),
            KeepFault::LinkSpent => LoginFault::TicketUnknown.into(),
            KeepFault::NoCode(what) => LoginFault::NoCode(what).into(),
            KeepFault::NoSuchAuthorization => Self::NoSuchAuthorization,
            KeepFault::NotFound => Self::NoSuchCredential,
            KeepFault::NotTaken(fault) => Self::NotTaken(fault),
            KeepFault::OwnerChanged => Self::OwnerChanged,
            KeepFault::ProviderAway { what, advice } => LoginFault::ProviderAway { what, advice }.into(),
            KeepFault::ProviderUnavailable(_) => Self::ProviderUnavailable,
            KeepFault::ProviderWrong { what, advice } => LoginFault::ProviderWrong { what, advice }.into(),
            KeepFault::Refused { outcome, .. } => refused(outcome),
            KeepFault::ScopeNotConfigured => LoginFault::ScopeNotConfigured.into(),
            KeepFault::ScopeNotKnown => LoginFault::ScopeNotKnown.into(),
            KeepFault::Seal(fault) => {
                tracing::error!(%fault, "a stored secret could not be used");
                Self::Integrity
            }
            KeepFault::StateMismatch => LoginFault::StateMismatch.into(),
            KeepFault::Store(fault) => {
                tracing::error!(%fault, "the store could not do it");
                stored(&fault)
            }
            KeepFault::Unusable(state) => Self::Unusable(state),
            KeepFault::WaitOver => Self::WaitOver,
        }
    }
}

/// Whether a token endpoint's word is about our application, and not about the code (RFC 6749 §5.2).
fn is_of_client(cause: &str) -> bool {
    matches!(cause, "invalid_client" | "unauthorized_client" | "unsupported_grant_type")
}

const fn refused(outcome: Outcome) -> Fault {
    match outcome {
        Outcome::Expired => Fault::Expired,
        Outcome::OtherAddress => Fault::IpMismatch,
        Outcome::AccountBlocked
        | Outcome::Alive
        | Outcome::AppBlocked
        | Outcome::Misconfigured
        | Outcome::NeedsHuman
        | Outcome::Revoked
        | Outcome::Unclear => Fault::Refused,
    }
}

const fn stored(fault: &StoreFault) -> Fault {
    match fault {
        StoreFault::Conflict | StoreFault::Stale => Fault::StorageBusy,
        StoreFault::Corrupt { .. } | StoreFault::Damaged(_) => Fault::Integrity,
        StoreFault::Full => Fault::StorageFull,
        StoreFault::TooMany => Fault::TooManyAuthorizations,
        StoreFault::Unstorable => Fault::Internal,
        StoreFault::Closed | StoreFault::Newer { .. } | StoreFault::NotOurs | StoreFault::Unavailable(_) => {
            Fault::StorageUnavailable
        }
    }
}
