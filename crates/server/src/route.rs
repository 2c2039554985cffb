//! Owns the map from paths to what is asked for. A path and its alias are one route.

use grantkeep_core::{AuthorizationId, CredentialId, Provider};
use http::Method;

use crate::{auth::Permissions, fault::Fault, page::Asset};

mod template;

pub(crate) use template::Template;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// What pages load.
    Asset(Asset),
    Audit,
    Authorization(Provider, AuthorizationId),
    Authorize(Provider),
    /// VK's authorization URL for the implicit flow.
    AuthorizeImplicit,
    /// Makes, or names, the secret address of a calendar.
    CalendarAddress,
    CancelAuthorization(Provider, AuthorizationId),
    /// A redirect that arrives.
    Capture,
    /// The fragment of one, sent on by our own page.
    CaptureFragment,
    CheckCredential(CredentialId),
    /// Who asks for what, behind a connect link.
    Connect,
    Credential(CredentialId),
    Credentials,
    Docs,
    Document,
    /// The page at the end of a login.
    Ending(AuthorizationId),
    /// A calendar, by the secret in its address.
    Feed(Box<str>),
    Forecast,
    ForgetCredential(CredentialId),
    HandOut(Provider),
    Healthz,
    IssueKey,
    /// A thorough look at the database, for `doctor`.
    Examine,
    Keys,
    Metrics,
    Providers,
    Readyz,
    RefreshCredential(CredentialId),
    RevokeCredential(CredentialId),
    RevokeKey(String),
    /// The button of the page behind a connect link.
    Spend,
    Submit(Provider),
    TestProvider(Provider),
    TokenStatus(Provider),
    /// A look through the whole audit.
    VerifyAudit,
}

/// What it takes to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Browsers in the middle of a login, by what the login gave them.
    Browser,
    Everybody,
    /// Whoever has the secret in the path.
    Feed,
    /// Only callers beside the data directory.
    Local,
    May(Permissions),
}

/// Every path with its methods, as documented; the tests hold it against the OpenAPI document.
#[cfg(test)]
pub(crate) const DOCUMENTED: [(&str, &[&str]); 25] = [
    ("/api/v1/audit", &["GET"]),
    ("/api/v1/credentials", &["GET"]),
    ("/api/v1/credentials/{id}", &["GET", "DELETE"]),
    ("/api/v1/credentials/{id}/check", &["POST"]),
    ("/api/v1/credentials/{id}/refresh", &["POST"]),
    ("/api/v1/credentials/{id}/revoke", &["POST"]),
    ("/api/v1/forecast", &["GET"]),
    ("/api/v1/oauth/vk/authorize/implicit", &["GET"]),
    ("/api/v1/oauth/{provider}/authorizations/{authorization_id}", &["GET", "DELETE"]),
    ("/api/v1/oauth/{provider}/authorize", &["POST"]),
    ("/api/v1/oauth/{provider}/token", &["GET"]),
    ("/api/v1/oauth/{provider}/token/status", &["GET"]),
    ("/api/v1/oauth/{provider}/token/submit", &["POST"]),
    ("/api/v1/providers", &["GET"]),
    ("/api/v1/providers/{provider}/test", &["POST"]),
    ("/api/v1/vk/token/status", &["GET"]),
    ("/api/v1/vk/token/submit", &["POST"]),
    ("/calendar/{secret}.ics", &["GET"]),
    ("/callback/{provider}", &["GET", "POST"]),
    ("/connect/{ticket}", &["GET", "POST"]),
    ("/done/{authorization_id}", &["GET"]),
    ("/healthz", &["GET"]),
    ("/metrics", &["GET"]),
    ("/openapi.json", &["GET"]),
    ("/readyz", &["GET"]),
];

