//! Holds what browsers meet during a login: the connect link, redirects that arrive, fragments, and the page at the end.

use std::{cell::RefCell, time::Duration};

use http::header;
use serde_json::{Value, json};

use super::{
    super::*,
    PERSON,
    stage::{Answer, HOST, NETWORK, Stage, set_clock},
};

const BACK: &str = "/back/acme";
const FROM_PAGE: &str = "sec-fetch-site: same-origin | origin: http://127.0.0.1:8000";

/// A browser with its cookies.
struct Browser<'s> {
    stage: &'s Stage,
    peer: Peer,
    cookies: RefCell<Vec<String>>,
}

impl<'s> Browser<'s> {
    fn new(stage: &'s Stage) -> Self {
        Self { stage, peer: NETWORK, cookies: RefCell::default() }
    }

    async fn send(&self, line: &str, body: &str) -> Answer {
        let cookies = self.cookies.borrow().join("; ");
        let line = if cookies.is_empty() { line.to_owned() } else { format!("{line} | cookie: {cookies}") };
        let answer = self.stage.ask(self.peer, &line, body).await;
        let set = answer.header(header::SET_COOKIE).split(';').next().unwrap_or_default();
        if !set.is_empty() {
            self.cookies.borrow_mut().push(set.to_owned());
        }
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), "").await
    }

    /// Presses the button of the page, or sends its box.
    async fn post(&self, path: &str, form: &str) -> Answer {
        self.send(&format!("POST {path} | {FROM_PAGE} | content-type: application/x-www-form-urlencoded"), form).await
    }

    async fn post_fragment(&self, path: &str, fragment: &str) -> Answer {
        let body = json!({ "fragment": fragment }).to_string();
        self.send(&format!("POST {path} | {FROM_PAGE} | content-type: application/json"), &body).await
    }

    /// Opens the connect link and presses its button; gives where the provider's page is.
    async fn set_out(&self, begun: &Value) -> String {
        let answer = self.post(&ticket_path(begun), "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header(header::LOCATION).to_owned()
    }

    /// The same, and at the provider as `how` says; gives the path and query that the provider sends the browser to.
    async fn go_and_return(&self, begun: &Value, how: &str) -> String {
        let to = self.set_out(begun).await;
        let back = self.stage.sent_back(&to, how).await;
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }
}

fn ticket_path(begun: &Value) -> String {
    let url = begun["connect_url"].as_str().unwrap();
    url.split_once("/connect/").map(|(_, ticket)| format!("/connect/{ticket}")).unwrap()
}

fn id(begun: &Value) -> &str {
    begun["authorization_id"].as_str().unwrap()
}

/// The path of a form's value.
fn form(text: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("token_data", text).finish()
}

/// The value of a parameter of a path.
fn parameter<'a>(path: &'a str, name: &str) -> &'a str {
    path.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

impl Stage {
    async fn status_of(&self, key: &str, provider: &str, begun: &Value) -> String {
        let path = format!("/api/v1/oauth/{provider}/authorizations/{}", id(begun));
        let answer = self.get(&path, key).await.json();
        let cause = answer["cause"].as_str().map(|cause| format!(" {cause}")).unwrap_or_default();
        format!("{}{cause}", answer["status"].as_str().unwrap())
    }
}

