//! Discoveries from what somebody typed to what came out, a conversation each.

mod conversation;

use conversation::CONVERSATIONS;
use proptest::prelude::*;

use super::*;
use crate::instance;
use crate::tests::{answer, parse};

fn begin(typed: &str) -> Step {
    start(instance::read(typed).unwrap())
}

fn print(result: &Result<Box<Site>, DiscoveryFault>) -> String {
    match result {
        Err(fault) => {
            assert!(!fault.to_string().is_empty() && !fault.advice().is_empty());
            format!("{fault:?}")
        }
        Ok(site) => {
            let (server, software) = (site.server.as_str(), site.software.as_str());
            let with = if site.metadata.is_some() { " with metadata" } else { "" };
            format!("{server} {software} {}{with}", site.version.as_deref().unwrap_or("-"))
        }
    }
}

/// Leads a discovery through its answers; each line of a conversation is a URL without `https://`, and the answer to it.
fn lead(typed: &str, conversation: &[(&str, &str)]) -> Result<Box<Site>, DiscoveryFault> {
    let mut step = begin(typed);
    for (url, text) in conversation {
        let Step::Send(request, discovery) = step else { panic!("{typed}: {url} is not asked: {step:?}") };
        let asked = request.url.as_str();
        assert_eq!(asked.strip_prefix("https://").unwrap_or(asked), *url, "{typed}");
        assert_eq!((&request.method, request.purpose), (&Method::GET, Purpose::Check));
        assert!(request.body.is_none() && request.headers.iter().all(|(name, _)| name == header::ACCEPT));
        step = discovery.answered(parse(text));
    }
    match step {
        Step::Done(result) => result,
        Step::Send(request, _) => panic!("{typed}: asks for {}", request.url),
    }
}

#[test]
fn every_conversation_comes_to_its_site() {
    for (typed, conversation, expected) in CONVERSATIONS {
        assert_eq!(print(&lead(typed, conversation)), *expected, "{typed} {conversation:?}");
    }
}

#[test]
fn endpoints_are_those_of_the_metadata_and_always_of_the_server() {
    let endpoints = |software, metadata| {
        let site = lead(
            "mstdn.jp",
            &[
                ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
                ("mstdn.jp/nodeinfo/2.0", software),
                ("mstdn.jp/.well-known/oauth-authorization-server", metadata),
            ],
        );
        let Endpoints { authorization, token, revocation } = site.unwrap().endpoints;
        [authorization, token, revocation].map(|endpoint| endpoint.url().as_str().to_owned())
    };
    let usual = ["https://mstdn.jp/oauth/authorize", "https://mstdn.jp/oauth/token", "https://mstdn.jp/oauth/revoke"];
    assert_eq!(endpoints("mastodon/nodeinfo.json", "mastodon/metadata.json"), usual);
    assert_eq!(endpoints("gotosocial/nodeinfo.json", "404 any/not_found.json"), usual);
    assert_eq!(endpoints("hollo/nodeinfo.json", "hollo/metadata.json")[2], "https://mstdn.jp/oauth/revoke2");
}

#[test]
fn scopes_are_chosen_from_those_that_the_metadata_lists() {
    for (metadata, expected) in [
        ("mastodon/metadata.json", "profile write:media write:statuses"),
        ("404 any/not_found.json", "read:accounts write:media write:statuses"),
    ] {
        let site = lead(
            "mstdn.jp",
            &[
                ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
                ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
                ("mstdn.jp/.well-known/oauth-authorization-server", metadata),
            ],
        );
        assert_eq!(site.unwrap().scopes(None).unwrap().to_string(), expected);
    }
}

#[test]
fn a_fault_says_whether_to_try_again() {
    for (fault, expected) in [
        (DiscoveryFault::Misleading, false),
        (DiscoveryFault::Misskey, false),
        (DiscoveryFault::NotOfFamily, false),
        (DiscoveryFault::Trouble(403), false),
        (DiscoveryFault::Trouble(410), false),
        (DiscoveryFault::Trouble(429), true),
        (DiscoveryFault::Trouble(502), true),
        (DiscoveryFault::Unreachable(NoAnswer::Timeout), true),
        (DiscoveryFault::Unreachable(NoAnswer::Forbidden), false),
    ] {
        assert_eq!(fault.is_transient(), expected, "{fault:?}");
    }
}

#[test]
fn servers_that_lead_around_are_left() {
    let mut step = begin("@me@mstdn.jp");
    for count in 0..40 {
        let Step::Send(request, discovery) = step else {
            assert!(count <= MOST_REQUESTS && matches!(step, Step::Done(Err(DiscoveryFault::NotOfFamily))));
            return;
        };
        let next = format!("302 to:https://host{count}.example{} any/empty.txt", reply::path_of(&request.url));
        step = discovery.answered(parse(&next));
    }
    panic!("led around for ever");
}

/// What hostile and honest servers say, in any order.
fn said() -> impl Strategy<Value = String> {
    let files = [
        "mastodon/nodeinfo_links.json",
        "mastodon/nodeinfo_links_plain.json",
        "mastodon/nodeinfo_links_web.json",
        "mastodon/nodeinfo.json",
        "akkoma/nodeinfo.json",
        "any/nodeinfo_unheard_of.json",
        "mastodon/metadata.json",
        "mastodon/metadata_web.json",
        "any/metadata_foreign_endpoint.json",
        "mastodon/instance_v2.json",
        "mastodon/webfinger.json",
        "any/webfinger_plain.json",
        "404 any/not_found.json",
        "503 any/bad_gateway.html",
        "301 to:https://web.mstdn.jp/.well-known/nodeinfo any/empty.txt",
        "301 to:http://web.mstdn.jp/.well-known/webfinger any/empty.txt",
        "301 to:https://evil.example/.well-known/webfinger?resource=x any/empty.txt",
        "302 to:/login any/empty.txt",
        "too_large",
        "timeout",
    ];
    proptest::sample::select(files.map(str::to_owned).to_vec())
}

proptest! {
    #[test]
    fn any_conversation_ends_and_keeps_encryption(
        typed in proptest::sample::select(vec!["mstdn.jp", "@me@mstdn.jp", "http://127.0.0.1:8003"]),
        answers in proptest::collection::vec(said(), MOST_REQUESTS as usize),
        noise in any::<(u16, Vec<u8>)>(),
        noisy in 0..MOST_REQUESTS,
    ) {
        let mut step = begin(typed);
        let mut count = 0;
        let result = loop {
            match step {
                Step::Done(result) => break result,
                Step::Send(request, discovery) => {
                    prop_assert!(count < MOST_REQUESTS, "asks too often");
                    prop_assert!(request.url.scheme() == "https" || typed.starts_with("http://"), "{}", request.url);
                    let next = &answers[usize::from(count)];
                    step = discovery.answered(if count == noisy { Ok(answer(noise.0, &noise.1)) } else { parse(next) });
                    count += 1;
                }
            }
        };
        if let Ok(site) = result {
            let home = site.server.origin().origin();
            for endpoint in [&site.endpoints.authorization, &site.endpoints.token, &site.endpoints.revocation] {
                prop_assert_eq!(endpoint.url().origin(), home.clone());
            }
        }
    }
}
