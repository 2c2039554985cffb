//! A service over a real keeper on a real database, with the emulated VK, and a clock that a test sets.
//!
//! Whatever a test asks, each answer is held against what all answers have in common and against the OpenAPI document.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use grantkeep_core::{Outgoing, Payload, ProviderName, Purpose, Secret, Timestamp};
use grantkeep_keeper::{
    GrantType, Issuer, OAuth2Settings, Parts as KeeperParts, Providers, VkCodeSettings, VkIdSettings, VkSettings,
    World, unlock,
};
use grantkeep_outbound::{Client, Rules};
use grantkeep_sandbox::Sandbox;
use grantkeep_seal::MasterKey;
use grantkeep_store::{Options, SqliteStore, Store};
use http::{HeaderName, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use super::super::*;
use crate::{auth::NewKey, document::OPENAPI, route::DOCUMENTED};

/// 2026-01-10T15:30:00Z: what is stored now for a day ends when the seed's example does.
const START: i64 = 1_768_059_000;

pub(super) const HOST: &str = "127.0.0.1:8000";

/// All names of the service.
const HOSTS: [&str; 3] = [HOST, "localhost:8000", "keep.example"];

pub(super) const NETWORK: Peer = Peer::Network(IpAddr::V4(Ipv4Addr::LOCALHOST));

thread_local! {
    /// Every test has a thread of its own, and its service runs on it.
    static NOW: Cell<i64> = const { Cell::new(START) };
}

fn now() -> Timestamp {
    Timestamp::from_unix(NOW.get())
}

#[expect(clippy::disallowed_methods, reason = "tests hold the real clock")]
fn steady() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes
}

pub(super) fn set_clock(after_start: i64) {
    NOW.set(START + after_start);
}

fn settings(keeper: Arc<Keeper>) -> Settings {
    Settings {
        keeper,
        jwt_secret: JwtSecret::from_text(&Secret::from("0123456789abcdef0123456789abcdef")).unwrap(),
        hosts: HOSTS.map(str::to_owned).to_vec(),
        sandbox: true,
        random,
    }
}

pub(super) struct Stage {
    pub(super) service: Arc<Service>,
    document: Value,
    vk: Url,
    client: Client,
    ids: RefCell<HashSet<String>>,
    pub(super) sandbox: Sandbox,
    directory: TempDir,
}

