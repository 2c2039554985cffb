//! Owns the process that dies: a keeper over the same files as its parent's, which kills itself where it was told to. A test is the
//! way into it; in an ordinary run that test does nothing.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::super::{login::today, *};
use crate::refresh::step::{LISTENER, Step};

/// What the process is told, in its environment.
const LIFE: &str = "GRANTKEEP_TEST_LIFE";

/// What outlives a process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Home {
    directory: PathBuf,
    key: String,
    pub(super) vk: String,
    pub(super) oauth2: String,
    pub(super) client: (String, String),
}

/// What a process is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Life {
    pub(super) home: Home,
    /// By how many seconds its clock is ahead.
    pub(super) ahead: u64,
    /// Where it ends, unless it ends by itself.
    pub(super) death: Option<Death>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Death {
    /// Or at the first.
    step: Option<String>,
    /// When that step is reached for the how manieth time.
    time: u32,
    /// How much later.
    micros: u64,
}

impl Death {
    pub(super) fn new(step: Option<Step>, time: u32, micros: u64) -> Self {
        Self { step: step.map(|step| format!("{step:?}")), time, micros }
    }
}

impl Home {
    pub(super) fn new(directory: &Path, sandbox: &Sandbox) -> Self {
        let (id, secret) = sandbox.oauth2_client();
        Self {
            directory: directory.to_owned(),
            key: MasterKey::generate().unwrap().to_base64().expose().to_owned(),
            vk: sandbox.vk_url(),
            oauth2: sandbox.oauth2_url(),
            client: (id.to_owned(), secret.to_owned()),
        }
    }

    /// A keeper as `serve` makes one; or, if it is not alone, one as a command makes.
    pub(super) async fn open(&self, world: World, alone: bool) -> (Arc<Keeper>, Arc<dyn Store>) {
        let options = Options { path: self.directory.join("grantkeep.db"), alone };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&options).unwrap());
        let key = Secret::from(self.key.as_str());
        let sealer = unlock(&*store, |_| MasterKey::from_base64(&key), (world.now)()).await.unwrap();
        let outbound = self.client();
        let providers = providers_at(&self.vk, &self.oauth2, (&self.client.0, &self.client.1));
        let keeper = Keeper::new(Parts { store: Arc::clone(&store), sealer, outbound, providers, world });
        (Arc::new(keeper), store)
    }

    /// A client that may ask the sandbox.
    pub(super) fn client(&self) -> Client {
        let mut rules = Rules::default();
        [&self.vk, &self.oauth2].into_iter().for_each(|url| rules.configured(&url.parse().unwrap()));
        Client::new(rules)
    }
}

/// Different in each process, and such that a token is due as early as any.
pub(super) fn random() -> [u8; 16] {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let mut bytes = [0xff; 16];
    bytes[4..8].copy_from_slice(&std::process::id().to_be_bytes());
    bytes[8..12].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

/// Begins one. What goes wrong in it stands in the output of this one.
pub(super) fn start(life: &Life) -> Child {
    let (_, here) = module_path!().split_once("::").unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{here}::lives"), "--nocapture", "--test-threads=1"])
        .env(LIFE, serde_json::to_string(life).unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(super) async fn ended(child: &mut Child) -> ExitStatus {
    for _ in 0..30_000 {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    panic!("the process does not end");
}

/// What a process wrote.
pub(super) fn said(process: &mut Child) -> String {
    let mut text = String::new();
    process.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

static AHEAD: AtomicU64 = AtomicU64::new(0);
static DEATH: OnceLock<Death> = OnceLock::new();
static BEGAN: OnceLock<Instant> = OnceLock::new();

fn clock() -> Timestamp {
    today().after(Lifetime::from_seconds(AHEAD.load(Ordering::Relaxed)))
}

fn reached(step: Step) {
    static TIMES: AtomicU32 = AtomicU32::new(0);
    BEGAN.get_or_init(steady);
    let Some(death) = DEATH.get() else { return };
    if death.step.as_ref().is_some_and(|at| *at != format!("{step:?}")) {
        return;
    }
    if TIMES.fetch_add(1, Ordering::SeqCst) + 1 != death.time {
        return;
    }
    if death.micros == 0 {
        die();
    }
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_micros(death.micros));
        die();
    });
}

fn die() -> ! {
    kill_process(getpid(), Signal::KILL).unwrap();
    loop {
        std::thread::park();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives() {
    let Ok(life) = std::env::var(LIFE) else { return };
    let life: Life = serde_json::from_str(&life).unwrap();
    AHEAD.store(life.ahead, Ordering::Relaxed);
    if let Some(death) = life.death {
        DEATH.set(death).unwrap();
    }
    LISTENER.set(reached).unwrap();
    let (keeper, store) = life.home.open(World { now: clock, random, steady }, true).await;
    keeper.recover().await.unwrap();
    let watching = tokio::spawn(Arc::clone(&keeper).watch_renewals());
    for _ in 0..10_000 {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let is_due = !store.due(Due::Renewal, clock(), 1).await.unwrap().is_empty();
        if !is_due && keeper.beginning.is_empty() {
            break;
        }
    }
    watching.abort();
    keeper.close().await.unwrap();
    println!("\nlived for {}", BEGAN.get().map_or(0, |began| (steady() - *began).as_micros()));
}
