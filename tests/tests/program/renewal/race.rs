//! Many who want a token that is due, at once: one of them renews it, and all get what that one got.
//!
//! `GRANTKEEP_TEST_RACE=200x20` makes the race of processes one of 200 tokens and 20 rounds, `GRANTKEEP_TEST_STOPS=100` stops one
//! of them so often, and `GRANTKEEP_TEST_PAUSES=8` stops eight for longer than a lease, which takes three minutes.

use std::{
    collections::{HashMap, HashSet},
    env,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    contender::{Contender, Got as Contended},
    login::LoginStage,
    wait::{at_once, until},
};
use serde_json::json;

use super::{ALMOST_OVER, Renewing, SOON, are_different, token_in};

#[path = "race/late.rs"]
mod late;
#[path = "race/pause.rs"]
mod pause;
#[path = "race/process.rs"]
mod process;

const MANY: usize = 50;
const ROUNDS: usize = 3;

/// What each of many got in a round.
type Got = Vec<(String, String)>;

/// What a variable says, for tests that somebody wants large.
fn wanted(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// In seconds, at most; whatever machine it is.
const STANDS_STILL: i64 = 10;

/// When an access token has ended, a refresh token that is in doubt is risked so much later.
const RISKED_AFTER: Duration = Duration::from_millis(3200);

/// Everybody got a token.
#[track_caller]
fn all_of(contended: Vec<Contended>) -> Got {
    let token = |(owner, got): Contended| match got {
        Ok(token) => (owner, token),
        Err(fault) => panic!("{owner}: {fault}"),
    };
    contended.into_iter().map(token).collect()
}

impl Renewing {
    /// One more process that has the directory open; there must be no server.
    fn contender(&self) -> Contender {
        Contender::start(Path::new(env!("CARGO_BIN_EXE_contender")), &self.stage.home, &self.stage.providers)
    }

    /// Two processes, the first of which knows the provider already, and tokens that are due.
    fn with_contenders(tokens: usize) -> (Self, [Contender; 2]) {
        let mut renewing = Self::new(tokens);
        renewing.stage.end();
        let mut contenders = [renewing.contender(), renewing.contender()];
        renewing.age(ALMOST_OVER);
        contenders[0].want(600, 30, &renewing.owners);
        all_of(contenders[0].got());
        renewing.site().forget_requests();
        renewing.age(ALMOST_OVER);
        (renewing, contenders)
    }

    /// As if so much time had passed since leases were taken.
    fn let_leases_end(&self) {
        let database = self.database();
        database.execute("UPDATE credential SET leased_until = leased_until - 91", []).unwrap();
        database.execute("UPDATE spool SET leased_until = leased_until - 91", []).unwrap();
    }

    /// Lets the time of a lease pass, and with it the rest of every token's life.
    fn end_everything(&self) {
        self.age(ALMOST_OVER);
        self.let_leases_end();
    }

    /// When an owner's only token came, is due, and ends.
    fn life(&self, owner: &str) -> [i64; 3] {
        let sql = "SELECT captured_at, renew_at, expires_at FROM credential WHERE owner = ?1";
        self.database().query_row(sql, [owner], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap()
    }

    /// How many tokens somebody is renewing.
    fn leased(&self) -> i64 {
        let sql = "SELECT count(*) FROM credential WHERE leased_until IS NOT NULL";
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// Every due token was renewed by one request, everybody got the same new one, and it works.
fn once_each(renewing: &Renewing, got: Got, seen: &mut HashSet<String>) {
    let mut tokens = HashMap::<String, HashSet<String>>::new();
    for (owner, token) in got {
        tokens.entry(owner).or_default().insert(token);
    }
    assert_eq!(tokens.len(), renewing.owners.len());
    for (owner, tokens) in tokens {
        assert_eq!(tokens.len(), 1, "{owner} got different tokens");
        for token in tokens {
            assert!(renewing.site().knows(&token), "{owner}: the new token is dead");
            assert!(seen.insert(token), "{owner} got the old token");
        }
    }
    let sent = renewing.site().refreshes();
    assert_eq!(sent.len(), renewing.owners.len(), "requests for {} due tokens", renewing.owners.len());
    are_different(&sent);
    renewing.site().forget_requests();
}

#[test]
fn fifty_commands_at_once_send_one_request_for_each_due_token() {
    let mut renewing = Renewing::new(5);
    renewing.stage.end();
    let mut seen = HashSet::new();
    for round in 1..=ROUNDS {
        renewing.age(ALMOST_OVER);
        let begun = Instant::now();
        let got = at_once((0..MANY).map(|number| {
            let (renewing, owner) = (&renewing, renewing.owners[number % renewing.owners.len()].clone());
            move || {
                let outcome = renewing.run("token acme", &owner);
                assert_eq!(outcome.err, "", "{owner}");
                (owner, outcome.done().trim_end().to_owned())
            }
        }));
        println!("round {round}: {MANY} commands, {} due tokens, {:?}", renewing.owners.len(), begun.elapsed());
        once_each(&renewing, got, &mut seen);
    }
    let generation = i64::try_from(ROUNDS).unwrap() + 1;
    assert!(renewing.generations().iter().all(|found| *found == generation));
}

#[test]
fn fifty_clients_of_one_server_cause_one_request_for_each_due_token() {
    let mut renewing = Renewing::new(10);
    let mut seen = HashSet::new();
    for round in 1..=ROUNDS {
        renewing.stage.end();
        renewing.age(ALMOST_OVER);
        renewing.stage.serve_again();
        let begun = Instant::now();
        // The watcher of renewals is at it too.
        let got = at_once((0..MANY).map(|number| {
            let (renewing, owner) = (&renewing, renewing.owners[number % renewing.owners.len()].clone());
            move || {
                let reply = renewing.ask(&owner, 600).expect(200);
                assert_eq!(reply.json().get("below_min_ttl"), None, "{owner}");
                (owner, token_in(&reply))
            }
        }));
        println!("round {round}: {MANY} clients, {} due tokens, {:?}", renewing.owners.len(), begun.elapsed());
        once_each(&renewing, got, &mut seen);
    }
    assert!(renewing.generations().iter().all(|found| *found == i64::try_from(ROUNDS).unwrap() + 1));
}

/// By the real clock: nothing is made older, and nobody has to ask.
#[test]
fn a_token_of_twenty_seconds_is_renewed_before_its_end_and_not_sooner() {
    const LIFETIME: i64 = 20;
    let stage = LoginStage::new();
    stage.providers.acme.set(&json!({"access_token_for": LIFETIME}));
    let renewing = Renewing::with(stage, 4);
    let before: Vec<_> = renewing.owners.iter().map(|owner| renewing.life(owner)).collect();
    let old: Vec<_> = renewing.owners.iter().map(|owner| renewing.handed(owner)).collect();
    let mut renewed = HashMap::new();
    for ((owner, old), [_, due_at, ends_at]) in renewing.owners.iter().zip(&old).zip(before) {
        until("it is renewed", SOON, || (renewing.handed(owner) != *old).then_some(()));
        assert!(renewing.site().knows(&renewing.handed(owner)), "{owner}");
        // In the last fifth of its life; and that is when it is renewed, whenever it is seen here. The machine may stand still then.
        let (left, late) = (ends_at - due_at, renewing.life(owner)[0] - due_at);
        assert!((1..=LIFETIME / 5).contains(&left), "{owner} was due {left} s before its end");
        assert!((0..STANDS_STILL).contains(&late), "{owner} was renewed {late} s after it was due");
        renewed.insert(owner.clone(), left - late);
    }
    let sent = renewing.site().refreshes();
    assert_eq!(sent.len(), old.len());
    are_different(&sent);
    println!("tokens of {LIFETIME} s are renewed so many seconds before their end: {renewed:?}");
}
