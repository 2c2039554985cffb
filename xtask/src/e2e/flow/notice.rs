//! Our binary tells somebody on a phone that a token ends, and the link of that message is opened there; and a receiver of webhooks that
//! verifies what it is sent by the reference library of Standard Webhooks.

use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::sandbox::{Sandbox, VK_ANNA, anna, fits};
use super::{Done, Home, Visit, World, clean, ensure};
use crate::e2e::browser::{Bring, Look};
use crate::e2e::child::Child;
use crate::e2e::server::{absolute, log};
use crate::e2e::wire;
use crate::process::Stream;

/// A channel that keeps each message as a line of the file `told` in the home.
const INTO_A_FILE: &str =
    "[notify.phone]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> \\\"$HOME/told\\\"\"]\n";

/// What a token has left that is announced in a few seconds: two hours, and these.
const LEFT: u64 = 2 * 3600 + 3;

/// How often, and how many times, it is looked whether something was told.
const LOOKS: (Duration, u32) = (Duration::from_millis(100), 1200);

/// What a person does until the token is renewed, where the answer comes to us by itself: a tap on the link, and the provider's consent.
const BY_ITSELF: u64 = 2;

/// The same where it must be brought back: the link, the button that opens the new tab, the consent, to copy, and to paste.
const BROUGHT: u64 = 5;

const SECRET: &str = "whsec_VGhlIHNlY3JldCBvZiB0aGUgZmxvd3MsIGEgbmV3IG9uZQ==";
const OLD_SECRET: &str = "whsec_VGhlIHNlY3JldCBvZiB0aGUgZmxvd3MsIHRoZSBvbGQgb25l";

/// A phone held upright.
fn phone(shot: &str) -> Look<'_> {
    Look { width: 390, height: 844, dark: false, shot }
}

/// Keeps a token of Anna's that is about to be announced.
fn keep_ending(home: &Home, vk: &str) -> Result<Value, String> {
    let wanted = json!({ "kind": "user", "id": 100_001, "expires_in": LEFT });
    let minted = wire::post_json(&format!("{vk}/sandbox/tokens"), "none", &wanted)?;
    home.run(&["add", "vk"], &minted.text("url")?)?.expect(0)?;
    home.confirmed()
}

/// What `ready` finds, as soon as it is there.
fn await_that<T>(what: &str, ready: impl Fn() -> Option<T>) -> Result<T, String> {
    let (pause, times) = LOOKS;
    for _ in 0..times {
        if let Some(found) = ready() {
            return Ok(found);
        }
        thread::sleep(pause);
    }
    Err(format!("no {what} after {:?}", pause * times))
}

