//! Owns what the program does by itself, and what that costs where much is stored: an hour of the watchers with a hundred of each kind due,
//! the start, and what a monitoring system asks for.
//!
//! The hour is of a clock that is turned here. All else is the program's own: watchers, store, client; the provider, in a process of its
//! own, answers at once.

use std::{
    cell::Cell,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use grantkeep_core::{
    Account, Evidence, Expiry, Lifetime, Outcome, Owner, Provider, ProviderName, Secret, Subject, Timestamp, TokenKind,
};
use grantkeep_keeper::{Endpoint, GrantType, Keeper, OAuth2Settings, Parts, Providers, VkSettings, World};
use grantkeep_notify::{Channel, ChannelName, Sender, SigningSecret, Webhook};
use grantkeep_outbound::{Client, Rules};
use grantkeep_seal::{Place, Sealer};
use grantkeep_store::{NewCredential, Store};
use tokio::time::Instant;
use url::Url;

use crate::{
    clock::{bytes_of, cpu_of, median, resident, time},
    report::Report,
    role::Role,
    seed,
};

/// So many are to be renewed within the hour, and so many are to be asked about and told of.
const DUE: u64 = 100;

const HOUR: u64 = 3600;
const ROUNDS: u64 = 3;

/// What a second of the turned clock takes. A provider that takes 15 ms has taken longer than it is given.
const SECOND: Duration = Duration::from_millis(2);

const STARTS: usize = 5;

/// `many`: a directory of [`seed::filled`], to which rows are added.
pub(crate) fn run(report: &mut Report, many: &Path) {
    let few = seed::filled(0);
    hours(report, few.path(), many);
    starts(report, few.path(), many);
    scrapes(report, many);
}

fn hours(report: &mut Report, few: &Path, many: &Path) {
    report.part(&format!(
        "The watchers' hour: {DUE} renewed, {DUE} checked and told of, medians of {ROUNDS} alternated rounds on a turned clock"
    ));
    let provider = Role::start(&["provider"], &[]);
    let idle = on_a_turned_clock(0, async || measured(turn(HOUR)).await);
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        small.push(hour(round, few, provider.address));
        large.push(hour(round, many, provider.address));
    }
    let cpu = |hours: &[Work]| median(hours.iter().map(|work| work.cpu - idle.cpu).collect());
    let bytes = |hours: &[Work]| median(hours.iter().map(|work| work.bytes - idle.bytes).collect());
    for (what, hours) in [("nothing else", &small), ("1,000,000 others", &large)] {
        let text = format!("{:.0} ms processor, {:.1} MB read and written", cpu(hours) / 1e6, bytes(hours) / 1e6);
        report.figure(&format!("beside {what}"), &text);
    }
    report.figure("of which turning the clock is not counted", &format!("{:.0} ms", idle.cpu / 1e6));
    report.at_most("processor time, beside 1,000,000 / beside nothing", cpu(&large) / cpu(&small), 2.0);
    report.at_most("bytes read and written, the same", bytes(&large) / bytes(&small), 2.0);
}

fn starts(report: &mut Report, few: &Path, many: &Path) {
    report.part(&format!("Starting over as many: medians of {STARTS} alternated starts"));
    let start = |directory: &Path| time(|| Role::serve(directory, None)).0 as f64;
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        small.push(start(few));
        large.push(start(many));
    }
    let (small, large) = (median(small), median(large));
    report.figure("over a few hundred rows", &format!("{:.1} ms", small / 1e6));
    report.figure("over 1,000,000", &format!("{:.1} ms", large / 1e6));
    report.at_most("1,000,000 / a few hundred", large / small, 2.0);
}

