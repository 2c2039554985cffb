//! Our binary while its clock is set, stands wrong, or goes fast, under libfaketime; the providers of a sandbox beside it go by the right one.
//!
//! People are told nothing for five minutes after a clock jumped, and no flow can wait less to see what they are told then. So with
//! `E2E_LARGE` set they wait, and keep thousands of tokens instead of hundreds; without it they see that nothing is told too soon.

mod herd;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::sandbox::Sandbox;
use super::{Done, Home, World, ensure, speaks_for};
use crate::e2e::child::Child;
use crate::e2e::clock::WallClock;
use crate::e2e::wire;
use crate::process::Stream;

pub(super) use herd::{herd, overdue};

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;

/// A channel that keeps each message as a line of the file `told` in the home.
const INTO_A_FILE: &str =
    "[notify.phone]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> \\\"$HOME/told\\\"\"]\n";

fn is_large() -> bool {
    std::env::var_os("E2E_LARGE").is_some()
}

/// A running server, and a key for its API.
struct Server {
    home: Home,
    serving: Child,
    base: String,
    key: String,
}

impl Server {
    fn start(home: Home) -> Result<Self, String> {
        let mut serving = home.start(&["serve"])?;
        let address = |_: Stream, line: &str| line.split_once("listening on ").map(|(_, base)| base.trim().to_owned());
        let base = serving.wait_for("its address", address)?;
        let key = issue_key(&home)?;
        Ok(Self { home, serving, base, key })
    }

    /// It runs, and has not panicked.
    fn lives(&mut self) -> Done {
        let errors = self.serving.errors().ok_or("it has ended")?;
        ensure(!errors.contains("panicked"), || format!("it panicked: {errors}"))?;
        wire::get(&format!("{}/readyz", self.base), None)?.expect(200)?;
        Ok(())
    }

    fn log_in(&self, account: &str) -> Done {
        log_in(&self.base, &self.key, account)
    }

    /// All credentials by name.
    fn credentials(&self) -> Result<BTreeMap<String, Value>, String> {
        let name = |credential: &Value| credential["account_name"].as_str().unwrap_or_default().to_owned();
        Ok(self.home.credentials()?.into_iter().map(|credential| (name(&credential), credential)).collect())
    }

    /// How many requests for tokens and questions about them it has sent, by its own count.
    fn sent(&self) -> Result<u64, String> {
        let metrics = wire::get(&format!("{}/metrics", self.base), None)?.expect(200)?.body;
        let counts = ["grantkeep_renewals_total{", "grantkeep_checks_total{"];
        let lines = metrics.lines().filter(|line| counts.iter().any(|count| line.starts_with(count)));
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
    }

    /// Kinds and accounts of what was told.
    fn told(&self) -> Vec<(String, String)> {
        told(&self.home)
    }
}

fn issue_key(home: &Home) -> Result<String, String> {
    let issued = home.run(&["key", "issue", "--can", "submit,status,token"], "")?.expect(0)?;
    Ok(issued.stdout.trim().to_owned())
}

fn told(home: &Home) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(home.file("told")).unwrap_or_default();
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let news = messages.flat_map(|message| message["data"]["credentials"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    news.map(|news| (text(&news["kind"]), text(&news["account"]))).collect()
}

/// Anna logs in at the OAuth 2.0 server, without clicks, and brings the address that she is sent to.
fn log_in(base: &str, key: &str, account: &str) -> Done {
    let place = format!("{base}/api/v1/oauth/acme");
    let begun = wire::post_json(&format!("{place}/authorize"), key, &json!({ "account_name": account }))?;
    let open = format!("{}&auto=allow&person=anna", begun.text("authorization_url")?);
    let answer = wire::get(&open, None)?;
    let brought = answer.location.clone().ok_or_else(|| format!("nothing came back: {answer:?}"))?;
    let submitted = json!({ "token_data": brought, "authorization_id": begun.json()["authorization_id"] });
    let stored = wire::post_json(&format!("{place}/token/submit"), key, &submitted)?;
    ensure(stored.json()["success"] == true, || format!("not kept: {stored:?}"))
}

/// How the sandbox's OAuth 2.0 server is known to a server beside it.
fn acme(sandbox: &Sandbox) -> Result<String, String> {
    let issuer = sandbox.url("OAuth 2.0")?;
    Ok(format!(
        "{INTO_A_FILE}[providers.acme]\nkind = \"oauth2\"\nissuer = \"{issuer}\"\nclient_id = \"grantkeep-public\"\n\
         client_auth = \"none\"\nscopes = [\"openid\", \"profile\", \"offline_access\"]\n"
    ))
}

/// What becomes of a clock.
struct Jump {
    name: &'static str,
    /// So far it is set.
    by: i64,
    /// It is not set back: the machine slept.
    stays: bool,
}

fn jumps() -> Result<Vec<Jump>, String> {
    let now = unix_now()?;
    let set = |name, by| Jump { name, by, stays: false };
    Ok(vec![
        set("an hour ahead", HOUR),
        set("an hour back", -HOUR),
        set("a year ahead", YEAR),
        set("a year back", -YEAR),
        set("1970", -now),
        set("2038", (1 << 31) + 1 - now),
        Jump { name: "eight hours asleep", by: 8 * HOUR, stays: true },
    ])
}

#[expect(clippy::disallowed_methods, reason = "the clock that is set is told how far it is from this one")]
fn unix_now() -> Result<i64, String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    i64::try_from(since.as_secs()).map_err(|error| error.to_string())
}

