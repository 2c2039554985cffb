//! A provider that is away for an hour: nothing is lost, nobody is bothered, and it is not overrun when it comes back.

use std::{
    cell::Cell,
    collections::{BTreeMap, VecDeque},
    io,
    net::Ipv4Addr,
    time::Duration,
};

use grantkeep_core::TroubleKind;
use grantkeep_outbound::Lookup;
use tokio::time::Instant;

use super::{
    clock::wall,
    login::{ACME, wish},
    *,
};
use crate::{
    refresh::step::{PICKED, SENT},
    site::Known,
};

/// How many tokens; with OUTAGE_TOKENS=10000 it takes some minutes.
fn many() -> u32 {
    std::env::var("OUTAGE_TOKENS").map_or(600, |text| text.parse().unwrap())
}

/// As much as is sent in one second: fifty, the ten that may be ahead, and what waited for its lease when the second began.
const MOST_IN_SECOND: u64 = 64;

const AWAY_FOR: Duration = Duration::from_secs(3600);
const BACK_WITHIN: Duration = Duration::from_secs(300);

/// A steady clock that stands still unless it is told to go on, and counts what is sent meanwhile.
struct Course<'a> {
    stage: &'a Stage,
    sent: VecDeque<(Instant, u64)>,
    most_in_second: u64,
    /// Lets no timer pass while nothing but the network is waited for.
    _still: std::sync::mpsc::Sender<()>,
}

#[expect(clippy::disallowed_methods, reason = "real time goes on while a clock of the test's own stands")]
impl<'a> Course<'a> {
    fn begin(stage: &'a Stage) -> Self {
        let (still, until_dropped) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || until_dropped.recv().is_err());
        tokio::time::pause();
        Self { stage, sent: VecDeque::new(), most_in_second: 0, _still: still }
    }

    /// Requests that were sent and are over.
    fn over(&self) -> u64 {
        self.stage.keeper.metrics().renewal_times[1].each().last().map_or(0, |(_, count)| count)
    }

    async fn until(&mut self, end: Instant) {
        while steady() < end {
            // Slowly while something is sent; as fast as the watcher looks while nothing is.
            let step = if self.stage.keeper.beginning.is_empty() {
                Duration::from_millis(500)
            } else {
                // No faster than the machine, which would look like a burst. An answer that never comes is not waited for.
                for _ in 0..if many() > 600 { 20 } else { 2000 } {
                    tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_micros(500))).await.unwrap();
                    if SENT.get() - self.over() <= 15 {
                        break;
                    }
                }
                Duration::from_millis(10)
            };
            tokio::time::advance(step.min(end - steady())).await;
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            let (now, sent) = (steady(), SENT.get());
            self.sent.push_back((now, sent));
            while self.sent.front().is_some_and(|(at, _)| now - *at > Duration::from_secs(1)) {
                self.sent.pop_front();
            }
            let before = self.sent.front().map_or(sent, |(_, before)| *before);
            self.most_in_second = self.most_in_second.max(sent - before);
        }
    }
}

/// Nobody is needed for any of them, but perhaps for one whose refresh token may be spent and whose time is up meanwhile; each that
/// lives is handed out. How many are in each state.
async fn all_is_well(stage: &Stage, about: &str) -> BTreeMap<State, u32> {
    let mut states = BTreeMap::new();
    for credential in stage.store.scan(0, usize::MAX >> 1).await.unwrap().into_iter().flatten() {
        let status = credential.status(wall());
        let is_lost = credential.renewal.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Lost);
        assert!(is_lost || !status.state.needs_person(), "{about}: {:?} {}", status.state, status.cause);
        *states.entry(status.state).or_insert(0) += 1;
        let lives = credential.grant.expiry.at().unwrap() > wall();
        if lives {
            let wanted = Wanted {
                owner: &stage.owner,
                provider: credential.provider,
                account: Some(&credential.account),
                min_ttl: Lifetime::from_seconds(0),
                wait: Duration::ZERO,
            };
            let handed = stage.keeper.hand_out(wanted).await;
            assert!(handed.is_ok(), "{about}: {:?}", handed.unwrap_err());
        }
    }
    states
}

