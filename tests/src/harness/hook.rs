//! Owns the receiver of webhooks: a port that keeps every request that comes, and answers as it is told.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::wait::{now, until};

/// What every receiver here and the programs that tell it know.
pub const SECRET: &str = "whsec_VGhpcyBrZXkgc2lnbnMgd2ViaG9va3Mgb2YgdGVzdHMu";

/// Longer than anything here takes, on whatever machine.
const SOON: Duration = Duration::from_secs(60);

/// How far apart the clocks of a test and of a program may be that runs on the same machine, in seconds.
const APART: i64 = 120;

/// A receiver of webhooks.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its address.
    pub url: String,
    told: Arc<Mutex<Vec<Told>>>,
    answer: Arc<Mutex<Answer>>,
    port: u16,
    /// Connections that are not over.
    open: Arc<AtomicUsize>,
}

/// How a receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// That it is kept, after so long.
    Late(Duration),
    /// Not at all: whoever asks waits until they give up.
    Never,
    /// With that status.
    Status(u16),
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Told {
    /// What it was answered.
    pub answer: Answer,
    head: String,
    /// The body.
    pub body: String,
}

impl Hook {
    /// A receiver that takes everything.
    pub fn new() -> Self {
        Self::at(0)
    }

    /// The same at a port where nobody listens yet.
    pub fn at(port: u16) -> Self {
        // A child that is being started has, for a moment, whatever was open here.
        let listener = until("the port is free", SOON, || TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
        let port = listener.local_addr().unwrap().port();
        let hook = Self {
            url: address(port),
            told: Arc::default(),
            answer: Arc::new(Mutex::new(Answer::Status(204))),
            port,
            open: Arc::default(),
        };
        let own = hook.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                own.open.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    // Whoever goes away too soon has told nothing.
                    let _ = own.take(stream);
                    own.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        hook
    }

    /// Answers so from now on.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Everything that came, in its order.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// Waits until everything is over that came before: whoever was killed may have sent something that is not read yet.
    #[track_caller]
    pub fn settle(&self) {
        // Connections are taken in their order.
        let mut last = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        last.shutdown(Shutdown::Write).unwrap();
        let _ = last.read_to_end(&mut Vec::new());
        until("nobody is told anything", SOON, || (self.open.load(Ordering::SeqCst) == 0).then_some(()));
    }

    fn take(&self, stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let answer = *self.answer.lock().unwrap();
        let mut told = Told { answer, head, body: String::new() };
        let length = told.header("content-length").parse().map_err(|_| io::ErrorKind::InvalidData)?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        told.body = String::from_utf8(body).map_err(|_| io::ErrorKind::InvalidData)?;
        self.told.lock().unwrap().push(told);
        match answer {
            Answer::Never => reader.read_to_end(&mut Vec::new()).map(drop),
            Answer::Late(after) => {
                thread::sleep(after);
                answer_with(reader.get_mut(), 200)
            }
            Answer::Status(status) => answer_with(reader.get_mut(), status),
        }
    }
}

impl Default for Hook {
    fn default() -> Self {
        Self::new()
    }
}

fn answer_with(stream: &mut TcpStream, status: u16) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status} Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// The address of a receiver at that port.
pub fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}/hook?key=of-the-address")
}

impl Told {
    /// The value of a header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    }

    /// The message that it is, the same at every try.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    /// `credential.expiring`, and so on.
    pub fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// The credentials that it tells of.
    pub fn credentials(&self) -> Vec<Value> {
        self.json()["data"]["credentials"].as_array().unwrap().clone()
    }

    /// Signed with [`SECRET`], for now (Standard Webhooks 1.0.0): an HMAC-SHA256 over id, time and body.
    #[track_caller]
    pub fn is_signed(&self) {
        let timestamp = self.header("webhook-timestamp");
        let sent_at: i64 = timestamp.parse().unwrap_or_else(|_| panic!("no time: {}", self.head));
        assert!((now() - sent_at).abs() < APART, "sent at {sent_at}");
        let key = BASE64_STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
        let signature = self.header("webhook-signature").strip_prefix("v1,").unwrap_or_else(|| panic!("{}", self.head));
        let signature = BASE64_STANDARD.decode(signature).unwrap();
        let signed = format!("{}.{timestamp}.{}", self.id(), self.body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::verify(&key, signed.as_bytes(), &signature)
            .unwrap_or_else(|_| panic!("another signature: {}", self.head));
        assert_eq!(self.json()["data"]["id"], self.id());
    }
}
