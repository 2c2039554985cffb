//! Servers on loopback that behave as told, a listener that counts who comes, and clients to go there.
//!
//! They run on threads of their own, so that a client that never yields cannot stop them.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use url::Url;

use crate::{Client, Rules, client::Limits, resolve::Lookup};

/// A listener on this machine that nobody should connect to.
pub(super) struct Canary {
    pub(super) port: u16,
    listeners: Vec<SocketAddr>,
    seen: Arc<AtomicUsize>,
}

impl Canary {
    pub(super) fn start() -> Self {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).ok();
        let seen = Arc::new(AtomicUsize::new(0));
        let mut listeners = Vec::new();
        for listener in [Some(first), second].into_iter().flatten() {
            listeners.push(listener.local_addr().unwrap());
            let seen = Arc::clone(&seen);
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    seen.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.write_all(b"!");
                }
            });
        }
        Self { port, listeners, seen }
    }

    /// How many have connected. Asks by connecting: whoever came earlier has been counted when that is answered.
    pub(super) fn hits(&self) -> usize {
        for address in &self.listeners {
            TcpStream::connect(address).unwrap().read_exact(&mut [0]).unwrap();
            self.seen.fetch_sub(1, Ordering::SeqCst);
        }
        self.seen.load(Ordering::SeqCst)
    }
}

/// A server that reads a request on each connection, one after the other, behaves, and closes. A client that is to ask again
/// must be told so, or it may use a connection that is just closing.
pub(super) fn serve(behave: impl Fn(&mut TcpStream, &str) -> io::Result<()> + Send + 'static) -> Url {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = url_of(&listener);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = read_request(&mut stream);
            // A client that has had enough is no fault of ours.
            let _ = behave(&mut stream, &request);
            // Unread data would make the close a reset, which overtakes what was written.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = wait_for_end(&mut stream);
        }
    });
    url
}

/// A server that answers every request of a connection; counts the connections.
pub(super) fn keep_alive() -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (url, connections) = (url_of(&listener), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&connections);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || {
                while !read_request(&mut stream).is_empty() {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
                }
            });
        }
    });
    (url, connections)
}

fn url_of(listener: &TcpListener) -> Url {
    format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap()
}

/// Head and body of a request. Ours are small, and their body is the form of `check`.
fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = stream.read(&mut piece).unwrap_or(0);
        request.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if length == 0 {
                return text;
            }
            continue;
        };
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length == 0 || body.len() >= announced.map_or(0, |length| length.parse().unwrap()) {
            return text;
        }
    }
}

/// Until the other side closes.
pub(super) fn wait_for_end(stream: &mut TcpStream) -> io::Result<()> {
    let mut piece = [0; 4096];
    while stream.read(&mut piece)? > 0 {}
    Ok(())
}

/// A client whose configuration names this server.
pub(super) fn client_for(url: &Url) -> Client {
    let mut rules = Rules::default();
    rules.configured(url);
    Client::new(rules)
}

/// The same with a limit for answers that a test can wait for. The other one is out of reach, so that it tells nothing where the
/// machine stands still.
pub(super) fn quick_to_answer(client: Client) -> Client {
    limited(client, Duration::from_secs(60), Duration::from_millis(600))
}

/// The same with such a limit for connections.
pub(super) fn quick_to_connect(client: Client) -> Client {
    limited(client, Duration::from_millis(300), Duration::from_secs(60))
}

fn limited(client: Client, connect_for: Duration, check_for: Duration) -> Client {
    Client { limits: Limits { connect_for, check_for, token_for: check_for }, ..client }
}

/// Names lead to this machine, all of them.
pub(super) fn everything_is_here() -> Lookup {
    names_lead_to(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
}

pub(super) fn names_lead_to(addresses: Vec<IpAddr>) -> Lookup {
    let addresses: Vec<SocketAddr> = addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
    Lookup::new(move |_| std::future::ready(Ok(addresses.clone())))
}

/// Runs one test of this program in a process of its own. What it printed, if it passed.
pub(super) fn run_alone(test: &str, variables: &[(&str, &str)]) -> String {
    let path = test.split_once("::").unwrap().1;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", path, "--nocapture", "--test-threads=1"]).envs(variables.iter().copied());
    let output = command.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let (told, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{told}\n{complained}");
    told.into_owned()
}

/// A gzip stream of zeros that unpacks to 258 bytes for each of `matches`: 160 times its own size.
pub(super) fn bomb(matches: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |code: &str| bits.extend(code.bytes().map(|bit| bit == b'1'));
    put("110"); // the last block, with the fixed codes of RFC 1951 §3.2.6
    put("00110000"); // a zero
    for _ in 0..matches {
        put("1100010100000"); // 258 times what was one before
    }
    put("0000000"); // the end
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    // A reader unpacks before it learns that the sum is wrong.
    head.into_iter().chain(bits.chunks(8).map(byte)).chain([0; 8]).collect()
}
