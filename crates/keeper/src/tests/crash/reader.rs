//! Readers while a token is renewed as fast as can be: each gets one that fits its expiry, and lives.
//!
//! `GRANTKEEP_ROTATIONS=1000` makes it so many, and the other test twenty seconds longer.

use std::{
    collections::HashMap,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{task::JoinSet, time::Instant};

use super::*;

/// So much faster goes the clock by which a host is asked no more than so often.
const HURRY: u32 = 20;

/// Stands still, so that an expiry says for how long its token was issued.
fn still() -> Timestamp {
    static STILL: OnceLock<Timestamp> = OnceLock::new();
    *STILL.get_or_init(today)
}

fn hurried() -> Instant {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let began = *BEGAN.get_or_init(steady);
    began + (steady() - began) * HURRY
}

const STILL: World = World { now: still, random: child::random, steady: hurried };

fn rotations() -> u64 {
    std::env::var("GRANTKEEP_ROTATIONS").map_or(40, |many| many.parse().unwrap())
}

impl House {
    /// For how long the plain server's tokens are good from now on.
    async fn lifetime(&self, seconds: u64) {
        let url = format!("{}/sandbox/settings", self.home.oauth2);
        self.tell(Method::POST, &url, json!({"access_token_for": seconds})).await;
    }

    /// For how long the server says that a token of its is good.
    async fn issued_for(&self, token: &str) -> i64 {
        let (id, secret) = &self.home.client;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token).append_pair("client_id", id).append_pair("client_secret", secret);
        let outgoing = Outgoing {
            purpose: Purpose::Check,
            method: Method::POST,
            url: format!("{}/introspect", self.home.oauth2).parse().unwrap(),
            headers: Vec::new(),
            body: Some(Payload::Form(Secret::from(form.finish()))),
        };
        let answer: Value = serde_json::from_slice(&self.client.send(outgoing).await.unwrap().body).unwrap();
        answer["exp"].as_i64().unwrap() - answer["iat"].as_i64().unwrap()
    }
}

/// Reads until told to stop; every token with its expiry, and how often it read.
async fn read(
    keeper: Arc<Keeper>,
    of: Credential,
    named: bool,
    stop: Arc<AtomicBool>,
    reads: Arc<AtomicU64>,
) -> HashMap<String, Timestamp> {
    let mut seen = HashMap::new();
    while !stop.load(Ordering::Relaxed) {
        let wanted = Wanted {
            owner: &of.owner,
            provider: of.provider,
            account: named.then_some(&of.account),
            min_ttl: Lifetime::from_seconds(0),
            wait: Duration::from_secs(60),
        };
        let before = keeper.now();
        let handed = keeper.hand_out(wanted).await.unwrap();
        let expires_at = handed.expires_at.unwrap();
        assert!(expires_at > before, "expired");
        let earlier = seen.insert(handed.access_token.expose().to_owned(), expires_at);
        assert!(earlier.is_none_or(|earlier| earlier == expires_at), "one token with two expiries");
        reads.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_while_it_rotates_gets_a_token_with_its_own_expiry() {
    let mut house = House::new(1, 0).await;
    house.close().await;
    let (keeper, _) = house.home.open(STILL, true).await;
    let (other, _) = house.home.open(STILL, false).await;
    let (owner, id) = (&house.stage.owner, house.tokens[0].before.id);
    // From before on, tokens are of the clock that stands still.
    house.lifetime(3000).await;
    let first = keeper.refresh(owner, id).await.unwrap();
    let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut reading = JoinSet::new();
    for (keeper, named) in [(&keeper, true), (&keeper, false), (&other, true)] {
        reading.spawn(read(Arc::clone(keeper), first.clone(), named, Arc::clone(&stop), Arc::clone(&reads)));
    }
    let began = steady();
    for number in 1..=rotations() {
        house.lifetime(3000 + number).await;
        let renewed = keeper.refresh(owner, id).await.unwrap();
        assert_eq!(renewed.grant.generation, first.grant.generation + number as i64);
    }
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let mut seen = HashMap::new();
    for one in reading.join_all().await {
        for (token, expires_at) in one {
            let earlier = seen.insert(token, expires_at);
            assert!(earlier.is_none_or(|earlier| earlier == expires_at), "one token with two expiries");
        }
    }
    println!(
        "{} reads of {} tokens during {} rotations in {took:?}",
        reads.load(Ordering::Relaxed),
        seen.len(),
        rotations()
    );
    assert!(seen.len() > 10, "{}", seen.len());
    for (token, expires_at) in seen {
        assert_eq!(house.issued_for(&token).await, expires_at.unix() - still().unix(), "another's expiry");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_a_token_of_two_seconds_never_gets_an_expired_one() {
    let mut house = House::new(1, 0).await;
    house.close().await;
    let world = World { now: today, random: child::random, steady: hurried };
    let (keeper, _) = house.home.open(world, true).await;
    house.lifetime(2).await;
    let first = keeper.refresh(&house.stage.owner, house.tokens[0].before.id).await.unwrap();
    let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut reading = JoinSet::new();
    for named in [true, false, true] {
        reading.spawn(read(Arc::clone(&keeper), first.clone(), named, Arc::clone(&stop), Arc::clone(&reads)));
    }
    tokio::time::sleep(Duration::from_secs(4 + rotations() / 50)).await;
    // Two seconds are more where the machine stands still: there must have been two more tokens.
    let wanted = first.grant.generation + 2;
    while keeper.get(&house.stage.owner, first.id).await.unwrap().grant.generation < wanted {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let seen: usize = reading.join_all().await.iter().map(HashMap::len).max().unwrap();
    println!("{} reads of {seen} tokens", reads.load(Ordering::Relaxed));
    assert!(seen >= 3, "{seen}");
}

thread_local! {
    static LEAPS: Cell<bool> = const { Cell::new(false) };
}

/// Goes on by a second after the first question.
fn leaping() -> Timestamp {
    let now = clock();
    AHEAD.set(AHEAD.get() + u64::from(LEAPS.take()));
    now
}

#[tokio::test]
async fn a_token_that_ends_while_it_is_looked_at_is_handed_out() {
    let mut house = House::new(1, 0).await;
    house.close().await;
    (house.stage.keeper, house.stage.store) = house.home.open(World { now: leaping, ..WORLD }, true).await;
    // One second is left, and then none.
    let ends_at = house.tokens[0].before.grant.expiry.at().unwrap();
    AHEAD.set(AHEAD.get() + ends_at.since(clock()).seconds() - 1);
    LEAPS.set(true);
    assert!(house.is_handed_out(&house.tokens[0]).await.is_ok());
}