impl Route {
    /// The route of a method and a path that has passed the gate.
    pub(crate) fn find(method: &Method, path: &str) -> Result<Self, Fault> {
        let mut parts = [""; 7];
        let mut count = 0;
        for segment in path[1..].split('/') {
            *parts.get_mut(count).ok_or(Fault::NoSuchPath)? = segment;
            count += 1;
        }
        let get = |route| allow(method, "GET, HEAD", [(Method::GET, route)]);
        let post = |route| allow(method, "POST", [(Method::POST, route)]);
        match &parts[..count] {
            ["api", "v1", "oauth", "vk", "authorize", "implicit"] => get(Self::AuthorizeImplicit),
            ["api", "v1", "oauth", name, "authorizations", id] => {
                let (provider, id) = (provider(name)?, authorization(id).ok_or(Fault::NoSuchAuthorization)?);
                let (show, cancel) =
                    (Self::Authorization(provider, id.clone()), Self::CancelAuthorization(provider, id));
                allow(method, "GET, HEAD, DELETE", [(Method::GET, show), (Method::DELETE, cancel)])
            }
            ["api", "v1", "oauth", name, "authorize"] => post(Self::Authorize(provider(name)?)),
            ["api", "v1", "oauth", name, "token"] => get(Self::HandOut(provider(name)?)),
            ["api", "v1", "oauth", name, "token", "status"] => get(Self::TokenStatus(provider(name)?)),
            ["api", "v1", "oauth", name, "token", "submit"] => post(Self::Submit(provider(name)?)),
            ["api", "v1", "vk", "token", "status"] => get(Self::TokenStatus(Provider::Vk)),
            ["api", "v1", "vk", "token", "submit"] => post(Self::Submit(Provider::Vk)),
            ["api", "v1", "audit"] => get(Self::Audit),
            ["api", "v1", "forecast"] => get(Self::Forecast),
            ["api", "v1", "credentials"] => get(Self::Credentials),
            ["api", "v1", "credentials", id] => {
                let id = credential(id)?;
                let routes = [(Method::GET, Self::Credential(id)), (Method::DELETE, Self::ForgetCredential(id))];
                allow(method, "GET, HEAD, DELETE", routes)
            }
            ["api", "v1", "credentials", id, "check"] => post(Self::CheckCredential(credential(id)?)),
            ["api", "v1", "credentials", id, "refresh"] => post(Self::RefreshCredential(credential(id)?)),
            ["api", "v1", "credentials", id, "revoke"] => post(Self::RevokeCredential(credential(id)?)),
            ["api", "v1", "providers"] => get(Self::Providers),
            ["api", "v1", "providers", name, "test"] => post(Self::TestProvider(provider(name)?)),
            ["assets", _] => get(Self::Asset(Asset::at(path).ok_or(Fault::NoSuchPath)?)),
            ["calendar", name] => get(Self::Feed(name.strip_suffix(".ics").ok_or(Fault::NoSuchPath)?.into())),
            ["connect", _] => {
                allow(method, "GET, HEAD, POST", [(Method::GET, Self::Connect), (Method::POST, Self::Spend)])
            }
            ["docs"] => get(Self::Docs),
            ["done", id] => get(Self::Ending(authorization(id).ok_or(Fault::NoSuchPath)?)),
            ["healthz"] => get(Self::Healthz),
            ["metrics"] => get(Self::Metrics),
            ["openapi.json"] => get(Self::Document),
            ["readyz"] => get(Self::Readyz),
            ["local", "audit", "verify"] => post(Self::VerifyAudit),
            ["local", "calendar"] => post(Self::CalendarAddress),
            ["local", "examine"] => post(Self::Examine),
            ["local", "keys"] => {
                allow(method, "GET, HEAD, POST", [(Method::GET, Self::Keys), (Method::POST, Self::IssueKey)])
            }
            ["local", "keys", id] => allow(method, "DELETE", [(Method::DELETE, Self::RevokeKey((*id).to_owned()))]),
            _ => Err(Fault::NoSuchPath),
        }
    }

    /// The provider that is named in the path.
    pub(crate) const fn provider(&self) -> Option<Provider> {
        match self {
            Self::Authorization(provider, _)
            | Self::Authorize(provider)
            | Self::CancelAuthorization(provider, _)
            | Self::HandOut(provider)
            | Self::Submit(provider)
            | Self::TestProvider(provider)
            | Self::TokenStatus(provider) => Some(*provider),
            _ => None,
        }
    }

