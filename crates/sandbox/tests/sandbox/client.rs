//! A client with the few requests that the tests make. It follows no redirect.

use std::time::Duration;

use grantkeep_sandbox::{Options, Sandbox, start};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
}

pub(crate) async fn running() -> Client {
    let sandbox = start(Options { listen: "127.0.0.1:0".parse().unwrap() }).await.unwrap();
    let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(Duration::from_secs(20));
    Client { sandbox, http: http.build().unwrap() }
}

/// One of the providers, by its base URL.
pub(crate) struct Peer {
    pub(crate) base: String,
    http: reqwest::Client,
}

impl Peer {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// A form by POST.
    pub(crate) fn form(&self, path: &str, pairs: &[(&str, &str)]) -> RequestBuilder {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// A form by POST, and the JSON that comes back.
    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
        answer_of(self.form(path, pairs)).await
    }

    /// JSON to a switch.
    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        answer_of(self.request(method, path).body(body.to_string())).await
    }

    /// That answer at that endpoint, once.
    pub(crate) async fn once(&self, endpoint: &str, answer: &str) {
        let fault = serde_json::json!({"endpoint": endpoint, "answer": answer, "times": 1});
        let (status, set) = self.json(Method::POST, "/sandbox/faults", &fault).await;
        assert_eq!(status, 201, "{set}");
    }

    /// How often that endpoint was asked.
    pub(crate) async fn count(&self, endpoint: &str) -> u64 {
        let log = answer_of(self.request(Method::GET, "/sandbox/requests")).await.1;
        log["endpoints"][endpoint].as_u64().unwrap_or(0)
    }

    /// The parameters of the redirect that this leads to, those of the fragment before those of the query.
    pub(crate) async fn redirected(&self, path: &str) -> Vec<(String, String)> {
        let answer = self.get(path).await;
        let status = answer.status();
        let place = answer.headers().get("location").unwrap_or_else(|| panic!("{path}: {status}"));
        let place = reqwest::Url::parse(place.to_str().unwrap()).unwrap();
        let parameters = place.fragment().or(place.query()).unwrap_or_default();
        form_urlencoded::parse(parameters.as_bytes()).into_owned().collect()
    }
}

pub(crate) async fn answer_of(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

/// The value of that parameter; empty when it is not there.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// The names of these parameters, in their order.
pub(crate) fn names(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ")
}

impl Client {
    /// VK as one of the providers.
    pub(crate) fn vk(&self) -> Peer {
        Peer { base: self.sandbox.vk_url(), http: self.http.clone() }
    }

    /// The plain OAuth 2.0 server.
    pub(crate) fn oauth2(&self) -> Peer {
        Peer { base: self.sandbox.oauth2_url(), http: self.http.clone() }
    }

    /// A provider at that URL.
    pub(crate) fn at(&self, base: &str) -> Peer {
        Peer { base: base.trim_end_matches('/').to_owned(), http: self.http.clone() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.vk_url())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Where `/authorize` with these parameters, and those that are always needed, leads.
    pub(crate) async fn authorize(&self, more: &str) -> String {
        let answer = self.get(&format!("/authorize?client_id=54249533&response_type=token&{more}")).await;
        let status = answer.status();
        let place = answer.headers().get("location").unwrap_or_else(|| panic!("{more}: {status}"));
        place.to_str().unwrap().to_owned()
    }

    /// A token made to order.
    pub(crate) async fn token(&self, wanted: &str) -> String {
        let answer = self.json(Method::POST, "/sandbox/tokens", wanted).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        answer.1["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn fault(&self, wanted: &str) -> Value {
        let (status, set) = self.json(Method::POST, "/sandbox/faults", wanted).await;
        assert_eq!(status, 201, "{set}");
        set
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: &str) -> (u16, Value) {
        let request = self.request(method, path).header("content-type", "application/json");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Calls a method of the API by POST with the token in the form.
    pub(crate) fn calling(&self, method: &str, token: &str, more: &str) -> RequestBuilder {
        let form = format!("access_token={token}&v=5.199&{more}");
        self.request(Method::POST, &format!("/method/{method}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
    }

    pub(crate) async fn call(&self, method: &str, token: &str, more: &str) -> Value {
        let answer = self.calling(method, token, more).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// What `users.get` says: the id of the person, or code and subcode of the error.
    pub(crate) async fn verdict(&self, token: &str) -> String {
        let answer = self.call("users.get", token, "").await;
        verdict_of(&answer)
    }
}

pub(crate) fn verdict_of(answer: &Value) -> String {
    if let Some(id) = answer["response"][0]["id"].as_u64() {
        return format!("user {id}");
    }
    let error = &answer["error"];
    match error["error_subcode"].as_u64() {
        Some(subcode) => format!("{}/{subcode} {}", error["error_code"], error["error_msg"].as_str().unwrap()),
        None => format!("{} {}", error["error_code"], error["error_msg"].as_str().unwrap_or("-")),
    }
}

/// The pairs of a fragment, with tokens shortened to their first letters.
pub(crate) fn shape(place: &str) -> String {
    let (place, fragment) = place.split_once('#').unwrap();
    let shortened = fragment.split('&').map(|pair| match pair.split_once('=') {
        Some((key, value)) if key.starts_with("access_token") => format!("{key}={}…", &value[..6]),
        _ => pair.to_owned(),
    });
    format!("{place}#{}", shortened.collect::<Vec<_>>().join("&"))
}

/// The token in a redirect.
pub(crate) fn token_in(place: &str) -> String {
    let fragment = place.split_once('#').unwrap().1;
    fragment.split('&').find_map(|pair| pair.strip_prefix("access_token=")).unwrap().to_owned()
}