#[tokio::test]
async fn an_hour_without_the_provider_costs_nothing() {
    let states = an_hour_of(many(), &["http:503", "html", "http:429", "empty", NO_SUCH_NAME]).await;
    assert_eq!(states.keys().filter(|state| state.needs_person() || **state == State::Ambiguous).count(), 0);
}

#[tokio::test]
async fn an_hour_of_lost_answers_costs_no_more_than_the_first_ones() {
    // A server that never answers costs the test real time.
    let ways: &[&str] = if many() > 600 { &["reset", "close", "hang"] } else { &["reset", "close"] };
    let states = an_hour_of(many(), ways).await;
    // Those that were on their way when it began to lose answers, each time it did so anew.
    let lost = states.get(&State::Ambiguous).copied().unwrap_or(0);
    assert!(lost <= 20, "{states:?}");
}

/// How many tokens of one moment; with HERD_TOKENS=100000 it takes a quarter of an hour.
fn herd() -> u32 {
    std::env::var("HERD_TOKENS").map_or(300, |text| text.parse().unwrap())
}

/// Tokens of a day that all end at the same moment, kept until then.
#[tokio::test]
async fn many_of_one_end_are_renewed_one_after_the_other_before_it() {
    let stage = Stage::by_name().await;
    let like = stage.like_all().await;
    let captured_at = wall().before(Lifetime::from_seconds(69_000));
    let ends_at = captured_at.after(Lifetime::from_hours(24));
    stage
        .store_all(
            (0..herd()).map(|number| stage.another(&like, number, captured_at, Expiry::Stated(ends_at))).collect(),
        )
        .await;
    stage.token_endpoint_answers(Some("set:expires_in=86400")).await;
    let (mut course, before) = (Course::begin(&stage), SENT.get());
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_renewals());
    for tenth in 0..=10 {
        // From before the last fifth of their life until some minutes before its end.
        course.until(steady() + Duration::from_secs(if tenth == 0 { 60 } else { 1700 })).await;
        println!(
            "{} s left: {} sent, {} in a second",
            ends_at.since(wall()).seconds(),
            SENT.get() - before,
            course.most_in_second
        );
        assert!(tenth > 0 || SENT.get() == before, "before the last fifth of their life");
    }
    assert!(ends_at > wall());
    let mut renewed = 0;
    for credential in stage.store.scan(0, usize::MAX >> 1).await.unwrap().into_iter().flatten() {
        assert_eq!(credential.grant.generation, 2, "once, and before its end: {:?}", credential.renewal);
        renewed += 1;
    }
    assert_eq!((renewed, SENT.get() - before), (herd(), u64::from(herd())));
    assert!(course.most_in_second <= MOST_IN_SECOND, "{}", course.most_in_second);
    watching.abort();
}

/// Whoever starts while the provider is away does not know where its endpoints are.
#[tokio::test]
async fn a_provider_that_cannot_even_be_found_out_about_is_left_alone_too() {
    let mut stage = Stage::on_the_wall().await;
    stage.all_have_one_refresh_token().await;
    let like = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
    stage.keeper.forget(&stage.owner, like.id).await.unwrap();
    let mut keeper = Arc::into_inner(stage.keeper).unwrap();
    keeper.known = Known::default();
    stage.keeper = Arc::new(keeper);
    let captured_at = wall().before(Lifetime::from_seconds(3000));
    let ends_at = Expiry::Stated(captured_at.after(Lifetime::from_seconds(3600)));
    stage.store_all((0..200).map(|number| stage.another(&like, number, captured_at, ends_at)).collect()).await;
    stage.endpoint_answers("metadata", Some("http:503")).await;
    let before = stage.requests("metadata").await;
    let mut course = Course::begin(&stage);
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_renewals());
    course.until(steady() + AWAY_FOR).await;
    let asked = stage.requests("metadata").await - before;
    println!("asked {asked} times for metadata");
    assert!(asked < 400, "two addresses each time, twice a minute or so: {asked}");
    stage.endpoint_answers("metadata", None).await;
    course.until(steady() + BACK_WITHIN).await;
    assert_eq!(not_renewed(&stage, 200).await, 0);
    watching.abort();
}

