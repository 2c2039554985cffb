//! Owns the shape of `config.toml`. A key that is not known is a fault: a setting that does nothing is worse than none.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use grantkeep_core::Secret;
use serde::{Deserialize, Deserializer};

use crate::{fault::CliFault, text};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: Option<String>,
    pub(super) public_url: Option<String>,
    #[serde(default)]
    pub(super) allowed_hosts: Vec<String>,
    #[serde(default)]
    pub(super) outbound_allow: Vec<String>,
    pub(super) owner: Option<String>,
    pub(super) log: Option<String>,
    #[serde(default)]
    pub(super) notify: BTreeMap<String, Channel>,
    #[serde(default)]
    pub(super) providers: BTreeMap<String, Provider>,
    #[serde(default)]
    pub(super) vk: Vk,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vk {
    pub(super) app_id: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) redirect_uri: Option<String>,
    pub(super) oauth_url: Option<String>,
    pub(super) api_url: Option<String>,
    pub(super) id_app_id: Option<String>,
    pub(super) id_url: Option<String>,
    pub(super) code_app_id: Option<String>,
}

/// `[providers.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    pub(super) kind: Option<String>,
    pub(super) grant: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) authorization_url: Option<String>,
    pub(super) token_url: Option<String>,
    pub(super) revocation_url: Option<String>,
    pub(super) device_authorization_url: Option<String>,
    pub(super) userinfo_url: Option<String>,
    pub(super) client_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) client_secret: Option<Secret>,
    pub(super) client_secret_env: Option<String>,
    pub(super) client_secret_file: Option<String>,
    pub(super) client_auth: Option<String>,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uri: Option<String>,
}

/// `[notify.NAME]`, with the keys of all kinds.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) chat: Option<String>,
    pub(super) command: Option<Vec<String>>,
    pub(super) from: Option<String>,
    pub(super) host: Option<String>,
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) old_secret: Option<Secret>,
    pub(super) old_secret_env: Option<String>,
    pub(super) old_secret_file: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) password: Option<Secret>,
    pub(super) password_env: Option<String>,
    pub(super) password_file: Option<String>,
    pub(super) port: Option<u16>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) secret: Option<Secret>,
    pub(super) secret_env: Option<String>,
    pub(super) secret_file: Option<String>,
    pub(super) security: Option<String>,
    pub(super) to: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) token: Option<Secret>,
    pub(super) token_env: Option<String>,
    pub(super) token_file: Option<String>,
    pub(super) url: Option<String>,
    pub(super) user: Option<String>,
}

/// Its URL may be as good as a password.
impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Channel(…)")
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(Secret::from(text)))
}

/// Reads the file; one that does not exist is empty, unless somebody named it.
pub(super) fn read(path: &Path, named: bool) -> Result<File, CliFault> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !named => return Ok(File::default()),
        Err(error) => return Err(text::config_unreadable(path, error.kind())),
    };
    toml::from_str(&text).map_err(|error| {
        // Only the place and the kind: the error's own text quotes the line, and a line may hold a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        text::config_wrong(path, before.matches('\n').count() + 1, unknown_key(&error))
    })
}

/// The known keys, when the fault is an unknown one: those texts are ours.
fn unknown_key(error: &toml::de::Error) -> Option<&str> {
    error
        .message()
        .split_once(", expected ")
        .filter(|(what, _)| what.starts_with("unknown field"))
        .map(|(_, known)| known)
}
