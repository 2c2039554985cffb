//! Owns VK ID, VK's OAuth 2.1: the address that a person opens, the exchange, and the withdrawal of what was granted.
//!
//! Source: id.vk.com, "Authorization without the SDK". A code comes with a `device_id`, which every later refresh needs. There is
//! no client secret; a confidential application shows its service key instead.

use grantkeep_core::{Outgoing, Secret};
use grantkeep_oauth::{
    Authorize, Challenge, Client, Endpoint, Method, ResponseType, Scopes, Verifier, revocation, token,
};
use url::Url;

/// Where codes become tokens.
pub fn token_endpoint(id_url: &Url) -> Endpoint {
    Endpoint::under(id_url, "oauth2/auth")
}

/// Where a person's permission is withdrawn.
pub fn revocation_endpoint(id_url: &Url) -> Endpoint {
    Endpoint::under(id_url, "oauth2/revoke")
}

/// Rights as VK ID wants them: names separated by spaces.
pub fn scope(text: &str) -> String {
    Scopes::parse_commas(text).to_string()
}

/// Where a person opens the flow.
pub fn authorization_url(
    id_url: &Url,
    app_id: &str,
    redirect_uri: &str,
    scope: &str,
    state: &str,
    challenge: &Challenge,
) -> Url {
    let endpoint = Endpoint::under(id_url, "authorize");
    let request = Authorize {
        endpoint: &endpoint,
        client_id: app_id,
        redirect_uri,
        display: None,
        scope: Some(scope).filter(|scope| !scope.is_empty()),
        response_type: ResponseType::Code,
        state: Some(state),
        challenge: Some(challenge),
        extra: &[],
    };
    request.url()
}

/// What an exchange needs beside the code.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The application.
    pub app_id: &'a str,
    /// Its service key, if it is a confidential one.
    pub service_token: Option<&'a Secret>,
    /// As it was sent.
    pub redirect_uri: &'a str,
    /// Of the challenge that was sent.
    pub verifier: &'a Verifier,
    /// As it came with the code.
    pub device_id: Option<&'a Secret>,
    /// A fresh one; the answer repeats it.
    pub state: &'a Secret,
}

impl<'a> Exchange<'a> {
    /// A code for tokens.
    pub fn request(&self, endpoint: &Endpoint, code: &'a Secret) -> Outgoing {
        let client = Client { id: self.app_id, secret: None, method: Method::None };
        let mut extra = vec![("state", self.state.expose())];
        extra.extend(self.device_id.map(|id| ("device_id", id.expose())));
        extra.extend(self.service_token.map(|key| ("service_token", key.expose())));
        token::exchange(endpoint, &client, code, Some(self.redirect_uri), Some(self.verifier), &extra)
    }
}

/// What a refresh needs. Spent once: VK takes a second use for theft and ends the whole session.
#[derive(Clone, Copy, Debug)]
pub struct Refresh<'a> {
    /// The application.
    pub app_id: &'a str,
    /// Its service key, if it is a confidential one.
    pub service_token: Option<&'a Secret>,
    /// The latest one.
    pub refresh_token: &'a Secret,
    /// As it came with the code.
    pub device_id: Option<&'a Secret>,
    /// A fresh one; the answer repeats it.
    pub state: &'a Secret,
}

impl<'a> Refresh<'a> {
    /// A refresh token for new tokens.
    pub fn request(&self, endpoint: &Endpoint) -> Outgoing {
        let client = Client { id: self.app_id, secret: None, method: Method::None };
        let mut extra = vec![("state", self.state.expose())];
        extra.extend(self.device_id.map(|id| ("device_id", id.expose())));
        extra.extend(self.service_token.map(|key| ("service_token", key.expose())));
        token::refresh(endpoint, &client, self.refresh_token, None, &extra)
    }
}

/// Withdraws what the person granted to the application.
pub fn revoke(endpoint: &Endpoint, app_id: &str, access_token: &Secret) -> Outgoing {
    let client = Client { id: app_id, secret: None, method: Method::None };
    // VK names the parameter `access_token` where RFC 7009 has `token`; both are sent.
    revocation::request(endpoint, &client, access_token, None, &[("access_token", access_token.expose())])
}

#[cfg(test)]
mod tests {
    use grantkeep_core::Payload;

    use super::*;

    #[test]
    fn asks_with_a_challenge_and_scopes_separated_by_spaces() {
        let base = Url::parse("https://id.vk.ru").unwrap();
        let challenge = Verifier::from_random([1; 32]).challenge();
        let uri = "https://x.example/callback/vk/id";
        let url = authorization_url(&base, "7", uri, &scope("wall,groups"), "s", &challenge);
        let query: Vec<_> = url.query_pairs().into_owned().collect();
        let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(url.path(), "/authorize");
        assert_eq!((value("scope"), value("code_challenge_method")), (Some("wall groups"), Some("S256")));
        assert_eq!(value("code_challenge"), Some(challenge.as_str()));
    }

    #[test]
    fn an_exchange_carries_the_device_and_no_client_secret() {
        let base = Url::parse("https://id.vk.ru").unwrap();
        let (verifier, code) = (Verifier::from_random([1; 32]), Secret::from("c"));
        let (device, state) = (Secret::from("d"), Secret::from("s"));
        let exchange = Exchange {
            app_id: "7",
            service_token: None,
            redirect_uri: "https://x.example/cb",
            verifier: &verifier,
            device_id: Some(&device),
            state: &state,
        };
        let outgoing = exchange.request(&token_endpoint(&base), &code);
        assert_eq!(outgoing.url.as_str(), "https://id.vk.ru/oauth2/auth");
        let Some(Payload::Form(body)) = outgoing.body else { panic!("no form") };
        let expected = format!(
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fx.example%2Fcb&code_verifier={}&state=s&device_id=d\
             &client_id=7",
            verifier.secret().expose()
        );
        assert_eq!(body.expose(), expected);
    }
}