/// An answer with its whole body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    /// `200`, or `400 invalid_format`.
    pub(super) fn verdict(&self) -> String {
        match self.error_type() {
            Some(error_type) => format!("{} {error_type}", self.status),
            None => self.status.to_string(),
        }
    }

    /// Of an error in JSON, or on a page.
    pub(super) fn error_type(&self) -> Option<String> {
        let json = self.json_or_null()["detail"]["error_type"].as_str().map(str::to_owned);
        let on_page = || self.body.split("data-error-type=\"").nth(1)?.split('"').next().map(str::to_owned);
        json.or_else(on_page)
    }

    pub(super) fn is_page(&self) -> bool {
        self.header(header::CONTENT_TYPE) == "text/html; charset=utf-8"
    }

    fn json_or_null(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Stage {
    pub(super) async fn open() -> Self {
        Self::at("http://127.0.0.1:8000", "http://127.0.0.1:8000/back/acme").await
    }

    /// A service that browsers find at `base`, where the answers of one provider come to a path of their own.
    pub(super) async fn at(base: &str, acme_redirect_uri: &str) -> Self {
        set_clock(0);
        let directory = tempfile::tempdir().unwrap();
        let options = Options { path: directory.path().join("grantkeep.db"), alone: true };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&options).unwrap());
        let sealer = unlock(&*store, |_| MasterKey::generate(), now()).await.unwrap();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = grantkeep_sandbox::start(grantkeep_sandbox::Options { listen }).await.unwrap();
        let vk = Url::parse(&sandbox.vk_url()).unwrap();
        let world = World { now, random, steady };
        let outbound = client(&sandbox);
        let providers = providers(&sandbox, base, acme_redirect_uri);
        let parts = KeeperParts { store, sealer, outbound, providers, world };
        let settings = settings(Arc::new(Keeper::new(parts)));
        Self {
            service: Arc::new(Service::new(settings).await.unwrap()),
            document: serde_json::from_str(OPENAPI).unwrap(),
            client: client(&sandbox),
            vk,
            ids: RefCell::default(),
            sandbox,
            directory,
        }
    }

    /// The same server after a restart.
    pub(super) async fn restart(&mut self) {
        let keeper = Arc::clone(&self.service.keeper);
        self.service = Arc::new(Service::new(settings(keeper)).await.unwrap());
    }

    /// Changes the database from outside.
    pub(super) fn tamper(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.directory.path().join("grantkeep.db")).unwrap();
        database.execute_batch(sql).unwrap();
    }

    /// A key that lives as long as a test's clock goes.
    pub(super) fn key(&self, owner: &str, permissions: &str, providers: Option<&str>) -> String {
        let key = NewKey {
            id: "k_test",
            owner: &Owner::new(owner).unwrap(),
            permissions,
            providers,
            issued_at: Timestamp::from_unix(START),
            expires_at: Timestamp::from_unix(START + 1_000_000),
        };
        self.service.authority.issue(&key).unwrap().expose().to_owned()
    }

    /// What somebody pastes who obtained a token like that: an address with a fragment.
    pub(super) async fn paste(&self, wanted: &str) -> String {
        let answer = self.tell_vk("/sandbox/tokens", wanted).await;
        serde_json::from_slice::<Value>(&answer).unwrap()["url"].as_str().unwrap().to_owned()
    }

    /// Makes the emulated VK answer so.
    pub(super) async fn set_fault(&self, fault: &str) {
        self.tell_vk("/sandbox/faults", fault).await;
    }

    /// Where a provider sends the browser of somebody who does as `how` says, such as `auto=allow`.
    pub(super) async fn sent_back(&self, to: &str, how: &str) -> Url {
        let url = format!("{to}&{how}").parse().unwrap();
        let outgoing = Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers: Vec::new(), body: None };
        let answer = self.client.send(outgoing).await.unwrap();
        let place = answer.headers.get(header::LOCATION);
        let place = place.unwrap_or_else(|| panic!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
        place.to_str().unwrap().parse().unwrap()
    }

    /// Makes another emulated provider answer so.
    pub(super) async fn set_fault_at(&self, base: &str, fault: &str) {
        self.tell(format!("{base}/sandbox/faults").parse().unwrap(), fault).await;
    }

    async fn tell_vk(&self, path: &str, body: &str) -> Vec<u8> {
        self.tell(self.vk.join(path).unwrap(), body).await
    }

    async fn tell(&self, url: Url, body: &str) -> Vec<u8> {
        let body = Some(Payload::Json(Secret::from(body)));
        let outgoing = Outgoing { purpose: Purpose::Check, method: Method::POST, url, headers: Vec::new(), body };
        let answer = self.client.send(outgoing).await.unwrap();
        assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.body));
        answer.body.to_vec()
    }

    /// Pastes a person's token for `key`'s owner; gives the credential's id.
    pub(super) async fn store(&self, key: &str, account: &str, wanted: &str) -> i64 {
        let pasted = self.paste(wanted).await;
        let answer = self.post("/api/v1/vk/token/submit", key, &submission(&pasted, account)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["credential_id"].as_i64().unwrap()
    }

    pub(super) async fn get(&self, path: &str, key: &str) -> Answer {
        self.ask(NETWORK, &format!("GET {path} | authorization: Bearer {key}"), "").await
    }

    pub(super) async fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        self.ask(NETWORK, &format!("POST {path} | authorization: Bearer {key} | content-type: application/json"), body)
            .await
    }

    pub(super) async fn delete(&self, path: &str, key: &str) -> Answer {
        self.ask(NETWORK, &format!("DELETE {path} | authorization: Bearer {key}"), "").await
    }

    /// Asks as somebody beside the data directory.
    pub(super) async fn ask_locally(&self, line: &str, body: &str) -> Answer {
        self.ask(Peer::Local, &format!("{line} | content-type: application/json"), body).await
    }

    /// Sends `GET /path | name: value | name: value`, and holds the answer against what is always so.
    pub(super) async fn ask(&self, peer: Peer, line: &str, body: &str) -> Answer {
        let mut lines = line.split(" | ");
        let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(target);
        let mut adds_host = true;
        for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
            adds_host &= name != "host";
            request = request.header(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
        }
        if adds_host {
            request = request.header(header::HOST, HOST);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let (parts, body) = self.service.respond(request, peer).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer =
            Answer { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8(body).unwrap() };
        self.check(peer, method, target.split('?').next().unwrap(), &answer);
        answer
    }

    fn check(&self, peer: Peer, method: &str, path: &str, answer: &Answer) {
        let shown = format!("{method} {path} {} {}", answer.status, answer.body);
        let caching = if path.starts_with("/assets/") && answer.status == 200 {
            "public, max-age=31536000, immutable"
        } else {
            "no-store"
        };
        assert_eq!(answer.header(header::CACHE_CONTROL), caching, "{shown}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{shown}");
        assert!(self.ids.borrow_mut().insert(answer.header("x-request-id").to_owned()), "an id came twice: {shown}");
        let status = StatusCode::from_u16(answer.status).unwrap();
        if answer.is_page() {
            check_page(answer);
        } else if status.is_client_error() || status.is_server_error() {
            assert_eq!(answer.header(header::CONTENT_TYPE), "application/json", "{shown}");
            assert_eq!(answer.body, error_of(&answer.json()), "four fields in order");
        }
        let Some(operation) = self.operation(method, path).filter(|_| !matches!(peer, Peer::Browser(_))) else {
            return;
        };
        let response = self.resolve(&operation["responses"][answer.status.to_string()]);
        assert!(!response.is_null(), "undocumented: {shown}");
        if let Some(error_types) = response["x-error-types"].as_array() {
            let error_type = answer.error_type().map(Value::from);
            assert!(error_type.is_some_and(|error_type| error_types.contains(&error_type)), "undocumented: {shown}");
        }
        if answer.is_page() {
            assert!(!response["content"]["text/html"].is_null(), "an undocumented page: {shown}");
            return;
        }
        if let Some((written, _)) = response["content"].as_object().and_then(|content| {
            content.iter().find(|(written, _)| written.starts_with("text/") && *written != "text/html")
        }) {
            assert!(answer.header(header::CONTENT_TYPE).starts_with(written.as_str()), "{shown}");
            return;
        }
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            assert_eq!(answer.body, "", "{shown}");
        } else if schema["type"].is_null() {
            let written = self.written(schema, &answer.json());
            assert_eq!(written.as_ref(), Some(&answer.body), "names, order or types are others than documented");
        }
    }

    /// The documented operation, if that path and method are documented.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let fits = |template: &str| {
            let (segments, wanted) = (path.split('/'), template.split('/'));
            segments.clone().count() == wanted.clone().count()
                && segments.zip(wanted).all(|(segment, wanted)| wanted.starts_with('{') || segment == wanted)
        };
        let (template, _) = DOCUMENTED.into_iter().find(|(template, _)| fits(template))?;
        let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
        self.document["paths"][template].get(method)
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.resolve(self.document.pointer(reference.trim_start_matches('#')).unwrap()),
            None => value,
        }
    }

    /// A value as the schema says that it is written: fields, order, types. None when it does not fit.
    fn written(&self, schema: &Value, value: &Value) -> Option<String> {
        let schema = self.resolve(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            return choices.iter().find_map(|choice| self.written(choice, value));
        }
        let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
        let fits = |name: &Value| match name.as_str() {
            Some("array") => value.is_array(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("null") => value.is_null(),
            Some("object") => value.is_object(),
            Some("string") => value.is_string(),
            _ => schema["const"] == *value,
        };
        let listed = schema["enum"].as_array().is_none_or(|values| values.contains(value));
        if !listed || !types.iter().any(fits) {
            return None;
        }
        match value {
            Value::Array(items) => {
                let items =
                    items.iter().map(|item| self.written(&schema["items"], item)).collect::<Option<Vec<_>>>()?;
                Some(format!("[{}]", items.join(",")))
            }
            Value::Object(fields) => {
                // The order of `required` is that of the answer; what is not required comes after.
                let required = schema["required"].as_array()?.iter().map(|name| name.as_str().unwrap());
                let mut names: Vec<&str> = required.collect();
                names.extend(
                    fields
                        .keys()
                        .map(String::as_str)
                        .filter(|name| !schema["required"].as_array().unwrap().contains(&(*name).into())),
                );
                let write = |name: &str| {
                    let written = self.written(&schema["properties"][name], fields.get(name)?)?;
                    Some(format!("\"{name}\":{written}"))
                };
                Some(format!("{{{}}}", names.into_iter().map(write).collect::<Option<Vec<_>>>()?.join(",")))
            }
            plain => Some(plain.to_string()),
        }
    }
}

