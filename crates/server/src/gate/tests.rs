//! Holds the gate against requests as they stand on the wire, one a line.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderName, HeaderValue, Request, Uri};

use super::*;

const PEER: Peer = Peer::Network(IpAddr::V4(Ipv4Addr::LOCALHOST));

/// The parts of `GET /path HTTP/1.1 | name: value | name: value`. Without `Host` among the names, ours is added; `!` adds none.
fn parts(text: &str) -> Parts {
    let mut lines = text.split(" | ");
    let [method, target, version] = lines.next().unwrap().split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
    let uri = Uri::try_from(target.as_bytes()).expect(text);
    let mut parts = Request::builder().method(method).uri(uri).body(()).expect(text).into_parts().0;
    parts.version = match version {
        "HTTP/1.0" => Version::HTTP_10,
        "HTTP/1.1" => Version::HTTP_11,
        _ => panic!("{text}"),
    };
    let mut adds_host = true;
    for line in lines {
        adds_host &= line != "!" && !line.to_ascii_lowercase().starts_with("host:");
        let Some((name, value)) = line.split_once(':') else { continue };
        parts.headers.append(
            HeaderName::from_bytes(name.as_bytes()).expect(text),
            HeaderValue::from_bytes(value.trim().as_bytes()).expect(text),
        );
    }
    if adds_host {
        parts.headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8000"));
    }
    parts
}

fn verdict(text: &str, peer: Peer) -> &'static str {
    let hosts = Hosts::new(["127.0.0.1:8000", "LocalHost:8000", "[::1]:8000", "keeper.example"].map(str::to_owned));
    match check(&parts(text), peer, &hosts) {
        Ok(()) => "passes",
        Err(fault) => fault.error_type(),
    }
}