#[tokio::test]
async fn a_code_comes_back_and_the_person_reads_who_they_are() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let begun = stage.begin(&key, "acme", r#"{"account_name":"<b>\"work\"</b>","scope":"read write"}"#).await;
    let (ticket, browser) = (ticket_path(&begun), Browser::new(&stage));
    for _ in 0..2 {
        let page = browser.get(&ticket).await;
        assert_eq!(page.status, 200);
        for part in [
            "Connect to",
            "acme",
            "anna",
            "&lt;b&gt;&quot;work&quot;&lt;/b&gt;",
            "<bdi>read</bdi>",
            HOST,
            "another 10 minutes",
        ] {
            assert!(page.body.contains(part), "{part} is not in {}", page.body);
        }
        assert_eq!(page.body.matches("<form").count(), 1);
        assert!(!page.header(header::CONTENT_SECURITY_POLICY).contains("form-action"), "it would stop the redirect");
    }
    assert_eq!(stage.status_of(&key, "acme", &begun).await, "pending", "looking changes nothing");

    let back = browser.go_and_return(&begun, "auto=allow&person=vera&grant=read").await;
    assert!(back.starts_with(BACK), "{back}");
    let answer = browser.get(&back).await;
    let done = format!("/done/{}", id(&begun));
    assert_eq!((answer.status, answer.header(header::LOCATION), answer.body.as_str()), (303, done.as_str(), ""));
    assert_eq!(stage.status_of(&key, "acme", &begun).await, "done");
    let audit = stage.get("/api/v1/audit", &key).await.json();
    let captured = audit["events"].as_array().unwrap().iter().find(|event| event["action"] == "capture").unwrap();
    assert_eq!((&captured["actor"], &captured["outcome"]), (&"browser".into(), &"done".into()));
    let page = browser.get(&done).await;
    for part in ["Signed in as", "&lt;b&gt;&quot;work&quot;&lt;/b&gt;", "You can close this tab", "Less than asked for"]
    {
        assert!(page.body.contains(part), "{part} is not in {}", page.body);
    }
    assert!(page.header(header::CONTENT_SECURITY_POLICY).ends_with("form-action 'none'"));
    let stranger = Browser::new(&stage).get(&done).await;
    assert_eq!(stranger.status, 200);
    assert!(!stranger.body.contains("Signed in") && !stranger.body.contains("work"), "{}", stranger.body);
    let nobodys = Browser::new(&stage).get("/done/a_00000000000000000000000000000000").await;
    assert_eq!(nobodys.body, stranger.body, "whether there was one is not told");
}

#[tokio::test]
async fn the_button_works_once_and_only_from_our_own_page() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "submit", None);
    let begun = stage.begin(&key, "acme", "").await;
    let (ticket, browser) = (ticket_path(&begun), Browser::new(&stage));
    for headers in [
        "",
        " | origin: null",
        " | origin: http://evil.example",
        " | sec-fetch-site: cross-site | origin: http://127.0.0.1:8000",
        " | sec-fetch-site: same-site",
    ] {
        let answer = browser.send(&format!("POST {ticket}{headers}"), "").await;
        assert_eq!(
            (answer.verdict().as_str(), answer.header(header::SET_COOKIE)),
            ("403 cross_origin", ""),
            "{headers}"
        );
    }
    let json = browser.send(&format!("POST {ticket} | {FROM_PAGE} | content-type: application/json"), "{}").await;
    assert_eq!(json.verdict(), "415 unsupported_media_type");
    for method in ["PUT", "DELETE", "OPTIONS"] {
        let answer = browser.send(&format!("{method} {ticket} | {FROM_PAGE}"), "").await;
        assert_eq!((answer.status, answer.header(header::ALLOW)), (405, "GET, HEAD, POST"));
    }
    let answer = browser.post(&ticket, "").await;
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    assert!(cookie.starts_with(&format!("grantkeep-{}=", &id(&begun)[2..10])), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(answer.header(header::LOCATION).starts_with(&stage.sandbox.oauth2_url()));
    assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
    assert_eq!(browser.post(&ticket, "").await.verdict(), "409 ticket_spent");
    assert_eq!(Browser::new(&stage).post(&ticket, "").await.verdict(), "409 ticket_spent");
    for unknown in ["/connect/x", "/connect/%3Cscript%3E", &format!("{ticket}x")] {
        assert_eq!(browser.get(unknown).await.verdict(), "404 ticket_unknown");
        assert_eq!(browser.post(unknown, "").await.verdict(), "404 ticket_unknown");
        assert_eq!(browser.post(unknown, &form("vk1.a.x")).await.verdict(), "404 ticket_unknown");
    }
    set_clock(601);
    assert_eq!(browser.get(&ticket).await.verdict(), "404 ticket_unknown");
}

