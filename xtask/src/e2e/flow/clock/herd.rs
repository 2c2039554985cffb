//! Many grants with one end: renewed one after the other in the last fifth of their life; and those that are overdue when the server starts,
//! no faster than a host is asked.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::sandbox::Sandbox;
use super::super::{Done, Home, World, ensure};
use super::{INTO_A_FILE, Server, acme, is_large, issue_key, log_in, told};
use crate::e2e::clock::{WallClock, hasten};
use crate::e2e::wire;

/// So many seconds pass in one.
const TIMES: u32 = 30;

/// Of a life: renewed in the last fifth.
const DUE: f64 = 0.80;

/// What a host is asked a second; and as much in any one: what may be ahead, what was on its way, and what had to wait where the
/// machine stood still, which is once more what is asked in a second.
const PACE: u64 = 50;
const MOST_IN_SECOND: u64 = 64 + PACE;

/// An emulated OAuth 2.0 server, and what is looked at there.
struct Provider {
    url: String,
    /// Code exchanges, which are requests for tokens, too.
    before: u64,
}

impl Provider {
    fn issues_for(&self, seconds: u64) -> Done {
        let settings = json!({ "access_token_for": seconds });
        wire::post_json(&format!("{}/sandbox/settings", self.url), "none", &settings)?.expect(200)?;
        Ok(())
    }

    /// How many grants have been renewed.
    fn renewed(&self) -> Result<u64, String> {
        let asked = wire::get(&format!("{}/sandbox/requests", self.url), None)?.expect(200)?.json();
        Ok(asked["endpoints"]["token"].as_u64().unwrap_or(0) - self.before)
    }
}

/// All that are kept, a page after the other.
fn kept(base: &str, key: &str) -> Result<Vec<Value>, String> {
    let (mut all, mut after) = (Vec::new(), Some(0));
    while let Some(last) = after {
        let url = format!("{base}/api/v1/credentials?limit=200&after={last}");
        let page = wire::get(&url, Some(key))?.expect(200)?.json();
        all.extend(page["credentials"].as_array().cloned().unwrap_or_default());
        after = page["next"].as_u64();
    }
    Ok(all)
}

fn all_valid(base: &str, key: &str, many: u64) -> Done {
    let kept = kept(base, key)?;
    ensure(kept.len() as u64 == many, || format!("{} are kept instead of {many}", kept.len()))?;
    let other = kept.iter().find(|credential| credential["state"] != "valid");
    ensure(other.is_none(), || format!("not valid: {other:?}"))
}

/// Looks for a minute until it is so.
fn await_that(look: impl Fn() -> Done) -> Done {
    for _ in 0..120 {
        if look().is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(500));
    }
    look()
}

#[expect(clippy::disallowed_methods, reason = "what goes fast is measured by what does not")]
fn now() -> Instant {
    Instant::now()
}

/// When a token came and when it ends, by the clock of whoever keeps it.
#[derive(Clone, Copy)]
struct Life {
    came_at: i64,
    ends_at: i64,
}

/// The lives of all tokens that are kept, by their numbers.
fn lives(base: &str, key: &str) -> Result<BTreeMap<i64, Life>, String> {
    let read = |credential: &Value| {
        let at = |name: &str| unix(credential[name].as_str()?);
        Some((credential["id"].as_i64()?, Life { came_at: at("captured_at")?, ends_at: at("expiry")? }))
    };
    let all = kept(base, key)?;
    all.iter().map(|credential| read(credential).ok_or_else(|| format!("without instants: {credential}"))).collect()
}

/// Seconds since 1970 of an instant such as `2026-01-11T15:30:00Z`. Days are counted as if years began in March.
fn unix(instant: &str) -> Option<i64> {
    let part = |from: usize, to: usize| instant.get(from..to)?.parse::<i64>().ok();
    let (year, month) = (part(0, 4)?, part(5, 7)?);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + part(8, 10)? - 719_469;
    Some(((days * 24 + part(11, 13)?) * 60 + part(14, 16)?) * 60 + part(17, 19)?)
}

/// The most that came in any so many seconds.
fn most_within(seconds: i64, lives: &BTreeMap<i64, Life>) -> usize {
    let within = |begin: i64| lives.values().filter(|life| (begin..begin + seconds).contains(&life.came_at)).count();
    lives.values().map(|life| within(life.came_at)).max().unwrap_or(0)
}