/// What may be asked: everything that the sandbox plays, and nothing else.
fn client(sandbox: &Sandbox) -> Client {
    let mut rules = Rules::default();
    rules.nothing_else();
    for url in [sandbox.vk_url(), sandbox.oauth2_url()] {
        rules.configured(&url.parse().unwrap());
    }
    for (_, url) in sandbox.mastodons() {
        rules.configured(&url);
    }
    Client::new(rules)
}

fn providers(sandbox: &Sandbox, base: &str, acme_redirect_uri: &str) -> Providers {
    let url = |text: &str| Url::parse(text).unwrap();
    let vk = url(&sandbox.vk_url());
    let (client_id, secret) = sandbox.oauth2_client();
    let acme = OAuth2Settings {
        issuer: Some(Issuer::new(&sandbox.oauth2_url()).unwrap()),
        client_secret: Some(Secret::from(secret)),
        scopes: vec!["read".to_owned(), "write".to_owned()],
        redirect_uri: Some(acme_redirect_uri.to_owned()),
        ..OAuth2Settings::new(ProviderName::new("acme").unwrap(), client_id)
    };
    // The same server, asked for the application itself.
    let robot = OAuth2Settings {
        grant: GrantType::ClientCredentials,
        issuer: acme.issuer.clone(),
        client_secret: Some(Secret::from(secret)),
        scopes: acme.scopes.clone(),
        ..OAuth2Settings::new(ProviderName::new("robot").unwrap(), client_id)
    };
    Providers {
        vk: VkSettings { oauth_url: vk.clone(), api_url: vk.clone(), ..VkSettings::default() },
        vk_id: Some(VkIdSettings {
            app_id: "51000002".to_owned(),
            service_token: None,
            url: url(&sandbox.vk_id_url()),
        }),
        vk_code: Some(VkCodeSettings { app_id: "54249533".to_owned(), secret: Secret::from("sandbox-not-a-secret") }),
        oauth2: vec![acme, robot],
        base: url(base),
        hosts: HOSTS.map(str::to_owned).to_vec(),
    }
}

