//! Owns one-tap links: each renews one credential, once, within a day. Only their digests are remembered.
//!
//! A link is worth no more than the button beside the credential: whoever uses it must sign in at the provider, as the same person.

use std::sync::Arc;

use grantkeep_core::{Account, Credential, Flow, Lifetime, Owner, Provider, Secret, Subject, Timestamp, TokenKind};
use grantkeep_oauth::state;
use grantkeep_store::RenewalTicket;

use crate::{Begin, CaptureFault, KeepFault, Keeper, OAuth2Settings, Spent};

/// How long a link works. Whoever is told at night acts in the morning.
const LASTS_FOR: Lifetime = Lifetime::from_hours(24);

/// What a one-tap link is for.
#[derive(Clone, Debug)]
pub struct RenewalInvitation {
    /// Where.
    pub provider: Provider,
    /// At which of its servers.
    pub server: Option<Box<str>>,
    /// Whose credential.
    pub owner: Owner,
    /// Which.
    pub account: Account,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// Where a browser goes that has spent a link.
#[derive(Debug)]
pub enum RenewalBegun {
    /// To the page of the authorization that has begun: the provider's answer goes past us, or to another name of ours.
    ToPage(Secret),
    /// Straight to the provider.
    ToProvider(Spent),
}

impl Keeper {
    /// What a link is for. Changes nothing, so that a preview of it spends nothing.
    pub async fn renewal_invitation(&self, ticket: &str) -> Result<RenewalInvitation, CaptureFault> {
        let (ticket, credential) = self.of_renewal_ticket(ticket).await?;
        Ok(RenewalInvitation {
            provider: credential.provider,
            server: credential.server,
            owner: credential.owner,
            account: credential.account,
            expires_at: ticket.expires_at,
        })
    }

    /// Begins the login that a link is for. While that cannot begin, the link is not spent.
    pub async fn spend_renewal(self: &Arc<Self>, ticket: &str) -> Result<RenewalBegun, CaptureFault> {
        let (ticket, credential) = self.of_renewal_ticket(ticket).await?;
        let begun = self.begin_by(&credential.owner, again(&credential), Some(ticket)).await?;
        let url = begun.connect_url.ok_or(KeepFault::FlowNotOffered)?;
        let found = self.store.authorization(&begun.id).await.map_err(KeepFault::from)?;
        let found = found.ok_or(CaptureFault::TicketUnknown)?;
        let uri = begun.redirect_uri.as_deref().and_then(|uri| url::Url::parse(uri).ok());
        let comes_here = uri.is_some_and(|uri| self.providers.is_ours(&uri));
        if !comes_here || !url.expose().starts_with(&self.providers.link("/connect/")) {
            return Ok(RenewalBegun::ToPage(url));
        }
        let to = self.goes_to(&found)?;
        let binding = self.bind(&found).await?;
        Ok(RenewalBegun::ToProvider(Spent { id: begun.id, flow: begun.flow, binding, to }))
    }

    /// A new link for a credential that a login can renew.
    pub(crate) fn renewal_link(&self, credential: &Credential, now: Timestamp) -> Option<(Secret, RenewalTicket)> {
        if !self.can_log_in(credential) {
            return None;
        }
        let text = self.secret_text();
        let ticket = RenewalTicket {
            ticket: state::digest(text.expose()),
            owner: credential.owner.clone(),
            credential: credential.id,
            uid: credential.uid,
            expires_at: now.after(LASTS_FOR),
        };
        Some((Secret::from(self.providers.link(&format!("/connect/{}", text.expose()))), ticket))
    }

    /// Whether there is a login that brings such a token. Tokens of communities and applications are made by hand.
    fn can_log_in(&self, credential: &Credential) -> bool {
        let is_made_by_hand = matches!(credential.grant.kind, TokenKind::VkCommunity | TokenKind::VkService)
            || matches!(credential.subject, Some(Subject::Community(_) | Subject::Application));
        match credential.provider {
            _ if is_made_by_hand => false,
            Provider::OAuth2(name) => self.providers.oauth2(name).is_some_and(OAuth2Settings::needs_person),
            Provider::Mastodon | Provider::Vk => true,
        }
    }

    async fn of_renewal_ticket(&self, ticket: &str) -> Result<(RenewalTicket, Credential), CaptureFault> {
        let found = self.store.renewal_ticket(state::digest(ticket)).await.map_err(KeepFault::from)?;
        let found = found.filter(|found| found.expires_at > self.now()).ok_or(CaptureFault::TicketUnknown)?;
        let credential = self.store.get(&found.owner, found.credential).await.map_err(KeepFault::from)?;
        let credential = credential.filter(|credential| credential.uid == found.uid);
        Ok((found, credential.ok_or(CaptureFault::TicketUnknown)?))
    }
}

/// The login that brought it, once more. Under the same name, so that another person's token is refused.
fn again(credential: &Credential) -> Begin {
    let flow = match credential.provider {
        Provider::Vk if credential.grant.kind == TokenKind::VkId => Some(Flow::VkId),
        _ => None,
    };
    let instance = credential.server.as_deref().filter(|_| credential.provider == Provider::Mastodon);
    Begin {
        provider: credential.provider,
        account: Some(credential.account.clone()),
        instance: instance.map(str::to_owned),
        scope: credential.grant.scope.asked.as_deref().map(str::to_owned),
        flow,
        by_paste: false,
    }
}