/// Each was renewed in the last fifth of its own life, not in the last quarter of that, and all of them evenly in that time. By the
/// clock of whoever keeps them: whenever it is seen, and however long it took them to come.
fn are_spread(before: &BTreeMap<i64, Life>, after: &BTreeMap<i64, Life>) -> Done {
    let mut tenths = [0; 10];
    for (number, old) in before {
        let new = after.get(number).ok_or_else(|| format!("number {number} is gone"))?;
        let (lead, left) = ((old.ends_at - old.came_at) / 5, old.ends_at - new.came_at);
        ensure(left <= lead + 1, || format!("one was renewed {left} s before its end, its last fifth has {lead}"))?;
        ensure(left > 0, || format!("one was renewed {} s after its end", -left))?;
        // Who is late because the machine stood still counts as one of the last.
        let from_last = (left * 4 - lead).max(0) * 10 / (3 * lead).max(1);
        tenths[usize::try_from(from_last.min(9)).unwrap_or(0)] += 1;
    }
    let many = before.len();
    let uneven = tenths.iter().find(|count| **count * 40 < many || **count * 5 > many);
    ensure(uneven.is_none(), || format!("{many} are renewed unevenly: {tenths:?}"))
}

pub(in super::super) fn herd(world: &World) -> Done {
    let (many, life) = if is_large() { (3000, 7200) } else { (300, 2700) };
    let home = hasten(Home::new(world, "clock/herd", INTO_A_FILE)?, TIMES);
    let began = now();
    let fast = || began.elapsed().as_secs_f64() * f64::from(TIMES);
    let sandbox = Sandbox::start(home)?;
    let (base, key) = (world.callback(), issue_key(&sandbox.home)?);
    let provider = Provider { url: sandbox.url("OAuth 2.0")?.to_owned(), before: many };
    for number in 0..many {
        if number % 10 == 0 {
            // They end together, though they come one after the other.
            provider.issues_for(life - fast() as u64)?;
        }
        log_in(&base, &key, &format!("number {number}"))?;
    }
    provider.issues_for(86_400)?;
    let before = lives(&base, &key)?;
    let due = life as f64 * DUE;
    ensure(fast() < due - 20.0, || format!("logging in took until {:.0} s of {life} s", fast()))?;
    while provider.renewed()? < many && fast() < life as f64 + 300.0 {
        thread::sleep(Duration::from_millis(500));
    }
    // The last answers are being stored.
    await_that(|| all_valid(&base, &key, many))?;
    let after = lives(&base, &key)?;
    are_spread(&before, &after)?;
    let most = most_within(10, &after);
    ensure(most as u64 <= 10 * PACE, || format!("{most} within ten seconds"))?;
    let renewed = provider.renewed()?;
    ensure(renewed == many, || format!("{renewed} renewals of {many}"))?;
    let told = told(&sandbox.home);
    ensure(told.is_empty(), || format!("people were told {told:?}"))
}

pub(in super::super) fn overdue(world: &World) -> Done {
    let many = if is_large() { 3000 } else { 300 };
    let elsewhere = Home::new(world, "clock/overdue-provider", "")?.with("GRANTKEEP_LISTEN", "127.0.0.1:0");
    let sandbox = Sandbox::start(elsewhere)?;
    let provider = Provider { url: sandbox.url("OAuth 2.0")?.to_owned(), before: many };
    let clock = WallClock::new(world, "clock/overdue")?;
    let began = now();
    let server = Server::start(clock.on(Home::new(world, "clock/overdue", &acme(&sandbox)?)?))?;
    for number in 0..many {
        server.log_in(&format!("number {number}"))?;
    }
    let Server { home, serving, .. } = server;
    drop(serving);

    // All are due since minutes, and the first to end has as much left as all of them take, and a little.
    let left = many / PACE + 40;
    clock.set_by(3600 - left as i64 - began.elapsed().as_secs() as i64)?;
    let mut server = Server::start(home)?;
    let began = now();
    while began.elapsed().as_secs() < left && provider.renewed()? < many {
        thread::sleep(Duration::from_millis(50));
    }
    let (took, renewed) = (began.elapsed().as_secs_f64(), provider.renewed()?);
    ensure(renewed == many, || format!("{renewed} of {many} renewed after {took:.1} s"))?;
    // The last answers are being stored.
    await_that(|| all_valid(&server.base, &server.key, many))?;
    server.lives()?;
    let lives = lives(&server.base, &server.key)?;
    let most = most_within(1, &lives);
    ensure(most as u64 <= MOST_IN_SECOND, || format!("{most} within a second"))?;
    // However much a second takes that stood still, all of them take as long as they must.
    let came = || lives.values().map(|life| life.came_at);
    let took = came().max().unwrap_or(0) - came().min().unwrap_or(0);
    ensure(took + 3 >= (many / PACE) as i64, || format!("{many} were renewed in {took} s"))?;
    let (renewed, told) = (provider.renewed()?, server.told());
    ensure(renewed == many, || format!("{renewed} renewals of {many}"))?;
    ensure(told.is_empty(), || format!("people were told {told:?}"))
}

#[cfg(test)]
mod tests {
    use super::unix;

    #[test]
    fn reads_instants() {
        for (instant, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T23:59:59Z", Some(951_868_799)),
            ("2026-03-01T00:00:00Z", Some(1_772_323_200)),
            ("2026-12-31T23:59:59Z", Some(1_798_761_599)),
            ("never", None),
        ] {
            assert_eq!(unix(instant), expected, "{instant}");
        }
    }
}
