//! Owns every reason for which a request is not done, each with its HTTP status and `error_type`. The words for people are in
//! [`crate::text`].

use std::borrow::Cow;

use grantkeep_core::{NameFault, Outcome, State, redirect::IntakeFault};
use grantkeep_keeper::{KeepFault, StoreFault};
use http::StatusCode;

use crate::auth::Permissions;
use crate::body::BodyFault;

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    AccountAmbiguous,
    AccountName(NameFault),
    AccountBlocked,
    AppBlocked,
    BadParameter(&'static str),
    Body(BodyFault),
    Declined,
    Expired,
    ForbiddenProvider,
    ForbiddenScope(Permissions),
    Integrity,
    Internal,
    InvalidKeyRequest(&'static str),
    IpMismatch,
    Malformed(&'static str),
    MethodNotAllowed(&'static str),
    Misconfigured,
    NoSuchAuthorization,
    NoSuchCredential,
    NoSuchKey,
    NoSuchPath,
    NoSuchProvider,
    NotReady,
    NotTaken(IntakeFault),
    NotSignedIn,
    OwnerChanged,
    ProviderUnavailable,
    RepeatedParameter(&'static str),
    Revoked,
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    TargetTooLong,
    /// The owner has as many authorizations under way as one may have.
    TooManyAuthorizations,
    TooManyFailures,
    Unusable(State),
    WrongHost,
}

/// The four words of an error, in the order in which they are written.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) error: &'static str,
    pub(crate) message: Cow<'static, str>,
    pub(crate) solution: Cow<'static, str>,
    pub(crate) error_type: &'static str,
}

impl Fault {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::AccountBlocked
            | Self::AccountName(_)
            | Self::AppBlocked
            | Self::BadParameter(_)
            | Self::Declined
            | Self::Expired
            | Self::InvalidKeyRequest(_)
            | Self::IpMismatch
            | Self::Malformed(_)
            | Self::Misconfigured
            | Self::NotTaken(_)
            | Self::RepeatedParameter(_)
            | Self::Revoked => StatusCode::BAD_REQUEST,
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::ForbiddenProvider | Self::ForbiddenScope(_) => StatusCode::FORBIDDEN,
            Self::NoSuchAuthorization
            | Self::NoSuchCredential
            | Self::NoSuchKey
            | Self::NoSuchPath
            | Self::NoSuchProvider => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::AccountAmbiguous | Self::OwnerChanged | Self::StorageBusy | Self::Unusable(_) => StatusCode::CONFLICT,
            Self::Body(fault) => fault.status(),
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::TooManyAuthorizations | Self::TooManyFailures => StatusCode::TOO_MANY_REQUESTS,
            Self::Integrity | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotReady | Self::ProviderUnavailable | Self::StorageFull | Self::StorageUnavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    pub(crate) const fn error_type(&self) -> &'static str {
        match self {
            Self::AccountAmbiguous => "account_ambiguous",
            Self::AccountName(_) => "invalid_account_name",
            // What VK refuses for good is one type in the contract; the message tells the classes apart.
            Self::AccountBlocked | Self::AppBlocked | Self::Misconfigured | Self::Revoked => "api_error",
            Self::BadParameter(_) | Self::RepeatedParameter(_) => "invalid_parameter",
            Self::Body(fault) => fault.error_type(),
            Self::Declined => "access_denied",
            Self::Expired => "token_expired",
            Self::ForbiddenProvider => "provider_not_allowed",
            Self::ForbiddenScope(_) => "insufficient_scope",
            Self::Integrity => "integrity",
            Self::Internal => "internal",
            Self::InvalidKeyRequest(_) => "invalid_request",
            Self::IpMismatch => "ip_mismatch",
            Self::Malformed(_) => "malformed_request",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::NoSuchAuthorization => "authorization_not_found",
            Self::NoSuchCredential => "credential_not_found",
            Self::NoSuchKey => "key_not_found",
            Self::NoSuchPath => "not_found",
            Self::NoSuchProvider => "provider_not_found",
            Self::NotReady => "not_ready",
            Self::NotSignedIn => "unauthorized",
            Self::NotTaken(_) => "invalid_format",
            Self::OwnerChanged => "owner_changed",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::StorageBusy => "conflict",
            Self::StorageFull => "storage_full",
            Self::StorageUnavailable => "storage_unavailable",
            Self::TargetTooLong => "uri_too_long",
            Self::TooManyAuthorizations => "too_many_authorizations",
            Self::TooManyFailures => "too_many_failures",
            Self::Unusable(state) => state.as_str(),
            Self::WrongHost => "wrong_host",
        }
    }

    /// Whether the connection is of no further use: what was asked cannot be told apart from what follows.
    pub(crate) const fn closes(&self) -> bool {
        match self {
            Self::Malformed(_) | Self::TargetTooLong | Self::WrongHost => true,
            Self::Body(fault) => fault.closes(),
            _ => false,
        }
    }
}

impl From<KeepFault> for Fault {
    fn from(fault: KeepFault) -> Self {
        match fault {
            KeepFault::AccountAmbiguous => Self::AccountAmbiguous,
            KeepFault::NotFound => Self::NoSuchCredential,
            KeepFault::NotTaken(IntakeFault::Declined) => Self::Declined,
            KeepFault::NotTaken(fault) => Self::NotTaken(fault),
            KeepFault::OwnerChanged => Self::OwnerChanged,
            KeepFault::ProviderUnavailable(_) => Self::ProviderUnavailable,
            KeepFault::Refused { outcome, .. } => refused(outcome),
            KeepFault::Unusable(state) => Self::Unusable(state),
            KeepFault::Seal(fault) => {
                tracing::error!(%fault, "a stored secret could not be used");
                Self::Integrity
            }
            KeepFault::Store(fault) => {
                tracing::error!(%fault, "the store could not do it");
                stored(&fault)
            }
        }
    }
}

const fn refused(outcome: Outcome) -> Fault {
    match outcome {
        Outcome::AccountBlocked => Fault::AccountBlocked,
        Outcome::AppBlocked => Fault::AppBlocked,
        Outcome::Expired => Fault::Expired,
        Outcome::Misconfigured => Fault::Misconfigured,
        Outcome::OtherAddress => Fault::IpMismatch,
        Outcome::Alive | Outcome::NeedsHuman | Outcome::Revoked | Outcome::Unclear => Fault::Revoked,
    }
}

const fn stored(fault: &StoreFault) -> Fault {
    match fault {
        StoreFault::Conflict | StoreFault::Stale => Fault::StorageBusy,
        StoreFault::Corrupt { .. } => Fault::Integrity,
        StoreFault::Full => Fault::StorageFull,
        StoreFault::TooMany => Fault::TooManyAuthorizations,
        StoreFault::Closed | StoreFault::Newer { .. } | StoreFault::NotOurs | StoreFault::Unavailable(_) => {
            Fault::StorageUnavailable
        }
    }
}
