//! People are told by the real program, over real connections: once of each thing, whatever ends or crashes meanwhile; the link that
//! they are sent renews that one credential, once.
//!
//! Hours cannot be waited for: rows are made older while no program has the database.

use std::{
    fs,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    home::files,
    hook::{self, Hook, Told},
    http::Client,
    login::{LoginStage, Plan},
    mailbox::{Mail, Mailbox},
    provider::Providers,
    sweep::Sweep,
    vk::Token,
    wait::{now, until},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use url::Url;

#[path = "notice/delivery.rs"]
mod delivery;
#[path = "notice/link.rs"]
mod link;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Longer than any notice takes that is due, on whatever machine.
const SOON: Duration = Duration::from_secs(60);

/// A server that tells people.
struct Telling {
    stage: LoginStage,
    hook: Hook,
    mailbox: Mailbox,
    tokens: Vec<Token>,
}

impl Telling {
    /// By a webhook alone.
    fn new() -> Self {
        Self::by(Hook::new(), "")
    }

    /// By a webhook, by mail and by a command.
    fn by_everything() -> Self {
        Self::by(
            Hook::new(),
            "[notify.mail]\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = PORT\nsecurity = \"none\"\n\
             from = \"Grantkeep <grantkeep@example.org>\"\nto = \"anna@example.org\"\n\
             [notify.script]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> \\\"$HOME/told\\\"\"]\n",
        )
    }

    fn by(hook: Hook, more: &str) -> Self {
        let mut telling = Self::at(&hook.url, more);
        telling.hook = hook;
        telling
    }

    /// By a webhook to that address.
    fn at(url: &str, more: &str) -> Self {
        let (providers, mailbox) = (Providers::new(), Mailbox::new());
        let mut plan = Plan::of(&providers);
        let more = more.replace("PORT", &mailbox.port.to_string());
        plan.config +=
            &format!("[notify.app]\nkind = \"webhook\"\nurl = \"{url}\"\nsecret_env = \"HOOK_SECRET\"\n{more}");
        plan.set("HOOK_SECRET", hook::SECRET);
        // The loudest, so that there is something to sweep.
        plan.set("GRANTKEEP_LOG", "trace");
        Self { stage: LoginStage::with(providers, plan), hook: Hook::new(), mailbox, tokens: Vec::new() }
    }

    fn client(&self) -> Client {
        self.stage.client("me")
    }

    /// Submits a token of a day of the person `id`.
    #[track_caller]
    fn submit(&mut self, id: u64, account: &str) {
        let token = self.stage.providers.vk.mint(&json!({"kind": "user", "id": id, "expires_in": 86400}));
        self.client().submit_as(account, &token.url).expect(200);
        self.tokens.push(token);
    }

    fn database(&self) -> Connection {
        let database = Connection::open(self.stage.home.file("grantkeep.db")).unwrap();
        database.busy_timeout(SOON).unwrap();
        database
    }

    /// Makes every credential older, and lets it be thought about. No program may have the database.
    fn age(&self, seconds: i64) {
        let sql = "UPDATE credential SET captured_at = captured_at - ?1, expires_at = expires_at - ?1, \
             clear_since = clear_since - ?1, clear_at = clear_at - ?1, told_at = told_at - ?1, notice_at = 0";
        self.database().execute(sql, [seconds]).unwrap();
    }

    /// Lets what waits in the outbox be tried at once. No program may have the database.
    fn try_again(&self) {
        self.database().execute("UPDATE outbox SET next_at = 0", []).unwrap();
    }

    /// Waits until there is nothing more to tell, and everything is delivered.
    #[track_caller]
    fn settle(&self) {
        let sql =
            "SELECT NOT EXISTS (SELECT 1 FROM credential WHERE notice_at <= ?1) AND NOT EXISTS (SELECT 1 FROM outbox)";
        let (database, settled, begun) = (self.database(), now(), Instant::now());
        let mut is_late = false;
        until("everything is told", SOON, || {
            let done = database.query_row(sql, [settled], |row| row.get(0)).unwrap_or(false);
            if !done && !is_late && begun.elapsed() > SOON / 4 {
                is_late = true;
                self.say_what_waits();
            }
            done.then_some(())
        });
    }

    /// For whoever reads why a test failed.
    fn say_what_waits(&self) {
        let log = self.stage.home.log();
        log.lines()
            .filter(|line| line.contains("notice") || line.contains("\"WARN\""))
            .for_each(|line| println!("{line}"));
        let waits = "SELECT count(*) || ' wait, ' || ifnull(max(tries), 0) || ' tries' FROM outbox";
        let waits: String = self.database().query_row(waits, [], |row| row.get(0)).unwrap();
        println!("outbox: {waits}");
    }

    /// The server ends, so much time passes, and another one starts.
    #[track_caller]
    fn later(&mut self, seconds: i64) {
        self.stage.end();
        self.age(seconds);
        self.stage.serve_again();
        self.settle();
    }

    fn told(&self) -> Vec<Told> {
        self.hook.told()
    }

    /// The events that the webhook was told.
    fn events(&self) -> Vec<String> {
        self.told().iter().map(Told::event).collect()
    }

    /// What the command was given.
    fn script(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.stage.home.root().join("told")).unwrap_or_default();
        // The last one may still be on its way; and of one whose sender was killed the end of the line may be missing.
        let told = serde_json::Deserializer::from_str(&text).into_iter();
        let is_whole =
            |told: &Result<Value, serde_json::Error>| told.as_ref().err().is_none_or(|fault| !fault.is_eof());
        told.take_while(is_whole).map(Result::unwrap).collect()
    }

    /// The link in what the webhook was told last.
    #[track_caller]
    fn link(&self) -> Url {
        let told = self.told();
        let credentials = told.last().expect("nothing was told").credentials();
        let link = credentials[0]["link"].as_str().unwrap_or_else(|| panic!("no link: {credentials:?}"));
        Url::parse(link).unwrap()
    }

    /// Tokens and links are in no file of the data directory, and in no log.
    #[track_caller]
    fn holds_no_secret(&self) {
        let mut sweep = Sweep::default();
        self.tokens.iter().for_each(|token| sweep.add("a token", &token.access_token));
        sweep.add("the webhook's secret", hook::SECRET.strip_prefix("whsec_").unwrap());
        sweep.add("the webhook's address", "key=of-the-address");
        let links = self.told().into_iter().flat_map(|told| told.credentials());
        let scripts =
            self.script().into_iter().flat_map(|told| told["data"]["credentials"].as_array().unwrap().clone());
        let links: Vec<Value> = links.chain(scripts).map(|credential| credential["link"].clone()).collect();
        let mails = self.mailbox.mails();
        let mailed = mails.iter().filter_map(|mail| link_in(mail));
        let links = links.iter().filter_map(Value::as_str).chain(mailed);
        for link in links {
            sweep.add("a link", link.rsplit_once('/').unwrap().1);
        }
        for directory in [self.stage.home.data().to_owned(), self.stage.home.logs()] {
            let found = files(&directory);
            assert!(!found.is_empty(), "nothing to sweep");
            for (path, text) in found {
                sweep.is_clean(&path.display().to_string(), text);
            }
        }
    }
}

