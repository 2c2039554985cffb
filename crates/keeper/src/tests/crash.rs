//! Processes that are killed in the middle of a renewal: no token is lost in silence, and none is whose answer was spooled.
//!
//! Each death is that of a process of its own, by SIGKILL, over real files; the server is strict. A few for each step;
//! `GRANTKEEP_DEATHS=100` makes it so many.

use std::{cell::Cell, collections::BTreeMap, time::Duration};

use tokio::sync::Semaphore;

use super::{
    login::{ACME, today, wish},
    *,
};
use crate::refresh::step::Step;
use child::{Death, Home, Life};
use house::{House, Token};
use mend::{Came, Found};

mod child;
mod house;
mod mend;
mod panic;
mod reader;

/// When tokens of an hour are due, all of them.
const DUE: u64 = 2900;

/// A lease, and a little more.
const LEASE: u64 = 92;

/// Tokens of an hour that were not renewed have ended by now.
const OVER: u64 = 4000;

/// Longest time after a step, in microseconds.
const LATER: u64 = 3000;

thread_local! {
    /// How far this test's clock is ahead; its runtime has one thread.
    static AHEAD: Cell<u64> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    today().after(Lifetime::from_seconds(AHEAD.get()))
}

const WORLD: World = World { now: clock, random: child::random, steady };

