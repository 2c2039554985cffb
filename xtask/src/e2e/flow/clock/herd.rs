//! Many grants with one end: renewed one after the other in the last fifth of their life; and those that are overdue when the server starts,
//! no faster than a host is asked.

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

/// Of a life: renewed in the last fifth, and not in the last quarter of that.
const DUE: (f64, f64) = (0.80, 0.95);

/// What a host is asked a second; and as much in any one: what may be ahead, and what was on its way.
const PACE: u64 = 50;
const MOST_IN_SECOND: u64 = 64;

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

#[expect(clippy::disallowed_methods, reason = "what goes fast is measured by what does not")]
fn now() -> Instant {
    Instant::now()
}

/// How many of them are renewed when, in seconds of the fast clock.
struct Curve(Vec<(f64, u64)>);

impl Curve {
    fn at(&self, moment: f64) -> u64 {
        self.0.iter().rev().find(|(at, _)| *at <= moment).map_or(0, |(_, count)| *count)
    }

    /// From `begin` to `end` evenly. It is looked every few seconds, and the watcher has a minute.
    fn is_spread(&self, many: u64, begin: f64, end: f64) -> Done {
        let early = self.at(begin - 20.0);
        ensure(early == 0, || format!("{early} were renewed before their last fifth"))?;
        let late = many - self.at(end + 60.0);
        ensure(late == 0, || format!("{late} were not renewed in time"))?;
        let tenth = (end - begin) / 10.0;
        for number in 0..10 {
            let from = begin + tenth * f64::from(number);
            let count = self.at(from + tenth) - self.at(from);
            let even = count * 40 >= many && count * 5 <= many;
            ensure(even, || format!("{count} of {many} are renewed in one tenth of the time"))?;
        }
        Ok(())
    }

    /// The most in any so many seconds.
    fn most_within(&self, seconds: f64) -> u64 {
        self.0.iter().map(|(at, count)| count - self.at(at - seconds)).max().unwrap_or(0)
    }
}

pub(in super::super) fn herd(world: &World) -> Done {
    let (many, life) = if is_large() { (3000, 7200) } else { (300, 1800) };
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
    let (due, last) = (life as f64 * DUE.0, life as f64 * DUE.1);
    ensure(fast() < due - 20.0, || format!("logging in took until {:.0} s of {life} s", fast()))?;
    let mut curve = Curve(Vec::new());
    while fast() < life as f64 {
        curve.0.push((fast(), provider.renewed()?));
        thread::sleep(Duration::from_millis(200));
    }
    curve.is_spread(many, due, last)?;
    let most = curve.most_within(10.0);
    ensure(most <= 10 * PACE, || format!("{most} within ten seconds"))?;
    all_valid(&base, &key, many)?;
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
    let mut curve = Curve(Vec::new());
    while began.elapsed().as_secs() < left && curve.0.last().is_none_or(|(_, renewed)| *renewed < many) {
        curve.0.push((began.elapsed().as_secs_f64(), provider.renewed()?));
        thread::sleep(Duration::from_millis(50));
    }
    let (took, renewed) = curve.0.last().copied().unwrap_or_default();
    ensure(renewed == many, || format!("{renewed} of {many} renewed after {took:.1} s"))?;
    let most = curve.most_within(1.0);
    ensure(most <= MOST_IN_SECOND, || format!("{most} within a second"))?;
    // The last answers are being stored.
    thread::sleep(Duration::from_secs(2));
    server.lives()?;
    all_valid(&server.base, &server.key, many)?;
    let (renewed, told) = (provider.renewed()?, server.told());
    ensure(renewed == many, || format!("{renewed} renewals of {many}"))?;
    ensure(told.is_empty(), || format!("people were told {told:?}"))
}
