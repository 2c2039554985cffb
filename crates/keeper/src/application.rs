//! Owns becoming known to a Mastodon: one registration for each (server, redirect URI, scopes), asked about before use, and
//! made anew once when the server has forgotten it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use grantkeep_core::{Owner, Sealed, Secret, Uid};
use grantkeep_mastodon::{
    Application, Site,
    registration::{self, probe},
};
use grantkeep_oauth::Scopes;
use grantkeep_seal::Place;
use grantkeep_store::Registration;

use crate::{KeepFault, Keeper};

/// What people see when a server asks them.
const NAME: &str = "Grantkeep";

/// A registration that can be used.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) client_id: Box<str>,
    pub(crate) client_secret: Secret,
}

/// Who is at what at the moment, a registration or a renewal: whoever comes second finds what the first one made.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    pub(crate) fn of(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody holds are forgotten.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(key.to_owned()).or_default())
    }
}

impl Keeper {
    /// The application as which we ask at a server.
    pub(crate) async fn application(
        &self,
        site: &Site,
        redirect_uri: &str,
        scopes: &Scopes,
    ) -> Result<Registered, KeepFault> {
        let (server, text) = (site.server.as_str(), scopes.to_string());
        let turn = self.turns.of(&format!("{server} {redirect_uri} {text}"));
        let _mine = turn.lock().await;
        if let Some(kept) = self.store.registration(server, redirect_uri, &text).await? {
            let known = Registered {
                client_id: kept.client_id.clone(),
                client_secret: self.open_registration(kept.uid, &kept.client_secret)?,
            };
            if self.is_known(site, &known, redirect_uri, scopes).await != probe::Known::Forgotten {
                return Ok(known);
            }
            tracing::info!(server, "the server has forgotten our registration");
            self.store.unregister(kept).await?;
        }
        self.register(site, redirect_uri, scopes).await
    }

    async fn is_known(&self, site: &Site, known: &Registered, redirect_uri: &str, scopes: &Scopes) -> probe::Known {
        let client = registration::client(&known.client_id, &known.client_secret);
        match probe::request(site.software, &site.endpoints.token, &client, redirect_uri, scopes) {
            Some(outgoing) => probe::read(site.software, self.outbound.send(outgoing).await),
            None => probe::Known::Unclear,
        }
    }

    async fn register(&self, site: &Site, redirect_uri: &str, scopes: &Scopes) -> Result<Registered, KeepFault> {
        // Servers show it beside every post: ours is told only to those that take no registration without one.
        let website = site.software.traits().needs_website.then_some(&self.providers.base);
        let application = Application { name: NAME, redirect_uri, scopes, website };
        let answer = self.outbound.send(registration::request(&site.server, &application)).await;
        let registered = registration::read(answer).map_err(|fault| {
            let (what, advice) = (fault.to_string(), fault.advice());
            match fault.is_transient() {
                true => KeepFault::ProviderAway { what, advice },
                false => KeepFault::ProviderWrong { what, advice },
            }
        })?;
        if !registered.missing(scopes).is_empty() {
            return Err(KeepFault::ScopeNotKnown);
        }
        let uid = Uid((self.world.random)());
        let row = Registration {
            server: site.server.as_str().into(),
            redirect_uri: redirect_uri.into(),
            scopes: scopes.to_string().into(),
            uid,
            client_id: registered.client_id.clone(),
            client_secret: self.seal_at(&registration_place(&nobody(), uid), &registered.client_secret)?,
            registered_at: self.now(),
        };
        self.store.register(row).await?;
        tracing::info!(server = site.server.as_str(), "registered as an application");
        Ok(Registered { client_id: registered.client_id, client_secret: registered.client_secret })
    }

    /// The secret of a kept registration.
    pub(crate) fn open_registration(&self, uid: Uid, sealed: &Sealed) -> Result<Secret, KeepFault> {
        self.open_at(&registration_place(&nobody(), uid), sealed)
    }
}

/// A registration serves every owner, so its secret is bound to none of them.
fn nobody() -> Owner {
    Owner::new("grantkeep").expect("a short name")
}

const fn registration_place(owner: &Owner, uid: Uid) -> Place<'_> {
    Place { table: "registration", column: "client_secret", owner, uid, generation: 1 }
}
