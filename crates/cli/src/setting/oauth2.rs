//! Owns `[providers.NAME]`: what an OAuth 2.0 provider needs, and what is wrong with one, by provider and key.
//!
//! A fault never tells a value. The secret is read when it is needed: commands that go through a server need none.

use std::path::Path;

use grantkeep_core::ProviderName;
use grantkeep_keeper::{Endpoint, GrantType, Issuer, Method, OAuth2Settings};
use grantkeep_outbound::check_base_url;
use url::Url;

use super::{
    file,
    redirect::{self, Here},
    secret::{Keys, Source},
};
use crate::{fault::CliFault, text};

/// The key of the secret, and how the keys that say where it is begin.
const SECRET: &str = "client_secret";

/// A provider as configured, but for its secret.
#[derive(Debug)]
pub(super) struct OAuth2 {
    name: ProviderName,
    grant: GrantType,
    issuer: Option<Issuer>,
    authorization_url: Option<Endpoint>,
    token_url: Option<Endpoint>,
    revocation_url: Option<Endpoint>,
    device_authorization_url: Option<Endpoint>,
    userinfo_url: Option<Endpoint>,
    client_id: String,
    secret: Source,
    client_auth: Option<Method>,
    scopes: Vec<String>,
    /// As it is written, and as a URL.
    redirect_uri: Option<(String, Url)>,
}

/// Reads all of them. Relative paths are meant from `folder`.
pub(super) fn resolve(
    providers: impl IntoIterator<Item = (String, file::Provider)>,
    folder: &Path,
    here: Here<'_>,
    vk: &Url,
) -> Result<Vec<OAuth2>, CliFault> {
    let providers: Vec<_> = providers.into_iter().collect();
    let names: Vec<String> = providers.iter().map(|(name, _)| name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let one = |(name, file): (String, file::Provider)| OAuth2::resolve(&name, file, folder, here, &names);
    let all = providers.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let uris: Vec<_> = all.iter().filter_map(|one| Some((one.name.as_str(), one.comes_back_to(here)?))).collect();
    redirect::check_apart(uris.iter().map(|(name, url)| (*name, url)).chain([("vk", vk)]), here)?;
    Ok(all)
}

impl OAuth2 {
    fn resolve(
        name: &str,
        file: file::Provider,
        folder: &Path,
        here: Here<'_>,
        names: &[&str],
    ) -> Result<Self, CliFault> {
        if matches!(name, "mastodon" | "vk") {
            return Err(text::reserved_provider(name));
        }
        let known = ProviderName::new(name).ok_or_else(|| text::bad_provider_name(name))?;
        match file.kind.as_deref() {
            Some("oauth2") => {}
            Some(_) => return Err(text::bad_provider_key(name, "kind", "there is one kind: \"oauth2\"")),
            None => return Err(text::missing_provider_key(name, "kind", "write kind = \"oauth2\"")),
        }
        let endpoint = |key: &'static str, text: Option<String>| endpoint(name, key, text.as_deref());
        let secret = Keys { bare: file.client_secret, env: file.client_secret_env, file: file.client_secret_file };
        let secret = Source::find(&table(name), SECRET, secret, folder)?;
        let this = Self {
            name: known,
            grant: grant(name, file.grant.as_deref())?,
            issuer: issuer(name, file.issuer.as_deref())?,
            authorization_url: endpoint("authorization_url", file.authorization_url)?,
            token_url: endpoint("token_url", file.token_url)?,
            revocation_url: endpoint("revocation_url", file.revocation_url)?,
            device_authorization_url: endpoint("device_authorization_url", file.device_authorization_url)?,
            userinfo_url: endpoint("userinfo_url", file.userinfo_url)?,
            client_id: client_id(name, file.client_id)?,
            secret,
            client_auth: client_auth(name, file.client_auth.as_deref())?,
            scopes: scopes(name, file.scopes)?,
            redirect_uri: match file.redirect_uri {
                Some(text) => {
                    let url = redirect::read(name, &text, here, names);
                    let url = url.map_err(|reason| text::bad_redirect_uri(name, reason))?;
                    Some((text, url))
                }
                None => None,
            },
        };
        this.check_whole(name)?;
        Ok(this)
    }

    /// What must come together, or not at all.
    fn check_whole(&self, name: &str) -> Result<(), CliFault> {
        match self.grant {
            GrantType::AuthorizationCode => self.check_for_people(name)?,
            GrantType::ClientCredentials => self.check_for_itself(name)?,
        }
        match (self.client_auth, &self.secret) {
            (Some(Method::Basic | Method::Post), Source::None) => {
                Err(text::missing_provider_key(name, "client_secret_env", text::AUTH_NEEDS_SECRET))
            }
            (Some(Method::None), Source::Configuration(_) | Source::File(_) | Source::Variable(_)) => {
                Err(text::bad_provider_key(name, "client_auth", text::AUTH_NEEDS_NO_SECRET))
            }
            _ => Ok(()),
        }
    }

    fn check_for_people(&self, name: &str) -> Result<(), CliFault> {
        let begins = self.authorization_url.is_some() || self.device_authorization_url.is_some();
        match self.issuer {
            Some(_) => Ok(()),
            None if !begins => Err(text::missing_provider_key(name, "issuer", text::HOW_TO_FIND_ENDPOINTS)),
            None if self.token_url.is_none() => {
                Err(text::missing_provider_key(name, "token_url", text::HOW_TO_FIND_ENDPOINTS))
            }
            None => Ok(()),
        }
    }

    /// What is there for people would do nothing.
    fn check_for_itself(&self, name: &str) -> Result<(), CliFault> {
        let for_people = [
            ("authorization_url", self.authorization_url.is_some()),
            ("device_authorization_url", self.device_authorization_url.is_some()),
            ("redirect_uri", self.redirect_uri.is_some()),
            ("userinfo_url", self.userinfo_url.is_some()),
        ];
        if let Some((key, _)) = for_people.into_iter().find(|(_, is_set)| *is_set) {
            return Err(text::bad_provider_key(name, key, text::NOBODY_LOGS_IN));
        }
        if self.issuer.is_none() && self.token_url.is_none() {
            return Err(text::missing_provider_key(name, "issuer", text::HOW_TO_FIND_TOKENS));
        }
        match (self.client_auth, &self.secret) {
            (Some(Method::None), _) => Err(text::bad_provider_key(name, "client_auth", text::SECRET_IS_SHOWN)),
            (_, Source::None) => {
                Err(text::missing_provider_key(name, "client_secret_env", text::CLIENT_CREDENTIALS_NEED_SECRET))
            }
            _ => Ok(()),
        }
    }

    /// With the secret, which is read now.
    pub(super) fn settings(&self) -> Result<OAuth2Settings, CliFault> {
        Ok(OAuth2Settings {
            name: self.name,
            grant: self.grant,
            issuer: self.issuer.clone(),
            authorization_url: self.authorization_url.clone(),
            token_url: self.token_url.clone(),
            revocation_url: self.revocation_url.clone(),
            device_authorization_url: self.device_authorization_url.clone(),
            userinfo_url: self.userinfo_url.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.secret.read(&table(self.name.as_str()), SECRET)?,
            client_auth: self.client_auth,
            scopes: self.scopes.clone(),
            redirect_uri: self.redirect_uri.as_ref().map(|(text, _)| text.clone()),
        })
    }

    /// Every address that requests may go to.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Url> {
        let endpoints = [
            &self.authorization_url,
            &self.token_url,
            &self.revocation_url,
            &self.device_authorization_url,
            &self.userinfo_url,
        ];
        let endpoints = endpoints.into_iter().flatten().map(Endpoint::url);
        self.issuer.iter().map(Issuer::url).chain(endpoints)
    }

    pub(super) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Where people come back to, said or usual; none where nobody logs in.
    fn comes_back_to(&self, here: Here<'_>) -> Option<Url> {
        match (self.grant, self.redirect_uri()) {
            (GrantType::ClientCredentials, _) => None,
            (GrantType::AuthorizationCode, Some(url)) => Some(url.clone()),
            (GrantType::AuthorizationCode, None) => here.usual(self.name.as_str()),
        }
    }

    pub(super) fn redirect_uri(&self) -> Option<&Url> {
        self.redirect_uri.as_ref().map(|(_, url)| url)
    }
}

