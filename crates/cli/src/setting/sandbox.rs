//! Owns the settings that the sandbox puts in the place of everybody's own: its emulated providers, and nothing else.

use std::net::SocketAddr;

use grantkeep_core::{ProviderName, Secret};
use grantkeep_keeper::{Issuer, Method, OAuth2Settings, Providers, VkCodeSettings, VkIdSettings, VkSettings};
use url::Url;

use crate::{fault::CliFault, text};

/// The name of the emulated OAuth 2.0 provider.
pub(crate) const OAUTH2_NAME: &str = "acme";

/// What it is asked for.
const OAUTH2_SCOPES: [&str; 4] = ["openid", "profile", "offline_access", "read"];

/// The client that the emulated OAuth 2.0 server knows. The secret is none: it protects nothing.
const OAUTH2_CLIENT: (&str, &str) = ("grantkeep", "not a secret: 100% sandbox+");

/// The emulated VK's applications: for VK ID, which takes this one alone, and for the legacy code flow, which takes any other.
const VK_ID_APP: &str = "51000002";
const VK_CODE_APP: &str = "51000005";
const VK_CODE_SECRET: &str = "sandbox-not-a-secret";

/// How many emulated Mastodons there are.
const MASTODONS: u16 = 11;

/// Where the emulated providers are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    vk: Url,
    vk_id: Url,
    oauth2: Url,
    mastodons: Vec<Url>,
}

impl Places {
    /// Where a sandbox has them that is running.
    pub(crate) fn of(sandbox: &grantkeep_sandbox::Sandbox) -> Result<Self, CliFault> {
        Ok(Self {
            vk: place(&sandbox.vk_url())?,
            vk_id: place(&sandbox.vk_id_url())?,
            oauth2: place(&sandbox.oauth2_url())?,
            mastodons: sandbox.mastodons().into_iter().map(|(_, url)| url).collect(),
        })
    }

    /// Where a sandbox has them that begins at `first`. With port 0 nobody but that sandbox knows.
    pub(super) fn from(first: SocketAddr) -> Result<Self, CliFault> {
        let at = |offset: u16| {
            let port = if first.port() == 0 { Some(0) } else { first.port().checked_add(offset) };
            let port = port.ok_or_else(|| text::not_a_url("--sandbox-listen"))?;
            place(&format!("http://{}", SocketAddr::new(first.ip(), port)))
        };
        Ok(Self {
            vk: at(0)?,
            vk_id: place(&format!("http://{first}/id"))?,
            oauth2: at(1)?,
            mastodons: (2..2 + MASTODONS).map(at).collect::<Result<_, _>>()?,
        })
    }

    /// The same application and rights, at the emulated VK.
    pub(super) fn vk(&self, vk: &VkSettings) -> VkSettings {
        let mut redirect_uri = self.vk.clone();
        redirect_uri.set_path("/blank.html");
        VkSettings {
            app_id: vk.app_id.clone(),
            scope: vk.scope.clone(),
            redirect_uri,
            oauth_url: self.vk.clone(),
            api_url: self.vk.clone(),
        }
    }

    /// The emulated providers, whatever else is set.
    pub(super) fn providers(&self, vk: &VkSettings, base: Url, hosts: Vec<String>) -> Result<Providers, CliFault> {
        let (client_id, secret) = OAUTH2_CLIENT;
        let name = ProviderName::new(OAUTH2_NAME).ok_or_else(|| text::bad_provider_name(OAUTH2_NAME))?;
        let acme = OAuth2Settings {
            issuer: Some(Issuer::new(self.oauth2.as_str().trim_end_matches('/')).map_err(|_| nowhere())?),
            client_secret: Some(Secret::from(secret)),
            client_auth: Some(Method::Basic),
            scopes: OAUTH2_SCOPES.map(str::to_owned).to_vec(),
            ..OAuth2Settings::new(name, client_id)
        };
        let vk_code = VkCodeSettings { app_id: VK_CODE_APP.to_owned(), secret: Secret::from(VK_CODE_SECRET) };
        let vk_id = VkIdSettings { app_id: VK_ID_APP.to_owned(), service_token: None, url: self.vk_id.clone() };
        Ok(Providers { vk: self.vk(vk), vk_id: Some(vk_id), vk_code: Some(vk_code), oauth2: vec![acme], base, hosts })
    }

    /// Every address that requests may go to.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Url> {
        [&self.vk, &self.vk_id, &self.oauth2].into_iter().chain(&self.mastodons)
    }
}

fn place(text: &str) -> Result<Url, CliFault> {
    Url::parse(text).map_err(|_| nowhere())
}

fn nowhere() -> CliFault {
    text::not_a_url("--sandbox-listen")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command without a server guesses where the sandbox of another process is, and as whom it is known there.
    #[tokio::test]
    async fn the_guess_is_what_the_sandbox_says() {
        let listen = ([127, 0, 0, 1], 0).into();
        let sandbox = grantkeep_sandbox::start(grantkeep_sandbox::Options { listen }).await.unwrap();
        assert_eq!(sandbox.oauth2_client(), OAUTH2_CLIENT);
        let (real, guessed) = (Places::of(&sandbox).unwrap(), Places::from(([127, 0, 0, 1], 8001).into()).unwrap());
        assert_eq!(real.mastodons.len(), guessed.mastodons.len());
        assert_eq!(real.vk_id.path(), guessed.vk_id.path());
        let shown: Vec<&str> = guessed.addresses().map(Url::as_str).take(4).collect();
        let expected =
            ["http://127.0.0.1:8001/", "http://127.0.0.1:8001/id", "http://127.0.0.1:8002/", "http://127.0.0.1:8003/"];
        assert_eq!(shown, expected);
        sandbox.stop().await;
    }
}
