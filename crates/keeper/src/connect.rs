//! Owns the connect link: whoever opens it first in a browser gets the authorization, no other browser ever does.

use std::sync::Arc;

use grantkeep_core::{Account, Authorization, AuthorizationId, Flow, Owner, Progress, Provider, Secret, Timestamp};
use grantkeep_mastodon::Server;
use grantkeep_oauth::state;
use url::Url;

use crate::{CaptureFault, KeepFault, Keeper, attempt::Frozen};

/// Who asks for what: the page of a connect link.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Which authorization.
    pub id: AuthorizationId,
    /// Where.
    pub provider: Provider,
    /// At which of its servers.
    pub server: Option<Box<str>>,
    /// Whether that server's name has letters beyond ASCII, written as `xn--…`.
    pub is_punycode: bool,
    /// For whom.
    pub owner: Owner,
    /// Under which name it will be kept, if that was said.
    pub account: Option<Account>,
    /// What is asked for.
    pub scope: Option<String>,
    /// How the grant comes.
    pub flow: Flow,
    /// Whether somebody came to it by a one-tap link, and so renews what is kept under that name.
    pub by_link: bool,
    /// Whether the answer goes to a page that is not ours, so that a person must carry it over.
    pub takes_paste: bool,
    /// Where the answer goes.
    pub redirect_uri: Option<Box<str>>,
    /// Our page that reads fragments.
    pub capture_url: String,
    /// Where the person will be sent.
    pub goes_to: Url,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// A link that has just been used.
#[derive(Debug)]
pub struct Spent {
    /// Which authorization.
    pub id: AuthorizationId,
    /// How the grant comes.
    pub flow: Flow,
    /// What the browser is to show from now on.
    pub binding: Secret,
    /// Where the person goes.
    pub to: Url,
}

impl Keeper {
    /// Who asks for what. Changes nothing, so that a preview of the link spends nothing.
    pub async fn invitation(&self, ticket: &str) -> Result<Invitation, CaptureFault> {
        let found = self.of_ticket(ticket).await?;
        let frozen = Frozen::of(&found)?;
        let goes_to = self.goes_to(&found)?;
        let begun = found.begun;
        let uri = begun.redirect_uri.as_deref().and_then(|uri| Url::parse(uri).ok());
        Ok(Invitation {
            takes_paste: !uri.is_some_and(|uri| self.providers.is_ours(&uri)),
            by_link: frozen.by_link,
            capture_url: self.providers.fragment_page(),
            id: begun.id,
            provider: begun.provider,
            is_punycode: begun.server.as_deref().and_then(Server::from_kept).is_some_and(|server| server.is_punycode()),
            server: begun.server,
            owner: begun.owner,
            account: begun.account,
            scope: frozen.scope,
            flow: begun.flow,
            redirect_uri: begun.redirect_uri,
            goes_to,
            expires_at: begun.expires_at,
        })
    }

    /// Uses a link: this browser gets the authorization.
    pub async fn spend(&self, ticket: &str) -> Result<Spent, CaptureFault> {
        let found = self.of_ticket(ticket).await?;
        let to = self.goes_to(&found)?;
        let binding = self.bind(&found).await?;
        Ok(Spent { id: found.begun.id, flow: found.begun.flow, binding, to })
    }

    /// Takes what was pasted on the page of a link, from the browser that used it. Says whether it was an address with the token in
    /// it, where the token still is.
    pub async fn paste(self: &Arc<Self>, ticket: &str, binding: &Secret, text: &Secret) -> Result<bool, CaptureFault> {
        let found = self.of_ticket(ticket).await?;
        if found.binding != Some(state::digest(binding.expose())) {
            return Err(CaptureFault::BindingMismatch);
        }
        self.take_pasted(&found, text).await?;
        Ok(found.begun.flow == Flow::Implicit && text.expose().contains('#'))
    }

    pub(crate) async fn bind(&self, found: &Authorization) -> Result<Secret, CaptureFault> {
        let binding = self.secret_text();
        let is_first = self.store.bind(&found.begun.id, state::digest(binding.expose()), self.now()).await?;
        if is_first { Ok(binding) } else { Err(CaptureFault::TicketSpent) }
    }

    /// The authorization of a link, while it waits.
    async fn of_ticket(&self, ticket: &str) -> Result<Authorization, CaptureFault> {
        let found = self.store.authorization_of_ticket(state::digest(ticket)).await?;
        let waits = |found: &Authorization| self.progress(found) == Progress::Pending;
        found.filter(waits).ok_or(CaptureFault::TicketUnknown)
    }

    pub(crate) fn goes_to(&self, found: &Authorization) -> Result<Url, KeepFault> {
        let url = self.open_secrets(found)?.authorization_url.ok_or(KeepFault::damaged("secrets"))?;
        url.expose().parse().map_err(|_| KeepFault::damaged("secrets"))
    }
}
