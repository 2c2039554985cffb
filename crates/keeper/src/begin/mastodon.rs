//! Owns what a login at a Mastodon begins with: what the server is, what may be asked there, and as which application.

use grantkeep_core::Flow;
use grantkeep_mastodon::{authorize, scope::ScopeFault};
use grantkeep_oauth::{Method, Scopes};

use super::{Begin, Fresh, Plan};
use crate::{KeepFault, Keeper, attempt::Frozen, site::discovery_fault};

impl Keeper {
    pub(super) async fn plan_mastodon(&self, begin: &Begin, fresh: &Fresh) -> Result<Plan, KeepFault> {
        if begin.flow.is_some_and(|flow| flow != Flow::Code) {
            return Err(KeepFault::FlowNotOffered);
        }
        let typed = self.typed(begin.instance.as_deref().ok_or(KeepFault::InstanceMissing)?)?;
        let site = self.site(typed).await.map_err(discovery_fault)?;
        let asked = begin.scope.as_deref().map(Scopes::parse);
        let scopes = site.scopes(asked.as_ref()).map_err(|ScopeFault::NotKnown(_)| KeepFault::ScopeNotKnown)?;
        // Where nobody can reach us, the server shows the code, if it can.
        let redirect_uri = match begin.by_paste && site.software.traits().shows_code {
            true => authorize::SHOWN.to_owned(),
            false => self.providers.mastodon_redirect_uri(&site.server),
        };
        let application = self.application(&site, &redirect_uri, &scopes).await?;
        let request = authorize::Request {
            endpoint: &site.endpoints.authorization,
            client_id: &application.client_id,
            redirect_uri: &redirect_uri,
            scopes: &scopes,
            state: fresh.state.secret().expose(),
            challenge: &fresh.challenge,
            // Whoever names an account may mean another than the one that is signed in there.
            ask_again: begin.account.is_some(),
        };
        let metadata = site.metadata.as_ref();
        Ok(Plan {
            flow: Flow::Code,
            server: Some(site.server.as_str().into()),
            frozen: Frozen {
                token: Some(site.endpoints.token.url().as_str().to_owned()),
                userinfo: None,
                authorization: Some(site.endpoints.authorization.url().as_str().to_owned()),
                issuer: metadata.map(|metadata| metadata.issuer.clone()),
                promises_iss: metadata.is_some_and(|metadata| metadata.iss_parameter),
                client_id: application.client_id.to_string(),
                method: Method::Post.as_str().to_owned(),
                scope: Some(scopes.to_string()),
                software: Some(site.software.as_str().to_owned()),
                by_link: false,
            },
            url: Some(request.url()),
            has_challenge: true,
            has_state: redirect_uri != authorize::SHOWN,
            redirect_uri: Some(redirect_uri),
            client_secret: Some(application.client_secret),
            device: None,
        })
    }
}
