//! Owns the withdrawal of a grant at its provider. Only what the provider confirmed is then forgotten here.

use grantkeep_core::{Credential, CredentialId, Outgoing, Owner, Provider, Secret, event::Action};
use grantkeep_mastodon::{self as mastodon, Server, authorize, revocation::Withdrawal, software::Revocation};
use grantkeep_oauth::{
    Client,
    revocation::{self, Hint, RevocationFault},
};
use grantkeep_store::Registration;
use grantkeep_vk as vk;

use crate::{KeepFault, Keeper, site::discovery_fault};

const AWAY: &str = "Try again later, or forget it here and withdraw it in the provider's settings";

impl Keeper {
    /// Withdraws a grant at its provider, and forgets it here.
    pub async fn revoke(&self, owner: &Owner, id: CredentialId) -> Result<(), KeepFault> {
        let credential = self.when_still(owner, id).await?;
        self.withdraw_grant(&credential).await?;
        tracing::info!(credential = id, "withdrawn at the provider");
        self.note(Action::Revoke, &credential, "done");
        self.forget(owner, id).await
    }

    /// Withdraws tokens that came after their credential was forgotten: nobody keeps them.
    pub(crate) async fn withdraw_unkept(&self, came: &Credential) {
        match self.withdraw_grant(came).await {
            Ok(()) => tracing::info!(credential = came.id, "tokens that came too late were withdrawn at the provider"),
            Err(fault) => {
                tracing::warn!(%fault, credential = came.id, "tokens that came too late live on at the provider");
            }
        }
    }

    async fn withdraw_grant(&self, credential: &Credential) -> Result<(), KeepFault> {
        match credential.provider {
            Provider::Vk => self.revoke_vk(credential).await,
            Provider::Mastodon => self.revoke_mastodon(credential).await,
            Provider::OAuth2(_) => self.revoke_oauth2(credential).await,
        }
    }

    /// VK ID alone has a way: tokens of the implicit flow are withdrawn in the person's settings.
    async fn revoke_vk(&self, credential: &Credential) -> Result<(), KeepFault> {
        let app = self.providers.vk_id.as_ref().ok_or(KeepFault::CannotRevoke)?;
        if credential.grant.kind != grantkeep_core::TokenKind::VkId {
            return Err(KeepFault::CannotRevoke);
        }
        let token = self.open(credential)?;
        let endpoint = vk::id::revocation_endpoint(&app.url);
        self.withdraw(vk::id::revoke(&endpoint, &app.app_id, &token)).await
    }

    async fn revoke_oauth2(&self, credential: &Credential) -> Result<(), KeepFault> {
        let Provider::OAuth2(name) = credential.provider else { return Err(KeepFault::CannotRevoke) };
        let settings = self.providers.oauth2(name);
        // A token goes to the server that issued it and to no other.
        let settings = settings.filter(|settings| settings.server().as_deref() == credential.server.as_deref());
        let settings = settings.ok_or(KeepFault::CannotRevoke)?;
        let endpoints = self.endpoints(settings).await?;
        let endpoint = endpoints.revocation.ok_or(KeepFault::CannotRevoke)?;
        let secret = settings.client_secret.as_ref();
        let client = Client { id: &settings.client_id, secret, method: endpoints.method };
        if let Some(sealed) = &credential.grant.refresh_token {
            let token = self.open_column(credential, "refresh_token", sealed)?;
            self.withdraw(revocation::request(&endpoint, &client, &token, Some(Hint::RefreshToken), &[])).await?;
        }
        let token = self.open(credential)?;
        self.withdraw(revocation::request(&endpoint, &client, &token, Some(Hint::AccessToken), &[])).await
    }

    async fn withdraw(&self, outgoing: Outgoing) -> Result<(), KeepFault> {
        let answer = self.outbound.send(outgoing).await;
        let answer =
            answer.map_err(|reason| away(&format!("the provider could not be asked to withdraw it: {reason}")))?;
        revocation::read(&answer).map_err(|fault| match fault {
            RevocationFault::Refused(refusal) if !refusal.code.is_transient() => {
                KeepFault::ProviderWrong { what: format!("the provider did not withdraw it: {fault}"), advice: AWAY }
            }
            _ => away(&format!("whether the provider withdrew it is not known: {fault}")),
        })
    }

    async fn revoke_mastodon(&self, credential: &Credential) -> Result<(), KeepFault> {
        let server = credential.server.as_deref().and_then(Server::from_kept);
        let server = server.ok_or_else(|| KeepFault::damaged_credential(credential, "server"))?;
        let site = self.site_of(server).await.map_err(discovery_fault)?;
        let ends = site.software.traits().revocation;
        // Where other people's tokens would end with it, it is done by hand.
        if matches!(ends, Revocation::ClientEndsAll | Revocation::Absent) {
            return Err(KeepFault::CannotRevoke);
        }
        let registration = self.registration_of(credential, &site.server).await?.ok_or(KeepFault::CannotRevoke)?;
        let secret = self.open_registration(registration.uid, &registration.client_secret)?;
        let client = mastodon::registration::client(&registration.client_id, &secret);
        let token: Secret = self.open(credential)?;
        let outgoing = mastodon::revocation::request(site.software, &site.endpoints.revocation, &client, &token);
        let outgoing = outgoing.ok_or(KeepFault::CannotRevoke)?;
        let withdrawn = mastodon::revocation::read(self.outbound.send(outgoing).await);
        if withdrawn == Withdrawal::Done && ends == Revocation::ClientEndsRegistration {
            self.store.unregister(registration).await?;
        }
        match withdrawn {
            Withdrawal::Done => Ok(()),
            Withdrawal::NotOffered => Err(KeepFault::CannotRevoke),
            Withdrawal::Refused => Err(KeepFault::ProviderWrong {
                what: "the server refused to withdraw it".to_owned(),
                advice: "Check it: it may be dead already; else withdraw it in the server's settings and forget it here",
            }),
            Withdrawal::Unclear => Err(away("whether the server withdrew it is not known")),
        }
    }

    /// The registration that a credential came by.
    pub(crate) async fn registration_of(
        &self,
        credential: &Credential,
        server: &Server,
    ) -> Result<Option<Registration>, KeepFault> {
        let Some(scopes) = &credential.grant.scope.asked else { return Ok(None) };
        let usual = self.providers.mastodon_redirect_uri(server);
        for redirect_uri in [usual.as_str(), authorize::SHOWN] {
            let found = self.store.registration(server.as_str(), redirect_uri, scopes).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn away(what: &str) -> KeepFault {
    KeepFault::ProviderAway { what: what.to_owned(), advice: AWAY }
}
