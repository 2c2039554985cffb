//! Attacks on logins, played in full: two providers, of which one is hostile, and two browsers, of which one is an attacker's.
//! Nothing reaches a wrong token endpoint, and nothing is stored.

use grantkeep_tests::harness::{
    browser::{Browser, FROM_ELSEWHERE},
    hostile::{Answer, Hostile},
    http::Reply,
    login::{Held, Kind, Login, LoginStage, MASTODON, Plan},
    provider::Providers,
};
use serde_json::{Value, json};
use url::Url;

/// A stage on which a hostile provider is configured beside the honest one, and another plays a Mastodon.
fn stage() -> (LoginStage, Hostile) {
    let (providers, evil) = (Providers::new(), Hostile::new());
    let mut plan = Plan::of(&providers);
    plan.config += &config_of("evil", &evil.url, "");
    plan.allow(evil.host());
    plan.set("EVIL_SECRET", "the secret that only evil knows");
    evil.answer("/.well-known/oauth-authorization-server", Answer::json(metadata(&evil.url)));
    evil.answer(
        "/.well-known/nodeinfo",
        Answer::json(json!({"links": [{
        "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": format!("{}/nodeinfo", evil.url)}]})),
    );
    evil.answer("/nodeinfo", Answer::json(json!({"software": {"name": "mastodon", "version": "4.6.0"}})));
    evil.answer("/api/v1/apps", Answer::json(json!({"client_id": "evil-client", "client_secret": "evil-secret"})));
    evil.answer(
        "/oauth/token",
        Answer::json(json!({"access_token": "stolen", "token_type": "Bearer", "scope": "read"})),
    );
    (LoginStage::with(providers, plan), evil)
}

fn config_of(name: &str, issuer: &str, more: &str) -> String {
    format!(
        "[providers.{name}]\nkind = \"oauth2\"\nissuer = \"{issuer}\"\nclient_id = \"evil-client\"\n\
         client_secret_env = \"EVIL_SECRET\"\n{more}"
    )
}

/// What it says about itself is in order; how it behaves is not.
fn metadata(base: &str) -> Value {
    json!({
        "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/oauth/token"), "userinfo_endpoint": format!("{base}/userinfo"),
        "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
    })
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1.into_owned()
}

/// The attack: the hostile provider's page sends the browser on to the honest one, with the honest client and redirect URI and
/// the hostile login's state. The person, who trusts the honest one, allows it.
fn mixed_up(stage: &LoginStage, evil: &Hostile, begun: &Login, honest: &Url, redirect_uri: &str) -> (Held, Url) {
    let mut browser = Browser::new();
    let sent = begun.connect(&mut browser);
    let asked = sent.leads_to().unwrap();
    assert_eq!(asked.origin(), evil.at("/").origin());
    let mut there = honest.clone();
    let changed = honest.query_pairs().map(|(name, value)| match &*name {
        "state" => ("state".to_owned(), parameter(&asked, "state")),
        "code_challenge" => ("code_challenge".to_owned(), parameter(&asked, "code_challenge")),
        "redirect_uri" => ("redirect_uri".to_owned(), redirect_uri.to_owned()),
        _ => (name.into_owned(), value.into_owned()),
    });
    let changed: Vec<_> = changed.collect();
    there.query_pairs_mut().clear().extend_pairs(changed);
    evil.answer(asked.path(), Answer::redirect(there.clone()));
    // Through the hostile page in truth, then as the person who clicks.
    let led = browser.follow_until(sent, |url| url.origin() == there.origin());
    assert_eq!(led.leads_to().unwrap(), there);
    let url = stage.allow(&mut browser, led, "anna");
    (Held { login: begun.clone(), browser, url: url.clone(), in_fragment: false }, url)
}

fn expect(reply: &Reply, status: u16, error_type: &str) {
    assert_eq!((reply.status, reply.error_type().as_str()), (status, error_type), "{}", reply.body);
}