/// Where a process dies.
#[derive(Clone, Copy, Debug)]
enum At {
    /// At any moment of its work.
    Anywhere,
    /// At a step.
    Step(Step),
    /// When its request has arrived, and is answered by this word.
    Unanswered(&'static str),
}

/// Deaths of one kind.
struct Row {
    about: &'static str,
    deaths: &'static [At],
    /// Of a token that was alone: as what it is found, how often its refresh token was sent before its access token's end, and
    /// whether it lives on after that without a person.
    alone: Option<(Found, u64, bool)>,
}

const fn row(about: &'static str, deaths: &'static [At], alone: Option<(Found, u64, bool)>) -> Row {
    Row { about, deaths, alone }
}

const SLOW: &str = "slow:600";

#[rustfmt::skip]
const ONCE: [Row; 9] = [
    row("R0 picked",               &[At::Step(Step::Picked)],    Some((Found::Free, 1, true))),
    row("R1 leased",               &[At::Step(Step::Leased)],    Some((Found::Leased, 0, true))),
    row("R2 judged enough",        &[At::Step(Step::Judged)],    Some((Found::Leased, 0, true))),
    row("R3 sent, not processed",  &[At::Unanswered("hang")],    Some((Found::Leased, 1, true))),
    row("R3 sent, processed",      &[At::Unanswered(SLOW)],      Some((Found::Leased, 1, false))),
    row("R3 answer read",          &[At::Step(Step::Heard)],     Some((Found::Leased, 1, false))),
    row("R4 spooled",              &[At::Step(Step::Spooled)],   Some((Found::Spooled, 1, true))),
    row("R5, R6 row and spool",    &[At::Step(Step::Stored)],    Some((Found::Stored, 1, true))),
    row("R6 told",                 &[At::Step(Step::Told)],      Some((Found::Stored, 1, true))),
];

#[rustfmt::skip]
const TWICE: [Row; 4] = [
    row("R4, then replaying",      &[At::Step(Step::Spooled), At::Step(Step::Replaying)], Some((Found::Spooled, 1, true))),
    row("R4, then replayed",       &[At::Step(Step::Spooled), At::Step(Step::Stored)],    Some((Found::Stored, 1, true))),
    row("R1, then judging that",   &[At::Step(Step::Leased), At::Step(Step::Orphaned)],   Some((Found::Leased, 0, true))),
    row("R3, then judging that",   &[At::Unanswered(SLOW), At::Step(Step::Orphaned)],     Some((Found::Leased, 1, false))),
];

const ANYWHERE: [Row; 2] =
    [row("anywhere", &[At::Anywhere], None), row("anywhere, twice", &[At::Anywhere, At::Anywhere], None)];

#[derive(Debug, Default)]
struct Tally {
    killed: u32,
    survived: u32,
    tokens: BTreeMap<Came, u32>,
}

impl Tally {
    fn print(&self) {
        for (Came { found, sent, outcome }, count) in &self.tokens {
            println!("    {count} {found:?}, sent {sent}: {outcome}");
        }
    }
}

impl Row {
    /// One round: a process dies, perhaps another one after it, and then all is well or it is said why not.
    async fn die(&self, number: u32, span: u64, tally: &mut Tally) {
        // By turns: alone and among others, exactly there and a little later.
        let is_alone = number % 4 < 2 && self.alone.is_some();
        let is_exact = number.is_multiple_of(2);
        let mut house = if is_alone { House::new(1, number / 4).await } else { House::new(4, 0).await };
        house.close().await;
        let mut chance = Chance::of(self.about, number);
        for (count, at) in self.deaths.iter().enumerate() {
            let time = if count > 0 || is_alone { 1 } else { 1 + chance.below(4) as u32 };
            let micros = match at {
                // Whoever mends has less to do.
                At::Anywhere => chance.below(if count == 0 { span } else { span / 4 }),
                _ if is_exact => 0,
                _ => chance.below(LATER),
            };
            let has_died = house.die(*at, time, micros).await;
            let must_die = is_exact && !matches!(at, At::Anywhere);
            assert!(has_died || !must_die, "{} {number}: it outlived {at:?}", self.about);
            *if has_died { &mut tally.killed } else { &mut tally.survived } += 1;
            // The next one comes when the lease is over.
            if count + 1 < self.deaths.len() {
                AHEAD.set(AHEAD.get() + LEASE);
            }
        }
        house.restart().await;
        let about = format!("{} {number}", self.about);
        let found = house.all_found().await;
        house.mend_what_is_free(&about).await;
        for came in house.mend(found, &about).await {
            // Later, it may have come further, and never less far.
            let is_expected = |alone: (Found, u64, bool)| alone == came.alone() || !is_exact && alone.0 <= came.found;
            assert!(!is_alone || self.alone.is_none_or(is_expected), "{about}: {came:?}");
            *tally.tokens.entry(came).or_insert(0) += 1;
        }
    }
}

/// As good as chance, and the same every time.
struct Chance(u64);

impl Chance {
    fn of(about: &str, number: u32) -> Self {
        Self(about.bytes().fold(u64::from(number) + 1, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}

/// How many of each kind.
fn deaths(few: u32) -> u32 {
    std::env::var("GRANTKEEP_DEATHS").map_or(few, |many| many.parse().unwrap())
}

/// How long a process works that nobody kills, in microseconds.
async fn span() -> u64 {
    let mut spans = Vec::new();
    for _ in 0..3 {
        let mut house = House::new(4, 0).await;
        house.close().await;
        let mut process = child::start(&house.life(None));
        assert!(child::ended(&mut process).await.success());
        let text = child::said(&mut process);
        let (_, micros) = text.split_once("lived for ").unwrap_or_else(|| panic!("{text}"));
        spans.push(micros.split_whitespace().next().unwrap().parse::<u64>().unwrap());
    }
    spans.sort_unstable();
    spans[1]
}

async fn all(rows: &[Row], few: u32, span: u64) {
    for row in rows {
        let mut tally = Tally::default();
        let began = steady();
        for number in 0..deaths(few) {
            row.die(number, span, &mut tally).await;
        }
        println!("{}: {} killed, {} not, {:?}", row.about, tally.killed, tally.survived, began.elapsed());
        tally.print();
    }
}

#[tokio::test]
async fn whoever_dies_at_a_step_loses_nothing_in_silence() {
    all(&ONCE, 3, 0).await;
}

#[tokio::test]
async fn whoever_dies_while_mending_loses_nothing_either() {
    all(&TWICE, 2, 0).await;
}

#[tokio::test]
async fn an_answer_that_does_not_open_holds_up_nobody_else() {
    let mut house = House::new(2, 0).await;
    house.close().await;
    assert!(house.die(At::Step(Step::Spooled), 1, 0).await);
    let path = house.stage.directory.path().join("grantkeep.db");
    let spoilt = rusqlite::Connection::open(path).unwrap().execute("UPDATE spool SET answer = zeroblob(64)", []);
    assert!(spoilt.unwrap() > 0);
    AHEAD.set(AHEAD.get() + LEASE);
    house.restart().await;
    house.work().await;
    for token in &house.tokens {
        let now = house.now(token).await;
        assert_eq!(now.renewal.leased_until, None, "{}", now.account);
        let state = now.status(clock()).state;
        assert!(state == State::Ambiguous || house.found(token).await == Found::Stored, "{}: {state:?}", now.account);
    }
}

#[tokio::test]
async fn what_was_forgotten_meanwhile_does_not_come_back() {
    for at in [At::Step(Step::Leased), At::Step(Step::Spooled), At::Unanswered(SLOW)] {
        let mut house = House::new(1, 0).await;
        house.close().await;
        assert!(house.die(at, 1, 0).await);
        house.restart().await;
        house.stage.keeper.forget(&house.stage.owner, house.tokens[0].before.id).await.unwrap();
        for _ in 0..2 {
            house.work().await;
            AHEAD.set(AHEAD.get() + LEASE);
        }
        assert_eq!(house.stage.store.count().await.unwrap(), 0, "{at:?}");
        assert!(house.stage.store.spooled().await.unwrap().is_empty(), "{at:?}");
    }
    // While the answer is on its way.
    let house = House::new(1, 0).await;
    house.answers(Some("slow:6")).await;
    let (keeper, token) = (Arc::clone(&house.stage.keeper), &house.tokens[0]);
    let (owner, id) = (house.stage.owner.clone(), token.before.id);
    let renewing = tokio::spawn(async move { keeper.refresh(&owner, id).await });
    while house.arrived().await == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    house.stage.keeper.forget(&house.stage.owner, id).await.unwrap();
    assert_eq!(renewing.await.unwrap().unwrap_err(), KeepFault::NotFound);
    assert_eq!(house.stage.store.count().await.unwrap(), 0);
    assert!(house.stage.store.spooled().await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_dies_anywhere_loses_nothing_in_silence() {
    let span = span().await;
    println!("a process works for {span} µs");
    all(&ANYWHERE, 4, span).await;
}