/// The name is not known any more.
const NO_SUCH_NAME: &str = "no such name";

thread_local! {
    /// Whether names are known; the runtime of a test has one thread.
    static ARE_NAMES_KNOWN: Cell<bool> = const { Cell::new(true) };
}

/// The plain server by a name, which a name server of the test's own knows or does not.
const NAMED: fn() -> Provider = || Provider::OAuth2(ProviderName::new("named").unwrap());

impl Stage {
    async fn all_have_one_refresh_token(&self) {
        let url = format!("{}/sandbox/settings", self.vk.oauth2_url()).parse().unwrap();
        let body = Some(Payload::Json(Secret::from(json!({"rotation": "none"}).to_string())));
        let setting = Outgoing { purpose: Purpose::Check, method: Method::POST, url, headers: Vec::new(), body };
        assert!(self.keeper.outbound.send(setting).await.unwrap().status < 300);
    }

    async fn by_name() -> Self {
        let mut stage = Self::on_the_wall().await;
        ARE_NAMES_KNOWN.set(true);
        let mut keeper = Arc::into_inner(stage.keeper).unwrap();
        let here: Url = stage.vk.oauth2_url().parse().unwrap();
        let base = format!("http://acme.localhost:{}", here.port().unwrap());
        let token_url = Endpoint::new(format!("{base}/token").parse().unwrap()).unwrap();
        let settings = OAuth2Settings {
            name: ProviderName::new("named").unwrap(),
            token_url: Some(token_url),
            ..bare(&stage.vk.oauth2_url(), stage.vk.oauth2_client())
        };
        keeper.providers.oauth2.push(settings);
        let mut rules = Rules::default();
        rules.configured(&here);
        rules.allow("acme.localhost".parse().unwrap());
        keeper.outbound = Client::new(rules).looking_up(Lookup::new(|_| async {
            let known = ARE_NAMES_KNOWN.get().then(|| vec![(Ipv4Addr::LOCALHOST, 0).into()]);
            known.ok_or_else(|| io::ErrorKind::NotFound.into())
        }));
        stage.keeper = Arc::new(keeper);
        stage
    }

    /// What the others are made after: a token of the server that is known by a name.
    async fn like_all(&self) -> Credential {
        self.all_have_one_refresh_token().await;
        let like = self.log_in(wish(ACME()), "auto=allow&person=anna").await;
        self.keeper.forget(&self.owner, like.id).await.unwrap();
        let server = self.keeper.providers.oauth2.last().unwrap().server();
        Credential { provider: NAMED(), server: server.map(Into::into), ..like }
    }

    /// From now on the server is away in that way; none: it is there.
    async fn is_away(&self, how: Option<&str>) {
        self.token_endpoint_answers(None).await;
        ARE_NAMES_KNOWN.set(how != Some(NO_SUCH_NAME));
        if let Some(how) = how.filter(|how| *how != NO_SUCH_NAME) {
            self.token_endpoint_answers(Some(how)).await;
        }
    }
}