/// What a monitoring system costs that asks every few seconds.
fn scrapes(report: &mut Report, many: &Path) {
    report.part("GET /metrics: the first one counts, those of the next minutes do not");
    let some = seed::filled(100_000);
    for (what, directory) in [("100,000", some.path()), ("1,000,000", many)] {
        let server = Role::serve(directory, None);
        let before = cpu_of(server.process());
        let (first, counted) = (time(|| scrape(server.address)).0, cpu_of(server.process()));
        let (second, after) = (time(|| scrape(server.address)).0, cpu_of(server.process()));
        let text = |took: u64, cpu: u64| format!("{:.2} ms, {:.2} ms processor", took as f64 / 1e6, cpu as f64 / 1e6);
        report.figure(&format!("{what} rows, the first"), &text(first, counted - before));
        report.figure(&format!("{what} rows, the next"), &text(second, after - counted));
        let resident = resident(server.process()) as f64 / 1024.0;
        report.figure(&format!("{what} rows, resident after that"), &format!("{resident:.1} MB"));
    }
}

fn scrape(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\ngrantkeep_credentials_kept{"), "{answer}");
}

/// What was used meanwhile.
struct Work {
    /// Processor time of all threads, nanoseconds.
    cpu: f64,
    bytes: f64,
}

async fn measured(work: impl Future<Output = ()>) -> Work {
    let used = || (cpu_of(std::process::id()), bytes_of(std::process::id()));
    let before = used();
    work.await;
    let after = used();
    Work { cpu: (after.0 - before.0) as f64, bytes: (after.1 - before.1) as f64 }
}

thread_local! {
    /// Unix time when the turned clock of this thread began.
    static BEGAN: Cell<Option<(i64, Instant)>> = const { Cell::new(None) };
}

fn wall() -> Timestamp {
    let (unix, began) = BEGAN.get().unwrap();
    Timestamp::from_unix(unix).after(Lifetime::from_seconds((Instant::now() - began).as_secs()))
}

/// Numbers that do not come twice are random enough here.
fn random() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = u128::from(NEXT.fetch_add(1, Ordering::Relaxed));
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes()
}

/// Runs it on a clock that stands unless it is turned, and begins so many hours from now: one that went back would be doubted.
fn on_a_turned_clock<T>(hours: u64, work: impl AsyncFnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        // While something runs there, no timer passes when nothing but the network and the disk are waited for.
        let (still, until_dropped) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || until_dropped.recv().is_err());
        BEGAN.set(Some((seed::now().after(Lifetime::from_seconds(hours * HOUR)).unix(), Instant::now())));
        let done = work().await;
        drop(still);
        done
    })
}

async fn turn(seconds: u64) {
    for _ in 0..seconds {
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::spawn_blocking(|| std::thread::sleep(SECOND)).await.unwrap();
    }
}

/// The watchers over that directory for that hour, in which a hundred more of each kind are due.
fn hour(hour: u64, directory: &Path, provider: SocketAddr) -> Work {
    on_a_turned_clock(hour, async || {
        let store = seed::open(directory);
        let sealer = seed::sealer(directory, &*store).await;
        let mut added = Vec::new();
        for number in 0..DUE {
            for new in [to_renew(&sealer, provider, number), to_check(&sealer, number)] {
                added.push(store.insert(new).await.unwrap().id);
            }
        }
        let keeper = keeper(Arc::clone(&store) as Arc<dyn Store>, sealer, provider);
        let audited = Arc::clone(&keeper);
        let watchers = [
            tokio::spawn(Arc::clone(&keeper).watch()),
            tokio::spawn(Arc::clone(&keeper).watch_renewals()),
            tokio::spawn(Arc::clone(&keeper).watch_notices()),
            tokio::spawn(async move { audited.watch_audit().await }),
        ];
        let work = measured(turn(HOUR)).await;
        watchers.iter().for_each(tokio::task::JoinHandle::abort);
        let all = |counts: &grantkeep_keeper::Counts, word: &str| {
            counts.each().filter(|(_, column, _)| *column == word).map(|(.., count)| count).sum::<u64>()
        };
        let metrics = keeper.metrics();
        let done = [all(&metrics.renewals, "granted"), all(&metrics.notices, "delivered")];
        assert_eq!(done, [DUE; 2], "the machine is too busy: renewed, told of");
        // Those that were renewed are looked at once more.
        assert!(all(&metrics.checks, "alive") >= DUE + DUE / 2, "the machine is too busy to check");
        for id in added {
            assert!(store.delete(&owner(), id).await.unwrap().is_some());
        }
        keeper.close().await.unwrap();
        work
    })
}