/// The link in a mail.
fn link_in(mail: &Mail) -> Option<&str> {
    mail.text.lines().find(|line| line.starts_with("http"))
}

/// How many there are of all three channels, by event.
#[track_caller]
fn everyone_was_told(telling: &Telling, events: &[&str]) {
    assert_eq!(telling.events(), events, "webhook");
    let script: Vec<_> = telling.script().iter().map(|told| told["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(script, events, "command");
    let mails = telling.mailbox.mails();
    let subjects: Vec<_> = mails.iter().map(|mail| mail.header("Subject").to_owned()).collect();
    assert_eq!(subjects.len(), events.len(), "{subjects:?}");
    for (mail, event) in mails.iter().zip(events) {
        let words = match *event {
            "credential.expired" => "has expired",
            "credential.expiring" => "expires in",
            _ => "works again",
        };
        assert!(mail.header("Subject").contains(words) && mail.text.contains(words), "{event}: {subjects:?}");
        assert!(mail.to.contains("<anna@example.org>"), "{}", mail.to);
        assert_eq!(link_in(mail).is_some(), words != "works again", "{}", mail.text);
    }
    telling.told().iter().for_each(Told::is_signed);
}

#[test]
fn a_token_of_a_day_is_announced_twice_then_over_then_back() {
    let mut telling = Telling::by_everything();
    telling.submit(100_001, "anna");
    telling.settle();
    everyone_was_told(&telling, &[]);
    telling.later(18 * HOUR - 5 * MINUTE);
    everyone_was_told(&telling, &[]);
    telling.later(6 * MINUTE);
    everyone_was_told(&telling, &["credential.expiring"]);
    let told = telling.told()[0].json();
    assert_eq!(told["data"]["credentials"].as_array().unwrap().len(), 1, "{told}");
    let credential = &told["data"]["credentials"][0];
    assert_eq!((&credential["provider"], &credential["account"]), (&json!("vk"), &json!("anna")), "{told}");
    assert!(told["data"]["title"].as_str().unwrap().contains("expires in 5h 5"), "{told}");
    telling.later(0);
    telling.stage.crash();
    telling.settle();
    everyone_was_told(&telling, &["credential.expiring"]);
    telling.later(4 * HOUR);
    everyone_was_told(&telling, &["credential.expiring"; 2]);
    telling.later(0);
    telling.later(2 * HOUR);
    let mut events = vec!["credential.expiring", "credential.expiring", "credential.expired"];
    everyone_was_told(&telling, &events);
    telling.later(50 * HOUR);
    everyone_was_told(&telling, &events);
    telling.submit(100_001, "anna");
    telling.settle();
    events.push("credential.recovered");
    everyone_was_told(&telling, &events);
    telling.later(0);
    everyone_was_told(&telling, &events);
    // And it begins anew.
    telling.later(23 * HOUR);
    events.push("credential.expiring");
    everyone_was_told(&telling, &events);
    telling.holds_no_secret();
}

#[test]
fn whoever_was_away_is_told_the_latest_alone() {
    #[rustfmt::skip]
    let rows = [
        (17, None),
        (19, Some("credential.expiring")),
        (23, Some("credential.expiring")),
        (25, Some("credential.expired")),
    ];
    for (hours, event) in rows {
        let mut telling = Telling::new();
        telling.submit(100_001, "anna");
        telling.later(hours * HOUR);
        telling.later(0);
        assert_eq!(telling.events(), Vec::from_iter(event), "after {hours} h");
    }
}

/// A token that is renewed in time needs nobody.
#[test]
fn a_newer_token_in_time_is_not_worth_a_word() {
    let mut telling = Telling::new();
    telling.submit(100_001, "anna");
    telling.later(19 * HOUR);
    telling.submit(100_001, "anna");
    telling.settle();
    telling.later(0);
    assert_eq!(telling.events(), ["credential.expiring"]);
    telling.later(19 * HOUR);
    assert_eq!(telling.events(), ["credential.expiring"; 2], "of the newer one nothing had been told");
}

/// What was forgotten is told of no more, even where it waits in the outbox.
#[test]
fn nobody_is_told_of_what_was_forgotten() {
    let mut telling = Telling::new();
    telling.submit(100_001, "anna");
    telling.hook.answer(hook::Answer::Status(503));
    telling.stage.end();
    telling.age(19 * HOUR);
    telling.stage.serve_again();
    until("it was tried", SOON, || (!telling.told().is_empty()).then_some(()));
    let id = telling.client().list()[0]["id"].clone();
    telling.client().delete(&format!("/api/v1/credentials/{id}")).expect(204);
    telling.hook.answer(hook::Answer::Status(204));
    telling.stage.end();
    telling.try_again();
    telling.stage.serve_again();
    telling.settle();
    assert_eq!(telling.told().len(), 1);
    telling.holds_no_secret();
}

/// One reading is no alarm; two are. What the provider accepts again is told once more.
#[test]
fn a_token_that_a_provider_rejects_is_told_after_a_second_look() {
    let mut telling = Telling::by_everything();
    telling.submit(100_001, "anna");
    let check = |telling: &Telling| {
        let id = telling.client().list()[0]["id"].clone();
        telling.client().post_nothing(&format!("/api/v1/credentials/{id}/check")).expect(200).json()
    };
    telling.stage.providers.vk.fault(&json!({"answer": "error:5:revoked"}));
    let checked = check(&telling);
    assert_eq!(checked["state"], "revoked", "{checked}");
    telling.settle();
    assert!(telling.told().is_empty(), "{:?}", telling.events());
    // Readings of one and the same second are one.
    telling.stage.meanwhile(|stage| {
        let database = Connection::open(stage.home.file("grantkeep.db")).unwrap();
        let sql = "UPDATE credential SET clear_since = clear_since - 60, clear_at = clear_at - 60";
        assert_eq!(database.execute(sql, []).unwrap(), 1);
    });
    for _ in 0..2 {
        check(&telling);
        telling.settle();
    }
    assert_eq!(telling.events(), ["credential.dead"]);
    assert_eq!(telling.mailbox.mails().len(), 1);
    telling.stage.providers.vk.mend();
    check(&telling);
    telling.settle();
    telling.later(0);
    assert_eq!(telling.events(), ["credential.dead", "credential.recovered"]);
    assert_eq!((telling.script().len(), telling.mailbox.mails().len()), (2, 2));
    telling.holds_no_secret();
}