#[test]
fn a_hostile_provider_cannot_mix_itself_up_with_an_honest_one() {
    let (stage, evil) = stage();
    let client = stage.client("me");
    // What the attacker can learn: every login at the honest provider has the same client and redirect URI.
    let honest = Login::begin(&stage.client("attacker"), "acme", &json!({})).address("authorization_url");
    let redirect_uri = parameter(&honest, "redirect_uri");
    for (what, redirect_uri, error_type) in [
        ("the honest redirect URI", redirect_uri, "context_mismatch"),
        ("its own redirect URI", stage.at("/callback/evil").to_string(), "issuer_mismatch"),
    ] {
        let begun = Login::begin(&client, "evil", &json!({}));
        let (mut held, url) = mixed_up(&stage, &evil, &begun, &honest, &redirect_uri);
        assert!(url.as_str().starts_with(&redirect_uri) && !parameter(&url, "code").is_empty(), "{what}");
        expect(&held.arrive(), 400, error_type);
        assert_eq!(begun.fate(), format!("failed {error_type}"));
        // Nor does it work by another way in, afterwards.
        held.url.set_path("/callback/evil");
        expect(&held.arrive(), 400, "state_used");
        println!("mix-up at OAuth 2.0 with {what}: 400 {error_type}, then 400 state_used; 0 exchanges, 0 rows");
    }
    nothing_came_of_it(&stage, &evil, Kind::Acme);
}

/// Mastodons are typed by users, so any of them may be hostile: each has a redirect URI of its own.
#[test]
fn a_hostile_mastodon_cannot_mix_itself_up_with_an_honest_one() {
    let (stage, evil) = stage();
    let client = stage.client("me");
    let honest = stage.begin("attacker", MASTODON).address("authorization_url");
    let begun = Login::begin(&client, "mastodon", &json!({"instance": evil.url}));
    let redirect_uri = parameter(&honest, "redirect_uri");
    assert_ne!(Some(redirect_uri.as_str()), begun.begun["redirect_uri"].as_str());
    let (mut held, _) = mixed_up(&stage, &evil, &begun, &honest, &redirect_uri);
    expect(&held.arrive(), 400, "context_mismatch");
    assert_eq!(begun.fate(), "failed context_mismatch");
    // With its own redirect URI the honest server, which knows one for that client, does not send anybody back.
    let begun = Login::begin(&client, "mastodon", &json!({"instance": evil.url}));
    let own = begun.begun["redirect_uri"].as_str().unwrap();
    let mut there = honest.clone();
    there.query_pairs_mut().clear().extend_pairs(honest.query_pairs().map(|(name, value)| {
        let value = if name == "redirect_uri" { own.to_owned() } else { value.into_owned() };
        (name.into_owned(), value)
    }));
    there.query_pairs_mut().append_pair("auto", "allow");
    assert_eq!(Browser::new().look(&there).leads_to(), None);
    nothing_came_of_it(&stage, &evil, MASTODON);
    println!("mix-up at Mastodon: 400 context_mismatch; 0 exchanges, 0 rows");
}

fn nothing_came_of_it(stage: &LoginStage, evil: &Hostile, honest: Kind) {
    assert_eq!(stage.exchanges(honest), 0, "the honest token endpoint");
    // A registration is asked about there; a code is never sent.
    let codes = evil.reached("/oauth/token").iter().filter(|reached| reached.field("code").is_some()).count();
    assert_eq!(codes, 0, "the hostile token endpoint");
    assert_eq!(stage.client("me").list().len(), 0);
}