    /// What it takes to be answered.
    pub(crate) const fn access(&self) -> Access {
        match self {
            Self::Asset(_) | Self::Capture | Self::CaptureFragment | Self::Connect | Self::Ending(_) | Self::Spend => {
                Access::Browser
            }
            Self::Docs | Self::Document | Self::Healthz | Self::Metrics | Self::Readyz => Access::Everybody,
            Self::Feed(_) => Access::Feed,
            Self::CalendarAddress
            | Self::Examine
            | Self::IssueKey
            | Self::Keys
            | Self::RevokeKey(_)
            | Self::VerifyAudit => Access::Local,
            Self::Audit | Self::Forecast => Access::May(Permissions::ADMIN),
            Self::Credential(_) | Self::Credentials | Self::Providers | Self::TokenStatus(_) => {
                Access::May(Permissions::STATUS)
            }
            Self::Authorization(..)
            | Self::Authorize(_)
            | Self::AuthorizeImplicit
            | Self::CancelAuthorization(..)
            | Self::CheckCredential(_)
            | Self::ForgetCredential(_)
            | Self::RefreshCredential(_)
            | Self::RevokeCredential(_)
            | Self::Submit(_)
            | Self::TestProvider(_) => Access::May(Permissions::SUBMIT),
            Self::HandOut(_) => Access::May(Permissions::TOKEN),
        }
    }

    /// Whether a JSON body is read.
    pub(crate) const fn takes_body(&self) -> bool {
        matches!(
            self,
            Self::Authorize(_) | Self::CalendarAddress | Self::IssueKey | Self::Submit(_) | Self::TestProvider(_)
        )
    }

    /// Whether the body may be left out.
    pub(crate) const fn may_go_without(&self) -> bool {
        matches!(self, Self::Authorize(_) | Self::TestProvider(_))
    }

    /// The path without what stands for a particular thing, for the log and for counting.
    pub(crate) const fn template(&self) -> Template {
        match self {
            Self::Asset(_) => Template::Asset,
            Self::Audit => Template::Audit,
            Self::Authorization(..) | Self::CancelAuthorization(..) => Template::Authorization,
            Self::Authorize(_) => Template::Authorize,
            Self::AuthorizeImplicit => Template::AuthorizeImplicit,
            Self::CalendarAddress => Template::CalendarAddress,
            Self::Capture | Self::CaptureFragment => Template::Capture,
            Self::CheckCredential(_) => Template::CheckCredential,
            Self::Connect | Self::Spend => Template::Connect,
            Self::Credential(_) | Self::ForgetCredential(_) => Template::Credential,
            Self::Credentials => Template::Credentials,
            Self::Docs => Template::Docs,
            Self::Document => Template::Document,
            Self::Ending(_) => Template::Ending,
            Self::Examine => Template::Examine,
            Self::Feed(_) => Template::Feed,
            Self::Forecast => Template::Forecast,
            Self::HandOut(_) => Template::HandOut,
            Self::Healthz => Template::Healthz,
            Self::IssueKey | Self::Keys => Template::Keys,
            Self::Metrics => Template::Metrics,
            Self::Providers => Template::Providers,
            Self::Readyz => Template::Readyz,
            Self::RefreshCredential(_) => Template::RefreshCredential,
            Self::RevokeCredential(_) => Template::RevokeCredential,
            Self::RevokeKey(_) => Template::RevokeKey,
            Self::Submit(_) => Template::Submit,
            Self::TestProvider(_) => Template::TestProvider,
            Self::TokenStatus(_) => Template::TokenStatus,
            Self::VerifyAudit => Template::VerifyAudit,
        }
    }
}

fn allow<const N: usize>(method: &Method, allowed: &'static str, routes: [(Method, Route); N]) -> Result<Route, Fault> {
    // HEAD is GET whose body hyper leaves out (RFC 9110 §9.3.2).
    let wanted = if method == Method::HEAD { &Method::GET } else { method };
    let found = routes.into_iter().find(|(known, _)| known == wanted);
    found.map(|(_, route)| route).ok_or(Fault::MethodNotAllowed(allowed))
}

fn provider(name: &str) -> Result<Provider, Fault> {
    Provider::from_name(name).ok_or(Fault::NoSuchProvider)
}

fn authorization(id: &str) -> Option<AuthorizationId> {
    AuthorizationId::new(id)
}

/// An id that is not a number is an id that nobody has.
fn credential(id: &str) -> Result<CredentialId, Fault> {
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    id.parse().ok().filter(|_| digits).ok_or(Fault::NoSuchCredential)
}

#[cfg(test)]
mod tests;