/// One line for each row of the truth table that can be told from outside: what is asked, instead of the right request; the
/// answer; how the login then stands.
#[tokio::test]
async fn redirects_are_believed_by_the_rules() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    for (what, expected, stands) in [
        ("GET PATH?code=CODE", "400 state_missing", "pending"),
        ("GET PATH", "400 state_missing", "pending"),
        ("GET PATH?code=CODE&state=", "400 state_missing", "pending"),
        ("GET PATH?code=CODE&state=unknown", "400 state_unknown", "pending"),
        ("GET /callback/vk/code?QUERY", "400 context_mismatch", "failed context_mismatch"),
        ("GET PATH?code=CODE&state=STATE&iss=http://evil.example", "400 issuer_mismatch", "failed issuer_mismatch"),
        ("GET PATH?code=CODE&state=STATE", "400 issuer_missing", "failed issuer_missing"),
        ("GET PATH?error=access_denied&state=STATE&iss=ISS", "200", "denied access_denied"),
        ("GET PATH?error=access_denied", "400 state_missing", "pending"),
        ("GET PATH?error=x%3Cscript%3E&error_description=%3Cb%3E&state=unknown", "400 state_unknown", "pending"),
        ("GET PATH?QUERY&error=access_denied", "400 invalid_callback", "failed code_and_error"),
        ("GET PATH?QUERY&code=x", "400 duplicate_parameter", "pending"),
        ("GET PATH?QUERY&state=STATE", "400 duplicate_parameter", "pending"),
        ("GET PATH?code=&state=STATE&iss=ISS", "400 code_malformed", "failed code_malformed"),
        ("GET PATH?code=%ff&state=STATE&iss=ISS", "400 code_malformed", "failed code_malformed"),
        ("GET PATH?access_token=x&state=STATE&iss=ISS", "400 token_in_query", "failed token_in_query"),
        ("GET PATH?error=server_error&state=STATE&iss=ISS", "502 provider_refused", "failed server_error"),
        ("GET PATH?code=wrong&state=STATE&iss=ISS", "502 provider_refused", "failed invalid_grant"),
        ("HEAD PATH?QUERY", "405 method_not_allowed", "pending"),
        ("POST PATH?QUERY", "405 method_not_allowed", "pending"),
        ("POST PATH?QUERY | content-type: application/x-www-form-urlencoded", "405 method_not_allowed", "pending"),
        ("PUT PATH?QUERY", "405 method_not_allowed", "pending"),
        ("OPTIONS PATH?QUERY", "405 method_not_allowed", "pending"),
        ("TRACE PATH?QUERY", "405 method_not_allowed", "pending"),
        ("GET PATH?QUERY | sec-purpose: prefetch", "403 not_a_navigation", "pending"),
        ("GET PATH?QUERY | sec-fetch-dest: iframe", "403 not_a_navigation", "pending"),
        ("GET PATH?QUERY | sec-fetch-mode: cors", "403 not_a_navigation", "pending"),
        ("GET PATH?QUERY | host: evil.example", "421 wrong_host", "pending"),
        ("GET PATH?QUERY&ext_id=1&type=x&unknown=%22", "303", "done"),
        (
            "GET PATH?QUERY | sec-fetch-dest: document | sec-fetch-mode: navigate | sec-fetch-site: cross-site",
            "303",
            "done",
        ),
    ] {
        let (begun, browser) = (stage.begin(&key, "acme", "").await, Browser::new(&stage));
        let back = browser.go_and_return(&begun, "auto=allow&person=anna").await;
        let (path, query) = back.split_once('?').unwrap();
        let line = what
            .replace("QUERY", query)
            .replace("PATH", path)
            .replace("CODE", parameter(&back, "code"))
            .replace("STATE", parameter(&back, "state"))
            .replace("ISS", parameter(&back, "iss"));
        let answer = browser.send(&line, "").await;
        assert_eq!(answer.verdict(), expected, "{what}: {}", answer.body);
        assert_eq!(stage.status_of(&key, "acme", &begun).await, stands, "{what}");
        assert!(answer.status == 303 || answer.is_page(), "{what}: {:?}", answer.headers);
        if answer.status == 405 {
            assert_eq!(answer.header(header::ALLOW), "GET", "{what}");
        }
        for secret in [parameter(&back, "code"), parameter(&back, "state")] {
            assert!(!format!("{:?}{}", answer.headers, answer.body).contains(secret), "{what} shows what came");
        }
        assert!(!answer.body.contains("<script>") && !answer.body.contains("<b>"), "{what}: {}", answer.body);
    }
}

