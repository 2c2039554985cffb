//! The link that a person is sent: looking at it changes nothing, its button goes on to a login, once and within a day; what comes of
//! that is the same credential, or nothing.

use grantkeep_tests::harness::{
    browser::{Browser, FROM_ELSEWHERE, Visit},
    login::{ANNA, ANNA_AT_VK, Kind, MASTODON},
    wait::at_once,
};
use serde_json::{Value, json};
use url::Url;

use super::{HOUR, MINUTE, Telling};

const BORIS: &[(&str, &str)] = &[("auto", "allow"), ("person", "boris")];

impl Telling {
    /// A token of the plain server that lasts a day, and that nothing renews.
    #[track_caller]
    fn log_in(&mut self) {
        self.stage.providers.acme.set(&json!({"access_token_for": 86400}));
        assert_eq!(self.stage.log_in("me", Kind::Acme).fate(), "done");
        self.stage.end();
        self.never_renew();
        self.stage.serve_again();
    }

    /// No program may have the database.
    fn never_renew(&self) {
        let sql = "UPDATE credential SET refresh_token = NULL, renew_at = NULL";
        self.database().execute(sql, []).unwrap();
    }

    #[track_caller]
    fn only(&self) -> Value {
        let list = self.client().list();
        assert_eq!(list.len(), 1, "{list:?}");
        list[0].clone()
    }

    /// How many links there are that work.
    fn links(&self) -> i64 {
        self.database().query_row("SELECT count(*) FROM renewal_ticket", [], |row| row.get(0)).unwrap()
    }

