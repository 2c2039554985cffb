//! `grantkeep login` by command line, with a test in the place of the person and the browser: every way to finish, and every way
//! in which it does not come to that. However it ends, nothing stays pending and nothing goes on listening.

use std::{
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    browser::Browser,
    home::Home,
    login::{ANNA, ANNA_AT_VK, LoginStage, Plan, go_through},
    program::{Outcome, Running},
    provider::Providers,
    wait::{at_once, until},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use url::Url;

/// A machine without a server. VK shows its tokens on its own page, as it usually does.
struct Alone {
    providers: Providers,
    home: Home,
    plan: Plan,
}

impl Alone {
    fn new() -> Self {
        let providers = Providers::new();
        let mut plan = Plan::of(&providers);
        plan.set("GRANTKEEP_VK_REDIRECT_URI", format!("{}/blank.html", providers.vk.url));
        Self { providers, home: Home::new(), plan }
    }

    fn start(&self, line: &str) -> Running {
        self.plan.run(&self.home, line).start()
    }

    fn run(&self, line: &str) -> Outcome {
        self.plan.run(&self.home, line).go()
    }

    fn instance(&self) -> String {
        self.providers.mastodon("mastodon-4.6").url.clone()
    }

    /// Where connect links begin.
    fn links(&self) -> String {
        format!("http://127.0.0.1:{}/connect/", self.plan.port)
    }

    /// One credential is kept, whole, and nothing else remains.
    #[track_caller]
    fn has_kept(&self, what: &str, account: &str) {
        let kept: Value = serde_json::from_str(&self.run("status --json").done()).unwrap();
        let kept = kept["credentials"].as_array().unwrap().clone();
        assert_eq!(kept.len(), 1, "{what}");
        let found = ["account_name", "state"].map(|name| kept[0][name].as_str().unwrap_or_default());
        assert_eq!(found, [account, "valid"], "{what}: {}", kept[0]);
        self.is_over(what);
    }

    /// Nothing is kept.
    #[track_caller]
    fn has_kept_nothing(&self, what: &str) {
        let kept: Value = serde_json::from_str(&self.run("status --json").done()).unwrap();
        assert_eq!(kept["credentials"].as_array().map(Vec::len), Some(0), "{what}");
        self.is_over(what);
    }

    #[track_caller]
    fn is_over(&self, what: &str) {
        let database = Connection::open(self.home.file("grantkeep.db")).unwrap();
        let pending = "SELECT count(*) FROM authorization WHERE progress IN ('pending', 'claimed')";
        let pending: i64 = database.query_row(pending, [], |row| row.get(0)).unwrap();
        assert_eq!(pending, 0, "{what}: something stays pending");
        // A child that is being started has, for a moment, whatever was open here: the listener of "port taken".
        until(&format!("{what}: nothing goes on listening"), Duration::from_secs(10), || {
            TcpStream::connect(("127.0.0.1", self.plan.port)).is_err().then_some(())
        });
    }
}

#[test]
fn a_browser_and_a_listener_are_enough() {
    let host = |alone: &Alone| alone.providers.mastodon("mastodon-4.6").host().to_owned();
    at_once([0, 1, 2, 3].map(|number| {
        move || {
            let alone = Alone::new();
            let (line, choice, account) = match number {
                0 => ("login acme --no-browser".to_owned(), ANNA, "anna".to_owned()),
                1 => (
                    format!("login mastodon --no-browser --instance {}", alone.instance()),
                    ANNA,
                    format!("anna@{}", host(&alone)),
                ),
                2 => ("login vk --no-browser --flow vk_id".to_owned(), ANNA_AT_VK, "vk_100001".to_owned()),
                _ => ("login vk --no-browser --flow code".to_owned(), ANNA_AT_VK, "vk_100001".to_owned()),
            };
            let mut running = alone.start(&line);
            let link = running.address(&alone.links());
            let last = go_through(&mut Browser::new(), &link, choice);
            assert!(last.reply.body.contains("Signed in") && last.url.query().is_none(), "{line}: {}", last.url.path());
            let said = running.ended().done();
            assert!(said.contains(&account) && said.contains("kept as"), "{line}: {said}");
            alone.has_kept(&line, &account);
            println!("{:<44} exit 0, {account}", line.split(" http").next().unwrap());
        }
    }));
}

/// Its page cannot come back to us by itself: the address is brought by hand, by a bookmark, or by a redirect to our own page.
#[test]
fn the_fragment_of_vk_comes_by_every_way() {
    at_once(["pasted", "bookmarklet", "own page", "terminal"].map(|way| {
        move || {
            let mut alone = Alone::new();
            let own = format!("http://127.0.0.1:{}/callback/vk", alone.plan.port);
            if way == "own page" {
                alone.plan.set("GRANTKEEP_VK_REDIRECT_URI", own.clone());
            }
            let mut browser = Browser::new();
            let said = if way == "terminal" {
                let mut running = alone.start("login vk --paste");
                let mut there = running.address(&alone.providers.vk.url);
                there.query_pairs_mut().extend_pairs(ANNA_AT_VK);
                let page = browser.open(&there);
                running.write(&format!("{}\n", page.url));
                running.ended().done()
            } else {
                let mut running = alone.start("login vk --no-browser");
                let link = running.address(&alone.links());
                let page = go_through(&mut browser, &link, ANNA_AT_VK);
                let last = match way {
                    "pasted" => {
                        let pasted = browser.submit(&link, link.path(), &[("token_data", page.url.as_str())]);
                        browser.follow(pasted)
                    }
                    way => {
                        let ours = if way == "own page" { page.url } else { carried(&mut browser, &link, &page.url) };
                        assert!(ours.as_str().starts_with(&own), "{way}");
                        assert_eq!(browser.look(&ours).reply.status, 200, "the page that reads fragments");
                        let body = json!({"fragment": ours.fragment().unwrap()}).to_string();
                        let told = browser.fetch(&ours, ours.path(), &body).expect(200).json();
                        browser.open(&ours.join(told["location"].as_str().unwrap()).unwrap())
                    }
                };
                assert!(last.reply.body.contains("Signed in"), "{way}: {}", last.reply.body);
                running.ended().done()
            };
            assert!(said.contains("vk_100001"), "{way}: {said}");
            alone.has_kept(way, "vk_100001");
            println!("login vk, {way:<12} exit 0, vk_100001");
        }
    }));
}

/// What the bookmarklet of the connect page does on VK's page.
fn carried(browser: &mut Browser, link: &Url, vk: &Url) -> Url {
    let page = browser.look(link).reply.body.replace("&#39;", "'");
    let (_, rest) = page.split_once("javascript:location.replace('").expect("a bookmarklet");
    let (base, rest) = rest.split_once('\'').unwrap();
    assert!(rest.starts_with("+location.search+location.hash)"), "{rest}");
    let query = vk.query().map_or_else(String::new, |query| format!("?{query}"));
    Url::parse(&format!("{base}{query}#{}", vk.fragment().unwrap())).unwrap()
}

#[test]
fn a_code_can_be_typed_on_another_device() {
    at_once([("allow", 0), ("deny", 3)].map(|(choice, code)| {
        move || {
            let alone = Alone::new();
            alone.providers.acme.set(&json!({"device_interval": 1}));
            let mut running = alone.start("login acme --device");
            let is_code = |line: &str| line.len() == 9 && line.as_bytes()[4] == b'-' && !line.contains(' ');
            let typed = running.line("a code", is_code);
            let page = running.address(&alone.providers.acme.url);
            let fields = [("user_code", typed.as_str()), ("auto", choice), ("person", "anna")];
            assert_eq!(Browser::new().submit(&page, page.path(), &fields).reply.status, 200);
            if code == 0 {
                assert!(running.ended().done().contains("anna"));
                alone.has_kept("device", "anna");
            } else {
                assert!(running.ended().gave_up(code).contains("declined"));
                alone.has_kept_nothing("device");
            }
            println!("login acme --device, {choice}: exit {code}");
        }
    }));
}

#[test]
fn what_a_page_shows_can_be_pasted() {
    at_once(["address", "code", "code and state", "code of a Mastodon", "another's address", "nonsense"].map(|what| {
        move || {
            let alone = Alone::new();
            let at_mastodon = what == "code of a Mastodon";
            let line = match at_mastodon {
                true => format!("login mastodon --paste --instance {}", alone.instance()),
                false => "login acme --paste".to_owned(),
            };
            let mut running = alone.start(&line);
            let mut there = running.address(if at_mastodon {
                &alone.providers.mastodon("mastodon-4.6").url
            } else {
                &alone.providers.acme.url
            });
            there.query_pairs_mut().extend_pairs(ANNA);
            let mut browser = Browser::new();
            let visit = browser.look(&there);
            let place = visit.leads_to().unwrap();
            let value = |name: &str| place.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
            let text = match what {
                "address" => place.to_string(),
                "code" | "code of a Mastodon" => value("code"),
                "code and state" => format!("{}&state={}", value("code"), value("state")),
                "nonsense" => "nonsense and more".to_owned(),
                _ => place.to_string().replace(&value("state"), &"x".repeat(43)),
            };
            running.write(&format!("{text}\n"));
            let ended = running.ended();
            if matches!(what, "nonsense" | "another's address") {
                let words = ended.clone().gave_up(2);
                assert!(!words.contains(&text), "{words}");
                alone.has_kept_nothing(what);
            } else {
                ended.clone().done();
                let account = format!("anna@{}", alone.providers.mastodon("mastodon-4.6").host());
                alone.has_kept(what, if at_mastodon { &account } else { "anna" });
            }
            println!("--paste of {what:<20} exit {}", ended.code);
        }
    }));
}

/// Through a server that runs: here, with a link for another device; and from this machine, in its place.
#[test]
fn a_server_that_runs_carries_the_login() {
    let mut stage = LoginStage::new();
    let plan = stage.plan().clone();
    for line in ["login acme --remote --account remote", "login acme --no-browser --account here"] {
        let mut running = plan.run(&stage.home, line).start();
        let link = running.address(&format!("http://127.0.0.1:{}/connect/", plan.port));
        let last = go_through(&mut Browser::new(), &link, ANNA);
        assert!(last.reply.body.contains("Signed in"), "{line}");
        let said = running.ended().done();
        assert!(said.contains("kept as acme/"), "{line}: {said}");
    }
    let kept = stage.client("me").list();
    let states: Vec<_> = kept.iter().map(|one| (one["account_name"].as_str().unwrap(), &one["state"])).collect();
    assert_eq!(kept.len(), 2, "{states:?}");
    assert!(states.iter().all(|(_, state)| **state == "valid"), "{states:?}");
    stage.server.is_well();
    // Its end is no end of the attempt: a server that is away for a moment is waited for.
    let mut running = plan.run(&stage.home, "login acme --remote --account later").start();
    let link = running.address("http://");
    let alone = Alone::new();
    let told = alone.run("login acme --remote").fails(2);
    assert!(told.contains("grantkeep serve"), "{told}");
    assert!(go_through(&mut Browser::new(), &link, ANNA).reply.body.contains("Signed in"));
    running.ended().done();
    stage.server.is_well();
}

#[test]
fn a_login_that_does_not_come_to_its_end_leaves_nothing() {
    type Way = (&'static str, &'static str, i32, &'static str);
    #[rustfmt::skip]
    let ways: [Way; 9] = [
        ("late",            "login acme --no-browser --timeout 2s",  3, "2 s"),
        ("late at a prompt", "login acme --paste --timeout 2s",      3, "2 s"),
        ("Ctrl-C",          "login acme --no-browser",               1, "stopped"),
        ("Ctrl-C at a code", "login acme --device",                  1, "stopped"),
        ("Ctrl-C at a prompt", "login acme --paste",                 1, "stopped"),
        ("denied",          "login acme --no-browser",               3, "declined"),
        ("port taken",      "login acme --no-browser",               1, "GRANTKEEP_LISTEN"),
        ("client refused",  "login acme --no-browser",               2, "client_id"),
        ("answer lost",     "login acme --no-browser",               4, "nobody knows"),
    ];
    at_once(ways.map(|(what, line, code, words)| {
        move || {
            let alone = Alone::new();
            let taken = (what == "port taken").then(|| taken(alone.plan.port));
            let begun = Instant::now();
            let mut running = alone.start(line);
            let fault = match what {
                "client refused" => Some("error:invalid_client@401"),
                "answer lost" => Some("lost"),
                _ => None,
            };
            if let Some(answer) = fault {
                alone.providers.acme.fault(&json!({"endpoint": "token", "answer": answer}));
            }
            if what.starts_with("Ctrl-C") {
                running.line("an address", |line| line.trim().starts_with("http://"));
                running.interrupt();
            }
            if matches!(what, "denied" | "client refused" | "answer lost") {
                let link = running.address(&alone.links());
                let choice = if what == "denied" { [("auto", "deny"), ("person", "anna")] } else { [ANNA[0], ANNA[1]] };
                let last = go_through(&mut Browser::new(), &link, &choice);
                let status = match what {
                    "denied" => 200,
                    "client refused" => 502,
                    _ => 503,
                };
                assert_eq!(last.reply.status, status, "{what}: {}", last.reply.body);
            }
            let told = running.ended().gave_up(code);
            assert!(told.contains(words), "{what}: {told}");
            // Nothing else ends it so soon: an exchange may take half a minute, a person five.
            assert!(begun.elapsed() < Duration::from_secs(29), "{what}");
            drop(taken);
            alone.has_kept_nothing(what);
            println!("{what:<18} exit {code}, after {:.1} s", begun.elapsed().as_secs_f32());
        }
    }));
}

/// Another program's listener; the port may still be held by whoever looked whether it is free.
fn taken(port: u16) -> TcpListener {
    until("the port is to be had", Duration::from_secs(60), || TcpListener::bind(("127.0.0.1", port)).ok())
}
