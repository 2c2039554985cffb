//! Owns the request by which a grant is renewed, at each kind of provider.

use grantkeep_core::{Credential, Outgoing, Provider, TokenKind};
use grantkeep_mastodon::{self as mastodon, Server};
use grantkeep_oauth::{Client, token};
use grantkeep_vk as vk;

use super::answer::Heard;
use crate::{KeepFault, Keeper, site::discovery_word};

/// A request that is ready to be sent.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) outgoing: Outgoing,
    /// Whether the server does not state the token's type.
    pub(super) is_untyped: bool,
}

impl Prepared {
    pub(super) fn host(&self) -> &str {
        self.outgoing.url.host_str().unwrap_or_default()
    }
}

impl Keeper {
    /// Prepares the request; what must be found out for it is found out now. Nothing is spent yet.
    pub(super) async fn prepare(&self, credential: &Credential) -> Result<Prepared, Heard> {
        match credential.provider {
            Provider::Vk => self.prepare_vk(credential),
            Provider::Mastodon => self.prepare_mastodon(credential).await,
            Provider::OAuth2(_) => self.prepare_oauth2(credential).await,
        }
    }

    fn prepare_vk(&self, credential: &Credential) -> Result<Prepared, Heard> {
        let app = self.providers.vk_id.as_ref().filter(|_| credential.grant.kind == TokenKind::VkId);
        let app = app.ok_or_else(|| Heard::Misconfigured("not_configured".into()))?;
        let refresh_token = self.refresh_token(credential)?;
        let device_id = match &credential.grant.device_id {
            Some(sealed) => Some(self.open_column(credential, "device_id", sealed).map_err(|fault| closed(&fault))?),
            None => None,
        };
        let refresh = vk::id::Refresh {
            app_id: &app.app_id,
            service_token: app.service_token.as_ref(),
            refresh_token: &refresh_token,
            device_id: device_id.as_ref(),
            state: &self.secret_text(),
        };
        let outgoing = refresh.request(&vk::id::token_endpoint(&app.url));
        Ok(Prepared { outgoing, is_untyped: true })
    }

    async fn prepare_mastodon(&self, credential: &Credential) -> Result<Prepared, Heard> {
        let server = credential.server.as_deref().and_then(Server::from_kept);
        let server = server.ok_or_else(|| Heard::Misconfigured("damaged".into()))?;
        let site = self.site_of(server).await;
        let site = site.map_err(|fault| Heard::Later { cause: discovery_word(fault), after: None })?;
        let registration = self.registration_of(credential, &site.server).await.map_err(|fault| closed(&fault))?;
        let registration = registration.ok_or_else(|| Heard::Misconfigured("registration_forgotten".into()))?;
        let secret =
            self.open_registration(registration.uid, &registration.client_secret).map_err(|fault| closed(&fault))?;
        let client = mastodon::registration::client(&registration.client_id, &secret);
        let refresh_token = self.refresh_token(credential)?;
        let outgoing = mastodon::token::refresh(&site.endpoints.token, &client, &refresh_token);
        Ok(Prepared { outgoing, is_untyped: false })
    }

    async fn prepare_oauth2(&self, credential: &Credential) -> Result<Prepared, Heard> {
        let misconfigured = |cause: &str| Heard::Misconfigured(cause.into());
        let Provider::OAuth2(name) = credential.provider else { return Err(misconfigured("not_configured")) };
        let settings = self.providers.oauth2(name).ok_or_else(|| misconfigured("not_configured"))?;
        // A refresh token goes to the server that issued it and to no other.
        if settings.server().as_deref() != credential.server.as_deref() {
            return Err(misconfigured("provider_changed"));
        }
        let endpoints = self.endpoints(settings).await;
        let endpoints = endpoints.map_err(|_| Heard::Later { cause: "no_metadata".into(), after: None })?;
        let endpoint = endpoints.token.ok_or_else(|| misconfigured("no_token_endpoint"))?;
        let client =
            Client { id: &settings.client_id, secret: settings.client_secret.as_ref(), method: endpoints.method };
        let refresh_token = self.refresh_token(credential)?;
        let outgoing = token::refresh(&endpoint, &client, &refresh_token, None, &[]);
        Ok(Prepared { outgoing, is_untyped: false })
    }

    fn refresh_token(&self, credential: &Credential) -> Result<grantkeep_core::Secret, Heard> {
        let sealed = credential.grant.refresh_token.as_ref();
        let sealed = sealed.ok_or_else(|| Heard::Misconfigured("no_refresh_token".into()))?;
        self.open_column(credential, "refresh_token", sealed).map_err(|fault| closed(&fault))
    }
}

/// What is stored does not open: trying again later is all that can be done by ourselves.
fn closed(fault: &KeepFault) -> Heard {
    tracing::error!(%fault, "what is stored for a renewal could not be used");
    Heard::Misconfigured("storage".into())
}
