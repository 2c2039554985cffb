//! Owns raw TCP: bytes out as they are, at whatever pace, and what comes back until the other side ends it.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use super::http::Reply;

/// How a conversation is begun.
#[derive(Clone, Debug)]
pub enum Talk {
    /// All of it at once, then silence.
    All(Vec<u8>),
    /// All of it, then our side is closed.
    Close(Vec<u8>),
    /// The first, then one byte of the second each second, over and over.
    Drip(Vec<u8>, Vec<u8>),
}

/// How it ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What came back.
    pub bytes: Vec<u8>,
    /// After how long the other side ended it; `None` when it did not before the deadline.
    pub after: Option<Duration>,
}

impl Ended {
    /// The first answer, if there was one.
    pub fn reply(&self) -> Option<Reply> {
        Reply::parse(&self.bytes)
    }

    /// How many answers there were.
    pub fn replies(&self) -> usize {
        let is_status = |text: &[u8]| text.starts_with(b"HTTP/1.") && text[8] == b' ' && text[9].is_ascii_digit();
        self.bytes.windows(10).filter(|window| is_status(window)).count()
    }
}

/// Talks to `at` until the other side ends it, or until `at_most`.
pub fn talk(at: SocketAddr, talk: &Talk, at_most: Duration) -> Ended {
    // The other side counts from when it takes the connection, which is later.
    let begun = Instant::now();
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    let (first, drip) = match talk {
        Talk::All(first) | Talk::Close(first) => (first, None),
        Talk::Drip(first, drip) => (first, Some(drip)),
    };
    // A server that has answered may have stopped reading already.
    let _ = stream.write_all(first);
    if matches!(talk, Talk::Close(_)) {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let (mut bytes, mut dripped, mut chunk) = (Vec::new(), 0, [0; 4096]);
    while begun.elapsed() < at_most {
        if let Some(drip) = drip.filter(|_| begun.elapsed().as_secs() > dripped) {
            let byte = drip[usize::try_from(dripped).unwrap() % drip.len()];
            let _ = stream.write_all(&[byte]);
            dripped += 1;
        }
        match stream.read(&mut chunk) {
            Ok(0) => return Ended { bytes, after: Some(begun.elapsed()) },
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return Ended { bytes, after: Some(begun.elapsed()) },
        }
    }
    Ended { bytes, after: None }
}
