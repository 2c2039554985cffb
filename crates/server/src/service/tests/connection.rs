//! Holds the listener against callers that take places and read nothing, over real sockets.

use std::{future::pending, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

use super::*;
use crate::{Limits, serve_tcp};

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// Longer than an answer takes.
const SHORT: Duration = Duration::from_millis(300);

/// A listener with these limits, and its address.
async fn listen(stage: &Stage, limits: &Limits) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_tcp(listener, Arc::clone(&stage.service), limits.clone(), pending()));
    address
}

fn request(line: &str, further: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: {HOST}\r\n{further}\r\n")
}

/// Asks on a new connection, which stays; the status line, once it is there.
async fn well(address: SocketAddr) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request("GET /healthz", "").as_bytes()).await.unwrap();
    let mut line = [0; 15];
    stream.read_exact(&mut line).await.unwrap();
    (stream, String::from_utf8_lossy(&line).into_owned())
}

#[tokio::test]
async fn who_reads_nothing_is_hung_up_on() {
    let stage = Stage::open().await;
    let mut limits = Limits::at_most(1);
    limits.stall_for = SHORT;
    let address = listen(&stage, &limits).await;

    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2304).unwrap();
    let mut idle = socket.connect(address).await.unwrap();
    // More than the kernel keeps for somebody.
    idle.write_all(request("GET /openapi.json", "").repeat(100).as_bytes()).await.unwrap();
    // He has the only place.
    let (_other, line) = timeout(LONG, well(address)).await.expect("he is waited for");
    assert_eq!(line, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn listeners_share_what_there_is() {
    let stage = Stage::open().await;
    // Each of the two that waits for a caller holds a place for him.
    let limits = Limits::at_most(3);
    let (one, other) = (listen(&stage, &limits).await, listen(&stage, &limits).await);
    let first = well(one).await;
    let _second = well(one).await;
    assert!(timeout(SHORT, well(one)).await.is_err(), "more than there is");
    // The other listener has kept its place.
    let _third = timeout(LONG, well(other)).await.expect("nobody comes through there");
    assert!(timeout(SHORT, well(other)).await.is_err(), "more than there is");
    drop(first);
    timeout(LONG, well(other)).await.expect("a place that has become free is given to nobody");
}

/// hyper takes the length out before the gate sees it, so two readings of where the request ends are ended by ending the connection.
#[tokio::test]
async fn nothing_is_read_behind_a_request_of_two_lengths() {
    let stage = Stage::open().await;
    let address = listen(&stage, &Limits::at_most(8)).await;
    let two = request("POST /api/v1/vk/token/submit", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n");
    let hidden = request("GET /healthz", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{two}0\r\n\r\n{hidden}").as_bytes()).await.unwrap();
    let mut answers = String::new();
    // A connection that is ended with something unread may be reset.
    let _ = timeout(LONG, stream.read_to_string(&mut answers)).await.expect("the connection goes on");
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    assert!(answers.starts_with("HTTP/1.1 4"), "{answers}");
}