/// How long what takes.
struct Course {
    /// Until a token begins to have six hours left, which is to be told.
    announced_after: i64,
    /// How long the clock stands wrong.
    wrong_for: Duration,
    /// How long it is looked at after that.
    after: Duration,
}

impl Course {
    fn new() -> Self {
        let (announced_after, wrong_for, after) = if is_large() { (100, 60, 345) } else { (HOUR, 20, 15) };
        Self { announced_after, wrong_for: Duration::from_secs(wrong_for), after: Duration::from_secs(after) }
    }
}

/// How often it is looked again, a second apart, when not everything is well then: together less than nothing is told for.
const LOOKS_AFTER: u32 = 30;

/// Whatever may be asked of a provider on account of four tokens: when they came, some minutes later, and because of the clock.
const MOST_SENT: u64 = 30;

/// A server whose clock jumps, with a grant that renews itself and tokens that do not.
struct Leap {
    jump: Jump,
    clock: WallClock,
    server: Server,
}

impl Leap {
    fn begin(world: &World, sandbox: &Sandbox, jump: Jump, course: &Course) -> Result<Self, String> {
        let name = format!("clock/{}", jump.name.replace(' ', "-"));
        let clock = WallClock::new(world, &name)?;
        let vk = sandbox.url("VK")?;
        let home = Home::new(world, &name, &acme(sandbox)?)?
            .with("GRANTKEEP_LISTEN", "127.0.0.1:0")
            .with("GRANTKEEP_VK_OAUTH_URL", vk)
            .with("GRANTKEEP_VK_API_URL", vk);
        let server = Server::start(clock.on(home))?;
        server.log_in("renews")?;
        for (account, wanted) in [
            ("day", json!({ "kind": "user", "id": 100_001 })),
            ("six", json!({ "kind": "user", "id": 100_002, "expires_in": 6 * HOUR + course.announced_after })),
            ("never", json!({ "kind": "community" })),
        ] {
            let minted = wire::post_json(&format!("{vk}/sandbox/tokens"), "none", &wanted)?;
            server.home.run(&["add", "vk", "--account", account], &minted.text("url")?)?.expect(0)?;
        }
        Ok(Self { jump, clock, server })
    }

    /// While the clock stands wrong: it lives, and can be asked about everything.
    fn wrong(&mut self) -> Done {
        self.server.lives()?;
        let known = self.server.credentials()?;
        ensure(known.len() == 4, || format!("{} credentials: {known:?}", known.len()))?;
        for account in known.keys() {
            let provider = if account == "renews" { "acme" } else { "vk" };
            let ended = self.server.home.run(&["token", &format!("{provider}/{account}")], "")?;
            ensure(matches!(ended.code, Some(0 | 3)), || format!("`token` of {account}: {ended:?}"))?;
        }
        self.well("while it is wrong", &[])
    }

    /// After it: everything is as it would be had it never jumped.
    fn after(&mut self, userinfo: &str) -> Done {
        self.server.lives()?;
        let known = self.server.credentials()?;
        for (account, credential) in &known {
            // Eight hours are over for all, and this one had six.
            let meant = if self.jump.stays && account == "six" { "expired" } else { "valid" };
            ensure(credential["state"] == meant, || format!("{account} is not {meant}: {credential}"))?;
        }
        speaks_for(&self.server.home.token("acme/renews")?, userinfo, "anna")?;
        let kind = if self.jump.stays { "expired" } else { "expiring" };
        let meant: &[(&str, &str)] = if is_large() { &[(kind, "six")] } else { &[] };
        self.well("after it was set right", meant)
    }

    fn well(&self, when: &str, meant: &[(&str, &str)]) -> Done {
        let sent = self.server.sent()?;
        ensure(sent <= MOST_SENT, || format!("{sent} requests {when}"))?;
        let told = self.server.told();
        let is_meant = told.iter().map(|(kind, account)| (kind.as_str(), account.as_str())).eq(meant.iter().copied());
        ensure(is_meant, || format!("people were told {told:?} {when}, instead of {meant:?}"))
    }

    fn named<T>(&self, result: Result<T, String>) -> Result<T, String> {
        result.map_err(|finding| format!("{}: {finding}", self.jump.name))
    }
}

/// All at once: each has a server of its own, whose clock jumps when all of them run.
pub(super) fn jump(world: &World) -> Done {
    let elsewhere = Home::new(world, "clock/jump", "")?.with("GRANTKEEP_LISTEN", "127.0.0.1:0");
    let sandbox = Sandbox::start(elsewhere)?;
    let userinfo = format!("{}/userinfo", sandbox.url("OAuth 2.0")?);
    let course = Course::new();
    let begin = |jump| Leap::begin(world, &sandbox, jump, &course);
    let mut leaps = jumps()?.into_iter().map(begin).collect::<Result<Vec<_>, _>>()?;
    for leap in &leaps {
        leap.clock.set_by(leap.jump.by)?;
    }
    thread::sleep(course.wrong_for);
    for leap in &mut leaps {
        let seen = leap.wrong();
        leap.named(seen)?;
    }
    for leap in leaps.iter().filter(|leap| !leap.jump.stays) {
        leap.clock.set_by(0)?;
    }
    thread::sleep(course.after);
    leaps.iter_mut().try_for_each(|leap| {
        let mut seen = leap.after(&userinfo);
        // What is done after a jump takes a while, and longer on a slow machine.
        for _ in 0..LOOKS_AFTER {
            if seen.is_ok() {
                break;
            }
            thread::sleep(Duration::from_secs(1));
            seen = leap.after(&userinfo);
        }
        leap.named(seen)
    })
}