/// Whoever edits the configuration while somebody is at the provider gets neither the code nor, later, the token.
#[test]
fn a_configuration_that_was_edited_meanwhile_leads_no_code_elsewhere() {
    let (mut stage, evil) = stage();
    // Nothing but what is frozen may keep the code from going elsewhere: both servers may be reached.
    let host = stage.providers.acme.host().to_owned();
    stage.plan().allow(&host);
    stage.meanwhile(|_| ());
    let endpoints = format!(
        "authorization_url = \"{0}/authorize\"\ntoken_url = \"{0}/oauth/token\"\nuserinfo_url = \"{0}/userinfo\"\n",
        evil.url
    );
    let configs = [
        ("another token endpoint", stage.providers.config("acme") + &endpoints),
        ("another issuer", config_of("acme", &evil.url, "")),
        (
            "endpoints alone",
            config_of("acme", &evil.url, &endpoints).replace(&format!("issuer = \"{}\"\n", evil.url), ""),
        ),
    ];
    let before = stage.plan().config.clone();
    for (number, (what, config)) in configs.into_iter().enumerate() {
        let owner = format!("me-{number}");
        let mut held = stage.held(&owner, Kind::Acme);
        stage.meanwhile(|stage| stage.plan().config = config);
        let reply = held.arrive();
        assert_eq!((reply.status, held.login.fate().as_str()), (303, "done"), "{what}: {}", reply.body);
        assert_eq!(stage.exchanges(Kind::Acme), number + 1, "{what}: the code went where it was promised to");
        let kept = &held.login.client.list()[0];
        assert_eq!(kept["state"], "valid", "{what}: {kept}");
        let reached: Vec<_> =
            evil.all().into_iter().filter(|reached| !reached.target.starts_with("/.well-known")).collect();
        assert!(reached.is_empty(), "{what}: {reached:?}");
        if what != "another token endpoint" {
            // Of a server that is another one now, the token is not asked about either.
            held.login.client.post_nothing(&format!("/api/v1/credentials/{}/check", kept["id"])).expect(200);
            let reached = evil.all().into_iter().filter(|reached| !reached.target.starts_with("/.well-known"));
            assert_eq!(reached.count(), 0, "{what}: the token went to another server");
        }
        stage.meanwhile(|stage| stage.plan().config = before.clone());
        println!("edited meanwhile ({what}): 303, 1 exchange at the frozen endpoint, 0 requests elsewhere");
    }
}

/// Session fixation: the attacker begins, the victim finishes, and the attacker would have the victim's account.
#[test]
fn a_login_that_another_browser_began_cannot_be_finished() {
    let stage = LoginStage::new();
    for kind in [Kind::Acme, MASTODON, Kind::VkId, Kind::VkCode, Kind::Implicit] {
        let attacker = kind.title().split(' ').next_back().unwrap();
        // The attacker's browser goes as far as the provider, and the victim is sent a link to there.
        let begun = stage.begin(attacker, kind);
        let mut attackers = Browser::new();
        let sent = begun.connect(&mut attackers);
        let mut victims = Browser::new();
        // A login of the victim's own is under way, so there is a cookie, but another one.
        stage.begin("victim", kind).connect(&mut victims);
        let there = sent.leads_to().unwrap();
        let visit = victims.look(&there);
        let url = stage.allow(&mut victims, visit.led_to(&there), kind.person());
        let mut held =
            Held { login: begun.clone(), browser: victims, url: url.clone(), in_fragment: kind == Kind::Implicit };
        expect(&held.arrive(), 403, "binding_mismatch");
        assert_eq!((begun.fate().as_str(), stage.exchanges(kind)), ("failed binding_mismatch", 0), "{kind:?}");
        // With the link in hand the attacker cannot finish it either: it has ended.
        held.browser = attackers;
        expect(&held.arrive(), 400, "state_used");
        for owner in [attacker, "victim"] {
            assert_eq!(stage.client(owner).list().len(), 0, "{kind:?}");
        }
        println!(
            "session fixation at {:<12} 403 binding_mismatch, then 400 state_used; 0 exchanges, 0 rows",
            kind.title()
        );
    }
}