#[tokio::test]
async fn another_browser_ends_the_login_and_gets_nothing() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    for case in ["none", "another's", "two"] {
        let (begun, browser) = (stage.begin(&key, "acme", "").await, Browser::new(&stage));
        let back = browser.go_and_return(&begun, "auto=allow&person=anna").await;
        let own = browser.cookies.take().remove(0);
        let (name, _) = own.split_once('=').unwrap();
        let cookies = match case {
            "none" => vec![],
            "two" => vec![own.clone(), own.clone()],
            _ => vec![format!("{name}=x")],
        };
        browser.cookies.replace(cookies);
        assert_eq!(browser.get(&back).await.verdict(), "403 binding_mismatch", "{case}");
        browser.cookies.replace(vec![own]);
        assert_eq!(browser.get(&back).await.verdict(), "400 state_used", "{case}");
        assert_eq!(stage.status_of(&key, "acme", &begun).await, "failed binding_mismatch", "{case}");
    }
    assert_eq!(stage.get(super::CREDENTIALS, &key).await.json()["credentials"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_redirect_counts_once_and_in_time() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let (begun, browser) = (stage.begin(&key, "acme", "").await, Browser::new(&stage));
    let back = browser.go_and_return(&begun, "auto=allow&person=anna").await;
    let visits: Vec<_> = (0..20).map(|_| browser.get(&back)).collect();
    let mut verdicts = Vec::new();
    // Together: each is polled while the others wait for the provider.
    for answer in futures(visits).await {
        verdicts.push(answer.verdict());
    }
    verdicts.sort();
    assert_eq!(
        (verdicts[0].as_str(), verdicts[1].as_str(), verdicts.last().unwrap().as_str()),
        ("303", "400 state_used", "400 state_used")
    );
    let (late, browser) = (stage.begin(&key, "acme", "").await, Browser::new(&stage));
    let back = browser.go_and_return(&late, "auto=allow&person=anna").await;
    set_clock(601);
    assert_eq!(browser.get(&back).await.verdict(), "400 state_expired");
    assert!(browser.get(&format!("/done/{}", id(&late))).await.body.contains("Login has expired"));
}

/// Polls all of them until all are ready.
async fn futures<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, value) in &mut futures {
            if value.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *value = Some(ready);
            }
        }
        if futures.iter().all(|(_, value)| value.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, value)| value).collect()
}

