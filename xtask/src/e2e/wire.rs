//! The plainest HTTP/1.1: one request on one connection to a server on this machine; and the encodings of forms and queries.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Where it leads.
    pub(super) location: Option<String>,
    pub(super) body: String,
}

impl Answer {
    /// The body as JSON; null when it is something else.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A text of the JSON body.
    pub(super) fn text(&self, key: &str) -> Result<String, String> {
        let found = self.json()[key].as_str().map(str::to_owned);
        found.ok_or_else(|| format!("an answer without `{key}`: {} {}", self.status, self.body))
    }

    /// The same answer, if it has this status.
    pub(super) fn expect(self, status: u16) -> Result<Self, String> {
        if self.status == status {
            return Ok(self);
        }
        Err(format!("status {} instead of {status}: {}", self.status, self.body))
    }
}

/// A GET with an access token, where one is given.
pub(super) fn get(url: &str, token: Option<&str>) -> Result<Answer, String> {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    ask("GET", url, &bearer, "")
}

pub(super) fn delete(url: &str) -> Result<Answer, String> {
    ask("DELETE", url, "", "")
}

/// A form, as clients of OAuth send it.
pub(super) fn post(url: &str, form: &[(&str, &str)]) -> Result<Answer, String> {
    ask("POST", url, "Content-Type: application/x-www-form-urlencoded\r\n", &encode(form))
}

/// JSON, with an API key.
pub(super) fn post_json(url: &str, key: &str, body: &Value) -> Result<Answer, String> {
    let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    ask("POST", url, &headers, &body.to_string())
}

fn ask(method: &str, url: &str, headers: &str, body: &str) -> Result<Answer, String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("not plain HTTP: {url}"))?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: grantkeep-e2e\r\nAccept: application/json\r\n\
         Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    let asked = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let bytes = asked().map_err(|error| format!("{method} http://{host}{path}: {error}"))?;
    parse(&String::from_utf8_lossy(&bytes)).ok_or_else(|| format!("{method} http://{host}{path}: not an HTTP answer"))
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("\r\ntransfer-encoding: chunked");
    let body = if chunked { join(body)? } else { body.to_owned() };
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let location = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    Some(Answer { status, location: location.map(|(_, address)| address.to_owned()), body })
}

/// The chunks of a body, without their lengths. Lengths count bytes; what is asked for here is ASCII or whole.
fn join(mut chunks: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (length, rest) = chunks.split_once("\r\n")?;
        let length = usize::from_str_radix(length.split(';').next()?.trim(), 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.push_str(rest.get(..length)?);
        chunks = rest.get(length..)?.strip_prefix("\r\n")?;
    }
}

/// `application/x-www-form-urlencoded`.
pub(super) fn encode(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The value of a parameter in the query or the fragment of an address, decoded.
pub(super) fn parameter(address: &str, name: &str) -> Option<String> {
    let (_, parameters) = address.split_once(['?', '#'])?;
    let pairs = parameters.split(['&', '#']).filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| unescape(value))
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = if *first == b'%' { tail.get(..2) } else { None };
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        rest = if code.is_some() { &tail[2..] } else { tail };
        bytes.push(code.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{encode, parameter, parse};

    #[test]
    fn reads_whole_and_chunked_bodies() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello", Some((200, "hello"))),
            (
                "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
                Some((401, "hello")),
            ),
            ("HTTP/1.1 204 No\r\n\r\n", Some((204, ""))),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort\r\n", None),
            ("nonsense", None),
        ] {
            let parsed = parse(answer).map(|answer| (answer.status, answer.body));
            assert_eq!(parsed, expected.map(|(status, body)| (status, body.to_owned())), "{answer}");
        }
    }

    #[test]
    fn finds_parameters_in_query_and_fragment() {
        for (address, expected) in [
            ("http://h/?a=1&code=x%2Fy+z", Some("x/y z")),
            ("http://h/#access_token=1&code=q", Some("q")),
            ("http://h/?code=%zz%4", Some("%zz%4")),
            ("http://h/code=1", None),
        ] {
            assert_eq!(parameter(address, "code").as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn encodes_what_a_form_cannot_hold() {
        assert_eq!(encode(&[("a b", "c&d"), ("e", "f-g")]), "a%20b=c%26d&e=f-g");
    }
}
