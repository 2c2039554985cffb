//! Owns the emulated VK of a test: in this process, so that it outlives the servers that are killed.

use std::sync::Arc;

use grantkeep_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{http::Client, provider::sandbox};

/// An emulated VK on a port of its own.
#[derive(Debug)]
pub struct Vk {
    _sandbox: Arc<Sandbox>,
    /// Its base URL.
    pub url: String,
    client: Client,
}

/// A token that the emulated VK knows.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub access_token: String,
    /// The address of the page that it came with.
    pub url: String,
}

impl Vk {
    /// Starts one.
    pub fn new() -> Self {
        Self::of(sandbox())
    }

    /// The one of that sandbox.
    pub(super) fn of(sandbox: Arc<Sandbox>) -> Self {
        let url = sandbox.vk_url();
        let client = Client::new(url.strip_prefix("http://").unwrap().parse().unwrap());
        Self { _sandbox: sandbox, url, client }
    }

    /// The variables that make it VK for a program.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("GRANTKEEP_VK_OAUTH_URL", self.url.clone()),
            ("GRANTKEEP_VK_API_URL", self.url.clone()),
            ("GRANTKEEP_VK_REDIRECT_URI", format!("{}/blank.html", self.url)),
        ]
    }

    /// A token to order: `{kind, id?, expires_in?, issued_at?, answers?, answers_after?, address?}`.
    #[track_caller]
    pub fn mint(&self, order: &Value) -> Token {
        let token = self.client.post("/sandbox/tokens", order).expect(200).json();
        let text = |name: &str| token[name].as_str().unwrap().to_owned();
        Token { access_token: text("access_token"), url: text("url") }
    }

    /// A living token of the person `id`.
    #[track_caller]
    pub fn token(&self, id: u64) -> Token {
        self.mint(&json!({"kind": "user", "id": id}))
    }

    /// A token of the person `id` whose calls are answered in a certain way.
    #[track_caller]
    pub fn token_that(&self, id: u64, answers: &str) -> Token {
        self.mint(&json!({"kind": "user", "id": id, "answers": answers}))
    }

    /// Sets a fault: `{answer, method?, times?, after?, ...}`.
    #[track_caller]
    pub fn fault(&self, fault: &Value) {
        self.client.post("/sandbox/faults", fault).expect(201);
    }

    /// Takes all faults away.
    #[track_caller]
    pub fn mend(&self) {
        self.client.delete("/sandbox/faults").expect(200);
    }

    /// How often it was asked: `{methods, unknown, elsewhere, authorize}`.
    #[track_caller]
    pub fn asked(&self) -> Value {
        self.client.get("/sandbox/requests").expect(200).json()
    }
}

impl Default for Vk {
    fn default() -> Self {
        Self::new()
    }
}

impl Token {
    /// The page's address with another lifetime.
    #[must_use]
    pub fn url_for(&self, expires_in: u64) -> String {
        let (start, rest) = self.url.split_once("expires_in=").unwrap();
        let end = rest.find('&').map_or("", |end| &rest[end..]);
        format!("{start}expires_in={expires_in}{end}")
    }
}