#[tokio::test]
async fn a_redirect_is_finished_when_the_browser_hangs_up() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let (begun, browser) = (stage.begin(&key, "acme", "").await, Browser::new(&stage));
    let back = browser.go_and_return(&begun, "auto=allow&person=anna").await;
    stage.set_fault_at(&stage.sandbox.oauth2_url(), r#"{"answer":"slow:1","endpoint":"token","times":1}"#).await;
    let hung_up = tokio::time::timeout(Duration::from_millis(200), browser.get(&back)).await;
    assert!(hung_up.is_err(), "it answered before the browser hung up");
    for _ in 0..6000 {
        if stage.status_of(&key, "acme", &begun).await == "done" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the login is not finished without its browser");
}

#[tokio::test]
async fn a_fragment_comes_by_our_own_page() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let (begun, browser) = (stage.begin(&key, "vk", r#"{"account_name":"my_vk"}"#).await, Browser::new(&stage));
    let page = browser.get(&ticket_path(&begun)).await;
    for part in [
        "in a new tab",
        "<textarea",
        "javascript:location.replace(&#39;http://127.0.0.1:8000/callback/vk&#39;+location.search+location.hash)",
        "lang=\"ru\"",
    ] {
        assert!(page.body.contains(part), "{part} is not in {}", page.body);
    }
    let to = browser.set_out(&begun).await;
    let back = stage.sent_back(&to, "auto=allow").await;
    assert_eq!(back.path(), "/blank.html");
    for path in ["/callback/vk", "/callback/vk?"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("data-relay=\"always\"") && page.body.contains("noscript"), "{}", page.body);
    }
    let fragment = back.fragment().unwrap();
    let body = json!({ "fragment": fragment }).to_string();
    for (headers, expected) in [
        ("content-type: application/json", "403 cross_origin"),
        ("content-type: application/json | origin: http://evil.example", "403 cross_origin"),
        ("content-type: text/plain | sec-fetch-site: same-origin", "405 method_not_allowed"),
        ("sec-fetch-site: same-origin", "405 method_not_allowed"),
    ] {
        let answer = browser.send(&format!("POST /callback/vk | {headers}"), &body).await;
        assert_eq!(answer.verdict(), expected, "{headers}");
    }
    for (fragment, expected) in [
        ("", "400 state_missing"),
        ("access_token=x", "400 state_missing"),
        ("access_token=x&state=y", "400 state_unknown"),
    ] {
        let answer = browser.post_fragment("/callback/vk", fragment).await;
        assert_eq!((answer.verdict().as_str(), answer.is_page()), (expected, false), "{fragment}");
    }
    assert_eq!(stage.status_of(&key, "vk", &begun).await, "pending");
    let arrived = browser.post_fragment("/callback/vk", fragment).await;
    assert_eq!(arrived.body, format!(r#"{{"location":"/done/{}"}}"#, id(&begun)));
    assert_eq!(stage.status_of(&key, "vk", &begun).await, "done");
    assert_eq!(browser.post_fragment("/callback/vk", fragment).await.verdict(), "400 state_used");
    let page = browser.get(&format!("/done/{}", id(&begun))).await;
    assert!(page.body.contains("Signed in as <bdi>my_vk</bdi> at <bdi>VK</bdi>"), "{}", page.body);
    assert!(!page.body.contains("address"), "nobody copied one: {}", page.body);

    let (begun, browser) = (stage.begin(&key, "vk", "").await, Browser::new(&stage));
    let back = stage.sent_back(&browser.set_out(&begun).await, "auto=deny").await;
    let answer = browser.post_fragment("/callback/vk", back.fragment().unwrap()).await;
    assert_eq!(answer.verdict(), "400 access_denied", "the page's script knows that word: {}", answer.body);
    assert_eq!(stage.status_of(&key, "vk", &begun).await, "denied access_denied");
}

#[tokio::test]
async fn a_configured_server_may_send_a_fragment_too() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let stranger = Browser::new(&stage);
    assert_eq!(stranger.get(BACK).await.verdict(), "400 state_missing");
    assert_eq!(stranger.post_fragment(BACK, "access_token=x&state=y").await.verdict(), "405 method_not_allowed");
    let (begun, browser) = (stage.begin(&key, "acme", r#"{"flow":"implicit"}"#).await, Browser::new(&stage));
    let to = browser.set_out(&begun).await;
    assert!(browser.cookies.borrow()[0].starts_with("grantkeep-i-"));
    let back = stage.sent_back(&to, "auto=allow&person=vera").await;
    assert!(browser.get(BACK).await.body.contains("data-relay=\"always\""));
    let arrived = browser.post_fragment(BACK, back.fragment().unwrap()).await;
    assert_eq!(arrived.status, 200, "{}", arrived.body);
    assert_eq!(stage.status_of(&key, "acme", &begun).await, "done");
}

#[tokio::test]
async fn what_is_pasted_is_taken_from_the_browser_that_has_the_link() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let (begun, browser) = (stage.begin(&key, "vk", "").await, Browser::new(&stage));
    let (ticket, good) = (ticket_path(&begun), stage.paste(PERSON).await);
    for (text, expected) in [
        ("", "400 invalid_format"),
        ("  ", "400 invalid_format"),
        ("https://evil.example/#access_token=x", "400 invalid_format"),
    ] {
        let answer = browser.post(&ticket, &form(text)).await;
        assert_eq!(answer.verdict(), expected, "{text:?}");
        assert!(answer.body.contains("<textarea"), "it can be tried again: {}", answer.body);
    }
    assert_eq!(browser.cookies.borrow().len(), 1, "the first text that was looked at spent the ticket");
    assert_eq!(Browser::new(&stage).post(&ticket, &form(&good)).await.verdict(), "403 binding_mismatch");
    let twice = format!("{}&{}", form(&good), form(&good));
    assert_eq!(browser.post(&ticket, &twice).await.verdict(), "400 invalid_parameter");
    let large = form(&"a".repeat(70_000));
    assert_eq!(browser.post(&ticket, &large).await.verdict(), "413 body_too_large");
    let answer = browser.post(&ticket, &form(&good)).await;
    assert_eq!(
        (answer.status, answer.header(header::LOCATION)),
        (303, format!("/done/{}?pasted", id(&begun)).as_str()),
        "{}",
        answer.body
    );
    assert_eq!(stage.status_of(&key, "vk", &begun).await, "done");
    let page = browser.get(answer.header(header::LOCATION)).await.body;
    assert!(page.contains("vk_123456") && page.contains("Close the page whose address you copied"), "{page}");

    let (begun, browser) = (stage.begin(&key, "vk", "").await, Browser::new(&stage));
    let declined = form("https://oauth.vk.com/blank.html#error=access_denied&error_reason=user_denied");
    let answer = browser.post(&ticket_path(&begun), &declined).await;
    assert!(answer.status == 200 && answer.body.contains("Access was declined"), "{}", answer.body);
}

#[tokio::test]
async fn the_listener_of_a_login_answers_browsers_and_nothing_else() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let begun = stage.begin(&key, "acme", "").await;
    let mut browser = Browser::new(&stage);
    browser.peer = Peer::Browser("127.0.0.1".parse().unwrap());
    for line in [
        "GET /",
        "GET /docs",
        "GET /healthz",
        "GET /readyz",
        "GET /openapi.json",
        "GET /favicon.ico",
        "GET /api/v1/credentials",
        "PUT /api/v1/credentials",
        &format!("GET /api/v1/credentials | authorization: Bearer {key}"),
        "GET /local/keys",
        "GET /callback/other",
    ] {
        let answer = browser.send(line, "").await;
        assert_eq!((answer.verdict().as_str(), answer.is_page()), ("404 not_found", true), "{line}");
    }
    assert_eq!(browser.send("GET /connect/x | host: evil.example", "").await.verdict(), "421 wrong_host");
    let back = browser.go_and_return(&begun, "auto=allow&person=anna").await;
    assert_eq!(browser.get(&back).await.status, 303);
    assert_eq!(browser.get(&format!("/done/{}", id(&begun))).await.status, 200);
    let style = crate::page::Asset::Style;
    let answer = browser.get(style.path()).await;
    assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (200, "text/css; charset=utf-8"));
}

#[tokio::test]
async fn guesses_are_limited_and_who_knows_is_not() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let (begun, browser) = (stage.begin(&key, "acme", "").await, Browser::new(&stage));
    let back = browser.go_and_return(&begun, "auto=allow&person=anna").await;
    let guesses = Browser::new(&stage);
    let mut refused = 0;
    let limited = loop {
        let path =
            if refused % 2 == 0 { format!("{BACK}?code=x&state={refused}") } else { format!("/connect/{refused}") };
        let answer = guesses.get(&path).await;
        match answer.status {
            400 | 404 => refused += 1,
            _ => break answer,
        }
        assert!(refused < 1000, "never limited");
    };
    assert!(refused >= 300, "{refused} are few");
    assert_eq!((limited.verdict().as_str(), limited.header(header::RETRY_AFTER)), ("429 too_many_failures", "60"));
    assert_eq!(browser.get(&back).await.status, 303, "the same address, with a state that is known");
}