    /// How many logins wait for a person.
    fn under_way(&self) -> i64 {
        let sql = "SELECT count(*) FROM authorization WHERE progress = 'pending'";
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[track_caller]
    fn handed(&self) -> String {
        let reply = self.client().get("/api/v1/oauth/acme/token?min_ttl=0").expect(200);
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }
}

/// Presses the button, and says where that leads.
#[track_caller]
fn press(link: &Url) -> Visit {
    Browser::new().submit(link, link.path(), &[])
}

/// Neither the page nor its button is there.
#[track_caller]
fn is_unknown(link: &Url) {
    for reply in [Browser::new().look(link).reply, press(link).reply] {
        assert_eq!((reply.status, reply.error_type().as_str()), (404, "ticket_unknown"), "{}", reply.body);
    }
}

/// Presses the button and chooses at the provider.
#[track_caller]
fn go_on(browser: &mut Browser, link: &Url, choice: &[(&str, &str)]) -> Visit {
    let sent = browser.submit(link, link.path(), &[]);
    let mut there = sent.leads_to().unwrap_or_else(|| panic!("{} {}", sent.reply.status, sent.reply.body));
    there.query_pairs_mut().extend_pairs(choice);
    browser.follow(sent.led_to(&there))
}

#[test]
fn a_link_renews_its_credential_once() {
    // What was expiring is renewed without a further word; what was over works again.
    for (hours, events) in [(19, &["credential.expiring"][..]), (25, &["credential.expired", "credential.recovered"])] {
        let mut telling = Telling::new();
        telling.log_in();
        let id = telling.only()["id"].clone();
        telling.later(hours * HOUR);
        assert_eq!(telling.events(), events[..1]);
        let link = telling.link();
        assert_eq!(telling.links(), 1);
        for _ in 0..2 {
            let page = Browser::new().look(&link).reply.expect(200);
            assert!(page.body.contains("Renew"), "{}", page.body);
        }
        Browser::new().send("HEAD", &link, &[], None);
        // Another site's form, in the browser of somebody who was sent there.
        let reply = Browser::new().send("POST", &link, &FROM_ELSEWHERE, Some(""));
        assert_eq!((reply.status, reply.error_type().as_str()), (403, "cross_origin"), "{}", reply.body);
        assert_eq!((telling.links(), telling.stage.exchanges(Kind::Acme)), (1, 1), "a look spends nothing");
        let end = go_on(&mut Browser::new(), &link, ANNA);
        assert_eq!(end.reply.status, 200, "{}", end.reply.body);
        let renewed = telling.only();
        assert_eq!((&renewed["id"], &renewed["state"]), (&id, &json!("valid")), "{renewed}");
        assert!(telling.stage.providers.acme.knows(&telling.handed()));
        telling.settle();
        telling.later(0);
        assert_eq!(telling.events(), events);
        is_unknown(&link);
        telling.tokens.clear();
        telling.holds_no_secret();
    }
}

#[test]
fn a_link_that_many_press_at_once_leads_one_of_them_on() {
    let mut telling = Telling::new();
    telling.log_in();
    telling.later(19 * HOUR);
    let link = telling.link();
    let pressed = at_once((0..8).map(|_| {
        || {
            let mut browser = Browser::new();
            let sent = browser.submit(&link, link.path(), &[]);
            (browser, sent)
        }
    }));
    let (mut led, refused): (Vec<_>, Vec<_>) = pressed.into_iter().partition(|(_, sent)| sent.leads_to().is_some());
    assert_eq!(led.len(), 1);
    for (_, sent) in refused {
        assert_eq!(sent.reply.error_type(), "ticket_unknown", "{}", sent.reply.status);
    }
    assert_eq!(telling.under_way(), 1, "of the others nothing is left behind");
    let (mut browser, sent) = led.remove(0);
    let mut there = sent.leads_to().unwrap();
    there.query_pairs_mut().extend_pairs(ANNA);
    assert_eq!(browser.follow(sent.led_to(&there)).reply.status, 200);
    assert_eq!(telling.only()["state"], "valid");
}

#[test]
fn another_persons_login_by_a_link_is_refused() {
    let mut telling = Telling::new();
    telling.log_in();
    let (before, token) = (telling.only(), telling.handed());
    telling.later(19 * HOUR);
    let end = go_on(&mut Browser::new(), &telling.link(), BORIS);
    println!("another person: {} {}", end.reply.status, end.reply.error_type());
    let after = telling.only();
    assert_eq!((&after["id"], &after["account_name"]), (&before["id"], &before["account_name"]));
    assert_eq!(telling.handed(), token, "the old token stays");
    assert_ne!(end.reply.error_type(), "", "{} {}", end.url.path(), end.reply.body);
    telling.settle();
    assert_eq!(telling.events(), ["credential.expiring"]);
}

/// Mastodon's tokens do not end by themselves: this one is given an end.
#[test]
fn a_link_to_a_mastodon_leads_to_its_server() {
    let mut telling = Telling::new();
    assert_eq!(telling.stage.log_in("me", MASTODON).fate(), "done");
    let before = telling.only();
    telling.stage.end();
    let sql = "UPDATE credential SET expires_at = captured_at + 86400, expiry_source = 'stated'";
    telling.database().execute(sql, []).unwrap();
    telling.age(25 * HOUR);
    telling.stage.serve_again();
    telling.settle();
    let end = go_on(&mut Browser::new(), &telling.link(), ANNA);
    assert_eq!(end.reply.status, 200, "{}", end.reply.body);
    let after = telling.only();
    assert_eq!((&after["id"], &after["server"]), (&before["id"], &before["server"]));
    assert_eq!(after["state"], "valid", "{after}");
    telling.settle();
    assert_eq!(telling.events(), ["credential.expired", "credential.recovered"]);
}

#[test]
fn a_link_whose_provider_is_away_is_not_spent() {
    let mut telling = Telling::new();
    telling.log_in();
    telling.later(19 * HOUR);
    let link = telling.link();
    telling.stage.providers.acme.fault(&json!({"answer": "http:502"}));
    let reply = press(&link).reply;
    assert_eq!(reply.error_type(), "provider_unavailable", "{} {}", reply.status, reply.body);
    telling.stage.providers.acme.mend();
    assert_eq!(telling.links(), 1);
    assert_eq!(go_on(&mut Browser::new(), &link, ANNA).reply.status, 200);
    assert_eq!(telling.only()["state"], "valid");
    is_unknown(&link);
}

/// The login that a link began goes on after a crash.
#[test]
fn a_crash_after_the_button_costs_nothing() {
    let mut telling = Telling::new();
    telling.log_in();
    telling.later(25 * HOUR);
    let (link, mut browser) = (telling.link(), Browser::new());
    let sent = browser.submit(&link, link.path(), &[]);
    telling.stage.crash();
    is_unknown(&link);
    let mut there = sent.leads_to().unwrap();
    there.query_pairs_mut().extend_pairs(ANNA);
    assert_eq!(browser.follow(sent.led_to(&there)).reply.status, 200);
    assert_eq!(telling.only()["state"], "valid");
    telling.settle();
    assert_eq!(telling.events(), ["credential.expired", "credential.recovered"]);
}

#[test]
fn a_link_of_what_was_forgotten_is_unknown() {
    let mut telling = Telling::new();
    telling.log_in();
    telling.later(19 * HOUR);
    let link = telling.link();
    let id = telling.only()["id"].clone();
    telling.client().delete(&format!("/api/v1/credentials/{id}")).expect(204);
    is_unknown(&link);
    // Nor is it one of what is stored under that name later.
    assert_eq!(telling.stage.log_in("me", Kind::Acme).fate(), "done");
    is_unknown(&link);
}

#[test]
fn a_link_works_for_a_day() {
    let mut telling = Telling::new();
    telling.log_in();
    telling.later(19 * HOUR);
    let link = telling.link();
    for (seconds, works) in [(0, true), (24 * HOUR - 5 * MINUTE, true), (5 * MINUTE, false)] {
        telling.stage.meanwhile(|stage| {
            let database = rusqlite::Connection::open(stage.home.file("grantkeep.db")).unwrap();
            let sql = "UPDATE renewal_ticket SET expires_at = expires_at - ?1";
            assert_eq!(database.execute(sql, [seconds]).unwrap(), 1);
        });
        if works {
            Browser::new().look(&link).reply.expect(200);
        } else {
            is_unknown(&link);
        }
    }
}

/// VK's answer comes to a page of ours, which begins with the page of the login itself.
#[test]
fn a_link_to_vk_leads_to_the_page_of_its_login() {
    let mut telling = Telling::new();
    telling.submit(100_001, "anna");
    let id = telling.only()["id"].clone();
    telling.later(25 * HOUR);
    let (link, mut browser) = (telling.link(), Browser::new());
    browser.look(&link).reply.expect(200);
    let first = browser.submit(&link, link.path(), &[]);
    let page = first.leads_to().unwrap_or_else(|| panic!("{} {}", first.reply.status, first.reply.body));
    let sent = if page.path().starts_with("/connect/") {
        let shown = browser.look(&page).reply.expect(200).body;
        assert!(shown.contains("Renew access to") && !shown.contains("began this login"), "{shown}");
        browser.submit(&page, page.path(), &[])
    } else {
        first
    };
    let back = telling.stage.choose(&mut browser, sent, ANNA_AT_VK);
    browser.look(&back).reply.expect(200);
    let body = json!({"fragment": back.fragment().unwrap_or_default()}).to_string();
    browser.fetch(&back, back.path(), &body).expect(200);
    assert_eq!(telling.only()["id"], id);
    telling.settle();
    assert_eq!(telling.events(), ["credential.expired", "credential.recovered"]);
    is_unknown(&link);
    telling.holds_no_secret();
}
