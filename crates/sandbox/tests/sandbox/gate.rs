//! What is refused at the door, byte by byte.

use std::net::SocketAddr;

use grantkeep_sandbox::{Options, start};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, running};

/// The status of the answer to these bytes.
async fn status_of(client: &Client, bytes: &str) -> u16 {
    let address: SocketAddr = client.sandbox.vk_url().trim_start_matches("http://").parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_loopback_hosts_and_clear_framing_are_let_in() {
    let client = running().await;
    for (bytes, expected) in [
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: localhost:9999\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: [::1]:8001\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("GET /method/users.get HTTP/1.1\r\nHost: 127.0.0.1.nip.io\r\n\r\n", 421),
        ("POST /sandbox/tokens HTTP/1.1\r\nHost: localhost.\r\nContent-Length: 0\r\n\r\n", 421),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nX-Sandbox-Address: here\r\n\r\n", 400),
        ("POST /sandbox/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n", 413),
    ] {
        assert_eq!(status_of(&client, bytes).await, expected, "{bytes}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(9000));
    assert_eq!(status_of(&client, &long).await, 414);
}

#[tokio::test]
async fn other_sites_cannot_use_the_switches() {
    let client = running().await;
    for (header, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for (method, path) in
            [(Method::POST, "/sandbox/faults"), (Method::DELETE, "/sandbox/faults"), (Method::POST, "/authorize")]
        {
            let request = client.request(method, path).header(header, value).body(r#"{"answer":"empty"}"#);
            assert_eq!(request.send().await.unwrap().status(), 403, "{path} {value}");
        }
    }
}

#[tokio::test]
async fn only_loopback_addresses_are_listened_on() {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let error = start(Options { listen: address.parse().unwrap() }).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{address}");
    }
}

#[tokio::test]
async fn a_taken_address_is_an_error_and_a_stopped_one_is_free() {
    // Below the ports that the system gives away, so that nobody takes one of them in between.
    let mut free = None;
    for port in (20_000..30_000).step_by(100) {
        let listen = ([127, 0, 0, 1], port).into();
        if let Ok(sandbox) = start(Options { listen }).await {
            free = Some((listen, sandbox));
            break;
        }
    }
    let (listen, sandbox) = free.unwrap();
    let next = SocketAddr::new(listen.ip(), listen.port() + 1);
    assert_eq!((sandbox.vk_url(), sandbox.oauth2_url()), (format!("http://{listen}"), format!("http://{next}")));
    let mastodons = sandbox.mastodons();
    assert!((2..).zip(mastodons).all(|(offset, (_, url))| url.port() == Some(listen.port() + offset)));
    for taken in [listen, next] {
        assert_eq!(start(Options { listen: taken }).await.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    }
    sandbox.stop().await;
    start(Options { listen }).await.unwrap().stop().await;
}

#[tokio::test]
async fn every_provider_needs_a_port() {
    let error = start(Options { listen: "127.0.0.1:65535".parse().unwrap() }).await.unwrap_err();
    assert!(matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::AddrInUse), "{error}");
}
