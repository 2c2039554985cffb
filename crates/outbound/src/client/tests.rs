//! The client against real sockets: what it sends, what it makes of an answer, and where it does not go.

mod environment;
mod hostile;
mod load;
mod name;
mod stage;

use std::io::Write;

use grantkeep_core::Secret;
use http::Method;
use tokio::time::timeout;

use super::*;
use stage::{Canary, client_for, quick_to_answer, serve};

fn check(url: &Url) -> Outgoing {
    let body = Some(Payload::Form(Secret::from("access_token=abc&v=5.199")));
    Outgoing { purpose: Purpose::Check, method: Method::POST, url: url.clone(), headers: Vec::new(), body }
}

#[tokio::test]
async fn sends_the_form_and_reads_any_status() {
    let (told, requests) = std::sync::mpsc::channel();
    let url = serve(move |stream, request| {
        told.send(request.to_owned()).unwrap();
        stream.write_all(b"HTTP/1.1 502 Bad\r\ncontent-length: 2\r\n\r\nno")
    });
    let url = url.join("/method/users.get").unwrap();
    let answer = client_for(&url).send(check(&url)).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (502, b"no".as_slice()));
    let request = requests.recv().unwrap();
    assert!(request.starts_with("POST /method/users.get HTTP/1.1\r\n"), "{request}");
    for line in [
        "content-type: application/x-www-form-urlencoded",
        "accept-encoding: identity",
        concat!("user-agent: grantkeep/", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(request.contains(&format!("{line}\r\n")), "{line}: {request}");
    }
    for name in ["referer", "cookie", "proxy-"] {
        assert!(!request.to_lowercase().contains(&format!("\n{name}")), "{name}: {request}");
    }
    assert!(request.ends_with("\r\n\r\naccess_token=abc&v=5.199"), "{request}");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let canary = Canary::start();
    for (code, target) in [301, 302, 303, 307, 308].into_iter().flat_map(|code| {
        ["http://127.0.0.1:{port}/", "https://localhost:{port}/", "//[::1]:{port}/", "http://2130706433:{port}/", "/"]
            .map(|target| (code, target.replace("{port}", &canary.port.to_string())))
    }) {
        let reply = format!(
            "HTTP/1.1 {code} Moved\r\nlocation: {target}\r\nset-cookie: a=b\r\nrefresh: 0;url={target}\r\ncontent-length: 0\r\n\r\n"
        );
        let url = serve(move |stream, request| {
            assert!(!request.to_lowercase().contains("\ncookie:"), "{request}");
            stream.write_all(reply.as_bytes())
        });
        for method in [Method::GET, Method::POST] {
            let answer = client_for(&url).send(Outgoing { method, ..check(&url) }).await.unwrap();
            assert_eq!(answer.status, code, "{target}");
        }
    }
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn what_goes_wrong_is_told_by_its_kind() {
    let body = |length: usize, head: &str| [head.as_bytes(), &vec![b' '; length]].concat();
    let announced = |length: usize| format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    for (what, reply, expected) in [
        ("exactly the most", body(LARGEST, &announced(LARGEST)), None),
        ("exactly the most, unannounced", body(LARGEST, "HTTP/1.1 200 OK\r\n\r\n"), None),
        ("one more", body(LARGEST + 1, "HTTP/1.1 200 OK\r\n\r\n"), Some(NoAnswer::TooLarge)),
        ("one more, announced", announced(LARGEST + 1).into_bytes(), Some(NoAnswer::TooLarge)),
        ("10 GB, announced", announced(10_000_000_000).into_bytes(), Some(NoAnswer::TooLarge)),
        ("no such length", announced(usize::MAX).into_bytes(), Some(NoAnswer::Broken)),
        ("empty", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec(), None),
        ("empty by its end", b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), None),
        ("HTML", b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<!doctype html>".to_vec(), None),
        ("half", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec(), Some(NoAnswer::Broken)),
        ("nothing", Vec::new(), Some(NoAnswer::Broken)),
        ("another protocol", b"SSH-2.0-OpenSSH\r\n".to_vec(), Some(NoAnswer::Broken)),
        (
            "no chunks",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\ngarbage".to_vec(),
            Some(NoAnswer::Broken),
        ),
        (
            "a chunk of 16 EiB",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nab".to_vec(),
            Some(NoAnswer::Broken),
        ),
        (
            "two lengths",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc".to_vec(),
            Some(NoAnswer::Broken),
        ),
        (
            "a million bytes of headers",
            format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(1_000_000)).into_bytes(),
            Some(NoAnswer::Broken),
        ),
        (
            "a thousand headers",
            format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(1_000)).into_bytes(),
            Some(NoAnswer::Broken),
        ),
    ] {
        let url = serve(move |stream, _| stream.write_all(&reply));
        let answer = client_for(&url).send(check(&url)).await;
        assert_eq!(answer.as_ref().err().copied(), expected, "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn compressed_bodies_come_as_they_are() {
    let bomb = stage::bomb(4000);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let reply = [head.as_bytes(), &bomb].concat();
    let url = serve(move |stream, _| stream.write_all(&reply));
    let answer = client_for(&url).send(check(&url)).await.unwrap();
    assert_eq!(*answer.body, bomb);
    assert_eq!(answer.headers[header::CONTENT_ENCODING], "gzip");
}

#[tokio::test]
async fn the_time_limit_covers_the_whole_answer() {
    fn trickle(stream: &mut std::net::TcpStream, text: &[u8]) -> std::io::Result<()> {
        for byte in text.iter().cycle() {
            stream.write_all(&[*byte])?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
    let ways: [fn(&mut std::net::TcpStream) -> std::io::Result<()>; 6] = [
        |stream| stage::wait_for_end(stream),
        |stream| trickle(stream, b"HTTP/1.1 200 OK\r\na: b"),
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            trickle(stream, b"a")
        },
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")?;
            trickle(stream, b"a")
        },
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            trickle(stream, b"1\r\na\r\n")
        },
        // Each may stand before the answer proper, any number of times.
        |stream| loop {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n")?;
        },
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let url = serve(move |stream, _| way(stream));
        let client = quick_to_answer(client_for(&url));
        let answer = timeout(Duration::from_secs(60), client.send(check(&url))).await;
        assert_eq!(answer.expect("a limit of its own").unwrap_err(), NoAnswer::Timeout, "{number}");
    }
}

#[test]
fn token_endpoints_get_twice_the_time_of_checks() {
    let limits = Limits::default();
    assert_eq!(limits.of(Purpose::Check), Duration::from_secs(15));
    assert_eq!(limits.of(Purpose::Token), Duration::from_secs(30));
    assert!(limits.connect_for < limits.of(Purpose::Check), "so that the phase decides what is told");
}

#[tokio::test]
async fn connections_are_used_again_but_for_what_may_be_spent_by_a_request() {
    for (purpose, expected) in [(Purpose::Check, 1), (Purpose::Token, 5)] {
        let (url, connections) = stage::keep_alive();
        let client = client_for(&url);
        for _ in 0..5 {
            let outgoing = Outgoing { purpose, ..check(&url) };
            assert_eq!(client.send(outgoing).await.unwrap().body.as_slice(), b"ok");
        }
        assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), expected, "{purpose:?}");
    }
}