fn owner() -> Owner {
    Owner::new("somebody").unwrap()
}

/// When the one of that number is due, from the beginning of the hour. All are done before its end.
const fn after(number: u64) -> Lifetime {
    Lifetime::from_seconds(10 + number * (HOUR - 100) / DUE)
}

/// Has six hours left when it is due to be checked: that is told then, too.
fn to_check(sealer: &Sealer, number: u64) -> NewCredential {
    let at = wall().after(after(number));
    let ends_at = at.after(Lifetime::from_hours(6));
    let captured_at = ends_at.before(Lifetime::from_hours(24));
    let like = seed::credential(sealer, owner(), usize::try_from(number).unwrap());
    NewCredential {
        subject: Some(Subject::User(100_001)),
        grant: grantkeep_core::Grant { expiry: Expiry::Stated(ends_at), ..like.grant },
        evidence: Evidence::captured(captured_at).with(Outcome::Alive, "confirmed", "users.get", captured_at),
        check_at: Some(at),
        ..like
    }
}

fn to_renew(sealer: &Sealer, from: SocketAddr, number: u64) -> NewCredential {
    let owner = owner();
    let like = seed::credential(sealer, owner.clone(), usize::try_from(DUE + number).unwrap());
    let place = Place { table: "credential", column: "refresh_token", owner: &owner, uid: like.uid, generation: 1 };
    let refresh_token = Some(sealer.seal(&place, &Secret::from("of a fixed provider")).unwrap());
    NewCredential {
        provider: Provider::OAuth2(acme()),
        server: Some(format!("http://{from}").into()),
        account: Account::new(&format!("number {number}")).unwrap(),
        subject: Some(Subject::Person("anna".into())),
        grant: grantkeep_core::Grant { kind: TokenKind::OAuth2, refresh_token, ..like.grant },
        renew_at: Some(wall().after(after(number))),
        ..like
    }
}

fn acme() -> ProviderName {
    ProviderName::new("acme").unwrap()
}

fn keeper(store: Arc<dyn Store>, sealer: Sealer, provider: SocketAddr) -> Arc<Keeper> {
    let base: Url = format!("http://{provider}").parse().unwrap();
    let client = || {
        let mut rules = Rules::default();
        rules.configured(&base);
        Client::new(rules)
    };
    let endpoint = |path: &str| Some(Endpoint::new(base.join(path).unwrap()).unwrap());
    let acme = OAuth2Settings {
        name: acme(),
        grant: GrantType::AuthorizationCode,
        issuer: None,
        authorization_url: endpoint("/authorize"),
        token_url: endpoint("/token"),
        revocation_url: None,
        device_authorization_url: None,
        userinfo_url: endpoint("/userinfo"),
        client_id: "grantkeep".to_owned(),
        client_secret: None,
        client_auth: None,
        scopes: Vec::new(),
        redirect_uri: None,
    };
    let providers = Providers {
        vk: VkSettings { api_url: base.clone(), ..VkSettings::default() },
        vk_id: None,
        vk_code: None,
        oauth2: vec![acme],
        base: base.clone(),
        hosts: Vec::new(),
    };
    let secret = SigningSecret::new(&Secret::from("whsec_VGhlIHNlY3JldCBvZiB0aGUgYmVuY2htYXJr")).unwrap();
    let webhook = Channel::Webhook(Webhook::new(base.clone(), secret, None).unwrap());
    let sender = Sender::new([(ChannelName::new("hook").unwrap(), webhook)], Arc::new(client()));
    let world = World { now: wall, random, steady: Instant::now };
    Arc::new(Keeper::new(Parts { store, sealer, outbound: client(), providers, world }).with_channels(sender))
}
