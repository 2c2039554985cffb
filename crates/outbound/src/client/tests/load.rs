//! Answers that want to fill the memory. Measured in a process of its own, which has the client alone: this test, run again.

use std::{
    env, fs,
    io::Write,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use grantkeep_core::NoAnswer;
use url::Url;

use super::{check, stage};
use crate::{Client, Rules};

const SERVERS: &str = "GRANTKEEP_TEST_SERVERS";

/// Growth of the memory that one answer may cost.
const MOST: usize = 4 * 1024 * 1024;

/// What a server sends, and what the client makes of it.
type Way = (&'static str, fn(&mut TcpStream) -> std::io::Result<()>, Option<NoAnswer>);

const WAYS: &[Way] = &[
    ("empty", |stream| stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"), None),
    (
        "10 GB",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n")?;
            endless(stream, &[0; 65536])
        },
        Some(NoAnswer::TooLarge),
    ),
    (
        "endless",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            endless(stream, &[0; 65536])
        },
        Some(NoAnswer::TooLarge),
    ),
    (
        "endless small chunks",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            endless(stream, "1\r\na\r\n".repeat(1000).as_bytes())
        },
        Some(NoAnswer::TooLarge),
    ),
    (
        "endless chunk extension",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;")?;
            endless(stream, &[b'a'; 65536])
        },
        Some(NoAnswer::Broken),
    ),
    (
        "endless trailers",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")?;
            endless(stream, "a: b\r\n".repeat(1000).as_bytes())
        },
        Some(NoAnswer::Broken),
    ),
    (
        "a header without end",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\na: ")?;
            endless(stream, &[b'a'; 65536])
        },
        Some(NoAnswer::Broken),
    ),
    (
        "headers without end",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            endless(stream, "a: b\r\n".repeat(1000).as_bytes())
        },
        Some(NoAnswer::Broken),
    ),
    (
        "gzip bomb",
        |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n")?;
            stream.write_all(&stage::bomb(600_000))
        },
        None,
    ),
];

fn endless(stream: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(piece)?;
    }
}

#[tokio::test]
async fn no_answer_costs_more_than_4_mib() {
    if let Ok(servers) = env::var(SERVERS) {
        return measure(servers.split(' ').map(|url| url.parse().unwrap()).collect()).await;
    }
    let servers = WAYS.iter().map(|(_, way, _)| stage::serve(move |stream, _| way(stream)).to_string());
    let servers = servers.collect::<Vec<_>>().join(" ");
    let told = stage::run_alone(concat!(module_path!(), "::no_answer_costs_more_than_4_mib"), &[(SERVERS, &servers)]);
    for line in told.lines().filter(|line| line.contains("KiB")) {
        println!("{line}");
    }
}

async fn measure(servers: Vec<Url>) {
    let mut rules = Rules::default();
    for url in &servers {
        rules.configured(url);
    }
    let client = Client::new(rules);
    // The first request reads the system's certificates, and is answered with nothing.
    client.send(check(&servers[0])).await.unwrap();
    let before = resident();
    for ((what, _, expected), url) in WAYS.iter().zip(&servers) {
        let peak = Peak::start();
        for _ in 0..3 {
            assert_eq!(client.send(check(url)).await.err(), *expected, "{what}");
        }
        let more = peak.stop().saturating_sub(before);
        println!("{what}: {} KiB more", more / 1024);
        assert!(more < MOST, "{what}: {more} bytes more");
    }
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Watches for the most memory in between.
struct Peak {
    enough: Arc<AtomicBool>,
    watcher: thread::JoinHandle<usize>,
}

impl Peak {
    fn start() -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&enough);
        let watcher = thread::spawn(move || {
            let mut most = resident();
            while !stop.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_micros(200));
                most = most.max(resident());
            }
            most
        });
        Self { enough, watcher }
    }

    fn stop(self) -> usize {
        self.enough.store(true, Ordering::SeqCst);
        self.watcher.join().unwrap()
    }
}
