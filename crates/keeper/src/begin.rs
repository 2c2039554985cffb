//! Owns the beginning of an authorization: which flow, where the person goes, what is frozen, what is sealed.

mod mastodon;
mod oauth2;
mod vk;

use std::sync::Arc;

use grantkeep_core::{
    Account, Authorization, AuthorizationId, Flow, NewAuthorization, Owner, Progress, Provider, Secret, Timestamp, Uid,
    authorization::PENDING_FOR,
};
use grantkeep_oauth::{Challenge, State, Verifier, device::DeviceAnswer};
use grantkeep_store::RenewalTicket;
use url::Url;

use crate::{
    KeepFault, Keeper,
    attempt::{Frozen, Secrets},
    audit::{acting_as, actor},
};

/// What somebody wants.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Where.
    pub provider: Provider,
    /// Under which name to keep the credential; by default after whom it speaks for.
    pub account: Option<Account>,
    /// Which server, as typed; for Mastodon.
    pub instance: Option<String>,
    /// What to ask for, instead of what is usual.
    pub scope: Option<String>,
    /// How the grant is to come, instead of what is usual.
    pub flow: Option<Flow>,
    /// Whether the person will paste what the last page shows, because no browser reaches us.
    pub by_paste: bool,
}

/// An authorization that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Its name.
    pub id: AuthorizationId,
    /// How the grant comes.
    pub flow: Flow,
    /// Where the person allows it, for whoever will paste what comes of it. It carries the state. None where nobody need allow it.
    pub authorization_url: Option<Secret>,
    /// Where a person's browser begins. None by paste, for devices, and where nobody need allow it.
    pub connect_url: Option<Secret>,
    /// Where the answer comes back to.
    pub redirect_uri: Option<String>,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// What to type, for devices.
    pub device: Option<DeviceCode>,
    /// What is asked for.
    pub scope: Option<String>,
}

/// What a person types where (RFC 8628 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// What.
    pub user_code: String,
    /// Where.
    pub verification_uri: Url,
}

/// Random values of one authorization.
struct Fresh {
    state: State,
    verifier: Verifier,
    challenge: Challenge,
}

/// An authorization on its way into its row.
struct Plan {
    flow: Flow,
    server: Option<Box<str>>,
    redirect_uri: Option<String>,
    frozen: Frozen,
    /// None: nobody need allow it.
    url: Option<Url>,
    has_challenge: bool,
    has_state: bool,
    client_secret: Option<Secret>,
    device: Option<DeviceAnswer>,
}

impl Keeper {
    /// Begins an authorization for `owner`.
    pub async fn begin(self: &Arc<Self>, owner: &Owner, begin: Begin) -> Result<Begun, KeepFault> {
        self.begin_by(owner, begin, None).await
    }

    /// The same by a one-tap link, which is spent in the moment when it has begun. Of many who come by one link nothing is left but
    /// what the first has begun.
    pub(crate) async fn begin_by(
        self: &Arc<Self>,
        owner: &Owner,
        begin: Begin,
        link: Option<RenewalTicket>,
    ) -> Result<Begun, KeepFault> {
        let verifier = Verifier::from_random(self.random_32());
        let fresh = Fresh { state: State::from_random(self.random_32()), challenge: verifier.challenge(), verifier };
        let mut plan = match begin.provider {
            Provider::Vk => self.plan_vk(&begin, &fresh)?,
            Provider::Mastodon => self.plan_mastodon(&begin, &fresh).await?,
            Provider::OAuth2(name) => self.plan_oauth2(name, &begin, &fresh).await?,
        };
        plan.frozen.by_link = link.is_some();
        self.write_down(owner, begin, plan, fresh, link).await
    }

    async fn write_down(
        self: &Arc<Self>,
        owner: &Owner,
        begin: Begin,
        plan: Plan,
        fresh: Fresh,
        link: Option<RenewalTicket>,
    ) -> Result<Begun, KeepFault> {
        let (id, uid) = (AuthorizationId::from_random((self.world.random)()), Uid((self.world.random)()));
        let created_at = self.now();
        let lives_for = plan.device.as_ref().map_or(PENDING_FOR, |device| device.lifetime.min(PENDING_FOR));
        let expires_at = created_at.after(lives_for);
        let in_browser = !begin.by_paste && !matches!(plan.flow, Flow::ClientCredentials | Flow::Device);
        let ticket = in_browser.then(|| State::from_random(self.random_32()));
        let device = plan.device;
        let shown = device.as_ref().map(|device| DeviceCode {
            user_code: device.user_code.clone(),
            verification_uri: device.verification_uri.clone(),
        });
        let secrets = Secrets {
            authorization_url: plan.url.as_ref().map(|url| Secret::from(url.as_str())),
            verifier: plan.has_challenge.then(|| fresh.verifier.secret().copy()),
            device_code: device.as_ref().map(|device| device.device_code.copy()),
            client_secret: plan.client_secret,
        };
        let new = NewAuthorization {
            id: id.clone(),
            uid,
            owner: owner.clone(),
            provider: begin.provider,
            server: plan.server,
            account: begin.account,
            flow: plan.flow,
            state: plan.has_state.then(|| fresh.state.digest()),
            ticket: ticket.as_ref().map(State::digest),
            redirect_uri: plan.redirect_uri.clone().map(Into::into),
            frozen: plan.frozen.text(),
            secrets: self.seal_secrets(owner, uid, &secrets)?,
            created_at,
            expires_at,
        };
        match link {
            None => self.store.begin(new.clone()).await?,
            Some(link) => {
                if !self.store.begin_by_link(new.clone(), link).await? {
                    return Err(KeepFault::LinkSpent);
                }
            }
        }
        self.metrics.begun();
        tracing::info!(
            authorization = id.as_str(),
            provider = begin.provider.as_str(),
            flow = plan.flow.as_str(),
            "an authorization has begun"
        );
        let begun =
            Authorization { begun: new, binding: None, progress: Progress::Pending, cause: None, credential: None };
        match (device, plan.flow) {
            (Some(device), _) => {
                tokio::spawn(acting_as(actor(), Arc::clone(self).poll_device(begun, device.interval)));
            }
            (None, Flow::ClientCredentials) => {
                tokio::spawn(acting_as(actor(), Arc::clone(self).ask_for_itself(begun)));
            }
            (None, _) => {}
        }
        let connect_url = ticket.map(|ticket| {
            let path = format!("/connect/{}", ticket.secret().expose());
            let beside = plan.redirect_uri.as_deref().unwrap_or_default();
            Secret::from(self.providers.link_beside(beside, &path))
        });
        Ok(Begun {
            id,
            flow: plan.flow,
            authorization_url: plan.url.map(|url| Secret::from(String::from(url))),
            connect_url,
            redirect_uri: plan.redirect_uri,
            expires_at,
            device: shown,
            scope: plan.frozen.scope,
        })
    }

    /// A secret text of ours: 256 bits.
    pub(crate) fn secret_text(&self) -> Secret {
        let text = State::from_random(self.random_32());
        text.secret().copy()
    }

    fn random_32(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&(self.world.random)());
        bytes[16..].copy_from_slice(&(self.world.random)());
        bytes
    }
}
