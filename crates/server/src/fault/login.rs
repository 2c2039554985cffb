//! Owns the reasons for which a login does not come to its end, each with its HTTP status and `error_type`.

use grantkeep_keeper::CaptureFault;
use http::StatusCode;

use super::Fault;

/// Why a login does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginFault {
    AuthorizationEnded,
    BindingMismatch,
    CannotRevoke,
    /// The provider refused our application, in its own code for why.
    ClientRefused(Box<str>),
    CodeMalformed,
    /// The provider refused the code, in its own code for why.
    CodeRefused(Box<str>),
    ContextMismatch,
    CrossOrigin,
    DuplicateParameter,
    /// The code was sent, and nobody knows what became of it.
    ExchangeUnknown(Box<str>),
    FlowNotOffered,
    Instance {
        what: String,
        advice: &'static str,
    },
    InstanceMissing,
    InvalidCallback(&'static str),
    IssuerMismatch,
    IssuerMissing,
    NoCode(String),
    /// A redirect that was fetched, framed or prefetched rather than opened (`Sec-Fetch-*`, `Sec-Purpose`).
    NotNavigation,
    ProviderAway {
        what: String,
        advice: &'static str,
    },
    /// The provider sent the browser back with an error. Its description is the only text from outside that a fault carries:
    /// shown as text on the page, never in JSON nor in the log.
    ProviderRefused {
        code: &'static str,
        description: Option<String>,
    },
    ProviderWrong {
        what: String,
        advice: &'static str,
    },
    ScopeNotConfigured,
    ScopeNotKnown,
    StateExpired,
    StateMismatch,
    StateMissing,
    StateUnknown,
    StateUsed,
    TicketSpent,
    TicketUnknown,
    TokenInQuery,
}

impl LoginFault {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::CodeMalformed
            | Self::ContextMismatch
            | Self::DuplicateParameter
            | Self::FlowNotOffered
            | Self::Instance { .. }
            | Self::InstanceMissing
            | Self::InvalidCallback(_)
            | Self::IssuerMismatch
            | Self::IssuerMissing
            | Self::NoCode(_)
            | Self::ScopeNotConfigured
            | Self::ScopeNotKnown
            | Self::StateExpired
            | Self::StateMismatch
            | Self::StateMissing
            | Self::StateUnknown
            | Self::StateUsed
            | Self::TokenInQuery => StatusCode::BAD_REQUEST,
            Self::BindingMismatch | Self::CrossOrigin | Self::NotNavigation => StatusCode::FORBIDDEN,
            Self::TicketUnknown => StatusCode::NOT_FOUND,
            Self::AuthorizationEnded | Self::CannotRevoke | Self::TicketSpent => StatusCode::CONFLICT,
            Self::ClientRefused(_)
            | Self::CodeRefused(_)
            | Self::ProviderRefused { .. }
            | Self::ProviderWrong { .. } => StatusCode::BAD_GATEWAY,
            Self::ExchangeUnknown(_) | Self::ProviderAway { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) const fn error_type(&self) -> &'static str {
        match self {
            Self::AuthorizationEnded => "authorization_ended",
            Self::BindingMismatch => "binding_mismatch",
            Self::CannotRevoke => "cannot_revoke",
            Self::ClientRefused(_) => "client_refused",
            Self::CodeMalformed => "code_malformed",
            Self::CodeRefused(_) | Self::ProviderRefused { .. } | Self::ProviderWrong { .. } => "provider_refused",
            Self::ContextMismatch => "context_mismatch",
            Self::CrossOrigin => "cross_origin",
            Self::DuplicateParameter => "duplicate_parameter",
            Self::ExchangeUnknown(_) | Self::ProviderAway { .. } => "provider_unavailable",
            Self::FlowNotOffered => "flow_not_offered",
            Self::Instance { .. } => "invalid_instance",
            Self::InstanceMissing => "instance_missing",
            Self::InvalidCallback(_) => "invalid_callback",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::IssuerMissing => "issuer_missing",
            Self::NoCode(_) => "invalid_format",
            Self::NotNavigation => "not_a_navigation",
            Self::ScopeNotConfigured | Self::ScopeNotKnown => "scope_not_known",
            Self::StateExpired => "state_expired",
            Self::StateMismatch => "state_mismatch",
            Self::StateMissing => "state_missing",
            Self::StateUnknown => "state_unknown",
            Self::StateUsed => "state_used",
            Self::TicketSpent => "ticket_spent",
            Self::TicketUnknown => "ticket_unknown",
            Self::TokenInQuery => "token_in_query",
        }
    }
}

impl From<LoginFault> for Fault {
    fn from(fault: LoginFault) -> Self {
        Self::Login(fault)
    }
}

impl From<CaptureFault> for Fault {
    fn from(fault: CaptureFault) -> Self {
        Self::Login(match fault {
            CaptureFault::BindingMismatch => LoginFault::BindingMismatch,
            CaptureFault::CodeAndError => LoginFault::InvalidCallback("The answer carries both a code and an error"),
            CaptureFault::CodeMalformed => LoginFault::CodeMalformed,
            CaptureFault::ContextMismatch => LoginFault::ContextMismatch,
            CaptureFault::Declined => return Self::Declined,
            CaptureFault::Duplicate => LoginFault::DuplicateParameter,
            CaptureFault::IssuerMismatch => LoginFault::IssuerMismatch,
            CaptureFault::IssuerMissing => LoginFault::IssuerMissing,
            CaptureFault::Keep(fault) => return fault.into(),
            CaptureFault::Nothing => LoginFault::InvalidCallback("The answer carries neither a code nor an error"),
            CaptureFault::Provider { code, description } => LoginFault::ProviderRefused { code, description },
            CaptureFault::StateExpired => LoginFault::StateExpired,
            CaptureFault::StateMissing => LoginFault::StateMissing,
            CaptureFault::StateUnknown => LoginFault::StateUnknown,
            CaptureFault::StateUsed => LoginFault::StateUsed,
            CaptureFault::TicketSpent => LoginFault::TicketSpent,
            CaptureFault::TicketUnknown => LoginFault::TicketUnknown,
            CaptureFault::TokenInQuery => LoginFault::TokenInQuery,
            CaptureFault::TooLong => return Self::TargetTooLong,
        })
    }
}
