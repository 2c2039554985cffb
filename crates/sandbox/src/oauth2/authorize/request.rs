//! Owns what an application asks for, and where it is told that it may not.

use crate::ask::{Ask, last};
use crate::oauth2::OAuth2;
use crate::oauth2::client::{Client, Method, has_twice};
use crate::oauth2::scope::Scope;
use crate::oauth2::setting::Pkce;
use crate::target::Target;

/// An authorization request, understood.
#[derive(Debug)]
pub(in crate::oauth2) struct Asked {
    pub(in crate::oauth2) client: Client,
    pub(in crate::oauth2) scope: Scope,
    pub(in crate::oauth2) target: Target,
    /// As it was sent; left out if it was.
    pub(in crate::oauth2) redirect_uri: Option<String>,
    pub(in crate::oauth2) state: Option<String>,
    pub(in crate::oauth2) nonce: Option<String>,
    pub(in crate::oauth2) challenge: Option<String>,
    /// An access token is wanted at once; otherwise a code.
    pub(in crate::oauth2) wants_token: bool,
}

/// What is refused before a person is asked.
#[derive(Debug)]
pub(in crate::oauth2) enum Refused {
    /// On a page, because it is not clear that the redirect goes to the application.
    Page(&'static str),
    /// By that redirect.
    Redirect(String),
}

/// The way back to the application.
struct Way<'a> {
    target: &'a Target,
    state: Option<&'a str>,
    in_fragment: bool,
}

impl Way<'_> {
    fn with(&self, server: &OAuth2, pairs: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        query.extend_pairs(self.state.map(|state| ("state", state)));
        if server.settings().iss {
            query.append_pair("iss", &server.site.base);
        }
        let query = query.finish();
        if self.in_fragment { format!("{}#{query}", self.target.place) } else { self.target.with_query(&query) }
    }

    fn error(&self, server: &OAuth2, code: &str, description: &str) -> String {
        self.with(server, &[("error", code), ("error_description", description)])
    }
}

impl Asked {
    fn way(&self) -> Way<'_> {
        Way { target: &self.target, state: self.state.as_deref(), in_fragment: self.wants_token }
    }

    /// Where the browser goes with these, the state, and `iss`.
    pub(in crate::oauth2) fn back(&self, server: &OAuth2, pairs: &[(&str, &str)]) -> String {
        self.way().with(server, pairs)
    }

    /// Where the browser goes with an error (RFC 6749 §4.1.2.1).
    pub(in crate::oauth2) fn error(&self, server: &OAuth2, code: &str, description: &str) -> String {
        self.way().error(server, code, description)
    }
}

/// Understands a request. First what decides where errors go, then the rest.
pub(in crate::oauth2) fn understand(server: &OAuth2, ask: &Ask, pairs: &[(String, String)]) -> Result<Asked, Refused> {
    if has_twice(&ask.query()) {
        return Err(Refused::Page("A parameter comes twice."));
    }
    let get = |name| last(pairs, name).filter(|value| !value.is_empty());
    let client = get("client_id").and_then(Client::of).ok_or(Refused::Page("The application is unknown."))?;
    let redirect_uri = get("redirect_uri").map(str::to_owned);
    let target = client.target(redirect_uri.as_deref());
    let target = target.ok_or(Refused::Page("The redirect URI is not one of the application’s."))?;
    let response_type = get("response_type");
    let wants_token = response_type == Some("token");
    let way = Way { target: &target, state: get("state"), in_fragment: wants_token };
    let refuse = |code, what| Refused::Redirect(way.error(server, code, what));
    match response_type {
        Some("code" | "token") => {}
        Some(_) => return Err(refuse("unsupported_response_type", "response_type is code or token")),
        None => return Err(refuse("invalid_request", "response_type is missing")),
    }
    let scope = Scope::parse(get("scope")).ok_or_else(|| refuse("invalid_scope", "a scope is unknown"))?;
    let challenge = challenge(get("code_challenge"), get("code_challenge_method"));
    let challenge = challenge.map_err(|what| refuse("invalid_request", what))?;
    let needs_challenge = server.settings().pkce == Pkce::Required || client.method == Method::None;
    if needs_challenge && challenge.is_none() && !wants_token {
        return Err(refuse("invalid_request", "code_challenge is missing"));
    }
    if get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "none")) {
        return Err(refuse("login_required", "nobody is signed in"));
    }
    let (state, nonce) = (get("state").map(str::to_owned), get("nonce").map(str::to_owned));
    Ok(Asked { client, scope, redirect_uri, state, nonce, challenge, wants_token, target })
}

/// S256 and nothing else; without a method it would be `plain` (RFC 7636 §4.3).
fn challenge(challenge: Option<&str>, method: Option<&str>) -> Result<Option<String>, &'static str> {
    let is_one =
        |text: &str| text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    match (challenge, method) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("code_challenge is missing"),
        (Some(challenge), Some("S256")) if is_one(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => Err("code_challenge is no SHA-256"),
        (Some(_), _) => Err("code_challenge_method is S256"),
    }
}
