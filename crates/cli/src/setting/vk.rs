//! Owns VK's settings: the implicit flow's, which always work, and those of VK ID and the legacy code flow, which need an
//! application of one's own.
//!
//! The secrets of the latter are read when they are needed: commands that go through a server need none.

use grantkeep_core::Secret;
use grantkeep_keeper::{VkCodeSettings, VkIdSettings, VkSettings};
use url::Url;

use super::{
    file,
    redirect::{self, Here},
    value::{base_url, first, scope, url, value},
};
use crate::{fault::CliFault, text};

const USUAL_VK_ID_URL: &str = "https://id.vk.ru";

/// What is set, but for the secrets.
#[derive(Debug)]
pub(super) struct Vk {
    pub(super) settings: VkSettings,
    pub(super) id_url: Url,
    id_app_id: Option<String>,
    code_app_id: Option<String>,
}

impl Vk {
    /// `others` are the names of all configured providers.
    pub(super) fn resolve(file: file::Vk, here: Here<'_>, others: &[&str]) -> Result<Self, CliFault> {
        let usual = VkSettings::default();
        let one = |name: &'static str, file: Option<String>, usual: Url| match first(None, name, file)? {
            Some(text) => base_url(name, &text),
            None => Ok(usual),
        };
        let redirect_uri = match first(None, "GRANTKEEP_VK_REDIRECT_URI", file.redirect_uri)? {
            Some(text) => redirect::read("vk", &text, here, others).map_err(text::bad_vk_redirect_uri)?,
            None => usual.redirect_uri,
        };
        let settings = VkSettings {
            app_id: app_id("GRANTKEEP_VK_APP_ID", file.app_id)?.unwrap_or(usual.app_id),
            scope: scope("GRANTKEEP_VK_SCOPE", first(None, "GRANTKEEP_VK_SCOPE", file.scope)?.unwrap_or(usual.scope))?,
            redirect_uri,
            oauth_url: one("GRANTKEEP_VK_OAUTH_URL", file.oauth_url, usual.oauth_url)?,
            api_url: one("GRANTKEEP_VK_API_URL", file.api_url, usual.api_url)?,
        };
        Ok(Self {
            settings,
            id_url: one("GRANTKEEP_VK_ID_URL", file.id_url, url("GRANTKEEP_VK_ID_URL", USUAL_VK_ID_URL)?)?,
            id_app_id: app_id("GRANTKEEP_VK_ID_APP_ID", file.id_app_id)?,
            code_app_id: app_id("GRANTKEEP_VK_CODE_APP_ID", file.code_app_id)?,
        })
    }

    /// VK ID, where an application for it is set.
    pub(super) fn id(&self) -> Result<Option<VkIdSettings>, CliFault> {
        let service_token = value("GRANTKEEP_VK_ID_SERVICE_TOKEN")?.map(Secret::from);
        match (&self.id_app_id, service_token) {
            (Some(app_id), service_token) => {
                Ok(Some(VkIdSettings { app_id: app_id.clone(), service_token, url: self.id_url.clone() }))
            }
            (None, Some(_)) => Err(text::half_set("GRANTKEEP_VK_ID_SERVICE_TOKEN", "GRANTKEEP_VK_ID_APP_ID")),
            (None, None) => Ok(None),
        }
    }

    /// The legacy code flow, where an application for it is set.
    pub(super) fn code(&self) -> Result<Option<VkCodeSettings>, CliFault> {
        let secret = value("GRANTKEEP_VK_CODE_SECRET")?.map(Secret::from);
        match (&self.code_app_id, secret) {
            (Some(app_id), Some(secret)) => Ok(Some(VkCodeSettings { app_id: app_id.clone(), secret })),
            (Some(_), None) => Err(text::half_set("GRANTKEEP_VK_CODE_APP_ID", "GRANTKEEP_VK_CODE_SECRET")),
            (None, Some(_)) => Err(text::half_set("GRANTKEEP_VK_CODE_SECRET", "GRANTKEEP_VK_CODE_APP_ID")),
            (None, None) => Ok(None),
        }
    }
}

fn app_id(name: &'static str, file: Option<String>) -> Result<Option<String>, CliFault> {
    let id = first(None, name, file)?;
    match id {
        Some(id) if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) => Err(text::bad_app_id(name)),
        id => Ok(id),
    }
}
