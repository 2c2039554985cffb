//! Owns a browser, as far as a login has to do with one: cookies by host, redirects that are followed or held back, and the headers
//! by which a browser says where a request comes from (Fetch Metadata, `Origin`).
//!
//! It runs no scripts: what a page's script would do, a test does.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    io::{self, Read, Write as _},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use url::Url;

use super::http::Reply;

/// Longer than anything that a server may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// As many as browsers follow.
const MOST_REDIRECTS: usize = 20;

/// What comes with every navigation that a link or a redirect of another site leads to.
pub const FROM_ELSEWHERE: [(&str, &str); 3] =
    [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];

/// A browser with a jar of its own.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// By host: every port of it shares them (RFC 6265 §8.5).
    jar: HashMap<String, BTreeMap<String, String>>,
}

/// A page, or a redirect that was not followed.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Where the answer came from.
    pub url: Url,
    /// The answer.
    pub reply: Reply,
    /// The page whose form or link began this; none for an address that was typed.
    from: Option<Url>,
    /// Every address on the way.
    way: Vec<Url>,
}

impl Visit {
    /// Where a redirect leads.
    pub fn leads_to(&self) -> Option<Url> {
        let is_redirect = (300..400).contains(&self.reply.status);
        let location = self.reply.header("location").filter(|_| is_redirect)?;
        Some(self.url.join(location).unwrap_or_else(|fault| panic!("{location}: {fault}")))
    }

    /// The same redirect, leading elsewhere.
    #[must_use]
    pub fn led_to(mut self, url: &Url) -> Self {
        self.url = url.clone();
        self.reply.status = 302;
        self.reply.head = format!("HTTP/1.1 302 Found\r\nlocation: {url}");
        self
    }
}

impl Browser {
    /// One that has never been anywhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens an address that somebody typed, and follows redirects to the end.
    #[track_caller]
    pub fn open(&mut self, url: &Url) -> Visit {
        let visit = self.look(url);
        self.follow(visit)
    }

    /// Opens an address that somebody typed, and follows nothing.
    #[track_caller]
    pub fn look(&mut self, url: &Url) -> Visit {
        self.navigate("GET", url, None, None, Vec::new())
    }

    /// Presses the button of a form on a page: its fields go to an address of the page's own origin. Nothing is followed.
    #[track_caller]
    pub fn submit(&mut self, page: &Url, action: &str, fields: &[(&str, &str)]) -> Visit {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.navigate("POST", &page.join(action).unwrap(), Some(&body), Some(page.clone()), Vec::new())
    }

    /// Follows redirects to the end.
    #[track_caller]
    pub fn follow(&mut self, visit: Visit) -> Visit {
        self.follow_until(visit, |_| false)
    }

    /// Follows redirects until one leads to what is meant, and holds that one back.
    #[track_caller]
    pub fn follow_until(&mut self, mut visit: Visit, is_meant: impl Fn(&Url) -> bool) -> Visit {
        for _ in 0..MOST_REDIRECTS {
            let Some(next) = visit.leads_to().filter(|next| !is_meant(next)) else { return visit };
            let is_kept = matches!(visit.reply.status, 307 | 308);
            assert!(!is_kept, "a redirect that keeps the method leads to {next}");
            visit = self.navigate("GET", &next, None, visit.from, visit.way);
        }
        panic!("redirects without end, last to {}", visit.url);
    }

    /// What our own page's script does: sends JSON to an address of its origin.
    #[track_caller]
    pub fn fetch(&mut self, page: &Url, path: &str, body: &str) -> Reply {
        let origin = page.origin().ascii_serialization();
        let headers = [
            ("Content-Type", "application/json"),
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Dest", "empty"),
        ];
        self.send("POST", &page.join(path).unwrap(), &headers, Some(body))
    }