#[test]
fn judges_requests_from_the_network() {
    for (text, expected) in [
        ("GET /healthz HTTP/1.1", "passes"),
        ("GET / HTTP/1.1", "passes"),
        ("POST /api/v1/vk/token/submit HTTP/1.1 | content-length: 9", "passes"),
        ("POST /api/v1/vk/token/submit HTTP/1.1 | transfer-encoding: chunked", "passes"),
        ("POST /api/v1/vk/token/submit HTTP/1.1 | Transfer-Encoding: CHUNKED", "passes"),
        ("DELETE /api/v1/credentials/1 HTTP/1.1", "passes"),
        // HTTP/1.0 without a body is harmless; with one, nobody can say where it ends.
        ("GET /healthz HTTP/1.0", "passes"),
        ("POST /healthz HTTP/1.0", "passes"),
        ("POST /healthz HTTP/1.0 | content-length: 0", "passes"),
        ("POST /healthz HTTP/1.0 | content-length: 5", "malformed_request"),
        ("POST /healthz HTTP/1.0 | transfer-encoding: chunked", "malformed_request"),
        // Exactly one Host, and one of ours.
        ("GET /healthz HTTP/1.1 | !", "malformed_request"),
        ("GET /healthz HTTP/1.0 | !", "malformed_request"),
        ("GET /healthz HTTP/1.1 | host: 127.0.0.1:8000 | host: 127.0.0.1:8000", "malformed_request"),
        ("GET /healthz HTTP/1.1 | host: 127.0.0.1:8000 | host: evil.example", "malformed_request"),
        ("GET /healthz HTTP/1.1 | host: я.example", "malformed_request"),
        ("GET /healthz HTTP/1.1 | host: localhost:8000", "passes"),
        ("GET /healthz HTTP/1.1 | host: LOCALHOST:8000", "passes"),
        ("GET /healthz HTTP/1.1 | host: [::1]:8000", "passes"),
        ("GET /healthz HTTP/1.1 | host: keeper.example", "passes"),
        ("GET /healthz HTTP/1.1 | host: Keeper.Example", "passes"),
        ("GET /healthz HTTP/1.1 | host:", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: evil.example", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: 127.0.0.1", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: 127.0.0.1:8001", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: 127.0.0.1:8000.evil.example", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: keeper.example.", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: keeper.example, evil.example", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: me@keeper.example", "wrong_host"),
        ("GET /healthz HTTP/1.1 | host: evil.example | x-forwarded-host: keeper.example", "wrong_host"),
        // The absolute form must say the same.
        ("GET http://127.0.0.1:8000/healthz HTTP/1.1", "passes"),
        ("GET http://KEEPER.example/healthz HTTP/1.1 | host: keeper.example", "passes"),
        ("GET http://evil.example/healthz HTTP/1.1", "malformed_request"),
        ("GET http://keeper.example/healthz HTTP/1.1", "malformed_request"),
        ("GET http://me@127.0.0.1:8000/healthz HTTP/1.1", "malformed_request"),
        ("GET http://evil.example/healthz HTTP/1.1 | host: evil.example", "wrong_host"),
        ("GET http://127.0.0.1:8000/healthz HTTP/1.1 | !", "malformed_request"),
        // One coding, one length, no body where none belongs.
        ("POST /x HTTP/1.1 | transfer-encoding: gzip, chunked", "malformed_request"),
        ("POST /x HTTP/1.1 | transfer-encoding: chunked, chunked", "malformed_request"),
        ("POST /x HTTP/1.1 | transfer-encoding: chunked | transfer-encoding: chunked", "malformed_request"),
        ("POST /x HTTP/1.1 | transfer-encoding: identity", "malformed_request"),
        ("POST /x HTTP/1.1 | transfer-encoding: xchunked", "malformed_request"),
        ("POST /x HTTP/1.1 | transfer-encoding: chunked;q=1", "malformed_request"),
        ("POST /x HTTP/1.1 | transfer-encoding:", "malformed_request"),
        ("GET /x HTTP/1.1 | content-length: 0", "passes"),
        ("GET /x HTTP/1.1 | content-length: 5", "malformed_request"),
        ("HEAD /x HTTP/1.1 | content-length: 5", "malformed_request"),
        ("GET /x HTTP/1.1 | transfer-encoding: chunked", "malformed_request"),
        // No other protocol.
        ("CONNECT keeper.example:443 HTTP/1.1", "malformed_request"),
        ("GET /x HTTP/1.1 | connection: upgrade | upgrade: websocket", "malformed_request"),
        ("GET /x HTTP/1.1 | upgrade: h2c", "malformed_request"),
        ("OPTIONS * HTTP/1.1", "malformed_request"),
        // Headers that mean something stand once; no name that a proxy could rewrite into another.
        ("GET /x HTTP/1.1 | x_forwarded_for: 10.0.0.1", "malformed_request"),
        ("GET /x HTTP/1.1 | content_length: 5", "malformed_request"),
        ("GET /x HTTP/1.1 | x-a: 1 | x-a: 2", "passes"),
        ("GET /x HTTP/1.1 | authorization: a | authorization: a", "malformed_request"),
        ("GET /x HTTP/1.1 | authorization: a | Authorization: b", "malformed_request"),
        ("POST /x HTTP/1.1 | content-type: text/plain | content-type: application/json", "malformed_request"),
        ("GET /x HTTP/1.1 | origin: http://a | origin: http://b", "malformed_request"),
        ("GET /x HTTP/1.1 | cookie: a=1 | cookie: b=2", "malformed_request"),
        ("GET /x HTTP/1.1 | cookie: a=1; b=2", "passes"),
        // Paths in their plain form only.
        ("GET //healthz HTTP/1.1", "malformed_request"),
        ("GET /api//v1 HTTP/1.1", "malformed_request"),
        ("GET /healthz/ HTTP/1.1", "malformed_request"),
        ("GET /. HTTP/1.1", "malformed_request"),
        ("GET /api/./v1 HTTP/1.1", "malformed_request"),
        ("GET /healthz/../api HTTP/1.1", "malformed_request"),
        ("GET /.. HTTP/1.1", "malformed_request"),
        ("GET /... HTTP/1.1", "passes"),
        ("GET /.well-known HTTP/1.1", "passes"),
        ("GET /a%2fb HTTP/1.1", "malformed_request"),
        ("GET /a%2Fb HTTP/1.1", "malformed_request"),
        ("GET /a%5cb HTTP/1.1", "malformed_request"),
        ("GET /a%5Cb HTTP/1.1", "malformed_request"),
        ("GET /a%00 HTTP/1.1", "malformed_request"),
        ("GET /%2e%2e/api HTTP/1.1", "malformed_request"),
        ("GET /.%2E/api HTTP/1.1", "malformed_request"),
        ("GET /a%252fb HTTP/1.1", "passes"),
        ("GET /a%zz HTTP/1.1", "passes"),
        ("GET /a%2 HTTP/1.1", "passes"),
        ("GET /a\\b HTTP/1.1", "malformed_request"),
        ("GET /healthz;x=1 HTTP/1.1", "passes"),
        ("GET /\u{e9} HTTP/1.1", "malformed_request"),
        ("GET /x?a=/../%2f%00\\ HTTP/1.1", "passes"),
    ] {
        assert_eq!(verdict(text, PEER), expected, "{text}");
    }
}

#[test]
fn a_local_caller_needs_no_host_but_everything_else() {
    for (text, expected) in [
        ("GET /local/keys HTTP/1.1 | !", "passes"),
        ("GET /local/keys HTTP/1.1 | host: whatever", "passes"),
        ("GET /local//keys HTTP/1.1 | !", "malformed_request"),
        ("GET /local/keys HTTP/1.1 | ! | content-length: 5", "malformed_request"),
        ("POST /local/keys HTTP/1.1 | ! | transfer-encoding: gzip, chunked", "malformed_request"),
        ("GET /local/keys HTTP/1.1 | ! | grantkeep_owner: me", "malformed_request"),
    ] {
        assert_eq!(verdict(text, Peer::Local), expected, "{text}");
    }
}

#[test]
fn a_target_has_8_kib_and_no_more() {
    let query = |length: usize| format!("GET /healthz?{} HTTP/1.1", "a".repeat(length - "/healthz".len()));
    let path = |length: usize| format!("GET /{} HTTP/1.1", "a".repeat(length - 1));
    for (text, expected) in [
        (path(LONGEST_TARGET), "passes"),
        (path(LONGEST_TARGET + 1), "uri_too_long"),
        (query(LONGEST_TARGET), "passes"),
        (query(LONGEST_TARGET + 1), "uri_too_long"),
    ] {
        assert_eq!(verdict(&text, PEER), expected, "{} bytes", text.len());
    }
}

#[test]
fn what_the_gate_refuses_ends_the_connection() {
    for text in ["GET //x HTTP/1.1", "GET /x HTTP/1.1 | host: evil.example", "GET /x HTTP/1.1 | !"] {
        let hosts = Hosts::new(["127.0.0.1:8000".to_owned()]);
        assert!(check(&parts(text), PEER, &hosts).is_err_and(|fault| fault.closes()), "{text}");
    }
}
