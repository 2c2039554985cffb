//! Owns the polling of a device grant (RFC 8628 §3.4, §3.5): from the moment the codes are there until the person has answered, or
//! nobody needs to know any more.

use std::{sync::Arc, time::Duration};

use grantkeep_core::{Authorization, Lifetime, Progress, Secret};
use grantkeep_oauth::{
    Client, Method,
    device::{self, Pace, Polled},
};
use grantkeep_store::StoreFault;

use crate::{
    KeepFault, Keeper,
    attempt::{Frozen, Secrets},
    exchange::Captured,
    refresh::STORE_AGAIN_AFTER,
};

impl Keeper {
    /// Polls until there is an answer, or until the authorization has ended otherwise.
    pub(crate) async fn poll_device(self: Arc<Self>, begun: Authorization, interval: Lifetime) {
        if let Err(fault) = self.poll(&begun, interval).await {
            tracing::warn!(%fault, authorization = begun.begun.id.as_str(), "a device login could not go on");
        }
    }

    async fn poll(self: &Arc<Self>, begun: &Authorization, interval: Lifetime) -> Result<(), KeepFault> {
        let (frozen, secrets) = (Frozen::of(begun)?, self.open_secrets(begun)?);
        let mut pace = Pace::new(interval);
        loop {
            tokio::time::sleep(Duration::from_secs(pace.wait().seconds())).await;
            let now = match self.store.authorization(&begun.begun.id).await {
                Err(fault) if fault.is_passing() => continue,
                found => found?,
            };
            // Given up meanwhile, or its time is over.
            let Some(now) = now.filter(|now| now.progress == Progress::Pending) else { return Ok(()) };
            if self.progress(&now) == Progress::Expired {
                return self.end(&now, Progress::Expired, "", None).await;
            }
            // Whoever closes the keeper waits for it: what it brings comes once.
            let _flight = self.flights.begin()?;
            let polled = self.poll_once(&frozen, &secrets).await?;
            match &polled {
                Some(polled) => pace.after(polled),
                None => pace.back_off(),
            }
            match polled {
                None | Some(Polled::Pending | Polled::SlowDown) => {}
                Some(Polled::Failed(fault)) if fault.is_transient() => {}
                Some(Polled::Denied) => return self.end(&now, Progress::Denied, "access_denied", None).await,
                Some(Polled::Expired) => return self.end(&now, Progress::Expired, "expired_token", None).await,
                Some(Polled::Failed(fault)) => return self.end(&now, Progress::Failed, &fault.cause(), None).await,
                Some(Polled::Granted(answer)) => {
                    if self.claim_granted(&now).await? {
                        // How it came out stands in the authorization.
                        let _ = self.complete(&now, &frozen, Captured::Granted(Box::new(answer))).await;
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Tokens have come, and the device code is spent: it is tried until storage takes it.
    async fn claim_granted(&self, authorization: &Authorization) -> Result<bool, StoreFault> {
        loop {
            match self.store.claim(&authorization.begun.id, self.now()).await {
                Err(fault) if fault.is_passing() => {
                    tracing::error!(%fault, "what a device login brought cannot be stored yet; trying again");
                    tokio::time::sleep(STORE_AGAIN_AFTER).await;
                }
                claimed => return claimed,
            }
        }
    }

    /// None: no answer.
    async fn poll_once(&self, frozen: &Frozen, secrets: &Secrets) -> Result<Option<Polled>, KeepFault> {
        let endpoint = Frozen::endpoint(frozen.token.as_deref())?;
        let method = Method::from_name(&frozen.method).unwrap_or(Method::None);
        let client = Client { id: &frozen.client_id, secret: secrets.client_secret.as_ref(), method };
        let code: &Secret = secrets.device_code.as_ref().ok_or(KeepFault::damaged("secrets"))?;
        let answer = self.outbound.send(device::poll(&endpoint, &client, code)).await;
        Ok(answer.ok().map(|answer| device::read_poll(&answer)))
    }
}
