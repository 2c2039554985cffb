//! Owns the usual stage of a test: an emulated VK, a home, and a server between them.

use serde_json::{Value, json};

use super::{
    home::Home,
    http::{Client, Reply},
    program::Run,
    server::Server,
    vk::Vk,
};

/// Where tokens are submitted.
pub const SUBMIT: &str = "/api/v1/oauth/vk/token/submit";

/// Where they are asked after.
pub const STATUS: &str = "/api/v1/oauth/vk/token/status";

/// Where they are handed out.
pub const TOKEN: &str = "/api/v1/oauth/vk/token";

/// A stage. The server is dropped, and so killed, before its home.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: Server,
    /// VK.
    pub vk: Vk,
    /// Its home.
    pub home: Home,
}

impl Stage {
    /// Everything set up and running.
    pub fn new() -> Self {
        Self::at(Home::new())
    }

    /// The same in a home that is there already.
    pub fn at(home: Home) -> Self {
        let vk = Vk::new();
        let server = home.serve().at(&vk).with_secret().go();
        Self { server, vk, home }
    }

    /// Another server in the same home; the one before must be gone.
    pub fn serve_again(&mut self) {
        self.server = self.home.serve().at(&self.vk).with_secret().go();
    }

    /// Kills the server and starts another.
    pub fn crash(&mut self) {
        rustix::process::kill_process(self.server.id(), rustix::process::Signal::KILL).unwrap();
        self.server.ended();
        self.serve_again();
    }

    /// A client for `owner`.
    pub fn client(&self, owner: &str) -> Client {
        self.server.client_of(owner)
    }

    /// A command with the same VK.
    pub fn run(&self, line: &str) -> Run<'_> {
        self.vk.settings().into_iter().fold(self.home.run(line), |run, (name, value)| run.env(name, value))
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// Submits `text` under its usual name.
    #[track_caller]
    pub fn submit(&self, text: &str) -> Reply {
        self.post(SUBMIT, &json!({"token_data": text}))
    }

    /// Submits `text` as `account`.
    #[track_caller]
    pub fn submit_as(&self, account: &str, text: &str) -> Reply {
        self.post(SUBMIT, &json!({"token_data": text, "account_name": account}))
    }

    /// The status of `account`.
    #[track_caller]
    pub fn status(&self, account: &str) -> Value {
        self.get(&with_account(STATUS, account)).expect(200).json()
    }

    /// The token of `account`.
    #[track_caller]
    pub fn hand_out(&self, account: &str) -> Reply {
        self.get(&with_account(TOKEN, account))
    }

    /// All of the owner's credentials.
    #[track_caller]
    pub fn list(&self) -> Vec<Value> {
        let page = self.get("/api/v1/credentials?limit=200").expect(200).json();
        assert_eq!(page["next"], Value::Null, "more than one page");
        page["credentials"].as_array().unwrap().clone()
    }
}

fn with_account(path: &str, account: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("account_name", account).finish();
    format!("{path}?{query}")
}
