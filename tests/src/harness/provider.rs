//! Owns the emulated providers of a test, all in this process: VK, the plain OAuth 2.0 server (`acme`), and the Mastodons; and how
//! a program is told of them.

use std::{
    net::Ipv4Addr,
    sync::{Arc, OnceLock},
};

use grantkeep_sandbox::{Options, Sandbox, start};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::{http::Client, vk::Vk};

/// The application of VK ID, and that of VK's legacy code flow.
const VK_ID_APP: &str = "51000002";
const VK_CODE_APP: &str = "51000005";

/// Emulated providers, each on a port of its own.
#[derive(Debug)]
pub struct Providers {
    /// VK and VK ID.
    pub vk: Vk,
    /// The plain OAuth 2.0 and OpenID server.
    pub acme: Site,
    /// The Mastodons, by the names of their personalities.
    pub mastodons: Vec<(&'static str, Site)>,
    client_id: &'static str,
    client_secret: &'static str,
}

/// The plain server, or one of the Mastodons.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its base URL, without a slash at the end.
    pub url: String,
    client: Client,
}

/// One runtime for the emulators of all tests.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// Starts a sandbox on free ports.
pub(super) fn sandbox() -> Arc<Sandbox> {
    let options = Options { listen: (Ipv4Addr::LOCALHOST, 0).into() };
    Arc::new(runtime().block_on(start(options)).unwrap())
}

impl Providers {
    /// Starts them.
    pub fn new() -> Self {
        let sandbox = sandbox();
        let (client_id, client_secret) = sandbox.oauth2_client();
        Self {
            acme: Site::at(&sandbox.oauth2_url()),
            mastodons: sandbox.mastodons().into_iter().map(|(name, url)| (name, Site::at(url.as_str()))).collect(),
            vk: Vk::of(sandbox),
            client_id,
            client_secret,
        }
    }

    /// The Mastodon of that personality.
    pub fn mastodon(&self, name: &str) -> &Site {
        &self.mastodons.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no {name}")).1
    }

    /// `[providers.NAME]` for the plain server; its secret is in the environment.
    pub fn config(&self, name: &str) -> String {
        format!(
            "[providers.{name}]\nkind = \"oauth2\"\nissuer = \"{}\"\nclient_id = \"{}\"\n\
             client_secret_env = \"ACME_SECRET\"\nscopes = [\"openid\", \"profile\", \"offline_access\", \"read\"]\n",
            self.acme.url, self.client_id
        )
    }

    /// The same, with every address by itself and the token endpoint somewhere else.
    pub fn config_by_hand(&self, name: &str, token_url: &str) -> String {
        let url = &self.acme.url;
        format!(
            "[providers.{name}]\nkind = \"oauth2\"\nauthorization_url = \"{url}/authorize\"\ntoken_url = \"{token_url}\"\n\
             userinfo_url = \"{url}/userinfo\"\nclient_id = \"{}\"\nclient_secret_env = \"ACME_SECRET\"\n\
             scopes = [\"openid\", \"profile\", \"offline_access\", \"read\"]\n",
            self.client_id
        )
    }

    /// The variables that make them what a program talks to: `ACME_SECRET` goes with [`Self::config`].
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = self.vk.settings().to_vec();
        let hosts = self.mastodons.iter().map(|(_, site)| site.host()).collect::<Vec<_>>();
        settings.extend([
            ("ACME_SECRET", self.client_secret.to_owned()),
            ("GRANTKEEP_OUTBOUND_ALLOW", hosts.join(",")),
            ("GRANTKEEP_VK_ID_APP_ID", VK_ID_APP.to_owned()),
            ("GRANTKEEP_VK_ID_URL", format!("{}/id", self.vk.url)),
            ("GRANTKEEP_VK_CODE_APP_ID", VK_CODE_APP.to_owned()),
            ("GRANTKEEP_VK_CODE_SECRET", "sandbox-not-a-secret".to_owned()),
        ]);
        settings
    }
}

impl Default for Providers {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    fn at(url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let client = Client::new(url.strip_prefix("http://").unwrap().parse().unwrap());
        Self { url, client }
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Sets a fault: `{answer, endpoint?, times?, after?, ...}`.
    #[track_caller]
    pub fn fault(&self, fault: &Value) {
        self.client.post("/sandbox/faults", fault).expect(201);
    }

    /// Takes all faults away.
    #[track_caller]
    pub fn mend(&self) {
        self.client.delete("/sandbox/faults").expect(200);
    }

    /// Changes settings.
    #[track_caller]
    pub fn set(&self, settings: &Value) {
        self.client.post("/sandbox/settings", settings).expect(200);
    }

    /// Uses one of a Mastodon's switches: `apps/forget`, `limits/clear`, ...
    #[track_caller]
    pub fn switch(&self, name: &str) -> Value {
        self.client.post(&format!("/sandbox/{name}"), &json!({})).expect(200).json()
    }

    /// The requests to that endpoint, in their order.
    #[track_caller]
    pub fn requests(&self, endpoint: &str) -> Vec<Value> {
        requests(&self.client.get("/sandbox/requests").expect(200).json(), endpoint)
    }

    /// How many codes came to the token endpoint.
    #[track_caller]
    pub fn exchanges(&self) -> usize {
        exchanges(&self.requests("token"))
    }

    /// The refresh tokens that came to the token endpoint, as fingerprints, in their order.
    #[track_caller]
    pub fn refreshes(&self) -> Vec<String> {
        self.requests("token").iter().filter_map(refresh_token).collect()
    }

    /// Forgets which requests came.
    #[track_caller]
    pub fn forget_requests(&self) {
        self.client.delete("/sandbox/requests").expect(200);
    }

    /// Whether an access token works at the plain server.
    #[track_caller]
    pub fn knows(&self, access_token: &str) -> bool {
        self.client.clone().bearer(access_token).get("/userinfo").status == 200
    }

    /// Asks it as a program does.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// The requests to an endpoint in a provider's record.
pub(super) fn requests(record: &Value, endpoint: &str) -> Vec<Value> {
    let all = record["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|request| request["endpoint"] == endpoint).cloned().collect()
}

/// The refresh token of a request, as a fingerprint.
fn refresh_token(request: &Value) -> Option<String> {
    let pairs = request["form"].as_array()?;
    let sent = pairs.iter().find(|pair| pair[0] == "refresh_token")?;
    sent[1].as_str().map(str::to_owned)
}

/// How many of these exchange a code.
pub(super) fn exchanges(requests: &[Value]) -> usize {
    let has_code = |request: &&Value| {
        let fields = ["form", "query"].into_iter().filter_map(|place| request[place].as_array()).flatten();
        fields.clone().any(|pair| pair[0] == "code")
    };
    requests.iter().filter(has_code).count()
}
