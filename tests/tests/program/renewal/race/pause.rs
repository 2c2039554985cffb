//! A process that is stopped in the middle of renewing, and goes on later as if nothing had been; another one wants the same tokens
//! meanwhile. No refresh token is sent twice, no grant ends, and no token is lost without a word.
//!
//! A pause of a moment lets every lease stand. A longer one ends them: here the rows are made older, by hand the time is waited for.
//!
//! What nobody can prevent is counted by hand too. When the access token ends while the one who has sent the refresh token is stopped
//! for longer than its lease, another one risks that refresh token again, and a strict server ends the grant; so it does when one is
//! stopped between its last look at the lease and the first byte of its request, and goes on after that. Then it must be told.

use std::collections::BTreeMap;

use grantkeep_tests::harness::chance::Chance;

use super::*;

const TOKENS: usize = 30;

/// How often one is stopped for a moment, unless somebody wants more.
const STOPS: usize = 6;

/// In seconds: less than is left of a token's life, or more.
const LONG_LIFE: i64 = 200;
const SHORT_LIFE: i64 = 60;

/// How a lease ends while the one who has it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    /// The row is made older.
    Pretended,
    /// By time.
    Waited,
}

/// What came of renewals that were interrupted by a pause.
#[derive(Debug, Default)]
struct Tally {
    tokens: usize,
    /// Nobody else could write meanwhile: the one that was stopped was in a commit.
    in_commit: usize,
    /// Of the state when everybody had been at it again: how many were not renewed, by the reason that stands in the row.
    not_renewed: BTreeMap<String, usize>,
    /// Of those that were renewed, how many ended by that and are not handed out, and how many are although they do not work.
    ended: usize,
    dead: usize,
    /// What became of those that were not renewed when their life was over: alive again, or refused.
    alive_later: usize,
    refused_later: usize,
    /// How many refresh tokens were sent until then, and how many of them again.
    sent: usize,
    sent_again: usize,
}

fn number(name: &str, usual: usize) -> usize {
    wanted(name).map_or(usual, |text| text.parse().unwrap())
}

fn moment(chance: &mut Chance, least: u64, most: u64) -> Duration {
    Duration::from_micros(chance.between(least * 1000, most * 1000))
}

fn again(sent: &[String]) -> usize {
    sent.len() - sent.iter().collect::<HashSet<_>>().len()
}

impl Renewing {
    /// Whether somebody is writing, and does not come to an end.
    fn is_locked(&self) -> bool {
        let database = self.database();
        database.busy_timeout(Duration::from_millis(20)).unwrap();
        database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err()
    }

    /// What stands in the way of an owner's token, or why it came to nothing.
    fn reason(&self, owner: &str) -> String {
        let sql = "SELECT coalesce(trouble || ' ' || trouble_cause, '') || CASE renew_failures WHEN 0 THEN '' ELSE ' failed' END \
             FROM credential WHERE owner = ?1";
        self.database().query_row(sql, [owner], |row| row.get(0)).unwrap()
    }
}

#[test]
fn a_process_that_is_stopped_for_a_moment_keeps_what_it_has() {
    let stops = number("GRANTKEEP_TEST_STOPS", STOPS);
    let (renewing, [mut stopped, mut other]) = Renewing::with_contenders(TOKENS);
    let (mut chance, mut seen, mut in_commit) = (Chance::seeded(0x7374_6f70_7065_6421), HashSet::new(), 0);
    for stop in 1..=stops {
        let is_slow = stop % 2 == 0;
        if is_slow {
            renewing.token_endpoint("slow:1");
        }
        stopped.want(600, 60, &renewing.owners);
        thread::sleep(moment(&mut chance, 0, if is_slow { 1700 } else { 600 }));
        stopped.stop();
        let is_locked = renewing.is_locked();
        in_commit += usize::from(is_locked);
        other.want(600, 60, &renewing.owners);
        // Whoever wants to write waits 5 s for whoever is stopped in a commit, and a machine may sleep longer than it was told to.
        thread::sleep(moment(&mut chance, 50, if is_locked { 1500 } else { 3000 }));
        stopped.go_on();
        let got = [stopped.got(), other.got()].into_iter().flat_map(all_of).collect();
        renewing.site().mend();
        once_each(&renewing, got, &mut seen);
        assert_eq!((renewing.leased(), renewing.spooled()), (0, 0));
        renewing.age(ALMOST_OVER);
    }
    println!("{stops} stops, {in_commit} of them in a commit; {} tokens renewed once each", seen.len());
}

#[test]
fn a_process_that_is_stopped_until_its_leases_are_over_loses_nothing() {
    let seeds = [0x6c65_6173_6564_2121_u64, 0x6f76_6572_6f76_6572];
    let tallies = at_once(seeds.map(|seed| move || stop_one(seed, Pause::Pretended, LONG_LIFE)));
    for tally in tallies {
        println!("{tally:?}");
        assert_eq!((tally.sent_again, tally.ended + tally.dead, tally.not_renewed.len()), (0, 0, 0), "{tally:?}");
        assert_eq!(tally.sent, tally.tokens);
    }
}

/// Three minutes.
#[test]
fn a_process_that_is_stopped_for_longer_than_its_leases_sends_nothing_twice() {
    for tally in by_hand(LONG_LIFE) {
        assert_eq!((tally.sent_again, tally.ended, tally.dead), (0, 0, 0), "{tally:?}");
        assert_eq!(tally.refused_later, 0, "an answer had come, and was not read: {tally:?}");
    }
}

