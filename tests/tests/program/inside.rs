//! Names, documents and redirects that lead inside: whoever may begin a login can type a server's name, and that server can say
//! what it likes. A trap on this machine sees nobody.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Instant,
};

use grantkeep_tests::harness::{
    browser::{Browser, FROM_ELSEWHERE},
    home::Home,
    hostile::{Answer, Hostile},
    http::Client,
    login::{Login, LoginStage, Plan},
    provider::Providers,
    server::hosts_can_be_replaced,
    trap::Trap,
};
use serde_json::{Value, json};
use url::{Host, Url};

/// The table that the outbound client is tested with: reason and URL.
const TABLE: &str = include_str!("../../../crates/outbound/src/client/tests/hostile.txt");

/// What people can type besides URLs.
const TYPED: &[&str] = &[
    "127.0.0.1:{port}",
    "127.0.0.1.:{port}",
    "127.1:{port}",
    "127.0.1:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "0x7f.1:{port}",
    "0177.0.0.1:{port}",
    "017700000001:{port}",
    "00127.0.0.1:{port}",
    "127.0.0.0x1:{port}",
    "①②⑦.⓪.⓪.①:{port}",
    "127。0。0。1:{port}",
    "127%2e0%2e0%2e1:{port}",
    "0:{port}",
    "0.0.0.0:{port}",
    "[::1]:{port}",
    "[0:0:0:0:0:0:0:1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "[::ffff:7f00:1]:{port}",
    "[::127.0.0.1]:{port}",
    "[::]:{port}",
    "[64:ff9b::7f00:1]:{port}",
    "[fe80::1%25lo]:{port}",
    "::1",
    "localhost:{port}",
    "LocalHost:{port}",
    "localhost.:{port}",
    "localhost",
    "ip6-localhost:{port}",
    "localhost.localdomain:{port}",
    "mast.localhost:{port}",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}",
    "{hostname}:{port}",
    "http://{hostname}:{port}",
    "me@127.0.0.1:{port}",
    "@me@127.0.0.1:{port}",
    "@me@localhost:{port}",
    "@me@[::1]:{port}",
    "acct:me@127.0.0.1:{port}",
    "@me@2130706433:{port}",
    "http://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/@me",
    "http://localhost:{port}/@me",
    "http://[::1]:{port}",
    "http://0:{port}",
    "http:127.0.0.1:{port}",
    "http:/127.0.0.1:{port}",
    "//127.0.0.1:{port}",
    "mstdn.jp@127.0.0.1:{port}",
    "@me@mstdn.jp@127.0.0.1:{port}",
    "mstdn.jp:443@127.0.0.1:{port}",
    "mstdn.jp:x@127.0.0.1:{port}",
    "https://mstdn.jp:x@127.0.0.1:{port}",
    "https://mstdn.jp%40127.0.0.1:{port}",
    "https://127.0.0.1:{port}\\@mstdn.jp",
    "127.0.0.1:{port}#mstdn.jp",
    "127.0.0.1:{port}?mstdn.jp",
    "127.0.0.1:{port}/mstdn.jp",
    "169.254.169.254",
    "http://169.254.169.254/latest/meta-data/",
    "metadata.google.internal",
    "[fd00:ec2::254]",
    "10.0.0.1",
    "192.168.0.1:{port}",
    "100.64.0.1",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "unix:/var/run/docker.sock",
    "data:text/plain,x",
    "127.0.0.1:{port}, mstdn.jp",
    "127.0.0.1 :{port}",
    "127.0.0.1:{port} mstdn.jp",
];

/// Names of the public internet that this machine's own table leads inside, as a name server under a stranger's control can.
const LED_INSIDE: &[&str] = &[
    "inside.mastodon.social:{port}",
    "@me@inside.mastodon.social:{port}",
    "https://inside.mastodon.social:{port}/@me",
    "acct:me@inside.mastodon.social:{port}",
    "INSIDE.mastodon.social.:{port}",
    "inside.mastodon.social",
    "http://inside.mastodon.social:{port}",
];

fn hostname() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

fn filled(text: &str, port: u16) -> String {
    let (port, hostname) = (port.to_string(), hostname());
    let signs = [
        ("{port}", port.as_str()),
        ("{hostname}", hostname.as_str()),
        ("{tab}", "\t"),
        ("{lf}", "\n"),
        ("{cr}", "\r"),
        ("{nul}", "\0"),
        ("{shy}", "\u{ad}"),
        ("{zwsp}", "\u{200b}"),
    ];
    signs.iter().fold(text.to_owned(), |text, (name, sign)| text.replace(name, sign))
}

