//! Owns the words of the API's errors, in English. Another language is another function beside [`english`].
//!
//! A text says what happened and what to do. It holds nothing that came with the request. Programs read it in an answer, people on
//! a page.

mod login;

use std::borrow::Cow;

use grantkeep_core::State;

use crate::fault::{Fault, Words};

/// The words of a fault.
pub(crate) fn english(fault: &Fault) -> Words {
    let (error, message, solution) = match fault {
        Fault::AccountAmbiguous => (
            "Account is ambiguous",
            "Several accounts of this provider are kept".into(),
            "Name one of them with account_name".into(),
        ),
        Fault::AccountName(why) => (
            "Invalid account name",
            format!("The account name cannot be used: {why}").into(),
            "Use 1 to 128 characters without control characters".into(),
        ),
        Fault::BadParameter(name) => (
            "Invalid parameter",
            format!("The parameter {name} has a value that it cannot have").into(),
            "Look its values up in the API description at /docs".into(),
        ),
        Fault::RepeatedParameter(name) => {
            ("Repeated parameter", format!("The parameter {name} stands more than once").into(), "Send it once".into())
        }
        Fault::Body(fault) => ("Invalid request body", fault.message(), fault.solution().into()),
        // These two are quoted from the documentation of the VK token API, to the letter.
        Fault::IpMismatch => (
            "IP address mismatch",
            "Token is bound to a different IP address".into(),
            "Please obtain a new token from your current IP address".into(),
        ),
        Fault::ApiError => (
            "VK API error",
            "Token validation failed due to VK API error".into(),
            "Check token permissions and try again".into(),
        ),
        Fault::Refused => (
            "Refused by the provider",
            "The provider does not accept this token".into(),
            "Obtain a new token and submit it".into(),
        ),
        Fault::Expired => (
            "Token expired",
            "The provider says that the time of this token is up".into(),
            "Obtain a new token and submit it soon".into(),
        ),
        Fault::CannotRenew => (
            "Cannot be renewed",
            "Nothing renews this token without a person: it has no refresh token, or the provider refused that".into(),
            "Log in again to get a new token".into(),
        ),
        Fault::Declined => (
            "Access denied",
            "The answer says that the request for access was declined".into(),
            "Begin again and allow the access".into(),
        ),
        Fault::Login(fault) => login::english(fault),
        Fault::NotTaken(why) => {
            ("Invalid format", format!("No token was found: {why}").into(), why.advice().trim_end_matches('.').into())
        }
        Fault::OwnerChanged => (
            "Owner changed",
            "The token belongs to someone else than the account that it would replace".into(),
            "Use another account_name for it, or forget the account first".into(),
        ),
        Fault::ProviderUnavailable => (
            "Provider unavailable",
            "The provider gave no clear answer, so it is not known whose token this is; nothing was changed".into(),
            "Try again in some minutes, or use another account_name".into(),
        ),
        Fault::RenewalRefused(cause) => (
            "Renewal refused",
            format!("The provider refused to renew the token ({cause})").into(),
            "Log in again: until then there is only what is left of the token".into(),
        ),
        Fault::RenewalUnanswered => (
            "Provider unavailable",
            "The provider gave no clear answer, so the token is not renewed yet".into(),
            "Try again in some minutes; a running server also tries by itself".into(),
        ),
        Fault::ForbiddenProvider => (
            "Provider not allowed",
            "This key may not be used for that provider".into(),
            "Issue a key for it: grantkeep key issue --provider NAME".into(),
        ),
        Fault::ForbiddenScope(needed) => (
            "Not allowed",
            format!("This key lacks the permission {}", needed.word()).into(),
            format!("Issue a key that has it: grantkeep key issue --can {}", needed.word()).into(),
        ),
        Fault::NotSignedIn => (
            "Not signed in",
            "A valid key is needed in the Authorization header".into(),
            "Send Authorization: Bearer KEY with a key of grantkeep key issue that has not expired".into(),
        ),
        Fault::TooManyAuthorizations => (
            "Too many authorizations",
            "A hundred authorizations of this owner are under way".into(),
            "Finish some of them, or wait: each ends after 10 minutes".into(),
        ),
        Fault::TooManyFailures => (
            "Too many failures",
            "Too many requests with an unknown key, link or state came from this address".into(),
            "Wait a minute, then send a valid one".into(),
        ),
        Fault::Integrity => (
            "Stored data is damaged",
            "What is stored for this does not read as it was written".into(),
            "Run grantkeep doctor. If it finds damage, restore a backup, or forget that credential and log in again"
                .into(),
        ),
        Fault::Internal => (
            "Internal error",
            "Something went wrong here".into(),
            "Look for the request id in the log, and report it".into(),
        ),
        Fault::InvalidKeyRequest(why) => ("Invalid request", (*why).into(), "See grantkeep key issue --help".into()),
        Fault::Malformed(why) => (
            "Malformed request",
            format!("The request is not plain HTTP/1.1: {why}").into(),
            "Send it with an ordinary HTTP client, to a path of /docs".into(),
        ),
        Fault::MethodNotAllowed(allowed) => (
            "Method not allowed",
            "This path does not answer that method".into(),
            format!("Use one of: {allowed}").into(),
        ),
        Fault::NoSuchAuthorization => (
            "No such authorization",
            "There is no authorization of that id among yours".into(),
            "Begin a new authorization".into(),
        ),
        Fault::NoSuchCredential => (
            "No such credential",
            "There is no such credential among yours".into(),
            "List yours with GET /api/v1/credentials".into(),
        ),
        Fault::NoSuchKey => ("No such key", "There is no API key of that id".into(), "See grantkeep key list".into()),
        Fault::NoSuchPath => (
            "Not found",
            "There is nothing at this path".into(),
            "Look at the address once more, or at the API description at /docs".into(),
        ),
        Fault::NoSuchProvider => (
            "No such provider",
            "There is no provider of that name".into(),
            "See which there are: GET /api/v1/providers, or grantkeep provider list".into(),
        ),
        Fault::NotReady => {
            ("Not ready", "The store does not answer".into(), "Look at the log, or run grantkeep doctor".into())
        }
        Fault::StorageBusy => {
            ("Conflict", "Somebody else changed the same credential again and again".into(), "Try again".into())
        }
        Fault::StorageFull => (
            "Storage is full",
            "There is no room to store this; nothing was changed".into(),
            "Free some space where the data directory is, then try again".into(),
        ),
        Fault::StorageUnavailable => (
            "Storage is unavailable",
            "The database could not be read or written; nothing was changed".into(),
            "Look at the log for the reason, then try again".into(),
        ),
        Fault::TargetTooLong => {
            ("URI too long", "The path and query are too long".into(), "Send long values in the body".into())
        }
        Fault::Unusable(state) => unusable(*state),
        Fault::WaitOver => (
            "Waited too long",
            "The renewal takes longer than was to be waited for; it goes on".into(),
            "Ask again in some seconds".into(),
        ),
        Fault::WrongHost => (
            "Wrong host",
            "This server does not answer to that Host".into(),
            "Use its own address, or add the name to GRANTKEEP_ALLOWED_HOSTS".into(),
        ),
    };
    Words { error, message, solution, error_type: fault.error_type() }
}

