//! Owns a contender: a keeper over a data directory that other processes have open too, as commands without a server have it.
//!
//! It wants tokens when a line on standard input says so, all of them at once, and says what it got. It ends with its input, and
//! then as a command does: what has been sent is finished.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods)]

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{BufRead, stdin},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use grantkeep_core::{Lifetime, Owner, Provider, ProviderName, Secret, Timestamp};
use grantkeep_keeper::{
    GrantType, Issuer, Keeper, OAuth2Settings, Parts, Providers, VkSettings, Wanted, World, unlock,
};
use grantkeep_outbound::{Client, Rules};
use grantkeep_seal::MasterKey;
use grantkeep_store::{Options, SqliteStore, Store};
use tokio::runtime::Builder;
use url::Url;

fn main() {
    let directory = PathBuf::from(setting("GRANTKEEP_DATA_DIR"));
    let _shared = share(&directory);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let keeper = runtime.block_on(open(&directory));
    println!("ready");
    for line in stdin().lock().lines() {
        // `MIN_TTL WAIT OWNER...`, in seconds both.
        let line = line.unwrap();
        let mut words = line.split(' ');
        let mut seconds = || words.next().unwrap().parse::<u64>().unwrap();
        let (min_ttl, wait) = (Lifetime::from_seconds(seconds()), Duration::from_secs(seconds()));
        let owners = words.map(|name| Owner::new(name).unwrap()).collect();
        runtime.block_on(want_all(&keeper, owners, min_ttl, wait));
        println!("over");
    }
    runtime.block_on(keeper.close()).unwrap();
}

fn setting(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

/// As every command does: no server may begin meanwhile.
fn share(directory: &Path) -> File {
    let lock = OpenOptions::new().write(true).open(directory.join("grantkeep.lock")).unwrap();
    lock.try_lock_shared().unwrap();
    lock
}

async fn open(directory: &Path) -> Arc<Keeper> {
    let options = Options { path: directory.join("grantkeep.db"), alone: false };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&options).unwrap());
    let key = Secret::from(fs::read_to_string(directory.join("master.key")).unwrap().trim_end());
    let sealer = unlock(&*store, |_| MasterKey::from_base64(&key), now()).await.unwrap();
    let issuer = Issuer::new(&setting("CONTENDER_ISSUER")).unwrap();
    let mut rules = Rules::default();
    rules.configured(issuer.url());
    let world = World { now, random, steady: tokio::time::Instant::now };
    let parts = Parts { store, sealer, outbound: Client::new(rules), providers: providers(issuer), world };
    Arc::new(Keeper::new(parts))
}

fn acme() -> ProviderName {
    ProviderName::new("acme").unwrap()
}

fn providers(issuer: Issuer) -> Providers {
    let acme = OAuth2Settings {
        name: acme(),
        grant: GrantType::AuthorizationCode,
        issuer: Some(issuer),
        authorization_url: None,
        token_url: None,
        revocation_url: None,
        device_authorization_url: None,
        userinfo_url: None,
        client_id: setting("CONTENDER_CLIENT"),
        client_secret: Some(Secret::from(setting("CONTENDER_SECRET"))),
        client_auth: None,
        scopes: Vec::new(),
        redirect_uri: None,
    };
    Providers {
        vk: VkSettings::default(),
        vk_id: None,
        vk_code: None,
        oauth2: vec![acme],
        base: Url::parse("http://127.0.0.1:8000").unwrap(),
        hosts: Vec::new(),
    }
}

/// Wants the token of every owner at once, and says what came of each: `OWNER TOKEN`, or `OWNER - WHY NOT`.
async fn want_all(keeper: &Arc<Keeper>, owners: Vec<Owner>, min_ttl: Lifetime, wait: Duration) {
    let wanting = owners.into_iter().map(|owner| {
        let keeper = Arc::clone(keeper);
        tokio::spawn(async move {
            let provider = Provider::OAuth2(acme());
            let handed = keeper.hand_out(Wanted { owner: &owner, provider, account: None, min_ttl, wait }).await;
            match handed {
                Ok(handed) => println!("{} {}", owner.as_str(), handed.access_token.expose()),
                Err(fault) => println!("{} - {fault}", owner.as_str()),
            }
        })
    });
    for wanted in wanting.collect::<Vec<_>>() {
        wanted.await.unwrap();
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap())
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes
}
