//! A service over a real keeper on a real database, with the emulated VK, and a clock that a test sets.
//!
//! Whatever a test asks, each answer is held against what all answers have in common and against the OpenAPI document.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use grantkeep_core::{Outgoing, Payload, Purpose, Secret, Timestamp};
use grantkeep_keeper::{Parts as KeeperParts, VkSettings, World, unlock};
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

pub(super) const NETWORK: Peer = Peer::Network(IpAddr::V4(Ipv4Addr::LOCALHOST));

thread_local! {
    /// Every test has a thread of its own, and its service runs on it.
    static NOW: Cell<i64> = const { Cell::new(START) };
}

fn now() -> Timestamp {
    Timestamp::from_unix(NOW.get())
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes
}

pub(super) fn set_clock(after_start: i64) {
    NOW.set(START + after_start);
}

pub(super) struct Stage {
    pub(super) service: Arc<Service>,
    document: Value,
    vk: Url,
    client: grantkeep_outbound::Client,
    ids: RefCell<HashSet<String>>,
    _sandbox: Sandbox,
    _directory: TempDir,
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
        match self.json_or_null()["detail"]["error_type"].as_str() {
            Some(error_type) => format!("{} {error_type}", self.status),
            None => self.status.to_string(),
        }
    }

    fn json_or_null(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Stage {
    pub(super) async fn open() -> Self {
        set_clock(0);
        let directory = tempfile::tempdir().unwrap();
        let options = Options { path: directory.path().join("grantkeep.db"), alone: true };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&options).unwrap());
        let sealer = unlock(&*store, |_| MasterKey::generate(), now()).await.unwrap();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = grantkeep_sandbox::start(grantkeep_sandbox::Options { listen }).await.unwrap();
        let vk = Url::parse(&sandbox.vk_url()).unwrap();
        let settings = VkSettings { oauth_url: vk.clone(), api_url: vk.clone(), ..VkSettings::default() };
        let world = World { now, random };
        let parts = KeeperParts {
            store,
            sealer,
            outbound: grantkeep_outbound::Client::to_own_server(&vk),
            vk: settings,
            world,
        };
        let settings = Settings {
            keeper: Arc::new(Keeper::new(parts)),
            jwt_secret: JwtSecret::from_text(&Secret::from("0123456789abcdef0123456789abcdef")).unwrap(),
            hosts: vec![HOST.to_owned()],
            random,
        };
        Self {
            service: Arc::new(Service::new(settings).await.unwrap()),
            document: serde_json::from_str(OPENAPI).unwrap(),
            client: grantkeep_outbound::Client::to_own_server(&vk),
            vk,
            ids: RefCell::default(),
            _sandbox: sandbox,
            _directory: directory,
        }
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

    async fn tell_vk(&self, path: &str, body: &str) -> Vec<u8> {
        let url = self.vk.join(path).unwrap();
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
        self.check(method, target.split('?').next().unwrap(), &answer);
        answer
    }

    fn check(&self, method: &str, path: &str, answer: &Answer) {
        let shown = format!("{method} {path} {} {}", answer.status, answer.body);
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{shown}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{shown}");
        assert!(self.ids.borrow_mut().insert(answer.header("x-request-id").to_owned()), "an id came twice: {shown}");
        let status = StatusCode::from_u16(answer.status).unwrap();
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(answer.header(header::CONTENT_TYPE), "application/json", "{shown}");
            assert_eq!(answer.body, error_of(&answer.json()), "four fields in order");
        }
        let Some(operation) = self.operation(method, path) else { return };
        let response = self.resolve(&operation["responses"][answer.status.to_string()]);
        assert!(!response.is_null(), "undocumented: {shown}");
        if let Some(error_types) = response["x-error-types"].as_array() {
            let error_type = &answer.json()["detail"]["error_type"];
            assert!(error_types.contains(error_type), "undocumented: {shown}");
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