fn unusable(state: State) -> (&'static str, Cow<'static, str>, Cow<'static, str>) {
    let (message, solution) = match state {
        State::AccountBlocked => ("The account is blocked at the provider", "Restore the account at the provider"),
        State::Ambiguous => (
            "A renewal was sent and its answer is lost, so the refresh token may be spent",
            "Log in again, or wait: it is tried once more when the token has ended",
        ),
        State::AppBlocked => {
            ("The application is blocked at the provider", "Use another application, and obtain a new token with it")
        }
        State::Expired => ("The token has expired", "Obtain a new token and submit it"),
        State::IpMismatch => (
            "The token is bound to another network address than this machine's",
            "Obtain a new token through this machine's network address",
        ),
        State::NeedsHuman => (
            "The provider wants a person, or names another account than this one",
            "Look at the credential's cause: after owner_changed forget it and log in again, otherwise sign in at the \
                 provider, confirm there, then check again",
        ),
        State::Refreshing => (
            "The token has expired and is not renewed yet",
            "Try again in a minute; if that does not help, the log says why it is not renewed",
        ),
        State::Revoked => ("The provider has withdrawn the token", "Obtain a new token and submit it"),
        State::Expiring | State::ScopeReduced | State::Unknown | State::Unverified | State::Valid => {
            ("The token cannot be handed out", "Check it: POST /api/v1/credentials/{id}/check")
        }
    };
    ("Token cannot be used", message.into(), solution.into())
}