/// So many tokens while a provider is away for an hour, one way after the other. The states that they were in.
#[expect(clippy::disallowed_methods, reason = "real time goes on while a clock of the test's own stands")]
async fn an_hour_of(many: u32, away: &[&str]) -> BTreeMap<State, u32> {
    let real = std::time::SystemTime::now();
    let stage = Stage::by_name().await;
    let like = stage.like_all().await;
    // Hours that began one after the other: they are due, and end, throughout the hour without the provider and after it.
    let begin = wall();
    let new = (0..many).map(|number| {
        let captured_at = begin.before(Lifetime::from_seconds(u64::from(number) * 3000 / u64::from(many)));
        let ends_at = captured_at.after(Lifetime::from_seconds(3600));
        stage.another(&like, number, captured_at, Expiry::Stated(ends_at))
    });
    stage.store_all(new.collect()).await;
    stage.is_away(Some(away[0])).await;
    println!("{many} stored after {:?}", real.elapsed().unwrap());

    let mut seen = BTreeMap::new();
    let mut course = Course::begin(&stage);
    let (away_at, before) = (steady(), SENT.get());
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_renewals());
    let each = AWAY_FOR / (away.len() as u32 * 2);
    for (part, answer) in away.iter().flat_map(|answer| [answer; 2]).enumerate() {
        if part % 2 == 0 {
            stage.is_away(Some(answer)).await;
        }
        course.until(away_at + each * (part as u32 + 1)).await;
        let states = all_is_well(&stage, answer).await;
        states.iter().for_each(|(state, count)| *seen.entry(*state).or_default() += count);
        println!(
            "{} s, {answer}: {states:?}, {} sent, {:?}",
            (steady() - away_at).as_secs(),
            SENT.get() - before,
            real.elapsed().unwrap()
        );
    }
    let sent_in_vain = SENT.get() - before;
    let most_in_vain = std::mem::take(&mut course.most_in_second);
    stage.is_away(None).await;
    let back_at = steady();
    course.until(back_at + BACK_WITHIN).await;
    let states = all_is_well(&stage, "back").await;
    println!(
        "back: {states:?}, {} sent; most in a second {most_in_vain} and {}",
        SENT.get() - before - sent_in_vain,
        course.most_in_second
    );
    let writes: i64 =
        stage.store.scan(0, many as usize).await.unwrap().iter().flatten().map(|credential| credential.revision).sum();
    println!("{writes} writes of {many} rows");
    assert_eq!(not_renewed(&stage, many).await, 0);
    assert!(most_in_vain <= MOST_IN_SECOND && course.most_in_second <= MOST_IN_SECOND);
    watching.abort();
    println!("{:?}", real.elapsed().unwrap());
    seen
}

/// How many are not renewed yet, but for those whose answer was lost and which are not risked before their token has ended.
async fn not_renewed(stage: &Stage, many: u32) -> usize {
    let all = stage.store.scan(0, many as usize).await.unwrap();
    let is_spared = |it: &Credential| it.renewal.trouble.is_some() && it.grant.expiry.at().unwrap() > wall();
    all.iter().flatten().filter(|it| it.grant.generation == 1 && !is_spared(it)).count()
}

/// Storage that does not take a lease leaves what is due as it is: it is tried again after a while, not at once.
#[tokio::test]
async fn what_cannot_be_stored_is_not_tried_in_a_loop() {
    let stage = Stage::by_name().await;
    let like = stage.like_all().await;
    let captured_at = wall().before(Lifetime::from_seconds(3500));
    let ends_at = Expiry::Stated(captured_at.after(Lifetime::from_seconds(3600)));
    stage.store_all((0..20).map(|number| stage.another(&like, number, captured_at, ends_at)).collect()).await;
    // No further lease can be counted, so none is stored.
    let other = rusqlite::Connection::open(stage.directory.path().join("grantkeep.db")).unwrap();
    other.execute("UPDATE credential SET fence = ?1", [i64::MAX]).unwrap();
    let picked = PICKED.get();
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_renewals());
    #[expect(clippy::disallowed_methods, reason = "what the watcher does in real time is looked at")]
    tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(3))).await.unwrap();
    let tries = PICKED.get() - picked;
    assert!((20..=120).contains(&tries), "{tries} tries of 20 tokens in 3 s");
    watching.abort();
}
