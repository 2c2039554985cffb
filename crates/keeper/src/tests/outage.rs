//! A provider that is away for an hour: nothing is lost, nobody is bothered, and it is not overrun when it comes back.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use grantkeep_core::TroubleKind;
use tokio::time::Instant;

use super::{
    clock::wall,
    login::{ACME, wish},
    *,
};

const MANY: u32 = 600;

/// As much as is sent in one second: fifty, the ten that may be ahead, and what was on its way when the second began.
const MOST_IN_SECOND: u64 = 64;

const AWAY_FOR: Duration = Duration::from_secs(3600);
const BACK_WITHIN: Duration = Duration::from_secs(300);

/// A steady clock that stands still unless it is told to go on, and counts what is sent meanwhile.
struct Course<'a> {
    stage: &'a Stage,
    answered: VecDeque<(Instant, u64)>,
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
        Self { stage, answered: VecDeque::new(), most_in_second: 0, _still: still }
    }

    /// Requests that were sent and are over.
    fn sent(&self) -> u64 {
        self.stage.keeper.metrics().renewal_times[1].each().last().map_or(0, |(_, count)| count)
    }

    async fn until(&mut self, end: Instant) {
        while steady() < end {
            // Slowly while something is sent; as fast as the watcher looks while nothing is.
            let step = if self.stage.keeper.beginning.is_empty() {
                Duration::from_millis(500)
            } else {
                tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_micros(500))).await.unwrap();
                Duration::from_millis(10)
            };
            tokio::time::advance(step.min(end - steady())).await;
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            let (now, sent) = (steady(), self.sent());
            self.answered.push_back((now, sent));
            while self.answered.front().is_some_and(|(at, _)| now - *at > Duration::from_secs(1)) {
                self.answered.pop_front();
            }
            let before = self.answered.front().map_or(sent, |(_, before)| *before);
            self.most_in_second = self.most_in_second.max(sent - before);
        }
    }
}

/// Nobody is needed for any of them, but perhaps for one whose refresh token may be spent and whose time is up meanwhile; each that
/// lives is handed out. How many are in each state.
async fn all_is_well(stage: &Stage, about: &str) -> BTreeMap<State, u32> {
    let mut states = BTreeMap::new();
    for credential in stage.store.scan(0, MANY as usize).await.unwrap() {
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
    let states = an_hour_of(MANY, &["http:503", "html", "http:429", "empty"]).await;
    assert_eq!(states.keys().filter(|state| state.needs_person() || **state == State::Ambiguous).count(), 0);
}

#[tokio::test]
async fn an_hour_of_lost_answers_is_made_up_for() {
    an_hour_of(MANY / 10, &["reset", "close"]).await;
}

/// So many tokens while a provider is away for an hour, one way after the other. The states that they were in.
#[expect(clippy::disallowed_methods, reason = "real time goes on while a clock of the test's own stands")]
async fn an_hour_of(many: u32, away: &[&str]) -> BTreeMap<State, u32> {
    let real = std::time::SystemTime::now();
    let stage = Stage::on_the_wall().await;
    // One refresh token does for all of them.
    let url = format!("{}/sandbox/settings", stage.vk.oauth2_url()).parse().unwrap();
    let body = Some(Payload::Json(Secret::from(json!({"rotation": "none"}).to_string())));
    let setting = Outgoing { purpose: Purpose::Check, method: Method::POST, url, headers: Vec::new(), body };
    assert!(stage.keeper.outbound.send(setting).await.unwrap().status < 300);
    let like = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
    stage.keeper.forget(&stage.owner, like.id).await.unwrap();
    // Hours that began one after the other: they are due, and end, throughout the hour without the provider and after it.
    let begin = wall();
    let new = (0..many).map(|number| {
        let captured_at = begin.before(Lifetime::from_seconds(u64::from(number) * 3000 / u64::from(many)));
        let ends_at = captured_at.after(Lifetime::from_seconds(3600));
        stage.another(&like, number, captured_at, Expiry::Stated(ends_at))
    });
    stage.store_all(new.collect()).await;
    stage.token_endpoint_answers(Some(away[0])).await;
    println!("{many} stored after {:?}", real.elapsed().unwrap());

    let mut seen = BTreeMap::new();
    let mut course = Course::begin(&stage);
    let (away_at, before) = (steady(), course.sent());
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_renewals());
    let each = AWAY_FOR / (away.len() as u32 * 2);
    for (part, answer) in away.iter().flat_map(|answer| [answer; 2]).enumerate() {
        if part % 2 == 0 {
            stage.token_endpoint_answers(None).await;
            stage.token_endpoint_answers(Some(answer)).await;
        }
        course.until(away_at + each * (part as u32 + 1)).await;
        let states = all_is_well(&stage, answer).await;
        states.iter().for_each(|(state, count)| *seen.entry(*state).or_default() += count);
        println!(
            "{} s, {answer}: {states:?}, {} sent, {:?}",
            (steady() - away_at).as_secs(),
            course.sent() - before,
            real.elapsed().unwrap()
        );
    }
    let sent_in_vain = course.sent() - before;
    let most_in_vain = std::mem::take(&mut course.most_in_second);
    stage.token_endpoint_answers(None).await;
    let back_at = steady();
    course.until(back_at + BACK_WITHIN).await;
    let states = all_is_well(&stage, "back").await;
    println!(
        "back: {states:?}, {} sent; most in a second {most_in_vain} and {}",
        course.sent() - before - sent_in_vain,
        course.most_in_second
    );
    let writes: i64 =
        stage.store.scan(0, many as usize).await.unwrap().iter().map(|credential| credential.revision).sum();
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
    all.iter().filter(|it| it.grant.generation == 1 && !is_spared(it)).count()
}
