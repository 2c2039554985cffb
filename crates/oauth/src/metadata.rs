//! Owns what a server says about itself: authorization server metadata (RFC 8414) and OpenID Connect Discovery 1.0.
//!
//! Metadata of another issuer than the one that was asked is never used (RFC 8414 §3.3). Every endpoint in it is a stranger's
//! word: all that we may send something to are secure, or none is taken. That they are on the issuer's own host is not promised: see [`Metadata::elsewhere`].

use grantkeep_core::{Answer, Outgoing, Purpose};
use thiserror::Error;
use url::Url;

use crate::answer::{Encoding, Fault, open};
use crate::json::{Known, Object};
use crate::{Endpoint, EndpointFault, Issuer, Method, Tolerance, issuer, request, text};

/// What a server says about itself, as far as we use it. A list that is `None` was not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// `issuer`, as the server writes it.
    pub issuer: String,
    /// Where a person's browser goes; none where no grant needs one (RFC 8414 §2).
    pub authorization_endpoint: Option<Endpoint>,
    /// Where codes become tokens.
    pub token_endpoint: Endpoint,
    /// RFC 8628.
    pub device_authorization_endpoint: Option<Endpoint>,
    /// RFC 7591. One that must not be used is as good as none: nothing goes there unless somebody asks for it.
    pub registration_endpoint: Option<Endpoint>,
    /// RFC 7009.
    pub revocation_endpoint: Option<Endpoint>,
    /// OpenID Connect Core §5.3.
    pub userinfo_endpoint: Option<Endpoint>,
    /// `code_challenge_methods_supported`.
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// `grant_types_supported`.
    pub grant_types_supported: Option<Vec<String>>,
    /// `response_types_supported`.
    pub response_types_supported: Option<Vec<String>>,
    /// `scopes_supported`.
    pub scopes_supported: Option<Vec<String>>,
    /// `token_endpoint_auth_methods_supported`.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether the server promises `iss` in what the browser brings back (RFC 9207 §3).
    pub iss_parameter: bool,
}

/// Why there is no metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MetadataFault {
    /// The answer is none, or not JSON.
    #[error("{0}")]
    Answer(Fault),
    /// An endpoint must not be used: its name, and why.
    #[error("{0}: {1}")]
    Endpoint(&'static str, EndpointFault),
    /// It is another issuer's.
    #[error("the metadata is that of another issuer")]
    Issuer,
    /// Something that must be there is not.
    #[error("the metadata has no {0}")]
    Missing(&'static str),
}

impl MetadataFault {
    /// Whether the next of [`addresses`] may be tried: nothing that looks like metadata was at this one.
    pub const fn tries_next(&self) -> bool {
        match self {
            Self::Answer(Fault::Refused(_) | Fault::Strange(_)) | Self::Missing(_) => true,
            Self::Answer(Fault::ServerTrouble(_)) | Self::Endpoint(..) | Self::Issuer => false,
        }
    }
}

/// Where an issuer's metadata may be, in the order in which to ask, and nowhere else: RFC 8414 §3.1 puts the well-known path
/// before the issuer's own, OpenID Connect Discovery §4.1 behind it.
pub fn addresses(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().strip_suffix('/').unwrap_or(issuer.path());
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&path);
        url
    };
    [
        at(format!("/.well-known/oauth-authorization-server{path}")),
        at(format!("{path}/.well-known/openid-configuration")),
    ]
}

/// Asks for the metadata at one of [`addresses`].
pub fn request(address: &Url) -> Outgoing {
    request::get(Purpose::Check, address.clone(), None)
}

/// The members that are read.
const KNOWN: Known = &[
    "authorization_endpoint",
    "authorization_response_iss_parameter_supported",
    "code_challenge_methods_supported",
    "device_authorization_endpoint",
    "error",
    "grant_types_supported",
    "issuer",
    "registration_endpoint",
    "response_types_supported",
    "revocation_endpoint",
    "scopes_supported",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "userinfo_endpoint",
];

