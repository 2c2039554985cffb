//! Owns the map from paths to what is asked for. A path and its alias are one route.

use grantkeep_core::{AuthorizationId, CredentialId, Provider};
use http::Method;

use crate::{auth::Permissions, fault::Fault, page::Asset};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// What pages load.
    Asset(Asset),
    Authorization(Provider, AuthorizationId),
    Authorize(Provider),
    /// VK's authorization URL for the implicit flow.
    AuthorizeImplicit,
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
    ForgetCredential(CredentialId),
    HandOut(Provider),
    Healthz,
    IssueKey,
    /// A thorough look at the database, for `doctor`.
    Examine,
    Keys,
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
}

/// What it takes to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Browsers in the middle of a login, by what the login gave them.
    Browser,
    Everybody,
    /// Only callers beside the data directory.
    Local,
    May(Permissions),
}

/// Every path with its methods, as documented; the tests hold it against the OpenAPI document.
#[cfg(test)]
pub(crate) const DOCUMENTED: [(&str, &[&str]); 21] = [
    ("/api/v1/credentials", &["GET"]),
    ("/api/v1/credentials/{id}", &["GET", "DELETE"]),
    ("/api/v1/credentials/{id}/check", &["POST"]),
    ("/api/v1/credentials/{id}/refresh", &["POST"]),
    ("/api/v1/credentials/{id}/revoke", &["POST"]),
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
    ("/callback/{provider}", &["GET", "POST"]),
    ("/connect/{ticket}", &["GET", "POST"]),
    ("/done/{authorization_id}", &["GET"]),
    ("/healthz", &["GET"]),
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
            ["connect", _] => {
                allow(method, "GET, HEAD, POST", [(Method::GET, Self::Connect), (Method::POST, Self::Spend)])
            }
            ["docs"] => get(Self::Docs),
            ["done", id] => get(Self::Ending(authorization(id).ok_or(Fault::NoSuchPath)?)),
            ["healthz"] => get(Self::Healthz),
            ["openapi.json"] => get(Self::Document),
            ["readyz"] => get(Self::Readyz),
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
            Self::Docs | Self::Document | Self::Healthz | Self::Readyz => Access::Everybody,
            Self::Examine | Self::IssueKey | Self::Keys | Self::RevokeKey(_) => Access::Local,
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
        matches!(self, Self::Authorize(_) | Self::IssueKey | Self::Submit(_) | Self::TestProvider(_))
    }

    /// Whether the body may be left out.
    pub(crate) const fn may_go_without(&self) -> bool {
        matches!(self, Self::Authorize(_) | Self::TestProvider(_))
    }

    /// The path without what stands for a particular thing, for the log.
    pub(crate) const fn template(&self) -> &'static str {
        match self {
            Self::Asset(_) => "/assets/{name}",
            Self::Authorization(..) | Self::CancelAuthorization(..) => {
                "/api/v1/oauth/{provider}/authorizations/{authorization_id}"
            }
            Self::Authorize(_) => "/api/v1/oauth/{provider}/authorize",
            Self::AuthorizeImplicit => "/api/v1/oauth/vk/authorize/implicit",
            Self::Capture | Self::CaptureFragment => "/callback/{provider}",
            Self::CheckCredential(_) => "/api/v1/credentials/{id}/check",
            Self::Connect | Self::Spend => "/connect/{ticket}",
            Self::Credential(_) | Self::ForgetCredential(_) => "/api/v1/credentials/{id}",
            Self::Credentials => "/api/v1/credentials",
            Self::Docs => "/docs",
            Self::Document => "/openapi.json",
            Self::Ending(_) => "/done/{authorization_id}",
            Self::Examine => "/local/examine",
            Self::HandOut(_) => "/api/v1/oauth/{provider}/token",
            Self::Healthz => "/healthz",
            Self::IssueKey | Self::Keys => "/local/keys",
            Self::Providers => "/api/v1/providers",
            Self::Readyz => "/readyz",
            Self::RefreshCredential(_) => "/api/v1/credentials/{id}/refresh",
            Self::RevokeCredential(_) => "/api/v1/credentials/{id}/revoke",
            Self::RevokeKey(_) => "/local/keys/{id}",
            Self::Submit(_) => "/api/v1/oauth/{provider}/token/submit",
            Self::TestProvider(_) => "/api/v1/providers/{provider}/test",
            Self::TokenStatus(_) => "/api/v1/oauth/{provider}/token/status",
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
