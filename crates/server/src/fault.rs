//! Owns every reason for which a request is not done, each with its HTTP status and `error_type`. The words for people are in
//! [`crate::text`].

mod keep;
mod login;

use std::borrow::Cow;

use grantkeep_core::{NameFault, Provider, State, redirect::IntakeFault};
use http::StatusCode;

use crate::auth::Permissions;
use crate::body::BodyFault;

pub(crate) use login::LoginFault;

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    AccountAmbiguous,
    AccountName(NameFault),
    /// VK refused the token for good. What the classes of refusal mean for a credential is in its state.
    ApiError,
    BadParameter(&'static str),
    Body(BodyFault),
    /// Nothing renews it.
    CannotRenew,
    Declined,
    Expired,
    ForbiddenProvider,
    ForbiddenScope(Permissions),
    Integrity,
    Internal,
    InvalidKeyRequest(&'static str),
    IpMismatch,
    Login(LoginFault),
    Malformed(&'static str),
    MethodNotAllowed(&'static str),
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
    /// A provider other than VK refused the token for good.
    Refused,
    /// The provider refused to renew a token, in its own code for why.
    RenewalRefused(Box<str>),
    /// The provider gave no clear answer when a token was to be renewed.
    RenewalUnanswered,
    RepeatedParameter(&'static str),
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    TargetTooLong,
    /// The owner has as many authorizations under way as one may have.
    TooManyAuthorizations,
    TooManyFailures,
    Unusable(State),
    /// A renewal took longer than was to be waited for.
    WaitOver,
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
            Self::AccountName(_)
            | Self::ApiError
            | Self::BadParameter(_)
            | Self::Declined
            | Self::Expired
            | Self::InvalidKeyRequest(_)
            | Self::IpMismatch
            | Self::Malformed(_)
            | Self::NotTaken(_)
            | Self::Refused
            | Self::RepeatedParameter(_) => StatusCode::BAD_REQUEST,
            Self::Login(fault) => fault.status(),
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::ForbiddenProvider | Self::ForbiddenScope(_) => StatusCode::FORBIDDEN,
            Self::NoSuchAuthorization
            | Self::NoSuchCredential
            | Self::NoSuchKey
            | Self::NoSuchPath
            | Self::NoSuchProvider => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::AccountAmbiguous | Self::CannotRenew | Self::OwnerChanged | Self::StorageBusy | Self::Unusable(_) => {
                StatusCode::CONFLICT
            }
            Self::Body(fault) => fault.status(),
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::TooManyAuthorizations | Self::TooManyFailures => StatusCode::TOO_MANY_REQUESTS,
            Self::Integrity | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::RenewalRefused(_) => StatusCode::BAD_GATEWAY,
            Self::NotReady
            | Self::ProviderUnavailable
            | Self::RenewalUnanswered
            | Self::StorageFull
            | Self::StorageUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::WaitOver => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    pub(crate) const fn error_type(&self) -> &'static str {
        match self {
            Self::AccountAmbiguous => "account_ambiguous",
            Self::AccountName(_) => "invalid_account_name",
            Self::ApiError | Self::Refused => "api_error",
            Self::BadParameter(_) | Self::RepeatedParameter(_) => "invalid_parameter",
            Self::Body(fault) => fault.error_type(),
            Self::CannotRenew => "cannot_renew",
            Self::Declined => "access_denied",
            Self::Expired => "token_expired",
            Self::ForbiddenProvider => "provider_not_allowed",
            Self::ForbiddenScope(_) => "insufficient_scope",
            Self::Integrity => "integrity",
            Self::Internal => "internal",
            Self::InvalidKeyRequest(_) => "invalid_request",
            Self::IpMismatch => "ip_mismatch",
            Self::Login(fault) => fault.error_type(),
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
            Self::ProviderUnavailable | Self::RenewalUnanswered => "provider_unavailable",
            Self::RenewalRefused(_) => "renewal_refused",
            Self::StorageBusy => "conflict",
            Self::StorageFull => "storage_full",
            Self::StorageUnavailable => "storage_unavailable",
            Self::TargetTooLong => "uri_too_long",
            Self::TooManyAuthorizations => "too_many_authorizations",
            Self::TooManyFailures => "too_many_failures",
            Self::Unusable(state) => state.as_str(),
            Self::WaitOver => "wait_over",
            Self::WrongHost => "wrong_host",
        }
    }

    /// Whether it went wrong here, so that whoever runs this server must look. What goes wrong at a provider is told by whoever
    /// asked it.
    pub(crate) const fn is_ours(&self) -> bool {
        matches!(self, Self::Integrity | Self::Internal | Self::NotReady | Self::StorageFull | Self::StorageUnavailable)
    }

    /// Whether the connection is of no further use: what was asked cannot be told apart from what follows.
    pub(crate) const fn closes(&self) -> bool {
        match self {
            Self::Malformed(_) | Self::TargetTooLong | Self::WrongHost => true,
            Self::Body(fault) => fault.closes(),
            _ => false,
        }
    }

    /// The same fault at that provider: the answers of the VK token API have words of their own.
    pub(crate) fn at(self, provider: Provider) -> Self {
        match self {
            Self::Refused if provider == Provider::Vk => Self::ApiError,
            other => other,
        }
    }

    /// The same fault where a token was to be renewed: what is said about codes and pasted tokens does not fit there.
    pub(crate) fn of_renewal(self) -> Self {
        match self {
            Self::Login(LoginFault::CodeRefused(cause)) => Self::RenewalRefused(cause),
            Self::ProviderUnavailable => Self::RenewalUnanswered,
            other => other,
        }
    }
}
