//! Owns the question whether a provider answers at all, for people who have just configured it.

use grantkeep_core::{Outgoing, Provider, Purpose};
use http::Method;
use url::Url;

use crate::{GrantType, KeepFault, Keeper, site::discovery_fault};

/// What came of asking a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderTest {
    /// Each address that was asked.
    pub asked: Vec<Probed>,
}

/// One address that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// What is there: `metadata`, `authorization`, `token`.
    pub what: &'static str,
    /// Its scheme, host and port.
    pub address: String,
    /// Whether anything answered.
    pub answers: bool,
    /// Our word for what: `HTTP 200`, `timeout`, `Mastodon 4.6.0`.
    pub outcome: String,
}

impl ProviderTest {
    /// Whether everything answered.
    pub fn answers(&self) -> bool {
        self.asked.iter().all(|probed| probed.answers)
    }
}

impl Keeper {
    /// Asks a provider whether it answers. Mastodon has many servers: one must be named.
    pub async fn test_provider(&self, provider: Provider, instance: Option<&str>) -> Result<ProviderTest, KeepFault> {
        let asked = match provider {
            Provider::Vk => {
                let vk = self.vk();
                let mut asked = vec![self.reach("authorization", &vk.oauth_url).await];
                asked.push(self.reach("api", &vk.api_url).await);
                if let Some(app) = &self.providers.vk_id {
                    asked.push(self.reach("vk_id", &app.url).await);
                }
                asked
            }
            Provider::Mastodon => {
                let typed = self.typed(instance.ok_or(KeepFault::InstanceMissing)?)?;
                let site = self.site_now(typed).await.map_err(discovery_fault)?;
                let version = site.version.as_deref().unwrap_or_default();
                let outcome = format!("{} {version}", site.software.traits().title).trim().to_owned();
                let address = site.server.origin().origin().ascii_serialization();
                vec![Probed { what: "server", address, answers: true, outcome }]
            }
            Provider::OAuth2(name) => {
                let settings = self.providers.oauth2(name).ok_or(KeepFault::FlowNotOffered)?;
                let endpoints = self.endpoints(settings).await?;
                let mut asked = Vec::new();
                let named = [("authorization", &endpoints.authorization), ("token", &endpoints.token)];
                let unused = usize::from(settings.grant == GrantType::ClientCredentials);
                for (what, endpoint) in named.into_iter().skip(unused) {
                    match endpoint {
                        Some(endpoint) => asked.push(self.reach(what, endpoint.url()).await),
                        None => return Err(KeepFault::FlowNotOffered),
                    }
                }
                asked
            }
        };
        Ok(ProviderTest { asked })
    }

    /// Any answer is one, whatever it says: no credentials are shown.
    async fn reach(&self, what: &'static str, url: &Url) -> Probed {
        let address = url.origin().ascii_serialization();
        let mut url = url.clone();
        url.set_query(None);
        let outgoing = Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers: Vec::new(), body: None };
        match self.outbound.send(outgoing).await {
            Ok(answer) => Probed { what, address, answers: true, outcome: format!("HTTP {}", answer.status) },
            Err(reason) => Probed { what, address, answers: false, outcome: reason.as_str().to_owned() },
        }
    }
}