/// Reads the answer of an issuer that was asked.
pub fn read(answer: &Answer, asked_for: &Issuer, tolerance: Tolerance) -> Result<Metadata, MetadataFault> {
    let object = open(answer, KNOWN, Encoding::Json).map_err(MetadataFault::Answer)?;
    let issuer = object.text("issuer").ok_or(MetadataFault::Missing("issuer"))?;
    if !issuer::is_same(issuer, asked_for.as_str(), tolerance) {
        return Err(MetadataFault::Issuer);
    }
    let endpoint = |name| {
        let read = |text| Endpoint::from_outside(text).map_err(|fault| MetadataFault::Endpoint(name, fault));
        object.text(name).map(read).transpose()
    };
    let required = |name| endpoint(name).and_then(|endpoint| endpoint.ok_or(MetadataFault::Missing(name)));
    Ok(Metadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: match endpoint("authorization_endpoint")? {
            None if needs_browser(&object) => return Err(MetadataFault::Missing("authorization_endpoint")),
            endpoint => endpoint,
        },
        token_endpoint: required("token_endpoint")?,
        device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
        registration_endpoint: endpoint("registration_endpoint").unwrap_or_default(),
        revocation_endpoint: endpoint("revocation_endpoint")?,
        userinfo_endpoint: endpoint("userinfo_endpoint")?,
        code_challenge_methods_supported: words(&object, "code_challenge_methods_supported"),
        grant_types_supported: words(&object, "grant_types_supported"),
        response_types_supported: words(&object, "response_types_supported"),
        scopes_supported: words(&object, "scopes_supported"),
        token_endpoint_auth_methods_supported: words(&object, "token_endpoint_auth_methods_supported"),
        iss_parameter: object.is_true("authorization_response_iss_parameter_supported"),
    })
}

/// Whether a grant that the server knows begins in a browser. Where it does not say, it knows the code and the implicit grant.
fn needs_browser(object: &Object) -> bool {
    let known = words(object, "grant_types_supported");
    known.is_none_or(|known| known.iter().any(|grant| matches!(grant.as_str(), "authorization_code" | "implicit")))
}

/// The words in a list that can be words of OAuth: printable ASCII.
fn words(object: &Object, name: &str) -> Option<Vec<String>> {
    let words = object.texts(name)?.filter(|word| text::is_printable(word));
    Some(words.map(str::to_owned).collect())
}

impl Metadata {
    /// Names of endpoints that are at another scheme, host or port than the issuer: an honest server may split itself like that
    /// (Google does), and a hostile one may name an honest one's, to be given its codes.
    pub fn elsewhere(&self) -> Vec<&'static str> {
        let Ok(home) = Url::parse(&self.issuer).map(|url| url.origin()) else { return vec!["issuer"] };
        let endpoints = [
            ("authorization_endpoint", self.authorization_endpoint.as_ref()),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("device_authorization_endpoint", self.device_authorization_endpoint.as_ref()),
            ("registration_endpoint", self.registration_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
        ];
        let is_away = |endpoint: Option<&Endpoint>| endpoint.is_some_and(|endpoint| endpoint.url().origin() != home);
        endpoints.into_iter().filter(|(_, endpoint)| is_away(*endpoint)).map(|(name, _)| name).collect()
    }

    /// Whether the server takes S256 (RFC 7636); `None` if it does not say.
    pub fn takes_s256(&self) -> Option<bool> {
        let methods = self.code_challenge_methods_supported.as_ref()?;
        Some(methods.iter().any(|method| method == crate::Challenge::METHOD))
    }

    /// How a client shows itself at the token endpoint; `None` if the server takes nothing that we can do. Where it does not
    /// say, it takes `client_secret_basic` (RFC 8414 §2).
    pub fn method(&self, has_secret: bool) -> Option<Method> {
        let Some(known) = &self.token_endpoint_auth_methods_supported else {
            return Some(if has_secret { Method::Basic } else { Method::None });
        };
        let ours: &[Method] = if has_secret { &[Method::Basic, Method::Post] } else { &[Method::None] };
        ours.iter().copied().find(|method| known.iter().any(|name| name == method.as_str()))
    }
}

#[cfg(test)]
mod tests;