#[test]
fn a_connect_link_is_for_the_first_browser_alone() {
    let stage = LoginStage::new();
    for kind in [Kind::Acme, MASTODON, Kind::VkId, Kind::VkCode, Kind::Implicit] {
        let begun = stage.begin(kind.title().split(' ').next_back().unwrap(), kind);
        let page = begun.address("connect_url");
        // Whoever only looks, a preview in a messenger, uses nothing up.
        for _ in 0..3 {
            assert_eq!(Browser::new().look(&page).reply.status, 200);
        }
        let (mut first, mut second) = (Browser::new(), Browser::new());
        let sent = begun.connect(&mut first);
        assert_eq!((sent.reply.status, first.cookies(&page).len()), (303, 1));
        for browser in [&mut second, &mut first] {
            let before = browser.cookies(&page);
            let reply = browser.submit(&page, page.path(), &[]).reply;
            expect(&reply, 409, "ticket_spent");
            assert_eq!(browser.cookies(&page), before, "a second binding");
        }
        // Nor by pasting there what a login of one's own led to.
        let pasted = second.submit(&page, page.path(), &[("token_data", "https://127.0.0.1/?code=x&state=y")]).reply;
        expect(&pasted, 403, "binding_mismatch");
        let url = stage.allow(&mut first, sent, kind.person());
        let mut held = Held { login: begun, browser: first, url, in_fragment: kind == Kind::Implicit };
        assert!(matches!(held.arrive().status, 200 | 303), "{kind:?}: the first browser goes on");
        assert_eq!(held.login.fate(), "done", "{kind:?}");
        assert_eq!(Browser::new().look(&page).reply.status, 404, "{kind:?}: a link that has ended");
    }
}

/// A page of another site can send forms and simple requests anywhere. They change nothing.
#[test]
fn other_sites_cannot_press_our_buttons() {
    let stage = LoginStage::new();
    let begun = stage.begin("me", Kind::Implicit);
    let page = begun.address("connect_url");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    #[rustfmt::skip]
    let senders: [&[(&str, &str)]; 8] = [
        &[],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Origin", "http://127.0.0.1:1")],
        &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
        &[("Origin", "http://127.0.0.1:1"), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "navigate")],
        &[("Sec-Fetch-Site", "none")],
        &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
    ];
    for said in senders {
        let headers: Vec<_> = [form].iter().chain(said).copied().collect();
        for body in ["", "token_data=https%3A%2F%2Foauth.vk.com%2Fblank.html%23access_token%3Dvk1.a.evil"] {
            let mut browser = Browser::new();
            expect(&browser.send("POST", &page, &headers, Some(body)), 403, "cross_origin");
            assert!(browser.cookies(&page).is_empty(), "{said:?}");
        }
    }
    assert_eq!(begun.fate(), "pending");
    // The link is unspent, and the same browser can still use it. Now the fragment.
    let mut browser = Browser::new();
    let sent = begun.connect(&mut browser);
    let url = stage.allow(&mut browser, sent, "100001");
    let body = json!({"fragment": url.fragment().unwrap()}).to_string();
    for said in senders {
        let headers: Vec<_> = [("Content-Type", "application/json")].iter().chain(said).copied().collect();
        expect(&browser.send("POST", &url, &headers, Some(&body)), 403, "cross_origin");
    }
    for simple in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let mut headers = FROM_ELSEWHERE.to_vec();
        headers.push(("Content-Type", simple));
        let status = browser.send("POST", &url, &headers, Some(&body)).status;
        assert!(matches!(status, 403 | 405 | 415), "{simple}: {status}");
    }
    assert_eq!((begun.fate().as_str(), begun.client.list().len()), ("pending", 0));
    let mut held = Held { login: begun, browser, url, in_fragment: true };
    assert_eq!(held.arrive().status, 200);
    assert_eq!((held.login.fate().as_str(), held.login.client.list().len()), ("done", 1));
}
