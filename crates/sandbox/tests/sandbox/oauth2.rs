//! The plain OAuth 2.0 and OpenID server, as its standards say.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Peer, answer_of, names, running, value};

const BACK: &str = "http://127.0.0.1:8000/callback/acme";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

fn authorize(more: &str) -> String {
    format!("/authorize?client_id=grantkeep&response_type=code&redirect_uri={BACK}&state=s&auto=allow&{more}")
}

/// A form with the client's id and secret.
async fn token(client: &Client, pairs: &[(&str, &str)]) -> (u16, Value) {
    let (id, secret) = client.sandbox.oauth2_client();
    let pairs = [&[("client_id", id), ("client_secret", secret)], pairs].concat();
    client.oauth2().post("/token", &pairs).await
}

async fn exchange(client: &Client, code: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK)];
    token(client, &[&pairs, more].concat()).await
}

async fn refresh(client: &Client, refresh_token: &str) -> (u16, Value) {
    token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

/// The tokens of a person who allowed this.
async fn tokens(client: &Client, more: &str) -> Value {
    let back = client.oauth2().redirected(&authorize(more)).await;
    let (status, tokens) = exchange(client, value(&back, "code"), &[]).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// `preferred_username`, or the status.
async fn who(peer: &Peer, access_token: &Value) -> String {
    let request = peer.request(Method::GET, "/userinfo").bearer_auth(access_token.as_str().unwrap());
    let (status, body) = answer_of(request).await;
    body["preferred_username"].as_str().map_or_else(|| status.to_string(), str::to_owned)
}

async fn set(peer: &Peer, settings: Value) {
    let (status, now) = peer.json(Method::POST, "/sandbox/settings", &settings).await;
    assert_eq!(status, 200, "{now}");
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_a_replay_ends_the_grant() {
    let client = running().await;
    let peer = client.oauth2();
    let back = peer.redirected(&authorize(&format!("{CHALLENGE}&person=vera&scope=read%20email"))).await;
    assert_eq!((names(&back).as_str(), value(&back, "state")), ("code state iss", "s"));
    assert_eq!(value(&back, "iss"), client.sandbox.oauth2_url());
    let code = value(&back, "code");
    let (status, tokens) = exchange(&client, code, &[("code_verifier", VERIFIER)]).await;
    let shown = (status, &tokens["token_type"], &tokens["expires_in"], &tokens["scope"]);
    assert_eq!(shown, (200, &json!("Bearer"), &json!(3600), &json!("read email")));
    assert!(tokens["id_token"].is_null() && tokens["refresh_token"].is_string());
    assert_eq!(who(&peer, &tokens["access_token"]).await, "vera");
    let (status, error) = exchange(&client, code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")));
    assert_eq!(who(&peer, &tokens["access_token"]).await, "401");
    assert_eq!(refresh(&client, tokens["refresh_token"].as_str().unwrap()).await.0, 400);
    assert_eq!(peer.count("token").await, 3);
}

#[tokio::test]
async fn a_verifier_belongs_to_its_challenge() {
    let client = running().await;
    for (asked, verifier, expected) in [
        (CHALLENGE, Some(VERIFIER), 200),
        (CHALLENGE, Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX"), 400),
        (CHALLENGE, None, 400),
        ("", None, 200),
        ("", Some(VERIFIER), 400),
    ] {
        let back = client.oauth2().redirected(&authorize(asked)).await;
        let more: Vec<_> = verifier.into_iter().map(|verifier| ("code_verifier", verifier)).collect();
        let (status, body) = exchange(&client, value(&back, "code"), &more).await;
        assert_eq!(status, expected, "{asked} {verifier:?}: {body}");
    }
    let back = client.oauth2().redirected(&authorize("")).await;
    let other =
        [("grant_type", "authorization_code"), ("code", value(&back, "code")), ("redirect_uri", "http://[::1]/")];
    assert_eq!(token(&client, &other).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_on_a_page_or_by_a_redirect() {
    let client = running().await;
    let peer = client.oauth2();
    for asked in [
        "client_id=nobody&response_type=code&redirect_uri=http://127.0.0.1:1/",
        "client_id=grantkeep&response_type=code",
        "client_id=grantkeep&response_type=code&redirect_uri=https://example.org/",
        "client_id=grantkeep&client_id=grantkeep&response_type=code&redirect_uri=http://127.0.0.1:1/",
    ] {
        let page = peer.get(&format!("/authorize?{asked}&auto=allow")).await;
        assert_eq!((page.status().as_u16(), page.headers().contains_key("location")), (400, false), "{asked}");
    }
    for (asked, expected) in [
        ("response_type=fragment", "unsupported_response_type"),
        ("x=1", "invalid_request"),
        ("response_type=code&scope=admin", "invalid_scope"),
        ("response_type=code&prompt=none", "login_required"),
        ("response_type=code&code_challenge=x&code_challenge_method=S256", "invalid_request"),
        ("response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "invalid_request"),
        ("response_type=code&auto=deny", "access_denied"),
        ("response_type=token&auto=deny", "access_denied"),
    ] {
        let path = format!("/authorize?client_id=grantkeep&redirect_uri={BACK}&state=s&{asked}");
        let back = peer.redirected(&path).await;
        assert_eq!(names(&back), "error error_description state iss", "{asked}");
        assert_eq!(value(&back, "error"), expected, "{asked}");
    }
    let public = format!("/authorize?client_id=grantkeep-public&response_type=code&redirect_uri={BACK}&auto=allow");
    assert_eq!(value(&peer.redirected(&public).await, "error"), "invalid_request", "a public client needs PKCE");
    let back = peer.redirected(&format!("{public}&{CHALLENGE}")).await;
    let pairs = [
        ("client_id", "grantkeep-public"),
        ("grant_type", "authorization_code"),
        ("code", value(&back, "code")),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(peer.post("/token", &pairs).await.0, 200);
}

#[tokio::test]
async fn a_client_authenticates_by_one_method() {
    let client = running().await;
    let peer = client.oauth2();
    let (id, secret) = client.sandbox.oauth2_client();
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = |secret: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{secret}", encode(id))));
    let grant = ("grant_type", "client_credentials");
    for (header, pairs, expected) in [
        (Some(basic(&encode(secret))), &[grant][..], (200, "")),
        (Some(basic(&encode(secret))), &[grant, ("client_id", id)], (200, "")),
        (Some(basic("wrong")), &[grant], (401, "invalid_client")),
        // Not encoded: a plus is a space, a percent sign begins a character.
        (Some(basic(secret)), &[grant], (401, "invalid_client")),
        (None, &[grant, ("client_id", id), ("client_secret", secret)], (200, "")),
        (None, &[grant, ("client_id", id)], (401, "invalid_client")),
        (None, &[grant], (401, "invalid_client")),
        (None, &[grant, ("client_id", id), ("client_secret", "x")], (401, "invalid_client")),
        (Some(basic(&encode(secret))), &[grant, ("client_secret", secret)], (400, "invalid_request")),
        (Some(basic(&encode(secret))), &[grant, ("client_id", "other")], (400, "invalid_request")),
        (None, &[grant, grant, ("client_id", id), ("client_secret", secret)], (400, "invalid_request")),
        (None, &[grant, ("client_id", "grantkeep-public")], (400, "unauthorized_client")),
    ] {
        let mut request = peer.form("/token", pairs);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let (status, body) = answer_of(request).await;
        assert_eq!((status, body["error"].as_str().unwrap_or_default()), expected, "{pairs:?}");
    }
    let in_query = peer.form("/token?client_id=grantkeep", &[grant, ("client_id", id), ("client_secret", secret)]);
    assert_eq!(answer_of(in_query).await.1["error"], "invalid_request");
    let alone = token(&client, &[grant]).await.1;
    assert!(alone["refresh_token"].is_null());
    assert_eq!(who(&peer, &alone["access_token"]).await, "403", "nobody is behind it");
}

#[tokio::test]
async fn the_implicit_answer_is_in_the_fragment() {
    let client = running().await;
    let peer = client.oauth2();
    let path = format!("/authorize?client_id=grantkeep&response_type=token&redirect_uri={BACK}&state=s&auto=allow");
    let back = peer.redirected(&path).await;
    assert_eq!(names(&back), "access_token token_type expires_in scope state iss");
    assert_eq!(who(&peer, &json!(value(&back, "access_token"))).await, "anna");
    assert!(peer.get(&path).await.headers()["location"].to_str().unwrap().starts_with(&format!("{BACK}#")));
}

#[tokio::test]
async fn rotation_is_strict_tolerant_or_none() {
    let client = running().await;
    let peer = client.oauth2();
    for (rotation, expected) in
        [("strict", ["new", "invalid_grant", "invalid_grant"]), ("tolerant", ["new"; 3]), ("none", ["kept"; 3])]
    {
        set(&peer, json!({"rotation": rotation})).await;
        let first = tokens(&client, "").await;
        let first_token = first["refresh_token"].as_str().unwrap();
        let newest = refresh(&client, first_token).await.1;
        let again = refresh(&client, first_token).await.1;
        let newest_token = newest["refresh_token"].as_str().unwrap_or(first_token);
        let last = refresh(&client, newest_token).await.1;
        let shown = [&newest, &again, &last].map(|body| match body["error"].as_str() {
            Some(error) => error,
            None if body["refresh_token"].is_null() => "kept",
            None => "new",
        });
        assert_eq!(shown, expected, "{rotation}");
        let access = who(&peer, &newest["access_token"]).await;
        assert_eq!(access, if rotation == "strict" { "401" } else { "anna" }, "{rotation}");
    }
}

#[tokio::test]
async fn a_refresh_never_widens_what_was_granted() {
    let client = running().await;
    let granted = tokens(&client, "scope=read%20write%20email&grant=read%20email").await;
    assert_eq!(granted["scope"], "read email");
    let token_of = |body: &Value| body["refresh_token"].as_str().unwrap().to_owned();
    let ask = async |refresh_token: &str, scope| {
        token(&client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)]).await.1
    };
    assert_eq!(ask(&token_of(&granted), "read write").await["error"], "invalid_scope");
    assert_eq!(ask(&token_of(&granted), "email").await["scope"], "email");
}

#[tokio::test]
async fn a_device_waits_is_told_to_slow_down_and_gets_its_tokens_once() {
    let client = running().await;
    let peer = client.oauth2();
    set(&peer, json!({"device_interval": 0})).await;
    let begin = async || {
        let (id, secret) = client.sandbox.oauth2_client();
        peer.post("/device_authorization", &[("client_id", id), ("client_secret", secret), ("scope", "read write")])
            .await
            .1
    };
    let poll = async |device: &Value| {
        let code = device["device_code"].as_str().unwrap();
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let body = token(&client, &[("grant_type", grant), ("device_code", code)]).await.1;
        body["error"].as_str().map_or_else(|| body["scope"].as_str().unwrap().to_owned(), str::to_owned)
    };
    let decide = async |device: &Value, auto: &str| {
        let typed = device["user_code"].as_str().unwrap().to_lowercase().replace('-', " ");
        let pairs = [("user_code", typed.as_str()), ("person", "boris"), ("auto", auto), ("grant", "read")];
        let page = peer.form("/device", &pairs).send().await.unwrap();
        page.text().await.unwrap()
    };
    let device = begin().await;
    let complete = device["verification_uri_complete"].as_str().unwrap();
    assert!(complete.starts_with(&format!("{}/device?user_code=", client.sandbox.oauth2_url())), "{complete}");
    assert_eq!(poll(&device).await, "authorization_pending");
    assert!(decide(&device, "allow").await.contains("Go back to your device"));
    assert_eq!(poll(&device).await, "read");
    assert_eq!(poll(&device).await, "invalid_grant");
    assert!(decide(&device, "allow").await.contains("unknown, was used"));
    let device = begin().await;
    decide(&device, "deny").await;
    assert_eq!(poll(&device).await, "access_denied");
    set(&peer, json!({"device_interval": 60})).await;
    let device = begin().await;
    assert_eq!(device["interval"], 60);
    assert_eq!([poll(&device).await, poll(&device).await], ["authorization_pending", "slow_down"]);
    set(&peer, json!({"device_code_for": 0})).await;
    assert_eq!(poll(&begin().await).await, "expired_token");
}

#[tokio::test]
async fn revocation_and_introspection_agree() {
    let client = running().await;
    let peer = client.oauth2();
    let (id, secret) = client.sandbox.oauth2_client();
    let ask = async |path: &str, token: &Value| {
        let pairs = [("client_id", id), ("client_secret", secret), ("token", token.as_str().unwrap_or("unknown"))];
        peer.post(path, &pairs).await
    };
    let granted = tokens(&client, "").await;
    let (_, alive) = ask("/introspect", &granted["access_token"]).await;
    assert_eq!((&alive["active"], &alive["username"], &alive["scope"]), (&json!(true), &json!("anna"), &json!("read")));
    assert_eq!(ask("/revoke", &granted["access_token"]).await.0, 200);
    assert_eq!(ask("/introspect", &granted["access_token"]).await.1, json!({"active": false}));
    assert_eq!(ask("/introspect", &granted["refresh_token"]).await.1["active"], true);
    assert_eq!(ask("/revoke", &Value::Null).await.0, 200, "what is unknown is none any more");
    let next = refresh(&client, granted["refresh_token"].as_str().unwrap()).await.1;
    assert_eq!(ask("/revoke", &next["refresh_token"]).await.0, 200);
    assert_eq!(who(&peer, &next["access_token"]).await, "401");
    assert_eq!(peer.post("/revoke", &[("client_id", id), ("token", "x")]).await.0, 401);
}

#[tokio::test]
async fn both_documents_are_one_and_the_id_token_is_signed_by_its_key() {
    let client = running().await;
    let peer = client.oauth2();
    let read = async |path: &str| answer_of(peer.request(Method::GET, path)).await.1;
    let document = read("/.well-known/openid-configuration").await;
    assert_eq!(document, read("/.well-known/oauth-authorization-server").await);
    assert_eq!(document["issuer"], client.sandbox.oauth2_url());
    for (name, at) in document.as_object().unwrap() {
        let is_ours = at.as_str().is_none_or(|at| at.starts_with(&client.sandbox.oauth2_url()));
        assert!(is_ours, "{name}");
    }
    let granted = tokens(&client, "scope=openid%20profile&nonce=n-1&person=boris").await;
    let id_token = granted["id_token"].as_str().unwrap();
    let part = |at| BASE64_URL_SAFE_NO_PAD.decode(id_token.split('.').nth(at).unwrap()).unwrap();
    let [header, claims]: [Value; 2] = [0, 1].map(|at| serde_json::from_slice(&part(at)).unwrap());
    let keys = read("/jwks").await;
    assert_eq!((&header["alg"], &header["kid"]), (&json!("RS256"), &keys["keys"][0]["kid"]));
    assert_eq!(
        (&claims["nonce"], &claims["aud"], &claims["iss"]),
        (&json!("n-1"), &json!("grantkeep"), &document["issuer"])
    );
    let request = peer.request(Method::GET, "/userinfo").bearer_auth(granted["access_token"].as_str().unwrap());
    assert_eq!(answer_of(request).await.1["sub"], claims["sub"]);
    set(&peer, json!({"iss": false})).await;
    assert_eq!(
        read("/.well-known/openid-configuration").await["authorization_response_iss_parameter_supported"],
        false
    );
    assert_eq!(names(&peer.redirected(&authorize("")).await), "code state");
}

#[tokio::test]
async fn a_client_registers_itself() {
    let client = running().await;
    let peer = client.oauth2();
    let wanted = json!({"client_name": "<i>Acme</i>", "redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_post"});
    let (status, made) = peer.json(Method::POST, "/register", &wanted).await;
    assert_eq!((status, &made["redirect_uris"]), (201, &json!([BACK])));
    let id = made["client_id"].as_str().unwrap();
    let path = format!("/authorize?client_id={id}&response_type=code");
    let page = peer.get(&format!("{path}&person=anna")).await.text().await.unwrap();
    assert!(page.contains("<bdi>&lt;i&gt;Acme&lt;/i&gt;</bdi> asks for access"), "{page}");
    let back = peer.redirected(&format!("{path}&auto=allow")).await;
    let mut pairs = vec![("client_id", id), ("client_secret", made["client_secret"].as_str().unwrap())];
    pairs.extend([("grant_type", "authorization_code"), ("code", value(&back, "code"))]);
    assert_eq!(peer.post("/token", &pairs).await.0, 200, "without the redirect URI, as it was left out before");
    for (wanted, error) in [
        (json!({"redirect_uris": ["https://example.org/"]}), "invalid_redirect_uri"),
        (json!({}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [BACK], "token_endpoint_auth_method": "private_key_jwt"}), "invalid_client_metadata"),
        (json!([]), "invalid_redirect_uri"),
    ] {
        let (status, body) = peer.json(Method::POST, "/register", &wanted).await;
        assert_eq!((status, body["error"].as_str().unwrap()), (400, error), "{wanted}");
    }
}

#[tokio::test]
async fn tokens_and_clients_outlive_a_restart() {
    let client = running().await;
    let before = tokens(&client, "person=vera").await;
    let again = running().await;
    assert_eq!(who(&again.oauth2(), &before["access_token"]).await, "vera");
    let refresh_token = before["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&again, refresh_token).await.0, 200);
    assert_eq!(refresh(&again, refresh_token).await.0, 400, "and strictly once");
}

#[tokio::test]
async fn a_person_signs_in_and_allows_with_two_clicks() {
    let client = running().await;
    let peer = client.oauth2();
    let path =
        format!("/authorize?client_id=grantkeep&response_type=code&redirect_uri={BACK}&state=s&scope=read%20write");
    let own = |pairs: &[(&str, &str)]| {
        peer.form(&path, pairs).header("origin", &peer.base).header("sec-fetch-site", "same-origin").send()
    };
    let page = peer.get(&path).await;
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("form-action 'self';"));
    let page = page.text().await.unwrap();
    assert!(page.contains("This is not a real OAuth server") && page.contains("value=\"boris\""), "{page}");
    assert!(page.contains("Boris &lt;b&gt;O&#39;Connor&lt;/b&gt;"), "{page}");
    let page = own(&[("person", "boris")]).await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:8000;"), "{policy}");
    let decision = [("person", "boris"), ("boxes", "on"), ("right", "write"), ("auto", "allow")];
    let answer = own(&decision).await.unwrap();
    assert_eq!(answer.status(), 303);
    let place = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let pairs: Vec<_> = place.query_pairs().into_owned().collect();
    let (_, granted) = exchange(&client, value(&pairs, "code"), &[]).await;
    assert_eq!(granted["scope"], "write");
    let foreign = peer.form(&path, &decision).header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
}