/// Every name to try. Where names cannot be led inside, those of the public internet are changed into such as nobody has: a test
/// asks no real server.
fn names(port: u16, are_led_inside: bool) -> Vec<String> {
    let table = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let table =
        table.filter_map(|line| line.split_once(' ')).filter(|(reason, _)| are_led_inside || *reason != "resolves");
    let led = LED_INSIDE.iter().filter(|_| are_led_inside);
    let all = table.map(|(_, url)| url).chain(TYPED.iter().copied()).chain(led.copied());
    let harmless = |text: String| match are_led_inside {
        true => text,
        false => text
            .replace("mstdn.jp", "mstdn.invalid")
            .replace(".box", ".invalid")
            .replace(".com", ".invalid")
            .replace(".social", ".invalid"),
    };
    all.map(|text| harmless(filled(text, port))).collect()
}

/// `/etc/hosts` in which every name that any of these could mean is this machine.
fn hosts(names: &[String]) -> String {
    let more = ["mstdn.jp", "mastodon.social", "inside.mastodon.social", "allowed.mastodon.social"];
    let mut known = BTreeSet::from(more.map(str::to_owned));
    for name in names {
        for text in [name.clone(), format!("https://{name}"), format!("https://{}", name.rsplit('@').next().unwrap())] {
            if let Some(Host::Domain(host)) = Url::parse(&text).ok().as_ref().and_then(Url::host) {
                known.insert(host.trim_end_matches('.').to_owned());
            }
        }
    }
    let plain = |name: &&String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let lines = known.iter().filter(plain).filter(|name| !name.is_empty());
    lines.map(|name| format!("127.0.0.1 {name}\n::1 {name}\n")).collect()
}

#[test]
fn no_name_that_somebody_types_leads_inside() {
    let trap = Trap::new();
    let are_led_inside = hosts_can_be_replaced();
    if !are_led_inside {
        println!("no mount namespaces here: names are not led inside, and those of the public internet are left out");
    }
    let names = names(trap.port, are_led_inside);
    assert!(names.len() >= 200, "{}", names.len());
    let (home, providers) = (Home::new(), Providers::new());
    let mut plan = Plan::of(&providers);
    // Beside these, one name that may lead inside: whoever is led there shows that names are led.
    let control = Trap::new();
    let allowed = format!("allowed.mastodon.social:{}", control.port);
    plan.set("GRANTKEEP_OUTBOUND_ALLOW", format!("gts.lan,10.77.0.5,[fd77::1]:3000,{allowed}"));
    let mut serve = plan.serve(&home);
    let proxy = format!("http://127.0.0.1:{}", trap.port);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        serve = serve.env(name, &proxy);
    }
    if are_led_inside {
        let file = home.root().join("hosts");
        fs::write(&file, hosts(&names)).unwrap();
        serve = serve.with_hosts(file);
    }
    let mut server = serve.go();
    let client = server.client_of("me");
    let (begun, mut tally) = (Instant::now(), BTreeMap::<String, usize>::new());
    for name in &names {
        let reply = client.post("/api/v1/oauth/mastodon/authorize", &json!({"instance": name}));
        let error_type = reply.error_type();
        let refused = matches!(
            (reply.status, error_type.as_str()),
            (400, "invalid_instance" | "invalid_format") | (503, "provider_unavailable") | (502, "provider_refused")
        );
        assert!(refused, "{name:?}: {} {}", reply.status, reply.body);
        // A name that leads inside and one that does not exist are told alike.
        *tally.entry(format!("{} {error_type}", reply.status)).or_default() += 1;
    }
    assert_eq!(trap.hits(), 0, "somebody knocked");
    if are_led_inside {
        let reply = client.post("/api/v1/oauth/mastodon/authorize", &json!({"instance": format!("http://{allowed}")}));
        assert!(reply.status >= 500 && control.hits() > 0, "names are not led inside after all: {}", reply.body);
    }
    server.is_well();
    println!("{} names in {:.1} s: {tally:?}; 0 connections to the trap", names.len(), begun.elapsed().as_secs_f32());
    let path = "/api/v1/providers/mastodon/test";
    for name in
        ["127.0.0.1", "http://127.0.0.1", "localhost", "@me@localhost"].map(|name| format!("{name}:{}", trap.port))
    {
        assert_ne!(client.post(path, &json!({"instance": name})).status, 200, "{name}");
    }
    assert_eq!(trap.hits(), 0);
}

