//! Owns the words of what can go wrong in a login, for the pages of people and the answers to programs alike.

use std::borrow::Cow;

use crate::fault::LoginFault;

type Three = (&'static str, Cow<'static, str>, Cow<'static, str>);

/// What most people can do about most of it.
const AGAIN: &str = "Begin the login again";

/// Short name, what happened, what to do.
pub(super) fn english(fault: &LoginFault) -> Three {
    let (error, message, solution): (&str, &str, &str) = match fault {
        LoginFault::AuthorizationEnded => ("Login has ended", "This login has come to its end already", AGAIN),
        LoginFault::BindingMismatch => (
            "Another browser",
            "The login was not begun in this browser",
            "Begin it again, and finish it in the browser in which you opened its link",
        ),
        LoginFault::CannotRevoke => (
            "Cannot be revoked from here",
            "The provider has no way to revoke this token alone; nothing was changed",
            "Withdraw the access in your account's settings at the provider, then forget the credential here",
        ),
        LoginFault::ClientRefused(cause) => {
            let message = format!("The provider refuses our application ({cause}), so it gave no token");
            let solution = "Check client_id, client_secret, client_auth and scopes of that provider in the configuration; \
                 where nothing is configured, as for a Mastodon, begin the login again";
            return ("Application refused", message.into(), solution.into());
        }
        LoginFault::CodeMalformed => ("Code cannot be used", "What came back as the code is none", AGAIN),
        LoginFault::CodeRefused(cause) => return code_refused(cause),
        LoginFault::ContextMismatch => (
            "Wrong address",
            "The answer came to the address that belongs to another provider; nothing was taken from it",
            "Begin the login again. If it happens again, do not trust the server that you were sent to",
        ),
        LoginFault::CrossOrigin => (
            "Not from here",
            "The request does not come from a page of this server",
            "Open the connect link itself, and press the button there",
        ),
        LoginFault::DuplicateParameter => {
            ("Ambiguous answer", "Something stands in the answer more than once; nothing was taken from it", AGAIN)
        }
        LoginFault::ExchangeUnknown(cause) => return exchange_unknown(cause),
        LoginFault::FlowNotOffered => (
            "Flow not offered",
            "The provider has no such flow, or it is not configured here",
            "See which flows there are: GET /api/v1/providers, or grantkeep provider list",
        ),
        LoginFault::Instance { what, advice } => {
            return told("Invalid instance", &format!("What was given as instance names no server: {what}"), advice);
        }
        LoginFault::InstanceMissing => (
            "Instance missing",
            "Mastodon has many servers, and none was named",
            "Name one as instance: a server, a handle or an address, such as mstdn.jp",
        ),
        LoginFault::InvalidCallback(what) => ("Invalid answer", what, AGAIN),
        LoginFault::IssuerMismatch => (
            "Wrong issuer",
            "The answer says that it comes from another server than the one that was asked; nothing was taken from it",
            "Begin the login again. If it happens again, do not trust the server that you were sent to",
        ),
        LoginFault::IssuerMissing => (
            "Issuer missing",
            "The answer does not say which server it comes from, although that server always does",
            "Begin the login again. If it happens again, do not trust the server that you were sent to",
        ),
        LoginFault::NoCode(what) => {
            let what = format!("No code was found: {what}");
            return told("Invalid format", &what, "Paste the code, or the whole address of the page that opened");
        }
        LoginFault::NotNavigation => (
            "Not opened as a page",
            "This address is answered only when a browser opens it as a page; nothing was taken from it",
            "Open it in a window of its own",
        ),
        LoginFault::ProviderAway { what, advice } => return told("Provider unavailable", what, advice),
        LoginFault::ProviderRefused { code, .. } => return provider_refused(code),
        LoginFault::ProviderWrong { what, advice } => return told("Refused by the provider", what, advice),
        LoginFault::ScopeNotConfigured => (
            "Scope not configured",
            "A scope that was asked for is not among those that the configuration has for this application",
            "Ask for fewer, leave scope out, or add it to scopes of that provider in the configuration",
        ),
        LoginFault::ScopeNotKnown => (
            "Scope not known",
            "The server does not know a scope that was asked for",
            "Ask for fewer, or leave scope out",
        ),
        LoginFault::StateExpired => {
            ("Login has expired", "More than 10 minutes have passed since the login was begun", AGAIN)
        }
        LoginFault::StateMismatch => (
            "Another login",
            "What was pasted belongs to another login",
            "Paste what the page shows that this login led to",
        ),
        LoginFault::StateMissing => {
            ("State missing", "The answer does not say which login it belongs to; nothing was taken from it", AGAIN)
        }
        LoginFault::StateUnknown => {
            ("Unknown login", "The answer belongs to no login that was begun here; nothing was taken from it", AGAIN)
        }
        LoginFault::StateUsed => (
            "Already used",
            "This answer was taken before, and is not taken twice",
            "Nothing, if the login succeeded; otherwise begin it again",
        ),
        LoginFault::TicketSpent => (
            "Link already used",
            "This link was opened before, and works once",
            "Finish the login where you opened it, or begin it again",
        ),
        LoginFault::TicketUnknown => {
            ("Link is not valid", "There is no login behind this link, or it has ended", AGAIN)
        }
        LoginFault::TokenInQuery => (
            "Token in the query",
            "A token came where only a code may come; it was not taken",
            "Begin the login again, and withdraw the access at the provider: the token may stand in logs on its way",
        ),
    };
    (error, message.to_owned().into(), solution.into())
}

/// Words that the keeper chose, as a sentence.
fn told(error: &'static str, what: &str, advice: &'static str) -> Three {
    let mut letters = what.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    (error, first.chain(letters).collect::<String>().into(), advice.trim_end_matches('.').into())
}

fn code_refused(cause: &str) -> Three {
    let message = format!("The provider did not give a token for the code ({cause}); nothing is stored");
    ("Refused by the provider", message.into(), AGAIN.into())
}

fn exchange_unknown(cause: &str) -> Three {
    let message = format!("The code was sent, and no clear answer came ({cause}): what became of it is not known");
    ("Provider unavailable", message.into(), "Begin the login again, in some minutes".into())
}

fn provider_refused(code: &str) -> Three {
    let message = format!("The provider sent the browser back with an error: {code}");
    let solution = "Begin the login again. If it comes back, check the settings of the application at the provider";
    ("Refused by the provider", message.into(), solution.into())
}
