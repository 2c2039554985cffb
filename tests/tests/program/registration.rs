//! Mastodons: how often we register there, what happens when a server forgets us, and whether one can log in at each kind.

use std::sync::atomic::{AtomicUsize, Ordering};

use grantkeep_tests::harness::{
    browser::Browser,
    login::{Held, Kind, Login, LoginStage, MASTODON},
    provider::Site,
    wait::at_once,
};
use serde_json::json;

const LOGINS: usize = 50;
const AT_ONCE: usize = 8;

/// What a server takes from one address in ten minutes.
const MOST: usize = 5;

fn registrations(site: &Site) -> usize {
    site.requests("apps").len()
}

#[test]
fn fifty_logins_make_one_registration() {
    let stage = LoginStage::new();
    let site = stage.providers.mastodon("mastodon-4.6");
    let next = AtomicUsize::new(0);
    at_once((0..AT_ONCE).map(|_| {
        || {
            while let number @ ..LOGINS = next.fetch_add(1, Ordering::Relaxed) {
                let login = stage.log_in(&format!("one-of-many-{number}"), MASTODON);
                assert_eq!(login.fate(), "done");
                assert_eq!(login.client.list()[0]["state"], "valid");
                // So many tokens of one person would be another limit.
                site.switch("limits/clear");
            }
        }
    }));
    assert_eq!((registrations(site), stage.exchanges(MASTODON)), (1, LOGINS));
    println!("{LOGINS} logins, {AT_ONCE} at once: {} registration", registrations(site));

    // The server forgets it, with everything. The next login heals that by itself, once, and so do several at once.
    site.switch("apps/forget");
    let logins = at_once((0..AT_ONCE).map(|number| {
        let stage = &stage;
        move || stage.log_in(&format!("after-{number}"), MASTODON)
    }));
    assert!(logins.iter().all(|login| login.fate() == "done"));
    assert_eq!(registrations(site), 2, "one more, for {AT_ONCE} logins at once");
    println!("forgotten by the server: {} registrations", registrations(site));
    site.switch("limits/clear");

    // One for each set of scopes and each redirect URI; the same again is the same.
    for round in 0..3 {
        for (order, all) in [
            (json!({"scope": "read:accounts"}), 3),
            (json!({"capture": "paste"}), 4),
            (json!({"scope": "read:accounts", "capture": "paste"}), 5),
        ] {
            let mut order = order;
            order["instance"] = json!(site.url);
            Login::begin(&stage.client("me"), "mastodon", &order);
            let expected = if round == 0 { all } else { MOST };
            assert_eq!(registrations(site), expected, "{order}");
        }
    }
    // In capitals, or with a path, it is the same server.
    for typed in [site.url.to_uppercase(), format!("{}/@anna", site.url), format!("{}/about?x=y", site.url)] {
        Login::begin(&stage.client("me"), "mastodon", &json!({"instance": typed}));
    }
    assert_eq!(registrations(site), MOST);
    assert!(registrations(site) <= MOST, "the limit of the server is never reached");
    for (name, other) in &stage.providers.mastodons {
        assert!(*name == "mastodon-4.6" || registrations(other) == 0, "{name}");
    }
}

/// The server forgets us while the person is at its page: nothing is stored, and the next login works.
#[test]
fn a_registration_that_is_forgotten_on_the_way_costs_one_login() {
    let stage = LoginStage::new();
    let site = stage.providers.mastodon("mastodon-4.6");
    let mut held = stage.held("me", MASTODON);
    site.switch("apps/forget");
    let reply = held.arrive();
    assert_eq!((reply.status, reply.error_type().as_str()), (502, "client_refused"), "{}", reply.body);
    assert_eq!((held.login.fate().as_str(), held.login.client.list().len()), ("failed invalid_client", 0));
    assert_eq!(stage.log_in("me", MASTODON).fate(), "done");
    assert_eq!(registrations(site), 2);
}

/// Name of the personality, and what happens when a person declines there; not everywhere is there a way to.
#[rustfmt::skip]
const PERSONALITIES: [(&str, &str); 11] = [
    ("mastodon-4.6", "200, denied access_denied"),
    ("mastodon-4.2", "200, denied access_denied"),
    ("gotosocial",   "no way"),
    ("akkoma",       "no way"),
    ("pixelfed",     "200, denied access_denied"),
    ("mitra",        "no way"),
    ("takahe",       "200, denied access_denied"),
    ("hollo",        "400, pending"), // without the state: nobody knows whose it is
    ("snac",         "no way"),
    ("friendica",    "200, denied access_denied"),
    ("doorkeeper-6", "200, denied access_denied"),
];

#[test]
fn one_can_log_in_at_every_kind_of_server() {
    let stage = LoginStage::new();
    let names: Vec<_> = stage.providers.mastodons.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, PERSONALITIES.map(|(name, _)| name), "a personality that the table does not have");
    println!("server        account                state  checked  declined");
    for (name, declined) in PERSONALITIES {
        let (site, kind) = (stage.providers.mastodon(name), Kind::Mastodon(name));
        let owner = format!("at-{}", name.replace('.', "-"));
        let login = stage.log_in(&owner, kind);
        let (fate, kept) = (login.fate(), login.client.list());
        assert_eq!((fate.as_str(), kept.len()), ("done", 1), "{name}");
        let account = kept[0]["account_name"].as_str().unwrap();
        assert_eq!((&kept[0]["state"], account), (&json!("valid"), format!("anna@{}", site.host()).as_str()), "{name}");
        let path = format!("/api/v1/credentials/{}/check", kept[0]["id"]);
        let checked = login.client.post_nothing(&path).expect(200).json();
        assert_eq!(
            (&checked["state"], &checked["last_check"]["outcome"]),
            (&json!("valid"), &json!("alive")),
            "{name}: {checked}"
        );
        // The same person again is the same account.
        assert_eq!(stage.log_in(&owner, kind).fate(), "done", "{name}");
        let again = login.client.list();
        assert_eq!((again.len(), &again[0]["id"]), (1, &kept[0]["id"]), "{name}");
        assert_eq!(decline(&stage, kind), declined, "{name}");
        println!("{name:<13} {account:<22} valid  alive    {declined}");
    }
}

/// Boris says no.
fn decline(stage: &LoginStage, kind: Kind) -> String {
    let login = stage.begin("nobody", kind);
    let mut browser = Browser::new();
    let mut there = login.connect(&mut browser).leads_to().unwrap();
    there.query_pairs_mut().append_pair("auto", "deny").append_pair("person", "boris");
    let Some(url) = browser.look(&there).leads_to() else { return "no way".to_owned() };
    let mut held = Held { login, browser, url, in_fragment: false };
    let reply = held.arrive();
    format!("{}, {}", reply.status, held.login.fate())
}
