//! Bad input over raw TCP: each ends in a 4xx or a cut connection, nothing is stored, and the server goes on as if nothing had
//! been.

use std::time::Duration;

use grantkeep_tests::harness::{
    http::Client,
    jwt,
    stage::{STATUS, SUBMIT, Stage},
    wait::at_once,
    wire::{Ended, Talk, talk},
};

/// What must come back.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// This status, in the shape of errors.
    Status(u16, &'static str),
    /// A 4xx, from whoever noticed.
    Some4xx,
    /// A 4xx, or nothing but the end of the connection.
    Some4xxOrCut,
    /// The end of the connection, without an answer or with a 4xx, within so many seconds and not before. The upper one is far above
    /// the limit that ends it, and below the next: machines are slow.
    CutWithin(u64, u64),
    /// No end is asked of the server: we have gone.
    Gone,
}

use Expect::{CutWithin, Gone, Some4xx, Some4xxOrCut, Status};

/// Requests of somebody who may submit, with a token that lives: were one believed, it would be stored.
struct Attacker {
    host: String,
    key: String,
    url: String,
}

impl Attacker {
    fn request(&self, line: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
        let head = format!("{line}\r\nAuthorization: Bearer {}\r\n{headers}\r\n", self.key);
        [head.as_bytes(), body.as_ref()].concat()
    }

