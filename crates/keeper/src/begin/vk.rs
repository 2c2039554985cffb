//! Owns what a login at VK begins with: the implicit flow, VK ID, the legacy code flow.

use grantkeep_core::{Flow, Secret};
use grantkeep_oauth::{Endpoint, Method, Scopes};
use grantkeep_vk as vk;

use super::{Begin, Fresh, Plan};
use crate::{KeepFault, Keeper, attempt::Frozen};

impl Keeper {
    pub(super) fn plan_vk(&self, begin: &Begin, fresh: &Fresh) -> Result<Plan, KeepFault> {
        let settings = &self.providers.vk;
        let state = fresh.state.secret().expose();
        let asked = begin.scope.as_deref().unwrap_or(&settings.scope);
        let plan = |flow, redirect_uri: String, url, token: Option<Endpoint>, client_id: &str, scope: String| Plan {
            flow,
            server: None,
            redirect_uri: Some(redirect_uri),
            frozen: Frozen {
                token: token.map(|endpoint| endpoint.url().as_str().to_owned()),
                client_id: client_id.to_owned(),
                method: Method::None.as_str().to_owned(),
                scope: Some(scope).filter(|scope| !scope.is_empty()),
                ..Frozen::default()
            },
            url: Some(url),
            has_challenge: flow == Flow::VkId,
            has_state: true,
            client_secret: None,
            device: None,
        };
        match begin.flow.unwrap_or(Flow::Implicit) {
            Flow::Implicit => {
                let scope = Scopes::parse_commas(asked).iter().collect::<Vec<_>>().join(",");
                let url = settings.login_url(&scope, Some(state));
                let redirect_uri = settings.redirect_uri.as_str().to_owned();
                Ok(plan(Flow::Implicit, redirect_uri, url, None, &settings.app_id, scope))
            }
            Flow::VkId => {
                let app = self.providers.vk_id.as_ref().ok_or(KeepFault::FlowNotOffered)?;
                let (scope, uri) = (vk::id::scope(asked), self.providers.vk_id_redirect_uri());
                let url = vk::id::authorization_url(&app.url, &app.app_id, &uri, &scope, state, &fresh.challenge);
                let client_secret = app.service_token.as_ref().map(Secret::copy);
                let token = Some(vk::id::token_endpoint(&app.url));
                Ok(Plan { client_secret, ..plan(Flow::VkId, uri, url, token, &app.app_id, scope) })
            }
            Flow::Code => {
                let app = self.providers.vk_code.as_ref().ok_or(KeepFault::FlowNotOffered)?;
                let (scope, uri) = (asked.to_owned(), self.providers.vk_code_redirect_uri());
                let url = vk::code::authorization_url(&settings.oauth_url, &app.app_id, &uri, &scope, state);
                let client_secret = Some(app.secret.copy());
                let token = Some(vk::code::token_endpoint(&settings.oauth_url));
                Ok(Plan { client_secret, ..plan(Flow::Code, uri, url, token, &app.app_id, scope) })
            }
            Flow::ClientCredentials | Flow::Device => Err(KeepFault::FlowNotOffered),
        }
    }
}
