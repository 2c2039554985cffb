//! Owns the map from paths to what is asked for. A path and its alias are one route.

use grantkeep_core::{CredentialId, Provider};
use http::Method;

use crate::{auth::Permissions, fault::Fault};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// VK's authorization URL for the implicit flow.
    AuthorizeImplicit,
    CheckCredential(CredentialId),
    Credential(CredentialId),
    Credentials,
    Docs,
    Document,
    ForgetCredential(CredentialId),
    HandOut(Provider),
    Healthz,
    IssueKey,
    /// A thorough look at the database, for `doctor`.
    Examine,
    Keys,
    Readyz,
    RevokeKey(String),
    Submit(Provider),
    TokenStatus(Provider),
}

/// What it takes to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Everybody,
    /// Only callers beside the data directory.
    Local,
    May(Permissions),
}

/// Every path with its methods, as documented; the tests hold it against the OpenAPI document.
#[cfg(test)]
pub(crate) const DOCUMENTED: [(&str, &[&str]); 12] = [
    ("/api/v1/credentials", &["GET"]),
    ("/api/v1/credentials/{id}", &["GET", "DELETE"]),
    ("/api/v1/credentials/{id}/check", &["POST"]),
    ("/api/v1/oauth/vk/authorize/implicit", &["GET"]),
    ("/api/v1/oauth/{provider}/token", &["GET"]),
    ("/api/v1/oauth/{provider}/token/status", &["GET"]),
    ("/api/v1/oauth/{provider}/token/submit", &["POST"]),
    ("/api/v1/vk/token/status", &["GET"]),
    ("/api/v1/vk/token/submit", &["POST"]),
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
            ["docs"] => get(Self::Docs),
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
            Self::HandOut(provider) | Self::Submit(provider) | Self::TokenStatus(provider) => Some(*provider),
            _ => None,
        }
    }

    /// What it takes to be answered.
    pub(crate) const fn access(&self) -> Access {
        match self {
            Self::Docs | Self::Document | Self::Healthz | Self::Readyz => Access::Everybody,
            Self::Examine | Self::IssueKey | Self::Keys | Self::RevokeKey(_) => Access::Local,
            Self::Credential(_) | Self::Credentials | Self::TokenStatus(_) => Access::May(Permissions::STATUS),
            Self::AuthorizeImplicit | Self::CheckCredential(_) | Self::ForgetCredential(_) | Self::Submit(_) => {
                Access::May(Permissions::SUBMIT)
            }
            Self::HandOut(_) => Access::May(Permissions::TOKEN),
        }
    }

    /// Whether a JSON body is read.
    pub(crate) const fn takes_body(&self) -> bool {
        matches!(self, Self::IssueKey | Self::Submit(_))
    }

    /// The path without what stands for a particular thing, for the log.
    pub(crate) const fn template(&self) -> &'static str {
        match self {
            Self::AuthorizeImplicit => "/api/v1/oauth/vk/authorize/implicit",
            Self::CheckCredential(_) => "/api/v1/credentials/{id}/check",
            Self::Credential(_) | Self::ForgetCredential(_) => "/api/v1/credentials/{id}",
            Self::Credentials => "/api/v1/credentials",
            Self::Docs => "/docs",
            Self::Document => "/openapi.json",
            Self::Examine => "/local/examine",
            Self::HandOut(_) => "/api/v1/oauth/{provider}/token",
            Self::Healthz => "/healthz",
            Self::IssueKey | Self::Keys => "/local/keys",
            Self::Readyz => "/readyz",
            Self::RevokeKey(_) => "/local/keys/{id}",
            Self::Submit(_) => "/api/v1/oauth/{provider}/token/submit",
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

/// An id that is not a number is an id that nobody has.
fn credential(id: &str) -> Result<CredentialId, Fault> {
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    id.parse().ok().filter(|_| digits).ok_or(Fault::NoSuchCredential)
}

#[cfg(test)]
mod tests;