/// The messages that the command was given, each whole.
fn told(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.file("told")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The link in the only message: that this credential is about to end.
fn link(home: &Home, credential: &Value) -> Result<String, String> {
    let told = await_that("message", || told(home).pop())?;
    let about = &told["data"]["credentials"][0];
    let meant = told["type"] == "credential.expiring" && about["account"] == credential["account_name"];
    ensure(meant, || format!("told of something else: {told}"))?;
    about["link"].as_str().map(str::to_owned).ok_or_else(|| format!("no link in {told}"))
}

/// The page behind the link, without its script: it can be read and hit on a phone, and is there for whoever taps later.
fn look_at(world: &World, link: &str, shot: &str) -> Done {
    let page = world.browser()?.visit(Visit::to(link).only_looking(phone(shot)))?;
    ensure(page.heading.starts_with("Renew access to "), || format!("another page: {page:?}"))?;
    ensure(page.text.contains("anna") || page.text.contains(VK_ANNA), || format!("does not say for whom: {page:?}"))?;
    fits(&page)
}

/// How the files of a flow's pictures begin.
fn pictures(name: &str) -> Result<String, String> {
    let place = absolute("shot");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    Ok(place.join(name).display().to_string())
}

/// The person taps the link, and does what pages ask for: so much.
fn tap(world: &World, home: &Home, link: &str, order: Visit<'_>, meant: u64) -> Done {
    let before = home.confirmed()?;
    let whom = before["account_name"].as_str().unwrap_or_default();
    let page = world.browser()?.visit(Visit { open: link, ..order })?;
    let ended = page.heading.starts_with("Signed in as ") && page.heading.contains(whom);
    ensure(ended, || format!("the person is left here: {page:?}"))?;
    clean(world, &page)?;
    fits(&page)?;
    let ours = world.callback();
    let complaint = page.complaints.iter().find(|(at, _)| at.starts_with(&ours));
    ensure(complaint.is_none(), || format!("the browser complains about our page: {complaint:?}"))?;
    // The tap on the link itself is one.
    let actions = page.actions + 1;
    ensure(actions == meant, || format!("{actions} actions instead of {meant}"))?;
    let after = home.confirmed()?;
    ensure(after["id"] == before["id"], || format!("another credential than {before}: {after}"))?;
    for instant in ["captured_at", "expiry"] {
        // In RFC 3339, so that later is greater.
        let (old, new) = (before[instant].as_str(), after[instant].as_str());
        ensure(old.is_some() && old < new, || format!("`{instant}` is {new:?} after {old:?}"))?;
    }
    Ok(())
}

/// Who taps the link again is told that it is spent, and changes nothing; the renewal itself is not worth a message.
fn is_spent(world: &World, home: &Home, link: &str) -> Done {
    let page = world.browser()?.visit(Visit { open: link, ..anna() })?;
    ensure(page.status == 404, || format!("a second tap is answered with {}: {}", page.status, page.text))?;
    let told = told(home);
    ensure(told.len() == 1, || format!("{} messages instead of one: {told:?}", told.len()))
}

fn serve(home: &Home) -> Result<Child, String> {
    let mut serving = home.start(&["serve"])?;
    serving.wait_for("listening", |_: Stream, line: &str| line.contains("listening").then_some(()))?;
    Ok(serving)
}

pub(super) fn one_tap(world: &World) -> Done {
    let (sandbox, home) = Sandbox::beside(world, "notice/one-tap", INTO_A_FILE)?;
    let _serving = serve(&home)?;
    let link = link(&home, &keep_ending(&home, sandbox.url("VK")?)?)?;
    let shot = pictures("phone-notice")?;
    look_at(world, &link, &format!("{shot}-link"))?;
    tap(world, &home, &link, anna().looking(phone(&shot)), BY_ITSELF)?;
    is_spent(world, &home, &link)
}

pub(super) fn one_tap_blank(world: &World) -> Done {
    let sandbox = Sandbox::start(Home::new(world, "notice/one-tap-blank", INTO_A_FILE)?)?;
    let link = link(&sandbox.home, &keep_ending(&sandbox.home, sandbox.url("VK")?)?)?;
    let shot = pictures("phone-notice-blank")?;
    look_at(world, &link, &format!("{shot}-link"))?;
    tap(world, &sandbox.home, &link, anna().looking(phone(&shot)).bringing(Bring::Paste), BROUGHT)?;
    is_spent(world, &sandbox.home, &link)
}

/// A server whose tokens end, and which makes a new one at every login: its own answer comes to us in the query.
pub(super) fn one_tap_mastodon(world: &World) -> Done {
    let sandbox = Sandbox::start(Home::new(world, "notice/one-tap-mastodon", INTO_A_FILE)?)?;
    let settings = format!("{}/sandbox/settings", sandbox.url("gotosocial")?);
    wire::post(&settings, &[("expires_in", &LEFT.to_string())])?;
    let shot = pictures("phone-notice-mastodon")?;
    // The phone on which she has signed in there.
    let order = anna().in_session("notice").looking(phone(&shot));
    sandbox.log_in(world, "gotosocial", &[], "anna", order)?;
    wire::post(&settings, &[("expires_in", "86400")])?;
    let link = link(&sandbox.home, &sandbox.home.confirmed()?)?;
    look_at(world, &link, &format!("{shot}-link"))?;
    tap(world, &sandbox.home, &link, order, BY_ITSELF)?;
    is_spent(world, &sandbox.home, &link)
}

/// What the reference library says about the next request.
fn verified(receiver: &mut Child) -> Result<Value, String> {
    let read = |_: Stream, line: &str| serde_json::from_str::<Value>(line).ok();
    let told = receiver.wait_for("a request", read)?;
    for (word, meant) in
        [("verified", true), ("by_old", true), ("changed", false), ("other_id", false), ("stranger", false)]
    {
        ensure(told[word] == meant, || format!("`{word}` is not {meant}: {told}"))?;
    }
    let body = told["body"].as_str().unwrap_or_default();
    serde_json::from_str(body).map_err(|error| format!("the body is not JSON: {error}: {told}"))
}

pub(super) fn reference(world: &World) -> Done {
    let mut node = Command::new("node");
    node.arg(absolute("webhook/receiver.mjs")).env("E2E_SECRET", SECRET).env("E2E_OLD_SECRET", OLD_SECRET);
    let mut receiver = Child::start("the receiver", &mut node, log("webhook")?)?;
    let ready = |_: Stream, line: &str| line.strip_prefix("ready ").map(str::to_owned);
    let url = receiver.wait_for("its address", ready)?;
    let configuration = format!(
        "[notify.app]\nkind = \"webhook\"\nurl = \"{url}/hook\"\nsecret_env = \"HOOK\"\nold_secret_env = \"OLD_HOOK\"\n"
    );
    let home = Home::new(world, "notice/reference", &configuration)?.with("HOOK", SECRET).with("OLD_HOOK", OLD_SECRET);
    let ended = home.run(&["--sandbox", "notify", "test", "app"], "")?.expect(0)?;
    ensure(ended.stdout.contains("delivered"), || format!("does not say that it is delivered: {ended:?}"))?;
    let test = verified(&mut receiver)?;
    ensure(test["type"] == "grantkeep.test", || format!("another event: {test}"))?;

    let sandbox = Sandbox::start(home)?;
    let credential = keep_ending(&sandbox.home, sandbox.url("VK")?)?;
    let told = verified(&mut receiver)?;
    let about = &told["data"]["credentials"][0];
    let meant = told["type"] == "credential.expiring" && about["account"] == credential["account_name"];
    ensure(meant, || format!("told of something else: {told}"))
}