    /// A submit with that body.
    fn json(&self, body: impl AsRef<[u8]>) -> Talk {
        let body = body.as_ref();
        let (host, length) = (&self.host, body.len());
        let headers = format!("Host: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
        Talk::All(self.request(&format!("POST {SUBMIT} HTTP/1.1"), &headers, body))
    }

    fn good(&self) -> String {
        format!(r#"{{"token_data":"{}"}}"#, self.url)
    }

    /// A submit of a good body, with other headers beside the type; `HOST` and `LENGTH` stand for the right ones.
    fn headers(&self, line: &str, headers: &str) -> Talk {
        let body = self.good();
        let headers = headers.replace("HOST", &self.host).replace("LENGTH", &body.len().to_string());
        Talk::All(self.request(line, &format!("Content-Type: application/json\r\n{headers}"), &body))
    }

    /// A request for a path, without a body.
    fn path(&self, method: &str, path: &str) -> Talk {
        Talk::All(self.request(&format!("{method} {path} HTTP/1.1"), &format!("Host: {}\r\n", self.host), ""))
    }
}

fn bodies(by: &Attacker) -> Vec<(&'static str, Talk, Expect)> {
    let url = &by.url;
    let name = |name: &str| by.json(format!(r#"{{"token_data":"{url}","account_name":"{name}"}}"#));
    let invalid = Status(400, "invalid_request");
    let nested = |open: &str, close: &str| {
        by.json(format!(r#"{{"token_data":"{url}","x":{}1{}}}"#, open.repeat(10_000), close.repeat(10_000)))
    };
    let pad = |length: usize| by.json(by.good() + &" ".repeat(length - by.good().len()));
    vec![
        ("not JSON", by.json("token_data=1"), invalid),
        ("nothing", by.json(""), invalid),
        ("half", by.json(r#"{"token_data":"#), invalid),
        ("two objects", by.json(by.good().repeat(2)), invalid),
        ("a list", by.json(format!("[{}]", by.good())), invalid),
        ("a list as an object", by.json(format!(r#"["{url}"]"#)), invalid),
        ("a string", by.json(format!(r#""{url}""#)), invalid),
        ("null", by.json("null"), invalid),
        ("no field", by.json("{}"), invalid),
        ("a number", by.json(r#"{"token_data":1}"#), invalid),
        ("an object within", by.json(format!(r#"{{"token_data":{}}}"#, by.good())), invalid),
        ("a list within", by.json(format!(r#"{{"token_data":["{url}"]}}"#)), invalid),
        ("null within", by.json(r#"{"token_data":null}"#), invalid),
        ("a number for a name", by.json(format!(r#"{{"token_data":"{url}","account_name":1}}"#)), invalid),
        ("a name twice", by.json(format!(r#"{{"token_data":"x","token_data":"{url}"}}"#)), invalid),
        ("a name twice, escaped", by.json(format!(r#"{{"token_data":"x","token\u005fdata":"{url}"}}"#)), invalid),
        ("a huge number", by.json(format!(r#"{{"token_data":"{url}","x":1e999}}"#)), invalid),
        ("depth 10,000 of lists", nested("[", "]"), invalid),
        ("depth 10,000 of objects", nested(r#"{"a":"#, "}"), invalid),
        ("not UTF-8", by.json(b"{\"token_data\":\"\xff\xfe\"}"), invalid),
        ("64 KiB and a byte", pad(64 * 1024 + 1), Status(413, "body_too_large")),
        ("65 KiB", pad(65 * 1024), Status(413, "body_too_large")),
        (
            "20,000 characters",
            by.json(format!(r#"{{"token_data":"{}"}}"#, "a".repeat(20_000))),
            Status(400, "invalid_format"),
        ),
        ("NUL in a name", name(r"a\u0000b"), Status(400, "invalid_account_name")),
        ("a newline in a name", name(r"a\nb"), Status(400, "invalid_account_name")),
        ("ESC in a name", name(r"\u001b[31m"), Status(400, "invalid_account_name")),
        ("a raw NUL in a name", name("a\0b"), invalid),
        ("a lone surrogate", name(r"a\ud800b"), invalid),
        ("the other lone surrogate", name(r"\udfff"), invalid),
        ("an empty name", name(""), Status(400, "invalid_account_name")),
        ("129 characters in a name", name(&"я".repeat(129)), Status(400, "invalid_account_name")),
        ("NUL in a token", by.json(r#"{"token_data":"vk1.a.\u0000"}"#), Status(400, "invalid_format")),
        (
            "an unknown authorization",
            by.json(format!(r#"{{"token_data":"{url}","authorization_id":"x"}}"#)),
            Status(404, "authorization_not_found"),
        ),
    ]
}

#[rustfmt::skip]
fn heads(by: &Attacker) -> Vec<(&'static str, Talk, Expect)> {
    let post = &format!("POST {SUBMIT} HTTP/1.1");
    let malformed = Status(400, "malformed_request");
    let host = &by.host;
    let many = |count: usize| (0..count).map(|number| format!("X-{number}: a\r\n")).collect::<String>();
    vec![
        ("no Host",              by.headers(post, "Content-Length: LENGTH\r\n"), malformed),
        ("two Hosts",            by.headers(post, "Host: HOST\r\nHost: HOST\r\nContent-Length: LENGTH\r\n"), malformed),
        ("a foreign Host",       by.headers(post, "Host: example.org\r\nContent-Length: LENGTH\r\n"), Status(421, "wrong_host")),
        ("our Host, other port", by.headers(post, "Host: 127.0.0.1:1\r\nContent-Length: LENGTH\r\n"), Status(421, "wrong_host")),
        ("a list of Hosts",      by.headers(post, "Host: HOST, example.org\r\nContent-Length: LENGTH\r\n"), Some4xx),
        ("a foreign target",     by.headers(&format!("POST http://example.org{SUBMIT} HTTP/1.1"), "Host: HOST\r\nContent-Length: LENGTH\r\n"), Some4xx),
        ("no type",              Talk::All(by.request(post, &format!("Host: {host}\r\nContent-Length: 2\r\n"), "{}")), Status(415, "unsupported_media_type")),
        ("a form's type",        Talk::All(by.request(post, &format!("Host: {host}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"), "{}")), Status(415, "unsupported_media_type")),
        ("length and chunks",    by.headers(post, "Host: HOST\r\nContent-Length: LENGTH\r\nTransfer-Encoding: chunked\r\n"), Some4xx),
        ("chunks and length",    by.headers(post, "Host: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: LENGTH\r\n"), Some4xx),
        ("chunks that are none", by.headers(post, "Host: HOST\r\nTransfer-Encoding: chunked\r\n"), Some4xx),
        ("a coding of codings",  by.headers(post, "Host: HOST\r\nTransfer-Encoding: gzip, chunked\r\n"), Some4xx),
        ("an odd coding",        by.headers(post, "Host: HOST\r\nTransfer-Encoding: xchunked\r\nContent-Length: LENGTH\r\n"), Some4xx),
        ("two lengths",          by.headers(post, "Host: HOST\r\nContent-Length: LENGTH\r\nContent-Length: 3\r\n"), Some4xx),
        ("a length in words",    by.headers(post, "Host: HOST\r\nContent-Length: 0x10\r\n"), Some4xx),
        ("a negative length",    by.headers(post, "Host: HOST\r\nContent-Length: -1\r\n"), Some4xx),
        ("a space before colon", by.headers(post, "Host: HOST\r\nContent-Length : LENGTH\r\n"), Some4xx),
        ("a folded header",      by.headers(post, "Host: HOST\r\nX: a\r\n b\r\nContent-Length: LENGTH\r\n"), Some4xx),
        ("an underscore",        by.headers(post, "Host: HOST\r\nContent_Length: 3\r\nContent-Length: LENGTH\r\n"), malformed),
        ("two keys",             by.headers(post, "Host: HOST\r\nAuthorization: Bearer x\r\nContent-Length: LENGTH\r\n"), malformed),
        ("an upgrade",           by.headers(post, "Host: HOST\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: LENGTH\r\n"), malformed),
        ("HTTP/1.0",             by.headers(&format!("POST {SUBMIT} HTTP/1.0"), "Host: HOST\r\nContent-Length: LENGTH\r\n"), Some4xx),
        ("HTTP/2.0",             by.headers(&format!("POST {SUBMIT} HTTP/2.0"), "Host: HOST\r\nContent-Length: LENGTH\r\n"), Some4xxOrCut),
        ("the preface of h2",    Talk::All(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()), Some4xxOrCut),
        ("HTTP/0.9",             Talk::All(format!("GET {STATUS}\r\n").into_bytes()), Some4xxOrCut),
        ("65 headers",           by.headers(post, &format!("Host: HOST\r\nContent-Length: LENGTH\r\n{}", many(62))), Status(431, "")),
        ("17 KiB of headers",    by.headers(post, &format!("Host: HOST\r\nContent-Length: LENGTH\r\nX: {}\r\n", "a".repeat(17 * 1024))), Status(431, "")),
        ("a GET with a body",    by.headers(&format!("GET {STATUS} HTTP/1.1"), "Host: HOST\r\nContent-Length: LENGTH\r\n"), malformed),
        ("garbage",              Talk::All(vec![0xff; 512]), Some4xxOrCut),
        ("zeros",                Talk::Close(vec![0; 64]), Some4xxOrCut),
        ("a TLS hello",          Talk::All(b"\x16\x03\x01\x00\xf1\x01\x00\x00\xed\x03\x03".to_vec()), Some4xxOrCut),
        ("an SSH client",        Talk::All(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), Some4xxOrCut),
        ("nothing at all",       Talk::All(Vec::new()), CutWithin(4, 14)),
        ("nothing, then gone",   Talk::Close(Vec::new()), Gone),
        ("half a head",          Talk::Close(by.request(post, "Host: ", "")[..40].to_vec()), Gone),
        ("half a body",          Talk::Close(by.request(post, &format!("Host: {host}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n"), by.good())), Gone),
        ("half a chunk",         Talk::Close(by.request(post, &format!("Host: {host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"), format!("fff\r\n{}", by.good()))), Gone),
        ("a header a second",    Talk::Drip(by.request(post, &format!("Host: {host}\r\n"), "")[..60].to_vec(), b"x".to_vec()), CutWithin(4, 14)),
        ("a body without end",   Talk::Drip(by.request(post, &format!("Host: {host}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n"), "{"), b" ".to_vec()), CutWithin(14, 45)),
    ]
}

#[rustfmt::skip]
fn paths(by: &Attacker) -> Vec<(&'static str, Talk, Expect)> {
    let malformed = Status(400, "malformed_request");
    let none = Status(404, "not_found");
    let status = |path: &str| by.path("GET", path);
    vec![
        ("..",                   status("/api/v1/credentials/../credentials"), malformed),
        (".",                    status("/api/./v1/credentials"), malformed),
        ("%2e%2e",               status("/api/v1/%2e%2e/v1/credentials"), malformed),
        ("%2f",                  status("/api%2fv1/credentials"), malformed),
        ("%5c",                  status("/api/v1%5Ccredentials"), malformed),
        ("%00",                  status("/api/v1/credentials%00"), malformed),
        ("a backslash",          status("/api\\v1\\credentials"), Some4xx),
        ("//",                   status("//api/v1/credentials"), Some4xx),
        ("a trailing slash",     status("/api/v1/credentials/"), malformed),
        ("a parameter",          status("/api/v1/credentials;x=1"), none),
        ("another case",         status("/API/v1/credentials"), none),
        ("not a path",           status("api/v1/credentials"), Some4xx),
        ("an asterisk",          by.path("OPTIONS", "*"), Some4xx),
        ("CONNECT",              by.path("CONNECT", "127.0.0.1:80"), Some4xx),
        ("CONNECT to a path",    by.path("CONNECT", STATUS), Some4xx),
        ("TRACE",                by.path("TRACE", STATUS), Status(405, "method_not_allowed")),
        ("PUT",                  by.path("PUT", SUBMIT), Status(405, "method_not_allowed")),
        ("GET of submit",        by.path("GET", SUBMIT), Status(405, "method_not_allowed")),
        ("DELETE of a list",     by.path("DELETE", "/api/v1/credentials"), Status(405, "method_not_allowed")),
        ("a method of its own",  by.path("STEAL", STATUS), Status(405, "method_not_allowed")),
        ("a method in lower case", by.path("get", STATUS), Some4xx),
        ("a method of 9 KiB",    by.path(&"A".repeat(9 * 1024), STATUS), Some4xx),
        ("a URI of 9 KiB",       status(&format!("{STATUS}?x={}", "a".repeat(9 * 1024))), Status(414, "uri_too_long")),
        ("NUL in a URI",         status("/api/v1/\0"), Some4xxOrCut),
        ("a letter outside ASCII", status("/api/v1/я"), Some4xx),
        ("an unknown provider",  status("/api/v1/oauth/vkk/token/status"), Status(404, "provider_not_found")),
        ("a limit of 0",         status("/api/v1/credentials?limit=0"), Status(400, "invalid_parameter")),
        ("a limit of -1",        status("/api/v1/credentials?limit=-1"), Status(400, "invalid_parameter")),
        ("a limit of 2^64",      status("/api/v1/credentials?limit=18446744073709551616"), Status(400, "invalid_parameter")),
        ("a parameter twice",    status(&format!("{STATUS}?account_name=a&account_name=b")), Status(400, "invalid_parameter")),
        ("NUL in a parameter",   status(&format!("{STATUS}?account_name=%00")), Status(400, "invalid_account_name")),
        ("half UTF-8",           status(&format!("{STATUS}?account_name=a%ff")), Status(400, "invalid_parameter")),
    ]
}

#[test]
fn nothing_bad_is_believed() {
    let mut stage = Stage::new();
    let client = stage.client("victim");
    // One that never ends: what is said of it does not change with time.
    client.submit(&stage.vk.token(1).url_for(0)).expect(200);
    let before = client.list();
    let by = Attacker {
        host: stage.server.address.to_string(),
        key: jwt::key("victim", "status submit token"),
        url: stage.vk.token(2).url,
    };

    let cases: Vec<_> = [bodies(&by), heads(&by), paths(&by)].into_iter().flatten().collect();
    let address = stage.server.address;
    let results = at_once(
        cases
            .into_iter()
            .map(|(name, what, expect)| move || (name, expect, talk(address, &what, Duration::from_secs(60)))),
    );
    let wrong: Vec<String> = results.iter().filter_map(|(name, expect, ended)| judge(name, *expect, ended)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    assert_eq!(client.list(), before, "something was stored");
    stage.server.is_well();
    let log = stage.server.log();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains(r#""level":"ERROR""#)).collect();
    assert!(errors.is_empty(), "{errors:?}");
    serves_many_at_once(&client, &stage);
}

fn judge(name: &str, expect: Expect, ended: &Ended) -> Option<String> {
    let reply = ended.reply();
    let status = reply.as_ref().map(|reply| reply.status);
    let is_4xx = status.is_some_and(|status| (400..500).contains(&status));
    let seconds = ended.after.map(|after| after.as_secs_f32());
    let holds = match expect {
        Status(wanted, error_type) => status == Some(wanted) && reply.as_ref().unwrap().error_type() == error_type,
        Some4xx => is_4xx,
        Some4xxOrCut => is_4xx || (ended.bytes.is_empty() && seconds.is_some()),
        CutWithin(least, most) => {
            let range = f64::from(u32::try_from(least).unwrap())..f64::from(u32::try_from(most).unwrap());
            (is_4xx || ended.bytes.is_empty()) && seconds.is_some_and(|after| range.contains(&f64::from(after)))
        }
        Gone => is_4xx || ended.bytes.is_empty(),
    };
    // A body that is taken for a second request would be answered too.
    let holds = holds && ended.replies() <= 1;
    (!holds).then(|| {
        let start = String::from_utf8_lossy(&ended.bytes[..ended.bytes.len().min(400)]).into_owned();
        format!("{name}: expected {expect:?}, ended after {seconds:?} s with {} answers: {start:?}", ended.replies())
    })
}

fn serves_many_at_once(client: &Client, stage: &Stage) {
    let tokens: Vec<_> = (0..64).map(|_| stage.vk.token(1)).collect();
    let answered = at_once(tokens.iter().map(|token| || client.submit(&token.url).status));
    assert!(answered.iter().all(|status| *status == 200), "{answered:?}");
}

/// A stranger is turned away before anything that they sent is read.
#[test]
fn a_stranger_is_not_read() {
    let stage = Stage::new();
    let head = |extra: &str| {
        format!(
            "POST {SUBMIT} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{extra}\r\n",
            stage.server.address
        )
    };
    for (name, text) in [
        ("nobody", head("Content-Length: 60000\r\n")),
        ("a wrong key", head("Authorization: Bearer a.b.c\r\nContent-Length: 60000\r\n")),
        ("another scheme", head("Authorization: Basic YTpi\r\nContent-Length: 60000\r\n")),
        ("a promise of 10 GB", head("Content-Length: 10000000000\r\n")),
    ] {
        let ended = talk(stage.server.address, &Talk::All(text.into_bytes()), Duration::from_secs(30));
        let reply = ended.reply().unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!((reply.status, reply.error_type().as_str()), (401, "unauthorized"), "{name}");
        // Whoever read the body would wait 15 s for it.
        assert!(ended.after.is_some_and(|after| after < Duration::from_secs(14)), "{name}: {:?}", ended.after);
    }
}

/// Guessing is slowed down; whoever has a key is not.
#[test]
fn failed_sign_ins_are_limited_and_good_ones_are_not() {
    let stage = Stage::new();
    let (good, bad) = (stage.client("me"), stage.server.client().bearer("e30.e30.e30"));
    let refused = (0..600).map(|_| bad.get(STATUS)).find(|reply| reply.status != 401).expect("no limit in 600 tries");
    assert_eq!((refused.status, refused.error_type().as_str()), (429, "too_many_failures"));
    assert!(refused.header("retry-after").is_some());
    for _ in 0..50 {
        good.get(STATUS).expect(200);
    }
    good.submit(&stage.vk.token(1).url).expect(200);
}
