//! Owns a data directory whose tokens are due, the strict server that they are from, and what is done to both.

use std::os::unix::process::ExitStatusExt;

use grantkeep_core::Flow;
use grantkeep_oauth::state::digest;

use super::*;

/// A token that is to be renewed.
pub(super) struct Token {
    pub(super) before: Credential,
    /// What nobody may read in the files.
    pub(super) secrets: Vec<String>,
    /// By which its refresh token is known in the server's record.
    pub(super) fingerprint: String,
}

/// A data directory, and the server that its tokens are from.
pub(super) struct House {
    pub(super) stage: Stage,
    pub(super) home: Home,
    pub(super) client: Client,
    pub(super) tokens: Vec<Token>,
    /// What stood in the files after a death.
    pub(super) files: Vec<String>,
}

impl House {
    /// With so many tokens that are due, of two kinds by turns.
    pub(super) async fn new(tokens: u32, first: u32) -> Self {
        AHEAD.set(0);
        let vk = grantkeep_sandbox::start(SandboxOptions { listen: ([127, 0, 0, 1], 0).into() }).await.unwrap();
        let directory = TempDir::new().unwrap();
        let home = Home::new(directory.path(), &vk);
        let (keeper, store) = home.open(WORLD, true).await;
        let stage = Stage { keeper, store, vk, owner: Owner::new("me").unwrap(), directory };
        let mut house = Self { client: home.client(), stage, home, tokens: Vec::new(), files: Vec::new() };
        for number in first..first + tokens {
            house.add(number).await;
        }
        for base in [&house.home.vk, &house.home.oauth2] {
            house.tell(Method::DELETE, &format!("{base}/sandbox/requests"), Value::Null).await;
        }
        AHEAD.set(DUE);
        house
    }

    pub(super) async fn add(&mut self, number: u32) {
        let account = Some(account(&format!("number {number}")));
        let begin = if number.is_multiple_of(2) {
            Begin { account, ..wish(ACME()) }
        } else {
            Begin { account, flow: Some(Flow::VkId), ..wish(Provider::Vk) }
        };
        let how = if number.is_multiple_of(2) { "auto=allow&person=anna" } else { "auto=allow" };
        let before = self.stage.log_in(begin, how).await;
        let secrets = self.secrets(&before);
        self.tokens.push(Token { fingerprint: fingerprint(&secrets[1]), secrets, before });
    }

    /// Access token, refresh token, device.
    pub(super) fn secrets(&self, of: &Credential) -> Vec<String> {
        let keeper = &self.stage.keeper;
        let mut secrets = vec![keeper.open(of).unwrap()];
        for (column, sealed) in [("refresh_token", &of.grant.refresh_token), ("device_id", &of.grant.device_id)] {
            secrets.extend(sealed.as_ref().map(|sealed| keeper.open_column(of, column, sealed).unwrap()));
        }
        secrets.iter().map(|secret| secret.expose().to_owned()).collect()
    }

    pub(super) async fn tell(&self, method: Method, url: &str, body: Value) -> Value {
        let url = url.parse().unwrap();
        let body = (!body.is_null()).then(|| Payload::Json(Secret::from(body.to_string())));
        let outgoing = Outgoing { purpose: Purpose::Check, method, url, headers: Vec::new(), body };
        let answer = self.client.send(outgoing).await.unwrap();
        assert!(answer.status < 300, "{}", answer.status);
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(super) async fn record(&self) -> Vec<Value> {
        let mut record = Vec::new();
        for base in [&self.home.vk, &self.home.oauth2] {
            let mut all = self.tell(Method::GET, &format!("{base}/sandbox/requests"), Value::Null).await;
            if let Value::Array(requests) = all["requests"].take() {
                record.extend(requests);
            }
        }
        record
    }

    /// How often a refresh token was sent.
    pub(super) async fn sent(&self, fingerprint: &str) -> u64 {
        let name = json!(["refresh_token", format!("sha256:{fingerprint}")]);
        let has = |request: &Value| {
            ["form", "query"].iter().any(|part| request[part].as_array().is_some_and(|pairs| pairs.contains(&name)))
        };
        self.record().await.iter().filter(|request| has(request)).count() as u64
    }

    /// How many refresh tokens were sent.
    pub(super) async fn arrived(&self) -> usize {
        self.record().await.iter().filter(|request| request.to_string().contains("[\"refresh_token\",")).count()
    }

    pub(super) async fn answers(&self, word: Option<&str>) {
        for (base, name, endpoint) in
            [(&self.home.vk, "method", "oauth2/auth"), (&self.home.oauth2, "endpoint", "token")]
        {
            let url = format!("{base}/sandbox/faults");
            match word {
                Some(word) => self.tell(Method::POST, &url, json!({name: endpoint, "answer": word})).await,
                None => self.tell(Method::DELETE, &url, Value::Null).await,
            };
        }
    }

    pub(super) async fn close(&mut self) {
        self.stage.keeper.close().await.unwrap();
    }

    /// A new keeper over the same files.
    pub(super) async fn restart(&mut self) {
        (self.stage.keeper, self.stage.store) = self.home.open(WORLD, true).await;
    }

    pub(super) fn life(&self, death: Option<Death>) -> Life {
        Life { home: self.home.clone(), ahead: AHEAD.get(), death }
    }

    /// Lets a process work on it until it dies; whether it did.
    pub(super) async fn die(&mut self, at: At, time: u32, micros: u64) -> bool {
        let mut process = match at {
            At::Anywhere => child::start(&self.life(Some(Death::new(None, 1, micros + 1)))),
            At::Step(step) => child::start(&self.life(Some(Death::new(Some(step), time, micros)))),
            At::Unanswered(word) => {
                self.answers(Some(word)).await;
                let mut process = child::start(&self.life(None));
                while self.arrived().await < time as usize {
                    assert!(process.try_wait().unwrap().is_none(), "it ended by itself");
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                process.kill().unwrap();
                process
            }
        };
        let status = child::ended(&mut process).await;
        assert!(status.signal() == Some(9) || status.success(), "{status}: {}", child::said(&mut process));
        if matches!(at, At::Unanswered(_)) {
            self.answers(None).await;
        }
        for entry in self.stage.directory.path().read_dir().unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            self.files.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        status.signal() == Some(9)
    }
}

pub(super) fn fingerprint(secret: &str) -> String {
    digest(secret).0[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