/// Three minutes. Here grants can end; none is handed out after that.
#[test]
fn a_process_that_is_stopped_until_its_tokens_are_over_loses_none_without_a_word() {
    for tally in by_hand(SHORT_LIFE) {
        assert_eq!(tally.dead, 0, "{tally:?}");
    }
}

fn by_hand(left: i64) -> Vec<Tally> {
    let stages = number("GRANTKEEP_TEST_PAUSES", 0);
    let seeds = (0..stages).map(|stage| 0x6279_6861_6e64 + u64::try_from(stage).unwrap());
    let tallies = at_once(seeds.map(|seed| move || stop_one(seed, Pause::Waited, left)));
    for tally in &tallies {
        println!("{left} s left: {tally:?}");
    }
    tallies
}

/// Stops a process in the middle, and gives what came of it when it has gone on.
fn stop_one(seed: u64, pause: Pause, left: i64) -> Tally {
    let (mut renewing, [mut stopped, mut other]) = Renewing::with_contenders(TOKENS);
    let mut chance = Chance::seeded(seed);
    let mut tally = Tally { tokens: TOKENS, ..Tally::default() };
    renewing.age(LONG_LIFE - left);
    let is_slow = chance.bits().is_multiple_of(2);
    if is_slow {
        renewing.token_endpoint("slow:1");
    }
    stopped.want(600, 60, &renewing.owners);
    thread::sleep(moment(&mut chance, 0, if is_slow { 1700 } else { 600 }));
    stopped.stop();
    let is_locked = renewing.is_locked();
    tally.in_commit += usize::from(is_locked);
    match pause {
        Pause::Pretended => {
            other.want(600, 1, &renewing.owners);
            other.got();
            if !is_locked {
                renewing.let_leases_end();
            }
            other.want(600, 3, &renewing.owners);
            other.got();
        }
        Pause::Waited => {
            let until = Instant::now() + moment(&mut chance, 95_000, 125_000);
            while Instant::now() < until {
                other.want(600, 5, &renewing.owners);
                other.got();
                thread::sleep(Duration::from_secs(1));
            }
        }
    }
    stopped.go_on();
    // Whoever wanted it there has waited for long enough; what it had begun goes on.
    stopped.got();
    stopped.end();
    renewing.site().mend();
    other.want(600, 60, &renewing.owners);
    other.got();
    judge(&mut renewing, &mut other, &mut tally);
    tally
}

/// Every token is renewed and works, or it is told why not.
#[track_caller]
fn judge(renewing: &mut Renewing, other: &mut Contender, tally: &mut Tally) {
    let sent = renewing.site().refreshes();
    (tally.sent, tally.sent_again) = (sent.len(), again(&sent));
    assert_eq!((renewing.leased(), renewing.spooled()), (0, 0));
    other.want(0, 0, &renewing.owners);
    let now = other.got();
    let mut old = Vec::new();
    for (owner, got) in now {
        let reason = renewing.reason(&owner);
        if renewing.row(&owner).generation == 2 {
            assert!(!reason.is_empty(), "{owner}: not renewed, and nobody says why: {got:?}");
            *tally.not_renewed.entry(reason).or_default() += 1;
            old.push(owner);
        } else {
            match got {
                Ok(token) => tally.dead += usize::from(!renewing.site().knows(&token)),
                Err(_) => tally.ended += 1,
            }
        }
    }
    // What is in doubt is risked when its life is over.
    renewing.end_everything();
    thread::sleep(RISKED_AFTER);
    other.want(600, 60, &old);
    for (owner, got) in other.got() {
        let is_alive = got.is_ok_and(|token| renewing.site().knows(&token));
        let reason = renewing.reason(&owner);
        assert!(is_alive || reason.starts_with("refused invalid_grant"), "{owner}: dead, and nobody says so: {reason}");
        *(if is_alive { &mut tally.alive_later } else { &mut tally.refused_later }) += 1;
    }
}

/// The lease was asked for, and it took until it was over to get it. Two minutes.
#[test]
fn a_lease_that_was_over_when_it_came_is_not_used() {
    if number("GRANTKEEP_TEST_PAUSES", 0) == 0 {
        return;
    }
    let (renewing, [mut stopped, mut other]) = Renewing::with_contenders(1);
    // It knows the provider from then on.
    other.want(600, 30, &renewing.owners);
    other.got();
    renewing.site().forget_requests();
    renewing.age(ALMOST_OVER + LONG_LIFE - SHORT_LIFE);
    renewing.token_endpoint("slow:6");
    let writing = renewing.database();
    writing.execute_batch("BEGIN IMMEDIATE").unwrap();
    stopped.want(600, 60, &renewing.owners);
    thread::sleep(Duration::from_secs(1));
    stopped.stop();
    thread::sleep(Duration::from_secs(95));
    writing.execute_batch("ROLLBACK").unwrap();
    stopped.go_on();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(8) {
        other.want(600, 1, &renewing.owners);
        other.got();
        thread::sleep(Duration::from_millis(200));
    }
    stopped.got();
    other.want(600, 30, &renewing.owners);
    let got = all_of(other.got());
    are_different(&renewing.site().refreshes());
    assert!(renewing.site().knows(&got[0].1));
}
