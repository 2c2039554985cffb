//! Owns VK's legacy authorization code flow: the address that a person opens, and the exchange.
//!
//! Source: dev.vk.com, "Authorization code flow for users". VK calls it switched off for new applications; those that have it
//! still use it.

use grantkeep_core::{Outgoing, Secret};
use grantkeep_oauth::{Authorize, Client, Endpoint, Method, ResponseType, token};
use url::Url;

use crate::API_VERSION;

/// Where codes of this flow become tokens.
pub fn token_endpoint(oauth_url: &Url) -> Endpoint {
    Endpoint::under(oauth_url, "access_token")
}

/// Where a person opens the flow.
pub fn authorization_url(oauth_url: &Url, app_id: &str, redirect_uri: &str, scope: &str, state: &str) -> Url {
    let endpoint = Endpoint::under(oauth_url, "authorize");
    let request = Authorize {
        endpoint: &endpoint,
        client_id: app_id,
        redirect_uri,
        display: Some("page"),
        scope: Some(scope).filter(|scope| !scope.is_empty()),
        response_type: ResponseType::Code,
        state: Some(state),
        challenge: None,
        extra: &[("v", API_VERSION)],
    };
    request.url()
}

/// A code for a token. There is no PKCE in this flow: a verifier without a challenge must not be sent.
pub fn exchange<'a>(
    endpoint: &Endpoint,
    app_id: &'a str,
    secret: Option<&'a Secret>,
    code: &'a Secret,
    redirect_uri: &'a str,
) -> Outgoing {
    let client = Client { id: app_id, secret, method: Method::Post };
    token::exchange(endpoint, &client, code, Some(redirect_uri), None, &[("v", API_VERSION)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_a_code() {
        let base = Url::parse("https://oauth.vk.com").unwrap();
        let url = authorization_url(&base, "7", "http://127.0.0.1:8000/callback/vk/code", "wall", "s");
        let expected = "https://oauth.vk.com/authorize?client_id=7&redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fcallback%2Fvk%2Fcode\
            &display=page&scope=wall&response_type=code&state=s&v=5.199";
        assert_eq!(url.as_str(), expected);
        assert_eq!(token_endpoint(&base).url().as_str(), "https://oauth.vk.com/access_token");
    }
}
