//! Owns a hostile provider: a small server whose answers a test sets, path by path, and that remembers what reached it.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;
use url::Url;

/// A request that reached it.
#[derive(Clone, Debug)]
pub struct Reached {
    /// `GET`, ...
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Request line and headers.
    pub head: String,
    /// The body.
    pub body: String,
}

/// How a path is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// 10 GB are announced, and then sent without end.
    Announced,
    /// Half a megabyte of gzip that unpacks to 90.
    Bomb,
    /// HTTP 200 and nothing in it.
    Empty,
    /// An answer that goes on and on.
    Endless,
    /// No answer at all, while the client waits.
    Hang,
    /// HTTP 200 and a page.
    Html,
    /// JSON, in that status.
    Json(u16, Value),
    /// A redirect with that status.
    Redirect(u16, String),
    /// Another answer, that much later.
    Slow(Duration, Box<Answer>),
}

impl Answer {
    /// JSON in HTTP 200.
    pub fn json(value: Value) -> Self {
        Self::Json(200, value)
    }

    /// A redirect with HTTP 302.
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::Redirect(302, to.into())
    }
}

/// A hostile provider.
#[derive(Debug)]
pub struct Hostile {
    /// Its base URL, without a slash at the end.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    reached: Mutex<Vec<Reached>>,
}

impl Hostile {
    /// Starts one that answers everything with 404.
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = Arc::clone(&serving);
                // A client that has had enough is no fault of ours.
                thread::spawn(move || serving.serve(stream).ok());
            }
        });
        Self { url, shared }
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// The address of a path there.
    pub fn at(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.url)).unwrap()
    }

    /// Sets how a path is answered, whatever its query.
    pub fn answer(&self, path: impl Into<String>, answer: Answer) {
        self.shared.answers.lock().unwrap().insert(path.into(), answer);
    }

    /// Answers everything with 404 again.
    pub fn forget_answers(&self) {
        self.shared.answers.lock().unwrap().clear();
    }

    /// What has reached a path, whatever its query.
    pub fn reached(&self, path: &str) -> Vec<Reached> {
        let is_there = |reached: &&Reached| path_of(&reached.target) == path;
        self.shared.reached.lock().unwrap().iter().filter(is_there).cloned().collect()
    }

    /// All that has reached it.
    pub fn all(&self) -> Vec<Reached> {
        self.shared.reached.lock().unwrap().clone()
    }
}

impl Default for Hostile {
    fn default() -> Self {
        Self::new()
    }
}

impl Reached {
    /// A field of the form in the body.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut fields = form_urlencoded::parse(self.body.as_bytes());
        fields.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let Some(reached) = read(&mut stream)? else { return Ok(()) };
        let answer = self.answers.lock().unwrap().get(path_of(&reached.target)).cloned();
        self.reached.lock().unwrap().push(reached);
        let answer = answer.unwrap_or_else(|| Answer::Json(404, serde_json::json!({"error": "not_found"})));
        send(&mut stream, answer)?;
        // Unread data would make the close a reset, which overtakes what was written.
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut piece = [0; 4096];
        while stream.read(&mut piece)? > 0 {}
        Ok(())
    }
}

fn read(stream: &mut TcpStream) -> io::Result<Option<Reached>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut piece)?;
        bytes.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if length == 0 {
                return Ok(None);
            }
            continue;
        };
        let header = |line: &&str| line.to_ascii_lowercase().starts_with("content-length:");
        let announced = head.lines().find(header).and_then(|line| line[15..].trim().parse().ok()).unwrap_or(0);
        if body.len() >= announced {
            let mut words = head.split(' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            let (method, target) = (word(), word());
            return Ok(Some(Reached { method, target, head: head.to_owned(), body: body.to_owned() }));
        }
        if length == 0 {
            return Ok(None);
        }
    }
}

fn send(stream: &mut TcpStream, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Announced => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10000000000\r\n\r\n",
            )?;
            endless(stream)
        }
        Answer::Bomb => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\r\n")?;
            stream.write_all(&bomb(60_000))
        }
        Answer::Empty => whole(stream, 200, "content-type: application/json\r\n", ""),
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"access_token\":\"")?;
            endless(stream)
        }
        Answer::Hang => {
            while stream.read(&mut [0; 64])? > 0 {}
            Ok(())
        }
        Answer::Html => {
            let page =
                "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>Welcome</h1></body></html>\n";
            whole(stream, 200, "content-type: text/html; charset=utf-8\r\n", page)
        }
        Answer::Json(status, value) => whole(stream, status, "content-type: application/json\r\n", &value.to_string()),
        Answer::Redirect(status, to) => whole(stream, status, &format!("location: {to}\r\n"), ""),
        Answer::Slow(after, answer) => {
            thread::sleep(after);
            send(stream, *answer)
        }
    }
}

fn whole(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

fn endless(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        stream.write_all(&[b' '; 65_536])?;
    }
}

/// A gzip stream of spaces that unpacks to 258 bytes for each of `matches` of 13 bits, a member after the other.
fn bomb(matches: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |code: &str| bits.extend(code.bytes().map(|bit| bit == b'1'));
    // The last block, with the fixed codes of RFC 1951 §3.2.6; a space; then 258 times what was one before; the end.
    put("110");
    put("01010000");
    (0..matches).for_each(|_| put("1100010100000"));
    put("0000000");
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let member: Vec<u8> = head.into_iter().chain(bits.chunks(8).map(byte)).chain([0; 8]).collect();
    member.repeat(6)
}
