//! Owns the wiring: keys, store, keeper and service, put together over a data directory.

use std::sync::Arc;

use grantkeep_core::Secret;
use grantkeep_keeper::{Keeper, Parts, Providers, UnlockFault, unlock};
use grantkeep_notify::Sender;
use grantkeep_outbound::Client;
use grantkeep_seal::MasterKey;
use grantkeep_server::{JwtSecret, Peer, Service, Settings as ServiceSettings};
use grantkeep_store::{Options, SqliteStore, Store};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Bytes;
use zeroize::Zeroizing;

use crate::{directory::DataDir, fault::CliFault, key_file, setting::Settings, text, world};

/// A keeper and its service, over a data directory that this process has locked.
#[derive(Debug)]
pub(crate) struct Here {
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) service: Arc<Service>,
}

impl Here {
    /// `alone`: no other process opens the database meanwhile.
    pub(crate) async fn open(directory: &DataDir, settings: &Settings, alone: bool) -> Result<Self, CliFault> {
        // First, because it reads what the configuration names: secrets in files and variables.
        let providers = settings.providers()?;
        // Only the server tells anybody anything: a command is over before a receiver has answered.
        let sender = if alone { settings.sender(None)? } else { Sender::default() };
        let options = Options { path: directory.database(), alone };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&options).map_err(|fault| text::store(&fault))?);
        let opened = Self::over(Arc::clone(&store), directory, settings, providers, sender).await;
        if opened.is_err() {
            // Nothing of ours is left beside the database of somebody whose key we do not have.
            let _ = store.close().await;
        }
        opened
    }

    async fn over(
        store: Arc<dyn Store>,
        directory: &DataDir,
        settings: &Settings,
        providers: Providers,
        sender: Sender,
    ) -> Result<Self, CliFault> {
        let master = |may_make| master_key(directory, settings, may_make);
        let sealer = unlock(&*store, master, world::now()).await.map_err(|fault| match fault {
            UnlockFault::Key(fault) => fault,
            UnlockFault::Seal(fault) => text::unlock(fault),
            UnlockFault::Store(fault) => text::store(&fault),
        })?;
        let outbound = Client::new(settings.rules());
        let parts = Parts { store, sealer, outbound, providers, world: world::REAL };
        let keeper = Arc::new(Keeper::new(parts).with_channels(sender));
        let service = ServiceSettings {
            keeper: Arc::clone(&keeper),
            jwt_secret: jwt_secret(directory, settings)?,
            hosts: settings.hosts(),
            sandbox: settings.sandbox.is_some(),
            random: world::random,
        };
        let service = Service::new(service).await.map_err(|fault| text::keep(&fault))?;
        Ok(Self { keeper, service: Arc::new(service) })
    }

    /// Answers a request without any connection.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> (StatusCode, Zeroizing<Vec<u8>>) {
        let response = self.service.respond(request, Peer::Local).await;
        let status = response.status();
        let body = response.into_body().collect().await.map_or_else(|never| match never {}, Collected::to_bytes);
        (status, Zeroizing::new(body.to_vec()))
    }
}

/// From the settings, else from the file, which is made when nothing has been sealed yet.
fn master_key(directory: &DataDir, settings: &Settings, may_make: bool) -> Result<MasterKey, CliFault> {
    let path = directory.master_key();
    let text = match (&settings.master_key, key_file::read(&path)?) {
        (Some(text), _) => return MasterKey::from_base64(text).map_err(text::unlock),
        (None, Some(text)) => text,
        (None, None) if may_make => {
            let key = MasterKey::generate().map_err(text::unlock)?;
            key_file::make(&path, &key.to_base64())?
        }
        (None, None) => return Err(text::master_key_missing(&path)),
    };
    MasterKey::from_base64(&text).map_err(text::unlock)
}

/// From the settings, else from the file, which is made when it is not there: keys signed with a lost one are void.
fn jwt_secret(directory: &DataDir, settings: &Settings) -> Result<JwtSecret, CliFault> {
    let path = directory.jwt_key();
    if let Some(text) = &settings.jwt_secret {
        return JwtSecret::from_text(text).map_err(text::jwt_secret);
    }
    let text = match key_file::read(&path)? {
        Some(text) => text,
        None => {
            let key = MasterKey::generate().map_err(text::unlock)?.to_base64();
            key_file::make(&path, &Secret::from(format!("base64:{}", key.expose())))?
        }
    };
    JwtSecret::from_text(&text).map_err(text::jwt_secret)
}