/// What every page has, errors too.
fn check_page(answer: &Answer) {
    let shown = &answer.body;
    let policy = answer.header(header::CONTENT_SECURITY_POLICY);
    for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{policy}");
    assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer", "{shown}");
    assert_eq!(answer.header(header::X_FRAME_OPTIONS), "DENY", "{shown}");
    assert!(shown.contains("SANDBOX"), "it is not marked as a sandbox's: {shown}");
    for target in ["src=\"", "href=\"", "action=\""].iter().flat_map(|attribute| shown.split(attribute).skip(1)) {
        let is_ours = ["/", "#", "javascript:location.replace("].iter().any(|own| target.starts_with(own));
        assert!(is_ours && !target.starts_with("//"), "{target:.40}");
    }
}

/// An error as it must be written.
fn error_of(body: &Value) -> String {
    let detail = body["detail"].as_object().expect("a detail");
    assert_eq!(detail.len(), 4, "{detail:?}");
    let field = |name: &str| {
        assert!(!detail[name].as_str().unwrap().is_empty(), "{name} is empty");
        format!("\"{name}\":{}", detail[name])
    };
    format!("{{\"detail\":{{{}}}}}", ["error", "message", "solution", "error_type"].map(field).join(","))
}

/// The body of a submit.
pub(super) fn submission(text: &str, account: &str) -> String {
    let account = if account.is_empty() { Value::Null } else { account.into() };
    serde_json::json!({ "token_data": text, "account_name": account }).to_string()
}