    fn navigate(&mut self, method: &str, url: &Url, form: Option<&str>, from: Option<Url>, mut way: Vec<Url>) -> Visit {
        way.push(url.clone());
        let origin = from.as_ref().map(|page| page.origin().ascii_serialization());
        let mut headers = vec![
            ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
            ("Accept-Language", "en"),
            ("Sec-Fetch-Site", relation(from.as_ref(), &way)),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
            ("Sec-Fetch-User", "?1"),
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ];
        if form.is_some() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
            headers.extend(origin.as_deref().map(|origin| ("Origin", origin)));
        }
        let reply = self.send(method, url, &headers, form);
        Visit { url: url.clone(), reply, from, way }
    }

    /// Sends a request with this browser's cookies and exactly these headers, which may name another `Host`.
    #[track_caller]
    pub fn send(&mut self, method: &str, url: &Url, headers: &[(&str, &str)], body: Option<&str>) -> Reply {
        let reply = self.try_send(method, url, headers, body);
        reply.unwrap_or_else(|error| panic!("{method} {}: {error}", url.path()))
    }

    /// The same; an error when no whole answer came.
    pub fn try_send(
        &mut self,
        method: &str,
        url: &Url,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> io::Result<Reply> {
        let mut stream = connect(url)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        // A server that refuses early may have stopped reading.
        let _ = stream.write_all(self.request(method, url, headers, body).as_bytes());
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let reply = if method == "HEAD" { Reply::parse_part(&answer) } else { Reply::parse(&answer) };
        let reply = reply.ok_or(io::ErrorKind::InvalidData)?;
        self.keep(url, &reply);
        Ok(reply)
    }

    fn request(&self, method: &str, url: &Url, headers: &[(&str, &str)], body: Option<&str>) -> String {
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut text = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            write!(text, "Host: {host}\r\n").unwrap();
        }
        let cookies = self.cookies(url);
        if !cookies.is_empty() {
            let pairs = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
            write!(text, "Cookie: {}\r\n", pairs.join("; ")).unwrap();
        }
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        if let Some(body) = body {
            write!(text, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        text + "\r\n" + body.unwrap_or_default()
    }

    fn keep(&mut self, url: &Url, reply: &Reply) {
        let jar = self.jar.entry(url.host_str().unwrap().to_owned()).or_default();
        for cookie in reply.headers("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if attributes.split(';').any(|attribute| attribute.trim().eq_ignore_ascii_case("max-age=0")) {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The cookies for that address, by name.
    pub fn cookies(&self, url: &Url) -> BTreeMap<String, String> {
        self.jar.get(url.host_str().unwrap()).cloned().unwrap_or_default()
    }

    /// Puts a cookie there, as another program at a port of the same host can.
    pub fn plant(&mut self, url: &Url, name: &str, value: &str) {
        let jar = self.jar.entry(url.host_str().unwrap().to_owned()).or_default();
        jar.insert(name.to_owned(), value.to_owned());
    }
}

fn connect(url: &Url) -> io::Result<TcpStream> {
    let host = url.host_str().unwrap().trim_matches(['[', ']']);
    let mut last = io::ErrorKind::NotFound.into();
    for address in (host, url.port_or_known_default().unwrap()).to_socket_addrs()? {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// `Sec-Fetch-Site`: the farthest that the way led from the page where it began. Ports belong to an origin, not to a site.
fn relation(from: Option<&Url>, way: &[Url]) -> &'static str {
    let Some(from) = from else { return "none" };
    if way.iter().all(|url| url.origin() == from.origin()) {
        "same-origin"
    } else if way.iter().all(|url| url.host() == from.host() && url.scheme() == from.scheme()) {
        "same-site"
    } else {
        "cross-site"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_says_how_far_it_has_come() {
        let url = |text: &str| Url::parse(text).unwrap();
        let (ours, provider, far) =
            (url("http://127.0.0.1:1/"), url("http://127.0.0.1:2/"), url("https://example.org/"));
        for (from, way, expected) in [
            (None, vec![ours.clone(), far.clone()], "none"),
            (Some(&ours), vec![ours.clone()], "same-origin"),
            (Some(&ours), vec![ours.clone(), provider.clone(), ours.clone()], "same-site"),
            (Some(&ours), vec![ours.clone(), far.clone(), ours.clone()], "cross-site"),
        ] {
            assert_eq!(relation(from, &way), expected);
        }
    }

    #[test]
    fn cookies_belong_to_a_host_and_can_be_taken_back() {
        let url = |text: &str| Url::parse(text).unwrap();
        let mut browser = Browser::new();
        let reply = |head: &str| Reply { status: 200, head: format!("HTTP/1.1 200 OK\r\n{head}"), body: String::new() };
        browser.keep(&url("http://127.0.0.1:1/"), &reply("Set-Cookie: a=1; Path=/\r\nset-cookie: b=2"));
        let request = browser.request("GET", &url("http://127.0.0.1:2/x?y#z"), &[], None);
        assert!(request.starts_with("GET /x?y HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nHost: 127.0.0.1:2\r\nCookie: a=1; b=2\r\n"), "{request}");
        browser.keep(&url("http://127.0.0.1:3/"), &reply("Set-Cookie: a=; Max-Age=0"));
        assert_eq!(browser.cookies(&url("http://127.0.0.1:1/")).len(), 1);
        assert!(browser.cookies(&url("http://localhost:1/")).is_empty());
    }
}
