//! `kill -9` while tokens are being renewed: by a server, by commands, at any moment. Each token lives afterwards, or is said to
//! be in doubt and works to its end; an answer that had come as far as the disk is never lost; no refresh token is sent twice.

use std::{
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{chance::Chance, login::Kind, wait::until};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::{ALMOST_OVER, Renewing, Row, SOON, are_different, only};

const OWNERS: usize = 4;
const ROUNDS: usize = 30;
const ROUNDS_OF_COMMANDS: usize = 15;

/// What came of renewals that were killed.
#[derive(Debug, Default)]
struct Tally {
    /// Had been renewed by then.
    done: usize,
    /// The answer was in the spool, and not in its row.
    spooled: usize,
    /// Somebody was at it: the token is in doubt.
    in_doubt: usize,
    /// Nobody had begun.
    untouched: usize,
    sent: Vec<String>,
}

/// When the kill comes.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// When the provider was sent a refresh token, and takes long to answer.
    Sent,
    /// When the first is renewed.
    Stored,
    /// While a slow provider is waited for, before, or when its answer comes.
    Slow,
    /// While a fast one is asked.
    Fast,
    /// When an answer is in the spool.
    Spooled,
}

impl Moment {
    const fn of(round: usize) -> Self {
        match (round, round % 3) {
            // Chance may leave these out, as it is, and as fast as a machine is.
            (0, _) => Self::Sent,
            (1, _) => Self::Stored,
            (_, 0) => Self::Slow,
            (_, 1) => Self::Fast,
            _ => Self::Spooled,
        }
    }

    fn prepare(self, renewing: &Renewing) {
        match self {
            Self::Sent => renewing.token_endpoint("slow:20"),
            Self::Slow => renewing.token_endpoint("slow:1"),
            _ => {}
        }
    }

    fn wait(self, renewing: &Renewing, before: &[i64], chance: &mut Chance, database: &Connection, start: u64) {
        match self {
            Self::Sent => until("it is sent", SOON, || (!renewing.site().refreshes().is_empty()).then_some(())),
            Self::Stored => {
                let sum = || -> i64 {
                    database.query_row("SELECT sum(generation) FROM credential", [], |row| row.get(0)).unwrap()
                };
                let before: i64 = before.iter().sum();
                until("it is stored", SOON, || (sum() > before).then_some(()));
            }
            Self::Slow => thread::sleep(Duration::from_micros(chance.between(0, 1_300_000 + start))),
            Self::Fast => thread::sleep(Duration::from_micros(start / 2 + chance.between(0, 80_000 + start))),
            Self::Spooled => {
                let deadline = Instant::now() + Duration::from_secs(2);
                let mut found = database.prepare("SELECT EXISTS (SELECT 1 FROM spool)").unwrap();
                while Instant::now() < deadline && !found.query_row([], |row| row.get(0)).unwrap_or(false) {}
            }
        }
    }
}

impl Renewing {
    fn reader(&self) -> Connection {
        let path = self.stage.home.file("grantkeep.db");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }
}

impl Tally {
    /// Holds what is said after the restart against what the database said after the kill.
    #[track_caller]
    fn judge(&mut self, renewing: &Renewing, owner: &str, before: i64, found: &Row, status: &Value, token: &str) {
        let (state, cause) = (status["state"].as_str().unwrap(), status["cause"].as_str().unwrap());
        let after = renewing.row(owner);
        assert!(renewing.site().knows(token), "{owner}: {state}, {cause}, and what is handed out is dead: {found:?}");
        assert!(!after.is_leased && !after.is_spooled, "{owner}: {found:?}, then {after:?}");
        let is_new = match (found.generation - before, found.is_spooled, found.is_leased) {
            (1, ..) => {
                self.done += 1;
                true
            }
            (_, true, _) => {
                self.spooled += 1;
                true
            }
            (_, _, true) => {
                self.in_doubt += 1;
                false
            }
            _ => {
                self.untouched += 1;
                true
            }
        };
        let expected = if is_new { ("valid", before + 1) } else { ("ambiguous", before) };
        assert_eq!((state, after.generation), expected, "{owner}: {cause}, {found:?}");
        assert!(is_new || cause == "interrupted", "{owner}: {cause}");
    }

