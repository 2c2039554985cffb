//! Owns a server elsewhere: its address and the key for it. The key alone decides there whose credentials a command works on, so a
//! command for another owner is refused before it asks anything: it would be done to somebody else's.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grantkeep_core::{Owner, Secret};
use serde::Deserialize;
use url::Url;

use super::value::{base_url, value};
use crate::{fault::CliFault, text};

/// A server elsewhere.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) url: Url,
    pub(crate) key: Secret,
}

/// Reads the address, and the key from its variable. `wanted`: the owner that was named, if one was.
pub(super) fn resolve(address: &str, wanted: Option<&Owner>) -> Result<Remote, CliFault> {
    let url = base_url("--server", address)?;
    let key = Secret::from(value("GRANTKEEP_API_KEY")?.ok_or_else(text::no_api_key)?);
    match (wanted, owner_of(&key)) {
        (Some(wanted), Some(own)) if wanted.as_str() != own => Err(text::key_of_another(wanted.as_str(), &own)),
        _ => Ok(Remote { url, key }),
    }
}

/// The `sub` of a JWT, which nothing here has to verify: the server does. None for what is no JWT: the server refuses it, and says so.
fn owner_of(key: &Secret) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
    }
    let claims = URL_SAFE_NO_PAD.decode(key.expose().split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.sub)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whose_it_is() {
        let key = |claims: &str| Secret::from(format!("head.{}.signature", URL_SAFE_NO_PAD.encode(claims)));
        for (key, owner) in [
            (key(r#"{"sub":"me","exp":1}"#), Some("me")),
            (key(r#"{"exp":1,"sub":"Анна / 7"}"#), Some("Анна / 7")),
            (key(r#"{"sub":7}"#), None),
            (key("{}"), None),
            (key("no JSON"), None),
            (Secret::from("no JWT"), None),
            (Secret::from("head.*.signature"), None),
        ] {
            assert_eq!(owner_of(&key).as_deref(), owner);
        }
    }
}