/// Addresses that documents and redirects lead to.
const INWARD: &[&str] = &[
    "http://127.0.0.1:{port}",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://[::1]:{port}",
    "http://127.1:{port}",
    "http://2130706433:{port}",
    "http://0.0.0.0:{port}",
    "http://[::ffff:127.0.0.1]:{port}",
    "http://{hostname}:{port}",
    "//127.0.0.1:{port}",
];

/// What a hostile server changes about an honest one, to lead inside.
type Change = (&'static str, fn(&Hostile, &str));

const AT_MASTODON: &[Change] = &[
    ("the list of nodeinfo documents", |evil, inward| {
        evil.answer("/.well-known/nodeinfo", nodeinfo_list(&format!("{inward}/nodeinfo")));
    }),
    ("a redirect of that list", |evil, inward| redirect(evil, "/.well-known/nodeinfo", inward)),
    ("a redirect of a nodeinfo document", |evil, inward| redirect(evil, "/nodeinfo", inward)),
    ("a redirect of the instance", |evil, inward| {
        evil.answer("/.well-known/nodeinfo", missing());
        redirect(evil, "/api/v2/instance", inward);
        redirect(evil, "/api/v1/instance", inward);
    }),
    ("a redirect of WebFinger", |evil, inward| {
        silence(evil);
        redirect(evil, "/.well-known/webfinger", inward);
    }),
    ("a link of WebFinger", |evil, inward| {
        silence(evil);
        let link = json!({"rel": "self", "type": "application/activity+json", "href": format!("{inward}/users/me")});
        evil.answer("/.well-known/webfinger", Answer::json(json!({"subject": "acct:me@x", "links": [link]})));
    }),
    ("a redirect of the metadata", |evil, inward| redirect(evil, "/.well-known/oauth-authorization-server", inward)),
    ("the issuer of the metadata", |evil, inward| endpoint(evil, "issuer", inward)),
    ("the token endpoint of the metadata", |evil, inward| endpoint(evil, "token_endpoint", inward)),
    ("the revocation endpoint of the metadata", |evil, inward| endpoint(evil, "revocation_endpoint", inward)),
    ("a redirect of the registration", |evil, inward| redirect(evil, "/api/v1/apps", inward)),
    ("a redirect of the exchange", |evil, inward| redirect(evil, "/oauth/token", inward)),
    ("a redirect of the identity", |evil, inward| redirect(evil, "/api/v1/accounts/verify_credentials", inward)),
];

const AT_OAUTH2: &[Change] = &[
    ("a redirect of the metadata", |evil, inward| {
        redirect(evil, "/.well-known/oauth-authorization-server", inward);
        redirect(evil, "/.well-known/openid-configuration", inward);
    }),
    ("the token endpoint of the metadata", |evil, inward| endpoint(evil, "token_endpoint", inward)),
    ("the userinfo endpoint of the metadata", |evil, inward| endpoint(evil, "userinfo_endpoint", inward)),
    ("the device endpoint of the metadata", |evil, inward| endpoint(evil, "device_authorization_endpoint", inward)),
    ("a redirect of the exchange", |evil, inward| redirect(evil, "/oauth/token", inward)),
    ("a redirect of the identity", |evil, inward| redirect(evil, "/userinfo", inward)),
];

fn missing() -> Answer {
    Answer::Json(404, json!({"error": "not_found"}))
}

fn redirect(evil: &Hostile, path: &str, inward: &str) {
    // One that keeps method and body: with it a code would go along.
    evil.answer(path, Answer::Redirect(307, format!("{inward}{path}")));
}

fn nodeinfo_list(href: &str) -> Answer {
    Answer::json(json!({"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": href}]}))
}

fn silence(evil: &Hostile) {
    for path in ["/.well-known/nodeinfo", "/nodeinfo", "/api/v2/instance", "/api/v1/instance"] {
        evil.answer(path, missing());
    }
}

fn metadata(base: &str) -> Value {
    json!({
        "issuer": base, "authorization_endpoint": format!("{base}/authorize"), "token_endpoint": format!("{base}/oauth/token"),
        "userinfo_endpoint": format!("{base}/userinfo"), "device_authorization_endpoint": format!("{base}/device"),
        "revocation_endpoint": format!("{base}/oauth/revoke"), "code_challenge_methods_supported": ["S256"],
    })
}

