//! What logins leave behind: neither tickets, states, bindings, verifiers, codes and device codes, nor tokens and clients' secrets
//! are in a file, in the log at its highest level, or in an answer that tells of a failure, in any encoding.

use std::{collections::BTreeSet, fs};

use grantkeep_tests::harness::{
    browser::{Browser, FROM_ELSEWHERE},
    home::files,
    hostile::{Answer, Hostile},
    http::Reply,
    login::{Held, Kind, Login, LoginStage, MASTODON, Plan},
    provider::Providers,
    sweep::Sweep,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use url::Url;

const KINDS: [Kind; 5] = [Kind::Acme, MASTODON, Kind::VkId, Kind::VkCode, Kind::Implicit];

/// The secrets that a provider of the test's own gives out, each different from everything else.
const CLIENT_SECRET: &str = "cl1ent-Secret/of+the%watched:one=0123456789";
const MASTODON_SECRET: &str = "m4stodon-Secret-0f-the-watched-one-9876543210";
const ACCESS_TOKEN: &str = "acc3ss-Token.of-the_watched~one/ABCDEFGHIJKLMNOP";
const REFRESH_TOKEN: &str = "r3fresh-Token.of-the_watched~one/QRSTUVWXYZabcdef";
const DEVICE_CODE: &str = "d3vice-Code-of-the-watched-one-ghijklmnopqrstuv";
const CODE: &str = "c0de-of-the-Watched-one-wxyz0123456789ABCDEFGHIJ";

/// A walk through logins, and all that was said on it.
struct Walk {
    stage: LoginStage,
    watched: Hostile,
    secrets: Sweep,
    /// All but tickets, which stand in the page that they lead to.
    behind_tickets: Sweep,
    known: BTreeSet<String>,
    said: Vec<(String, String)>,
}

impl Walk {
    fn new() -> Self {
        let (providers, watched) = (Providers::new(), Hostile::new());
        let mut plan = Plan::of(&providers);
        plan.config += &format!(
            "[providers.watched]\nkind = \"oauth2\"\nissuer = \"{}\"\nclient_id = \"watched-client\"\n\
             client_secret_env = \"WATCHED_SECRET\"\n",
            watched.url
        );
        plan.set("WATCHED_SECRET", CLIENT_SECRET);
        plan.set("GRANTKEEP_LOG", "trace");
        plan.allow(watched.host());
        let mut walk = Self {
            stage: LoginStage::with(providers, plan),
            watched,
            secrets: Sweep::default(),
            behind_tickets: Sweep::default(),
            known: BTreeSet::new(),
            said: Vec::new(),
        };
        for secret in [CLIENT_SECRET, MASTODON_SECRET, ACCESS_TOKEN, REFRESH_TOKEN, DEVICE_CODE, CODE] {
            walk.watch("of the watched provider", secret);
        }
        walk.watch("client secret of acme", "not a secret: 100% sandbox+");
        walk.watch("client secret of VK", "sandbox-not-a-secret");
        walk
    }

    fn watch(&mut self, name: &str, secret: &str) {
        if self.known.insert(secret.to_owned()) {
            self.secrets.add(name, secret);
            if name != "ticket" {
                self.behind_tickets.add(name, secret);
            }
        }
    }

    /// Everything secret about a login that has begun.
    fn watch_login(&mut self, login: &Login) {
        if login.begun["connect_url"].is_string() {
            self.watch("ticket", &login.ticket());
        }
        let url = login.address("authorization_url");
        for (name, value) in url.query_pairs().filter(|(name, _)| name == "state") {
            self.watch(&name, &value);
        }
    }

    /// Everything secret about a redirect that came back.
    fn watch_held(&mut self, held: &Held) {
        self.watch_login(&held.login);
        for (name, value) in held.pairs() {
            if matches!(name.as_str(), "code" | "state" | "access_token" | "device_id" | "ext_id") {
                self.watch(&name, &value);
            }
        }
        for value in held.browser.cookies(&held.url).into_values() {
            self.watch("binding", &value);
        }
    }

    fn hear(&mut self, what: &str, status: u16, reply: Reply) {
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        self.said.push((what.to_owned(), reply.head + "\n" + &reply.body));
    }

    /// Nothing of it in any file below the home. The program's own keys are secrets too, but not those of logins.
    fn sweep_files(&self, when: &str) {
        let found = files(self.stage.home.root());
        assert!(found.iter().any(|(path, _)| path.ends_with("grantkeep.db")), "nothing to sweep");
        for (path, text) in found {
            self.secrets.is_clean(&format!("{} {when}", path.display()), text);
        }
    }
}

#[test]
fn logins_leave_no_secret_behind() {
    let mut walk = Walk::new();
    logins_that_end_well(&mut walk);
    logins_that_fail(&mut walk);
    the_watched_provider(&mut walk);
    let log = walk.stage.server.log();
    assert!(log.contains(r#""level":"TRACE""#), "there is little to sweep");
    walk.sweep_files("while it runs");
    walk.stage.crash();
    walk.sweep_files("after it was killed");
    walk.stage.meanwhile(|stage| {
        let database = Connection::open(stage.home.file("grantkeep.db")).unwrap();
        let kept =
            "SELECT count(*) FROM authorization WHERE progress NOT IN ('pending', 'claimed') AND secrets IS NOT NULL";
        let kept: i64 = database.query_row(kept, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 0, "of what has ended nothing sealed is kept either");
        let ended: i64 = database.query_row("SELECT count(*) FROM authorization", [], |row| row.get(0)).unwrap();
        assert!(ended > 20, "{ended}");
    });
    walk.sweep_files("after it has ended");
    for (what, text) in &walk.said {
        walk.secrets.is_clean(what, text);
    }
    println!(
        "{} secrets of logins; {} answers, {} KiB of log: none in them",
        walk.known.len(),
        walk.said.len(),
        log.len() / 1024
    );
    // It would be worth nothing if it could not fail.
    let planted = walk.stage.home.root().join("planted");
    fs::write(&planted, format!("code_verifier={CODE}")).unwrap();
    assert!(!walk.secrets.find(&fs::read(planted).unwrap()).is_empty());
}

fn logins_that_end_well(walk: &mut Walk) {
    for kind in KINDS {
        let mut held = walk.stage.held("me", kind);
        walk.watch_held(&held);
        let page = held.login.address("connect_url");
        let looked = Browser::new().look(&page).reply;
        walk.behind_tickets.is_clean("the connect page", looked.head + &looked.body);
        let reply = held.arrive();
        assert!(matches!(reply.status, 200 | 303), "{kind:?}: {}", reply.body);
        walk.said.push((format!("end of {kind:?}"), format!("{}\n{}", reply.head, reply.body)));
        let done = walk.stage.at(&format!("/done/{}", held.login.id));
        for browser in [&mut held.browser, &mut Browser::new()] {
            walk.hear("the last page", 200, browser.look(&done).reply);
        }
        let path = format!("/api/v1/oauth/{}/authorizations/{}", held.login.provider, held.login.id);
        walk.hear("how it stands", 200, held.login.client.get(&path));
        walk.hear("the same again", 400, held.arrive());
        walk.hear("the link again", 404, Browser::new().look(&page).reply);
    }
    let client = walk.stage.client("me");
    for provider in ["acme", "mastodon"] {
        let handed = client.get(&format!("/api/v1/oauth/{provider}/token")).expect(200);
        walk.watch("access token", handed.json()["access_token"].as_str().unwrap());
        walk.said.push(("head of a hand-out".into(), handed.head));
        walk.hear("status", 200, client.get(&format!("/api/v1/oauth/{provider}/token/status")));
    }
    walk.hear("the list", 200, client.get("/api/v1/credentials"));
    walk.hear("the providers", 200, client.get("/api/v1/providers"));
    for kept in client.list() {
        let path = format!("/api/v1/credentials/{}", kept["id"]);
        walk.hear("check", 200, client.post_nothing(&format!("{path}/check")));
    }
}

fn logins_that_fail(walk: &mut Walk) {
    for kind in KINDS {
        // By a stranger's browser; at another's address; with more than there may be; by other methods.
        let mut held = walk.stage.held("other", kind);
        walk.watch_held(&held);
        for (method, status) in [("HEAD", 405), ("PUT", 405), ("POST", 405)] {
            walk.hear(method, status, held.browser.send(method, &held.url, &FROM_ELSEWHERE, None));
        }
        let prefetch = [("Sec-Purpose", "prefetch")];
        walk.hear("prefetched", 403, held.browser.send("GET", &held.url, &prefetch, None));
        let host = [("Host", "evil.example")];
        walk.hear("another host", 421, held.browser.send("GET", &held.url, &host, None));
        let mut twice = held.pairs();
        twice.push(("state".into(), held.value("state")));
        walk.hear("twice", 400, held.clone().with(&twice).arrive());
        let mut long = held.pairs();
        long.push(("x".into(), "x".repeat(8192)));
        walk.hear("too long", 414, held.clone().with(&long).arrive());
        let mut stateless = held.pairs();
        stateless.retain(|(name, _)| name != "state");
        walk.hear("without the state", 400, held.clone().with(&stateless).arrive());
        held.browser = Browser::new();
        walk.hear("another browser", 403, held.arrive());
        let held = walk.stage.held("other", kind);
        walk.watch_held(&held);
        let ticket = held.login.ticket();
        for path in [
            format!("/connect/{ticket}x"),
            format!("/connect/{}", &ticket[1..]),
            format!("/{ticket}"),
            format!("/api/v1/{ticket}"),
        ] {
            let status = if path.starts_with("/api") { 401 } else { 404 };
            walk.hear("a ticket elsewhere", status, Browser::new().look(&walk.stage.at(&path)).reply);
        }
        let page = held.login.address("connect_url");
        walk.hear("the link twice", 409, Browser::new().submit(&page, page.path(), &[]).reply);
        let text = held.url.to_string();
        walk.hear("pasted by another", 403, Browser::new().submit(&page, page.path(), &[("token_data", &text)]).reply);
        // What cannot be read is told without it.
        let code = held.pairs().into_iter().find(|(name, _)| name == "code" || name == "access_token").unwrap().1;
        let order = |text: String| json!({"token_data": text, "authorization_id": held.login.id, "account_name": "x"});
        for text in [
            format!("{code} {code}"),
            format!("https://evil.example/?code={code}&state=x"),
            format!("{{\"code\":\"{code}\""),
        ] {
            let path = format!("/api/v1/oauth/{}/token/submit", held.login.provider);
            walk.hear("nonsense", 400, held.login.client.post(&path, &order(text)));
        }
        held.login.give_up();
    }
}

/// A provider that sends everything back that it is told, as careless ones do.
fn the_watched_provider(walk: &mut Walk) {
    let base = walk.watched.url.clone();
    let at = |path: &str| format!("{base}{path}");
    let watched = &walk.watched;
    watched.answer("/.well-known/oauth-authorization-server", Answer::json(json!({
        "issuer": base, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "userinfo_endpoint": at("/userinfo"),
        "device_authorization_endpoint": at("/device"), "code_challenge_methods_supported": ["S256"]})));
    watched.answer("/userinfo", Answer::json(json!({"sub": "1", "preferred_username": "watched"})));
    watched.answer("/device", Answer::json(json!({
        "device_code": DEVICE_CODE, "user_code": "ABCD-EFGH", "verification_uri": at("/page"), "expires_in": 60, "interval": 1})));
    let token = json!({"access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN, "token_type": "Bearer", "expires_in": 3600});
    let echo = format!("{CODE} {CLIENT_SECRET} {ACCESS_TOKEN} {REFRESH_TOKEN}");
    let refusal = json!({"error": "invalid_grant", "error_description": echo, "error_uri": at(&format!("/{CODE}")), CODE: ACCESS_TOKEN});
    for (what, answer, status) in [
        ("a refusal that echoes", Answer::Json(400, refusal), 502),
        ("an error code that echoes", Answer::Json(400, json!({"error": CODE})), 502),
        ("trouble that echoes", Answer::Json(500, json!({"message": echo})), 503),
        (
            "a type that nobody knows",
            Answer::json(json!({"access_token": ACCESS_TOKEN, "token_type": REFRESH_TOKEN})),
            0,
        ),
        (
            "members that are wrong",
            Answer::json(json!({"access_token": {"x": ACCESS_TOKEN}, "token_type": "Bearer"})),
            503,
        ),
        ("a redirect that echoes", Answer::Redirect(307, at(&format!("/{CODE}?x={ACCESS_TOKEN}"))), 503),
        ("a token", Answer::json(token.clone()), 303),
    ] {
        walk.watched.answer("/token", answer);
        let (login, reply) = at_the_watched(walk, "watched", &json!({}));
        if status != 0 {
            assert_eq!(reply.status, status, "{what}: {}", reply.body);
        }
        walk.said.push((what.to_owned(), format!("{}\n{}", reply.head, reply.body)));
        let path = format!("/api/v1/oauth/watched/authorizations/{}", login.id);
        walk.hear(what, 200, login.client.get(&path));
    }
    let reached = walk.watched.reached("/token");
    assert!(reached.len() >= 7);
    for reached in reached {
        let verifier = reached.field("code_verifier").unwrap();
        assert!(verifier.len() >= 43);
        walk.watch("verifier", &verifier);
    }
    walk.watched.answer("/token", Answer::json(token));
    let device = Login::begin(&walk.stage.client("device"), "watched", &json!({"flow": "device"}));
    grantkeep_tests::harness::wait::until("the device has its token", std::time::Duration::from_secs(60), || {
        (device.fate() == "done").then_some(())
    });
    assert!(
        walk.watched
            .reached("/token")
            .iter()
            .any(|reached| reached.field("device_code").as_deref() == Some(DEVICE_CODE))
    );
    // The same server as a Mastodon, which echoes its secrets too.
    walk.watched.answer("/api/v1/instance", Answer::json(json!({"uri": "watched", "version": "4.2.0"})));
    walk.watched
        .answer("/api/v1/apps", Answer::Json(422, json!({"error": MASTODON_SECRET, "client_secret": MASTODON_SECRET})));
    let order = json!({"instance": base});
    walk.hear(
        "a registration that fails",
        502,
        walk.stage.client("me").post("/api/v1/oauth/mastodon/authorize", &order),
    );
    walk.watched
        .answer("/api/v1/apps", Answer::json(json!({"client_id": "a-client", "client_secret": MASTODON_SECRET})));
    walk.watched.answer(
        "/oauth/token",
        Answer::json(json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "scope": "read"})),
    );
    let account: Value = json!({"id": "1", "username": "me", "acct": "me", "url": at("/@me")});
    walk.watched.answer("/api/v1/accounts/verify_credentials", Answer::json(account));
    let (login, reply) = at_the_watched(walk, "mastodon", &order);
    assert_eq!((reply.status, login.fate().as_str()), (303, "done"), "{}", reply.body);
    let reached = walk.watched.reached("/token");
    assert!(reached.iter().any(|reached| reached.field("client_secret").as_deref() == Some(MASTODON_SECRET)));
    for verifier in reached.iter().filter_map(|reached| reached.field("code_verifier")) {
        walk.watch("verifier", &verifier);
    }
}

/// A login at the provider that is watched, which gives everybody the same code.
fn at_the_watched(walk: &mut Walk, provider: &str, order: &Value) -> (Login, Reply) {
    let login = Login::begin(&walk.stage.client("watched"), provider, order);
    let mut browser = Browser::new();
    let there = login.connect(&mut browser).leads_to().unwrap();
    let state = there.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mut url = Url::parse(login.begun["redirect_uri"].as_str().unwrap()).unwrap();
    url.query_pairs_mut().append_pair("code", CODE).append_pair("state", &state);
    let mut held = Held { login, browser, url, in_fragment: false };
    walk.watch_held(&held);
    let reply = held.arrive();
    (held.login, reply)
}
