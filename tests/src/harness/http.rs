//! Owns plain HTTP/1.1 as a test wants it: one connection for each request, the answer's bytes as they came.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// Longer than anything that a server may take: 30 s for a provider, and a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Reply {
    /// Reads one whole answer; `None` for what is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let reply = Self::parse_part(bytes)?;
        let whole = reply.header("content-length").and_then(|length| length.parse::<usize>().ok());
        whole.is_none_or(|length| length <= reply.body.len()).then_some(reply)
    }

    /// Reads an answer whose body may be missing, as that to HEAD.
    pub fn parse_part(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status =
            head.strip_prefix("HTTP/1.1 ").or_else(|| head.strip_prefix("HTTP/1.0 "))?.get(..3)?.parse().ok()?;
        Some(Self { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The values of a header that may stand several times.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON in {} {:?}", self.status, self.body))
    }

    /// `detail.error_type` of JSON, `data-error-type` of a page; empty when there is none.
    pub fn error_type(&self) -> String {
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let on_page = || self.body.split_once("<main data-error-type=\"")?.1.split('"').next();
        json["detail"]["error_type"].as_str().or_else(on_page).unwrap_or_default().to_owned()
    }

    /// Itself, if it has that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

/// Asks a server, as somebody.
#[derive(Clone, Debug)]
pub struct Client {
    at: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    /// Nobody yet.
    pub fn new(at: SocketAddr) -> Self {
        Self { at, headers: Vec::new() }
    }

    /// The same with another header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with a key.
    #[must_use]
    pub fn bearer(self, key: &str) -> Self {
        self.with("Authorization", format!("Bearer {key}"))
    }

    /// `GET`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None)
    }

    /// `DELETE`.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, None)
    }

    /// `POST` of JSON.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, Some(&body.to_string()))
    }

    /// `POST` without a body.
    #[track_caller]
    pub fn post_nothing(&self, path: &str) -> Reply {
        self.call("POST", path, None)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: Option<&str>) -> Reply {
        self.try_call(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Asks; an error when no whole answer came.
    pub fn try_call(&self, method: &str, path: &str, body: Option<&str>) -> io::Result<Reply> {
        let mut stream = TcpStream::connect(self.at)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        stream.write_all(self.request(method, path, body).as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        // Nothing at all is another thing than a piece of an answer.
        let missing = if answer.is_empty() { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData };
        Reply::parse(&answer).ok_or_else(|| missing.into())
    }

    /// The bytes of a request that ends its connection.
    pub fn request(&self, method: &str, path: &str, body: Option<&str>) -> String {
        use std::fmt::Write as _;
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.at);
        for (name, value) in &self.headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        if let Some(body) = body {
            write!(request, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()).unwrap();
        }
        request + "\r\n" + body.unwrap_or_default()
    }
}