fn endpoint(evil: &Hostile, name: &str, inward: &str) {
    let mut metadata = metadata(&evil.url);
    metadata[name] = json!(format!("{inward}/x"));
    evil.answer("/.well-known/oauth-authorization-server", Answer::json(metadata));
}

/// A server that is as it should be.
fn honest() -> Hostile {
    let server = Hostile::new();
    server.answer("/.well-known/nodeinfo", nodeinfo_list(&format!("{}/nodeinfo", server.url)));
    server.answer("/nodeinfo", Answer::json(json!({"software": {"name": "mastodon", "version": "4.6.0"}})));
    server.answer("/.well-known/oauth-authorization-server", Answer::json(metadata(&server.url)));
    server.answer("/api/v1/apps", Answer::json(json!({"client_id": "id", "client_secret": "secret"})));
    server.answer(
        "/oauth/token",
        Answer::json(json!({"access_token": "t0ken", "token_type": "Bearer", "scope": "read"})),
    );
    server.answer("/userinfo", Answer::json(json!({"sub": "1", "preferred_username": "me"})));
    server.answer(
        "/api/v1/accounts/verify_credentials",
        Answer::json(json!({"id": "1", "username": "me", "acct": "me", "url": format!("{}/@me", server.url)})),
    );
    server.answer("/device", Answer::json(json!({
        "device_code": "d", "user_code": "u", "verification_uri": format!("{}/page", server.url), "expires_in": 600, "interval": 5})));
    server
}

/// A login as far as it goes.
fn go_on(stage: &LoginStage, client: &Client, provider: &str, order: &Value) -> String {
    let reply = client.post(&format!("/api/v1/oauth/{provider}/authorize"), order);
    if reply.status != 200 {
        return format!("authorize {}", reply.status);
    }
    let login = Login::begin(client, provider, order);
    if login.begun["connect_url"].is_null() {
        return "device".to_owned();
    }
    let mut browser = Browser::new();
    let there = login.connect(&mut browser).leads_to().unwrap();
    let state = there.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mut back = Url::parse(login.begun["redirect_uri"].as_str().unwrap()).unwrap();
    assert!(stage.is_callback(&back));
    back.query_pairs_mut().append_pair("code", "c0de").append_pair("state", &state);
    format!("callback {}", browser.send("GET", &back, &FROM_ELSEWHERE, None).status)
}

#[test]
fn no_document_and_no_redirect_leads_inside() {
    let (trap, providers) = (Trap::new(), Providers::new());
    let mut plan = Plan::of(&providers);
    let mut cases = Vec::new();
    for (at, changes) in [("mastodon", AT_MASTODON), ("oauth2", AT_OAUTH2)] {
        for (what, change) in changes {
            for inward in INWARD {
                let (evil, inward) = (honest(), filled(inward, trap.port));
                change(&evil, &inward);
                let name = format!("case-{}", cases.len());
                if at == "mastodon" {
                    plan.allow(evil.host());
                } else {
                    plan.config += &format!(
                        "[providers.{name}]\nkind = \"oauth2\"\nissuer = \"{}\"\nclient_id = \"x\"\n",
                        evil.url
                    );
                }
                cases.push((at, *what, inward, name, evil));
            }
        }
    }
    let mut stage = LoginStage::with(providers, plan);
    // The servers are as they should be where they do not lead inside: otherwise there would be little to see.
    let (begun, mut came, client) =
        (Instant::now(), BTreeMap::<(&str, &str, String), usize>::new(), stage.client("me"));
    for (at, what, inward, name, evil) in &cases {
        let end = match *at {
            "mastodon" => go_on(&stage, &client, "mastodon", &json!({"instance": evil.url, "account_name": name})),
            _ => {
                let flow = if what.contains("device") { "device" } else { "code" };
                go_on(&stage, &client, name, &json!({"flow": flow, "account_name": name}))
            }
        };
        assert!(!evil.all().is_empty(), "{at}, {what}, {inward}: the server was not even asked");
        *came.entry((at, what, end)).or_default() += 1;
    }
    for ((at, what, end), count) in &came {
        println!("{at:<9} {what:<42} {end:<14} {count:>3}");
    }
    assert_eq!(trap.hits(), 0, "somebody knocked");
    stage.server.is_well();
    println!(
        "{} documents and redirects in {:.1} s; 0 connections to the trap",
        cases.len(),
        begun.elapsed().as_secs_f32()
    );
}