    fn note(&mut self, renewing: &Renewing) {
        self.sent.extend(renewing.site().refreshes());
        renewing.site().forget_requests();
        are_different(&self.sent);
        assert_eq!(renewing.spooled(), 0);
    }

    fn tell(&self, what: &str, rounds: usize) {
        let Self { done, spooled, in_doubt, untouched, sent } = self;
        println!(
            "{rounds} kills of {what}: {done} done, {spooled} in the spool, {in_doubt} in doubt, {untouched} not begun; {} sent",
            sent.len()
        );
        assert!(*done > 0 && *in_doubt > 0, "the kills come at one and the same moment: {self:?}");
    }
}

#[test]
fn what_a_killed_server_was_renewing_lives_or_is_in_doubt() {
    let mut renewing = Renewing::new(OWNERS);
    let (mut chance, mut tally) = (Chance::seeded(0x7265_6672_6573_6821), Tally::default());
    for round in 0..ROUNDS {
        let (moment, before, database) = (Moment::of(round), renewing.generations(), renewing.reader());
        moment.prepare(&renewing);
        let refreshing: Vec<_> = renewing.owners.iter().map(|owner| renewing.refresh(owner)).collect();
        thread::scope(|scope| {
            for refresh in refreshing {
                // Whoever waits for it is cut off.
                scope.spawn(refresh);
            }
            moment.wait(&renewing, &before, &mut chance, &database, 0);
            renewing.stage.kill();
        });
        drop(database);
        renewing.site().mend();
        let found: Vec<_> = renewing.owners.iter().map(|owner| renewing.row(owner)).collect();
        renewing.end_leases(&before);
        renewing.stage.serve_again();
        for (number, owner) in renewing.owners.iter().enumerate() {
            // Whoever wants it learns it sooner than the watcher.
            renewing.ask(owner, 600).expect(200);
            let status = until("it is decided", SOON, || {
                Some(renewing.status(owner)).filter(|status| status["state"] != "refreshing")
            });
            tally.judge(&renewing, owner, before[number], &found[number], &status, &renewing.handed(owner));
        }
        tally.note(&renewing);
        log_in_again(&renewing);
    }
    tally.tell("a server", ROUNDS);
}

/// What is in doubt would be tried again when it ends: a person is faster.
fn log_in_again(renewing: &Renewing) {
    for owner in &renewing.owners {
        if renewing.status(owner)["state"] == "ambiguous" {
            assert_eq!(renewing.stage.log_in(owner, Kind::Acme).fate(), "done");
            assert_eq!(renewing.status(owner)["state"], "valid");
        }
    }
}

#[test]
fn what_killed_commands_were_renewing_lives_or_is_in_doubt() {
    /// In µs: so long a command needs to begin.
    const START: u64 = 100_000;
    let mut renewing = Renewing::new(OWNERS);
    let (mut chance, mut tally) = (Chance::seeded(0x746f_6b65_6e21_2121), Tally::default());
    renewing.stage.end();
    for round in 0..ROUNDS_OF_COMMANDS {
        renewing.age(ALMOST_OVER);
        let (moment, before, database) = (Moment::of(round), renewing.generations(), renewing.reader());
        moment.prepare(&renewing);
        let start = |owner| renewing.stage.run("token acme --owner").arg(owner).start();
        let running: Vec<_> = renewing.owners.iter().map(start).collect();
        moment.wait(&renewing, &before, &mut chance, &database, START);
        drop(running);
        drop(database);
        renewing.site().mend();
        let found: Vec<_> = renewing.owners.iter().map(|owner| renewing.row(owner)).collect();
        let sql = "UPDATE credential SET leased_until = leased_until - 91";
        renewing.database().execute(sql, []).unwrap();
        renewing.database().execute("UPDATE spool SET leased_until = leased_until - 91", []).unwrap();
        for (number, owner) in renewing.owners.iter().enumerate() {
            let token = renewing.run("token acme", owner).done();
            let status: Value = serde_json::from_str(&renewing.run("status acme --json", owner).done()).unwrap();
            let status = only(status["credentials"].as_array().unwrap().clone());
            tally.judge(&renewing, owner, before[number], &found[number], &status, token.trim_end());
        }
        tally.note(&renewing);
        renewing.stage.serve_again();
        log_in_again(&renewing);
        renewing.stage.end();
    }
    tally.tell("commands", ROUNDS_OF_COMMANDS);
}
