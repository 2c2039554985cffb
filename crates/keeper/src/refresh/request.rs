//! Owns the request by which a grant is renewed, at each kind of provider.

use grantkeep_core::{Credential, Outgoing, Payload, Provider, Purpose, Secret, TokenKind};
use grantkeep_mastodon::{self as mastodon, Server, Software};
use grantkeep_oauth::{Client, token};
use grantkeep_vk as vk;
use http::Method;

use super::{answer::Heard, host::host_of};
use crate::{GrantType, KeepFault, Keeper, site::discovery_word};

/// A request that is ready to be sent.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) outgoing: Outgoing,
    /// Whether the server does not state the token's type.
    pub(super) is_untyped: bool,
    /// What a Mastodon's server is.
    pub(super) software: Option<Software>,
}

impl Prepared {
    pub(super) fn host(&self) -> String {
        host_of(&self.outgoing.url)
    }

    /// The same endpoint, asked for nothing: a refresh without a token, which a server that works refuses (RFC 6749 §5.2).
    pub(super) fn question(&self) -> Outgoing {
        Outgoing {
            purpose: Purpose::Check,
            method: Method::POST,
            url: self.outgoing.url.clone(),
            headers: Vec::new(),
            body: Some(Payload::Form(Secret::from("grant_type=refresh_token"))),
        }
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
        Ok(Prepared { outgoing, is_untyped: true, software: None })
    }

    async fn prepare_mastodon(&self, credential: &Credential) -> Result<Prepared, Heard> {
        let server = credential.server.as_deref().and_then(Server::from_kept);
        let server = server.ok_or_else(|| Heard::Misconfigured("damaged".into()))?;
        let host = host_of(server.origin());
        let site = self.site_of(server).await;
        let site = site.map_err(|fault| self.unknown_for_now(&host, discovery_word(fault)))?;
        let registration = self.registration_of(credential, &site.server).await.map_err(|fault| closed(&fault))?;
        let registration = registration.ok_or_else(|| Heard::Misconfigured("registration_forgotten".into()))?;
        let secret =
            self.open_registration(registration.uid, &registration.client_secret).map_err(|fault| closed(&fault))?;
        let client = mastodon::registration::client(&registration.client_id, &secret);
        let refresh_token = self.refresh_token(credential)?;
        let outgoing = mastodon::token::refresh(&site.endpoints.token, &client, &refresh_token);
        Ok(Prepared { outgoing, is_untyped: false, software: Some(site.software) })
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
        let host = settings.issuer.as_ref().map(|issuer| host_of(issuer.url())).unwrap_or_default();
        let endpoints = endpoints.map_err(|_| self.unknown_for_now(&host, "no_metadata".into()))?;
        let endpoint = endpoints.token.ok_or_else(|| misconfigured("no_token_endpoint"))?;
        let client =
            Client { id: &settings.client_id, secret: settings.client_secret.as_ref(), method: endpoints.method };
        let outgoing = if credential.grant.kind == TokenKind::OAuth2Client {
            if settings.grant != GrantType::ClientCredentials {
                return Err(misconfigured("grant_changed"));
            }
            // What the login asked for, whatever is usual by now.
            token::client_credentials(&endpoint, &client, credential.grant.scope.asked.as_deref(), &[])
        } else {
            token::refresh(&endpoint, &client, &self.refresh_token(credential)?, None, &[])
        };
        Ok(Prepared { outgoing, is_untyped: false, software: None })
    }

    /// Where to send it could not be found out: it was asked now, or the host is left alone.
    fn unknown_for_now(&self, host: &str, cause: Box<str>) -> Heard {
        match self.hosts.is_open(host, (self.world.steady)()) {
            Ok(()) => Heard::Later { cause, after: None },
            Err(open_for) => Heard::Closed(self.spread(open_for)),
        }
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