#[tokio::test]
async fn behind_a_proxy_links_and_cookies_are_those_of_the_public_url() {
    let stage = Stage::at("https://keep.example/vault", "https://keep.example/vault/callback/acme").await;
    let key = stage.key("anna", "admin", None);
    let begun = stage.begin(&key, "vk", "").await;
    assert!(begun["connect_url"].as_str().unwrap().starts_with("https://keep.example/vault/connect/"), "{begun}");
    let (ticket, browser) = (ticket_path(&begun), Browser::new(&stage));
    let at = "host: keep.example | sec-fetch-site: same-origin | origin: https://keep.example";
    let page = browser.send(&format!("GET {ticket} | host: keep.example"), "").await;
    for part in ["action=\"/vault/connect/", "href=\"/vault/assets/", "https://keep.example/vault/callback/vk&#39;"] {
        assert!(page.body.contains(part), "{part} is not in {}", page.body);
    }
    let answer = browser.send(&format!("POST {ticket} | {at}"), "").await;
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    assert!(cookie.starts_with("__Host-grantkeep-i-") && cookie.ends_with("; Secure"), "{cookie}");
    let back = stage.sent_back(answer.header(header::LOCATION), "auto=allow").await;
    let body = json!({ "fragment": back.fragment() }).to_string();
    let line = format!("POST /callback/vk | {at} | content-type: application/json");
    let answer = browser.send(&line, &body).await;
    assert_eq!(answer.body, format!(r#"{{"location":"/vault/done/{}"}}"#, id(&begun)));
}
