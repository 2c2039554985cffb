//! Providers that answer slowly, without end, too much, or nothing of use, at every step of a login: each time a clear error
//! within the time limits (15 s; 30 s at token endpoints), and little memory.

use std::{
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    browser::{Browser, FROM_ELSEWHERE},
    hostile::{Answer, Hostile},
    login::{Login, LoginStage, Plan},
    provider::Providers,
    server::Server,
    wait::at_once,
};
use serde_json::json;
use url::Url;

/// Where a provider misbehaves: at which kind, in which step, and at which paths.
#[rustfmt::skip]
const PLACES: &[(&str, Step, &[&str])] = &[
    ("oauth2",   Step::Begin,    &["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]),
    ("oauth2",   Step::Exchange, &["/oauth/token"]),
    ("oauth2",   Step::Identity, &["/userinfo"]),
    ("mastodon", Step::Begin,    &["/.well-known/nodeinfo", "/api/v2/instance", "/api/v1/instance", "/.well-known/webfinger"]),
    ("mastodon", Step::Begin,    &["/api/v1/apps"]),
    ("mastodon", Step::Exchange, &["/oauth/token"]),
    ("mastodon", Step::Identity, &["/api/v1/accounts/verify_credentials"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    Exchange,
    Identity,
}

/// Growth of the memory that one login may cost.
const MOST: u64 = 4 * 1024 * 1024;

/// More than a limit, on a slow machine that does other things too; and less than it takes to come to the next one.
const MARGIN: f32 = 10.0;

/// A provider that misbehaves in one place.
struct Case {
    kind: &'static str,
    step: Step,
    what: &'static str,
    name: String,
    provider: Hostile,
}

/// What came of it.
#[derive(Debug)]
struct End {
    /// HTTP status of the step, and its `error_type`.
    status: u16,
    error_type: String,
    /// How the authorization ended; of one that did not begin, nothing.
    fate: String,
    /// The state of what is kept.
    state: String,
    /// Seconds that the step took.
    took: f32,
}

fn honest() -> Hostile {
    let server = Hostile::new();
    let at = |path: &str| format!("{}{path}", server.url);
    server.answer(
        "/.well-known/oauth-authorization-server",
        Answer::json(json!({
        "issuer": server.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/oauth/token"),
        "userinfo_endpoint": at("/userinfo"), "code_challenge_methods_supported": ["S256"]})),
    );
    server.answer(
        "/.well-known/nodeinfo",
        Answer::json(json!({"links": [{
        "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": at("/nodeinfo")}]})),
    );
    server.answer("/nodeinfo", Answer::json(json!({"software": {"name": "mastodon", "version": "4.6.0"}})));
    server.answer("/api/v1/apps", Answer::json(json!({"client_id": "id", "client_secret": "secret"})));
    server.answer("/oauth/token", Answer::json(json!({"access_token": "t0ken-t0ken", "token_type": "Bearer"})));
    server.answer("/userinfo", Answer::json(json!({"sub": "1", "preferred_username": "me"})));
    let account = json!({"id": "1", "username": "me", "acct": "me", "url": at("/@me")});
    server.answer("/api/v1/accounts/verify_credentials", Answer::json(account));
    server
}

fn case(number: usize, place: &(&'static str, Step, &[&str]), what: &'static str) -> Case {
    let (kind, step, paths) = *place;
    let provider = honest();
    let as_it_should = |path: &str| match path {
        "/oauth/token" => json!({"access_token": "t0ken-t0ken", "token_type": "Bearer"}),
        _ => json!({"error": "too late"}),
    };
    for path in paths {
        let slow = |seconds| Answer::Slow(Duration::from_secs(seconds), Box::new(Answer::json(as_it_should(path))));
        provider.answer(
            *path,
            match what {
                "as it should be" => continue,
                "4 × 6 s" => slow(6),
                "25 s" => slow(25),
                "40 s" => slow(40),
                "endless" => Answer::Endless,
                "10 GB" => Answer::Announced,
                "gzip bomb" => Answer::Bomb,
                "HTML" => Answer::Html,
                _ => Answer::Empty,
            },
        );
    }
    Case { kind, step, what, name: format!("case-{number}"), provider }
}

impl Case {
    fn play(&self, stage: &LoginStage) -> End {
        let client = stage.client(&self.name);
        let (path, order) = match self.kind {
            "oauth2" => (self.name.as_str(), json!({})),
            _ => ("mastodon", json!({"instance": self.provider.url})),
        };
        let begun_at = Instant::now();
        let took = || begun_at.elapsed().as_secs_f32();
        let reply = client.post(&format!("/api/v1/oauth/{path}/authorize"), &order);
        if reply.status != 200 {
            let told = reply.json();
            assert!(told["detail"]["message"].as_str().is_some_and(|text| text.len() > 10), "{}: {told}", self.what);
            let (fate, state) = (String::new(), String::new());
            return End { status: reply.status, error_type: reply.error_type(), fate, state, took: took() };
        }
        let begun = reply.json();
        let id = begun["authorization_id"].as_str().unwrap().to_owned();
        let login = Login { client, provider: path.to_owned(), id, begun };
        let mut browser = Browser::new();
        let there = login.connect(&mut browser).leads_to().unwrap();
        let state = there.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let mut back = Url::parse(login.begun["redirect_uri"].as_str().unwrap()).unwrap();
        back.query_pairs_mut().append_pair("code", "c0de").append_pair("state", &state);
        let reply = browser.send("GET", &back, &FROM_ELSEWHERE, None);
        let took = took();
        let kept = login.client.list();
        let state = kept.first().and_then(|kept| kept["state"].as_str()).unwrap_or_default().to_owned();
        End { status: reply.status, error_type: reply.error_type(), fate: login.fate(), state, took }
    }

    /// What must come of it: status, how the authorization ends, what is kept, and the seconds that it takes.
    fn expect(&self, end: &End) {
        let slow = match self.what {
            "4 × 6 s" => 24.0_f32,
            "25 s" => 25.0,
            "40 s" => 40.0,
            _ => 0.0,
        };
        let limit = if self.step == Step::Exchange { 30.0 } else { 15.0 };
        let seconds = slow.min(limit);
        let what = format!("{} {:?} {}: {end:?}", self.kind, self.step, self.what);
        assert!(end.took >= seconds - 0.1 && end.took < seconds + MARGIN, "{what}");
        let fate = end.fate.split(' ').next().unwrap_or_default();
        match (self.step, self.what) {
            (_, "as it should be") | (Step::Exchange, "25 s") => {
                assert_eq!((end.status, fate, end.state.as_str()), (303, "done", "valid"), "{what}");
            }
            (Step::Begin, _) => {
                let clear = [(502, "provider_refused"), (503, "provider_unavailable")];
                assert!(clear.contains(&(end.status, end.error_type.as_str())), "{what}");
                assert!(slow == 0.0 || end.status == 503, "{what}");
            }
            // It may have given a token: nobody knows.
            (Step::Exchange, _) => {
                let found = (end.status, end.error_type.as_str(), fate, end.state.as_str());
                assert_eq!(found, (503, "provider_unavailable", "unknown", ""), "{what}");
            }
            // It has given one: that is kept.
            (Step::Identity, _) => {
                assert_eq!((end.status, fate, end.state.as_str()), (303, "done", "unverified"), "{what}");
            }
        }
    }

    fn line(&self, end: &End, memory: &str) {
        let End { status, error_type, fate, state, took } = end;
        let step = format!("{:?}", self.step);
        println!(
            "{:<9} {step:<9} {:<16} {status} {error_type:<21} {fate:<22} {state:<11} {took:>5.1} s {memory}",
            self.kind, self.what
        );
    }
}

#[test]
fn a_provider_that_misbehaves_is_told_within_the_limits_and_costs_little() {
    let ways = ["as it should be", "25 s", "40 s", "HTML", "empty", "10 GB", "endless", "gzip bomb"];
    let providers = Providers::new();
    let mut plan = Plan::of(&providers);
    let everywhere = PLACES.iter().flat_map(|place| ways.map(|what| (place, what)));
    // Four questions, each answered in time, and together too late.
    let all = everywhere.chain([(&PLACES[3], "4 × 6 s")]).enumerate();
    let cases: Vec<Case> = all.map(|(number, (place, what))| case(number, place, what)).collect();
    for Case { kind, name, provider, .. } in &cases {
        match *kind {
            "oauth2" => {
                plan.config += &format!(
                    "[providers.{name}]\nkind = \"oauth2\"\nissuer = \"{}\"\nclient_id = \"x\"\n",
                    provider.url
                );
            }
            _ => plan.allow(provider.host()),
        }
    }
    let mut stage = LoginStage::with(providers, plan);
    println!(
        "provider  step      answers          HTTP                      authorization          kept             time  memory"
    );
    let is_slow = |case: &&Case| case.what.ends_with(" s");
    let tell = |case: &Case, end: &End, memory: &str| {
        case.line(end, memory);
        case.expect(end);
    };
    // Those that are as they should be come first, so that everything that stays in memory is there.
    for case in cases.iter().filter(|case| case.what == "as it should be") {
        tell(case, &case.play(&stage), "");
    }
    thread::scope(|scope| {
        // The slow ones wait, all at once, and cost nothing meanwhile.
        let shared = &stage;
        let waiting = cases.iter().filter(is_slow).map(move |case| move || (case, case.play(shared)));
        let slow = scope.spawn(|| at_once(waiting));
        for case in cases.iter().filter(|case| !is_slow(case) && case.what != "as it should be") {
            let (end, memory) = measured(&stage.server, &|| case.play(&stage));
            tell(case, &end, &memory);
        }
        for (case, end) in slow.join().unwrap() {
            tell(case, &end, "");
        }
    });
    stage.server.is_well();
}

/// Does something, and says by how much the server grew meanwhile.
fn measured(server: &Server, work: &dyn Fn() -> End) -> (End, String) {
    let before = server.memory();
    let (end, most) = thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let watcher = scope.spawn(move || {
            let mut most = server.memory().resident;
            while stopped.recv_timeout(Duration::from_micros(500)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                most = most.max(server.memory().resident);
            }
            most
        });
        let end = work();
        drop(stop);
        (end, watcher.join().unwrap())
    });
    let more = most.saturating_sub(before.resident).max(server.memory().peak.saturating_sub(before.peak));
    assert!(more < MOST, "{more} bytes more: {end:?}");
    (end, format!("+{} KiB", more / 1024))
}
