//! The client against real sockets that behave badly.

use grantkeep_core::Secret;
use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use super::*;

/// A server that reads one request, sends `reply`, and closes; gives back what it read.
async fn answering_with(reply: Vec<u8>) -> (Url, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/method/users.get", listener.local_addr().unwrap()).parse().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = vec![0; 4096];
        let length = stream.read(&mut read).await.unwrap();
        read.truncate(length);
        let _ = stream.write_all(&reply).await;
        String::from_utf8(read).unwrap()
    });
    (url, server)
}

fn check(url: Url) -> Outgoing {
    let body = Some(Payload::Form(Secret::from("access_token=abc&v=5.199")));
    Outgoing { purpose: Purpose::Check, method: Method::POST, url, headers: Vec::new(), body }
}

#[tokio::test]
async fn sends_the_form_and_reads_any_status() {
    let (url, server) = answering_with(b"HTTP/1.1 502 Bad\r\ncontent-length: 2\r\n\r\nno".to_vec()).await;
    let answer = Client::default().send(check(url)).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (502, b"no".as_slice()));
    let request = server.await.unwrap();
    assert!(request.starts_with("POST /method/users.get HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\naccess_token=abc&v=5.199"), "{request}");
    assert!(!request.to_lowercase().contains("accept-encoding"), "no decompression is offered: {request}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (target, never) = answering_with(Vec::new()).await;
    let reply = format!("HTTP/1.1 307 Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
    let (url, _server) = answering_with(reply.into_bytes()).await;
    assert_eq!(Client::default().send(check(url)).await.unwrap().status, 307);
    assert!(!never.is_finished());
}

#[tokio::test]
async fn what_goes_wrong_is_told_by_its_kind() {
    let client = Client::default();
    let mut large = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    large.resize(large.len() + LARGEST + 1, b' ');
    for (reply, expected) in [
        (large, NoAnswer::TooLarge),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec(), NoAnswer::Broken),
        (Vec::new(), NoAnswer::Broken),
        (b"SSH-2.0-OpenSSH\r\n".to_vec(), NoAnswer::Broken),
    ] {
        let (url, _server) = answering_with(reply).await;
        assert_eq!(client.send(check(url)).await.unwrap_err(), expected);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    assert_eq!(client.send(check(nobody)).await.unwrap_err(), NoAnswer::Unreachable);
    let elsewhere = "http://192.0.2.1/".parse().unwrap();
    assert_eq!(client.send(check(elsewhere)).await.unwrap_err(), NoAnswer::Forbidden);
}