fn table(name: &str) -> String {
    format!("providers.{name}")
}

fn client_id(name: &str, text: Option<String>) -> Result<String, CliFault> {
    match text {
        None => Err(text::missing_provider_key(name, "client_id", "the provider gives you one with the application")),
        Some(text) if text.is_empty() || text.chars().any(char::is_control) => {
            Err(text::bad_provider_key(name, "client_id", "it is empty, or has a control character"))
        }
        Some(text) => Ok(text),
    }
}

fn client_auth(name: &str, text: Option<&str>) -> Result<Option<Method>, CliFault> {
    let short = |text: &str| Method::ALL.iter().find(|(_, _, short)| *short == text).map(|(method, ..)| *method);
    let wrong = || text::bad_provider_key(name, "client_auth", "it is one of \"basic\", \"post\" and \"none\"");
    text.map(|text| short(text).ok_or_else(wrong)).transpose()
}

fn grant(name: &str, text: Option<&str>) -> Result<GrantType, CliFault> {
    let wrong = || text::bad_provider_key(name, "grant", text::GRANTS);
    text.map_or(Ok(GrantType::default()), |text| GrantType::from_name(text).ok_or_else(wrong))
}

fn issuer(name: &str, text: Option<&str>) -> Result<Option<Issuer>, CliFault> {
    let read = |text| Issuer::new(text).map_err(|fault| text::bad_provider_key(name, "issuer", &fault.to_string()));
    text.map(read).transpose()
}

fn endpoint(name: &str, key: &'static str, text: Option<&str>) -> Result<Option<Endpoint>, CliFault> {
    let Some(text) = text else { return Ok(None) };
    let wrong = |what: &dyn std::fmt::Display| text::bad_provider_key(name, key, &what.to_string());
    let url = Url::parse(text).ok().filter(Url::has_host).ok_or_else(|| wrong(&"it is not a web address"))?;
    check_base_url(&url).map_err(|fault| wrong(&fault))?;
    Endpoint::new(url).map(Some).map_err(|fault| wrong(&fault))
}

/// Names of visible ASCII without quotes and backslashes (RFC 6749 §3.3).
fn scopes(name: &str, scopes: Vec<String>) -> Result<Vec<String>, CliFault> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let whole = |scope: &String| !scope.is_empty() && scope.bytes().all(allowed);
    if scopes.iter().all(whole) {
        Ok(scopes)
    } else {
        Err(text::bad_provider_key(name, "scopes", "each is one word, in quotes of its own"))
    }
}

#[cfg(test)]
mod tests;
