//! The reader of what people type for their server, on any text: it never panics, what comes out is one plain origin that reads back to
//! itself, and its host stood in the text. A server that says the same text to every question is left in the end.

#![no_main]

use grantkeep_core::{Answer, Outcome, Secret};
use grantkeep_mastodon::{Server, Software, Typed, check, discover, instance, registration};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        match instance::read(text) {
            Ok(typed) => is_plain(text, &typed),
            Err(fault) => assert!(!fault.to_string().is_empty() && !fault.advice().is_empty()),
        }
        if let Some(server) = Server::from_kept(text) {
            assert_eq!(server.as_str(), text);
        }
    }
    for status in [200, 301, 401, 403, 502] {
        is_answered(data, status);
    }
});

fn is_plain(text: &str, typed: &Typed) {
    let server = &typed.server;
    let url = server.url("/x?y=z");
    assert!(matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none());
    assert_eq!((url.path(), url.query(), url.fragment()), ("/x", Some("y=z"), None));
    assert_eq!(Server::from_kept(server.as_str()).as_ref(), Some(server));
    assert_eq!(Server::of(&url).as_ref(), Some(server));

    let host = url.host_str().unwrap();
    assert!(
        !host.is_empty() && host.len() <= 253 && host.is_ascii() && !host.bytes().any(|byte| byte.is_ascii_uppercase())
    );
    if text.is_ascii() {
        let lower = text.to_ascii_lowercase();
        assert!(lower.contains(host), "the host was not there");
        assert!(server.is_https() || lower.contains("http://"), "encryption was given up");
        assert!(url.port().is_none_or(|port| text.contains(&port.to_string())), "the port was not there");
    }
    assert!(typed.user.as_ref().is_none_or(|user| text.contains(&**user)));
}

/// A server that says that to everything.
fn is_answered(data: &[u8], status: u16) {
    let answer = || Ok(Answer { status, headers: Default::default(), body: data.to_vec().into() });
    let typed = instance::read("@me@mstdn.jp").unwrap();
    let home = typed.server.clone();

    let mut step = discover::start(typed);
    for _ in 0..=12 {
        match step {
            discover::Step::Done(result) => {
                if let Ok(site) = result {
                    let origin = site.server.origin().origin();
                    let endpoints = [site.endpoints.authorization, site.endpoints.token, site.endpoints.revocation];
                    assert!(endpoints.iter().all(|endpoint| endpoint.url().origin() == origin));
                }
                break;
            }
            discover::Step::Send(request, waiting) => {
                assert!(request.url.scheme() == "https" && request.body.is_none());
                step = waiting.answered(answer());
            }
        }
    }

    // One of them each time: all of them would take the fuzzer's time.
    let software = Software::ALL[data.len() % Software::ALL.len()];
    let check::Step::Send(_, waiting) = check::start(&home, software, &Secret::from("minted"), None) else { panic!() };
    let check::Step::Done(finding) = waiting.answered(answer()) else { panic!("a check takes one call") };
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    assert!(!finding.cause.is_empty() && finding.cause.len() < 40 && finding.cause.bytes().all(is_word));
    assert!(finding.identity.is_none() || finding.outcome == Outcome::Alive);
    registration::probe::read(software, answer());
    if let Ok(registered) = registration::read(answer()) {
        assert!(status == 200 && !registered.client_id.is_empty() && !registered.client_secret.is_empty());
    }
}
