//! The emulated Mastodons and their kin, over HTTP.
//!
//! A request is one line: method, path and body, with `{id}`, `{secret}`, `{back}`, `{code}`, `{token}` and the like filled in.
//! An answer is one line too: the status and what matters most in it.

mod api;
mod authorize;
mod control;
mod kin;
mod page;
mod registration;
mod token;

use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use serde_json::Value;

use crate::client::{Client, Peer, running};

/// A redirect URI that needs no encoding.
const BACK: &str = "http://127.0.0.1:8000/callback";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// One emulated server, and what tests have had from it.
struct Server {
    peer: Peer,
    values: Vec<(&'static str, String)>,
    _client: Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
    json: Value,
}

impl Answer {
    /// The status, and the error, or where it leads, or the text.
    fn said(&self) -> String {
        let error = self.json["error"].as_str().or(self.json["message"].as_str()).map(str::to_owned);
        let is_html = self.header("content-type").starts_with("text/html");
        let place = self.place();
        let what = match (error, place.is_empty(), is_html) {
            (Some(error), ..) => error,
            (None, false, _) => place,
            (None, true, true) => "page".to_owned(),
            (None, true, false) if self.json.is_null() => self.text.clone(),
            (None, true, false) => "json".to_owned(),
        };
        format!("{} {what}", self.status).trim_end().to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn place(&self) -> String {
        self.header("location").to_owned()
    }

    /// A parameter of the redirect.
    fn sent(&self, name: &str) -> String {
        let url = Url::parse(&self.place()).unwrap_or_else(|_| panic!("{}: {}", self.said(), self.text));
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    fn text_of(&self, name: &str) -> String {
        self.json[name].as_str().unwrap_or_else(|| panic!("{name}: {}", self.text)).to_owned()
    }
}

/// A server of that personality.
async fn server(name: &str) -> Server {
    let client = running().await;
    let mastodons = client.sandbox.mastodons();
    let base = mastodons.iter().find(|(known, _)| *known == name).map(|(_, url)| url.to_string()).unwrap();
    let values = vec![("back", BACK.to_owned()), ("verifier", VERIFIER.to_owned()), ("pkce", CHALLENGE.to_owned())];
    Server { peer: client.at(&base), values, _client: client }
}

/// A server with an application that may `read write`.
async fn with_app(name: &str) -> Server {
    let mut server = server(name).await;
    server.register("client_name=Owl&redirect_uris={back}&scopes=read+write&website=https://example.org/").await;
    server
}

/// A server with an application, and Anna's token for `read`.
async fn with_token(name: &str) -> Server {
    let mut server = with_app(name).await;
    server.sign_in("scope=read").await;
    server
}

impl Server {
    fn set(&mut self, name: &'static str, value: String) {
        self.values.retain(|(known, _)| *known != name);
        self.values.push((name, value));
    }

    fn get(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).unwrap()
    }

    fn filled(&self, line: &str) -> String {
        self.values.iter().fold(line.to_owned(), |line, (name, value)| line.replace(&format!("{{{name}}}"), value))
    }

    /// A request in a line, with these headers.
    async fn ask_with(&self, line: &str, headers: &[(&str, &str)]) -> Answer {
        let line = self.filled(line);
        let mut words = line.splitn(3, ' ');
        let method = Method::from_bytes(words.next().unwrap().as_bytes()).unwrap();
        let mut request = self.peer.request(method, words.next().unwrap()).header("user-agent", "test");
        for (name, value) in headers {
            request = request.header(*name, self.filled(value));
        }
        if let Some(body) = words.next() {
            let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
            request = request.header("content-type", kind).body(body.to_owned());
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, text, json }
    }

    async fn ask(&self, line: &str) -> Answer {
        self.ask_with(line, &[]).await
    }

    /// The same with the token as `Authorization: Bearer`.
    async fn call(&self, line: &str) -> Answer {
        self.ask_with(line, &[("authorization", "Bearer {token}")]).await
    }

    /// One of the sandbox's switches.
    async fn switch(&self, name: &str, body: &Value) -> Value {
        let answer = self.ask(&format!("POST /sandbox/{name} {body}")).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        answer.json
    }

    async fn register(&mut self, body: &str) {
        let answer = self.ask(&format!("POST /api/v1/apps {body}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.set("id", answer.text_of("client_id"));
        self.set("secret", answer.text_of("client_secret"));
    }

    /// What the authorize address with the usual parameters, and these, leads to.
    async fn authorize(&self, more: &str) -> Answer {
        self.ask(&format!("GET /oauth/authorize?client_id={{id}}&redirect_uri={{back}}&response_type=code&{more}"))
            .await
    }

    /// Keeps a code that somebody allowed.
    async fn allow(&mut self, more: &str) {
        let code = self.authorize(&format!("auto=allow&{more}")).await.sent("code");
        assert!(!code.is_empty());
        self.set("code", code);
    }

    /// Exchanges the kept code.
    async fn exchange(&self, more: &str) -> Answer {
        let form =
            "grant_type=authorization_code&code={code}&client_id={id}&client_secret={secret}&redirect_uri={back}";
        self.ask(&format!("POST /oauth/token {form}&{more}")).await
    }

    /// Keeps a token that somebody allowed.
    async fn sign_in(&mut self, more: &str) {
        self.allow(more).await;
        let answer = self.exchange("").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.set("token", answer.text_of("access_token"));
    }

    async fn verify(&self) -> String {
        self.call("GET /api/v1/accounts/verify_credentials").await.said()
    }
}
