//! Owns telling people: of which credentials there is something to tell, and that it is written down.
//!
//! What is to be told is written down together with how far a person has been told, so that a crash neither loses it nor repeats it.

mod clock;
mod outbox;

use std::{fmt::Write, sync::Arc, time::Duration};

use grantkeep_core::{Credential, Timestamp, notice::Tidings};
use grantkeep_notify::{ChannelName, Sender};
use grantkeep_store::{Due, NewNotice, StoreFault};
use tokio::task::JoinSet;

use crate::{KeepFault, Keeper};
use clock::{Belief, Clock};
use outbox::Channels;

/// The longest sleep, and so the latest that somebody is told.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// Looked at in one go.
const AT_ONCE: usize = 200;

impl Keeper {
    /// Gives it channels to tell people by.
    #[must_use]
    pub fn with_channels(mut self, channels: Sender) -> Self {
        self.channels = channels;
        self
    }

    /// Tells people, for ever; end it by dropping the future. A message on its way then is finished by whoever closes the keeper.
    pub async fn watch_notices(self: Arc<Self>) {
        let written = self.store.last_recorded_at().await.unwrap_or_default();
        let mut clock = Clock::new(self.now(), self.steady(), written);
        let mut channels = Channels::default();
        let names = self.channels.channels().map(|(name, _)| name.to_string()).collect();
        warn_of(self.store.outbox_for_only(names).await.map_err(Into::into));
        loop {
            let (now, steady) = (self.now(), self.steady());
            match clock.look(now, steady) {
                Belief::Believed => warn_of(self.tell_due().await),
                Belief::Corrected => {
                    warn_of(self.clock_was_ahead().await);
                    warn_of(self.tell_due().await);
                }
                Belief::Doubted => {}
            }
            warn_of(self.send_due(&mut channels, steady).await);
            let sleep = self.until_next_notice().await;
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                Some(Ok(done)) = channels.sending.join_next() => channels.done(done, self.steady()),
            }
        }
    }

    /// What was computed from a clock that was ahead is computed anew.
    pub(crate) async fn clock_was_ahead(&self) -> Result<(), KeepFault> {
        self.store.rethink(self.now()).await?;
        self.due_changed.notify_one();
        self.renewals_changed.notify_one();
        Ok(())
    }

    async fn until_next_notice(&self) -> Duration {
        let now = self.now();
        let moments = [self.store.next_due(Due::Notice, now).await, self.store.next_outbox().await];
        let next = moments.into_iter().filter_map(|at| at.ok().flatten()).min();
        let wait = next.map_or(LONGEST_SLEEP, |at| Duration::from_secs(at.since(now).seconds()));
        wait.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }

    /// Writes down everything that there is to tell now.
    pub(crate) async fn tell_due(self: &Arc<Self>) -> Result<(), KeepFault> {
        loop {
            let now = self.now();
            let due = self.store.due(Due::Notice, now, AT_ONCE).await?;
            let is_last = due.len() < AT_ONCE;
            let mut telling = JoinSet::new();
            for credential in due {
                let keeper = Arc::clone(self);
                telling.spawn(async move { keeper.tell(credential, now).await });
            }
            if !all_went_well(telling).await? || is_last {
                return Ok(());
            }
        }
    }

    async fn tell(&self, credential: Credential, now: Timestamp) -> Result<(), KeepFault> {
        let (tidings, told) = credential.notice(now);
        let notices = tidings.map(|tidings| self.notices(&credential, tidings, now)).unwrap_or_default();
        if let Some(tidings) = tidings {
            tracing::info!(
                credential = credential.id,
                tidings = tidings.as_str(),
                channels = notices.len(),
                "to be told"
            );
        }
        match self.store.tell(Credential { told, ..credential }, notices).await {
            // It has changed meanwhile, and is looked at again.
            Ok(_) | Err(StoreFault::Stale) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The same for each channel.
    fn notices(&self, credential: &Credential, tidings: Tidings, now: Timestamp) -> Vec<NewNotice> {
        let one = |(name, _): (&ChannelName, _)| NewNotice {
            message: self.message_id(),
            channel: name.to_string(),
            owner: credential.owner.clone(),
            credential: credential.id,
            tidings,
            at: now,
            expires_at: credential.grant.expiry.at(),
        };
        self.channels.channels().map(one).collect()
    }

    fn message_id(&self) -> String {
        (self.world.random)().iter().fold("n_".to_owned(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }
}

/// Waits for all of them, then tells the first fault; false when one panicked.
async fn all_went_well(mut tasks: JoinSet<Result<(), KeepFault>>) -> Result<bool, KeepFault> {
    let (mut result, mut is_well) = (Ok(()), true);
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(ended) => result = result.and(ended),
            Err(_) => is_well = false,
        }
    }
    if !is_well {
        tracing::error!("what there is to tell of a credential could not be found out");
    }
    result.map(|()| is_well)
}

fn warn_of(result: Result<(), KeepFault>) {
    if let Err(fault) = result {
        tracing::warn!(%fault, "people could not be told");
    }
}
