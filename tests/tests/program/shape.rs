//! Every JSON shape of the VK token API, letter by letter and in order, from the running binary.
//!
//! The texts below are those of the API's documentation with the values of the case put in.

use std::{
    thread,
    time::{Duration, Instant},
};

use grantkeep_core::Timestamp;
use grantkeep_tests::harness::{
    http::Reply,
    json::{begins_with, compact, names},
    stage::{STATUS, SUBMIT, Stage, TOKEN},
    wait::{now, until},
};
use serde_json::{Value, json};

const SAVED: &str = r#"{
  "success": true,
  "credential_id": 42,
  "user_id": 123456,
  "expiry": "2026-01-11T15:30:00Z",
  "message": "VK token saved successfully (expires in 24h)"
}"#;

const IP_MISMATCH: &str = r#"{
  "detail": {
    "error": "IP address mismatch",
    "message": "Token is bound to a different IP address",
    "solution": "Please obtain a new token from your current IP address",
    "error_type": "ip_mismatch"
  }
}"#;

const API_ERROR: &str = r#"{
  "detail": {
    "error": "VK API error",
    "message": "Token validation failed due to VK API error",
    "solution": "Check token permissions and try again",
    "error_type": "api_error"
  }
}"#;

const VALID: &str = r#"{
  "has_token": true,
  "is_valid": true,
  "expiry": "2026-01-11T15:30:00Z",
  "time_until_expiry": "18h 45m",
  "needs_refresh": false,
  "credential_id": 42
}"#;

const SOON: &str = r#"{
  "has_token": true,
  "is_valid": true,
  "expiry": "2026-01-11T15:30:00Z",
  "time_until_expiry": "1h 30m",
  "needs_refresh": true,
  "credential_id": 42
}"#;

const EXPIRED: &str = r#"{
  "has_token": true,
  "is_valid": false,
  "expiry": "2026-01-11T15:30:00Z",
  "time_until_expiry": "expired",
  "needs_refresh": true,
  "credential_id": 42
}"#;

const NO_TOKEN: &str = r#"{
  "has_token": false,
  "is_valid": null,
  "expiry": null,
  "time_until_expiry": null,
  "needs_refresh": true,
  "credential_id": null
}"#;

const AUTHORIZE: &str = r#"{
  "method": "implicit_flow",
  "app_id": "54249533",
  "authorization_url": "AUTHORIZATION_URL",
  "instructions": [
    "1. Open authorization_url in browser",
    "2. Allow app permissions (video, groups, wall)",
    "3. Copy access_token from redirected URL",
    "4. POST to /api/v1/vk/token/submit"
  ]
}"#;

/// The documented text with the values of this case.
fn with(text: &str, id: &Value, expiry: &str) -> String {
    text.replace("42", &id.to_string()).replace("2026-01-11T15:30:00Z", expiry)
}

#[track_caller]
fn is(reply: &Reply, expected: &str) {
    assert!(begins_with(&reply.body, expected), "{}\n{}", compact(&reply.body), compact(expected));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

/// Errors have exactly these fields: nothing may be added to them.
#[track_caller]
fn is_exactly(reply: &Reply, expected: &str) {
    assert_eq!(reply.body, compact(expected));
}

/// The expiry of `saved`, which must be `after` seconds from a moment between `begun` and now.
#[track_caller]
fn expiry(saved: &Value, begun: i64, after: i64) -> String {
    let expiry = saved["expiry"].as_str().unwrap().to_owned();
    let fits = (begun..=now()).any(|at| Timestamp::from_unix(at + after).to_string() == expiry);
    assert!(fits, "{expiry} is not {after} s from now");
    expiry
}

#[test]
fn the_documented_answers_come_as_documented() {
    let stage = Stage::new();
    let client = stage.client("documented");
    is(&client.get(STATUS).expect(200), NO_TOKEN);

    let begun = now();
    let token = stage.vk.token(123_456);
    let saved = client.submit_as("my_vk", &token.url).expect(200);
    let id = saved.json()["credential_id"].clone();
    is(&saved, &with(SAVED, &id, &expiry(&saved.json(), begun, 86_400)));

    // The same account again, as the bare token this time: updated, and the same credential.
    let begun = now();
    let updated = client.submit_as("my_vk", &stage.vk.token(123_456).access_token).expect(200);
    let text = SAVED.replace("saved successfully", "updated successfully");
    is(&updated, &with(&text, &id, &expiry(&updated.json(), begun, 86_400)));

    for (answers, expected) in [("error:5/1130", IP_MISMATCH), ("error:5:revoked", API_ERROR)] {
        let refused = client.submit(&stage.vk.token_that(123_456, answers).url).expect(400);
        is_exactly(&refused, expected);
    }
    assert_eq!(client.list().len(), 1, "what is refused is not stored");
}

#[test]
fn the_documented_states_come_as_documented() {
    let stage = Stage::new();
    let states =
        [("valid", 67_500, VALID, "18h 45m"), ("soon", 5400, SOON, "1h 30m"), ("expired", 1, EXPIRED, "0h 0m")];
    for (owner, seconds, expected, lifetime) in states {
        let client = stage.client(owner);
        // Half a minute more than the text says, so that the answer still says it when the machine is slow.
        let seconds = if seconds > 60 { seconds + 30 } else { seconds };
        let begun = now();
        let saved = client.submit(&stage.vk.token(123_456).url_for(seconds)).expect(200).json();
        let expiry = expiry(&saved, begun, i64::try_from(seconds).unwrap());
        let message = format!("VK token saved successfully (expires in {lifetime})");
        assert_eq!(saved["message"], message);
        let answer = until("the state", Duration::from_secs(60), || {
            let answer = client.get(STATUS).expect(200);
            (owner != "expired" || answer.json()["is_valid"] == false).then_some(answer)
        });
        is(&answer, &with(expected, &saved["credential_id"], &expiry));
        let alias = client.get("/api/v1/vk/token/status").expect(200);
        assert_eq!(names(&alias.body), names(&answer.body));
    }
}

#[test]
fn the_aliases_and_the_authorization_url_come_as_documented() {
    let stage = Stage::new();
    let client = stage.client("alias");
    let authorize = client.get("/api/v1/oauth/vk/authorize/implicit").expect(200);
    let url = authorize.json()["authorization_url"].as_str().unwrap().to_owned();
    is(&authorize, &AUTHORIZE.replace("AUTHORIZATION_URL", &url));
    let start = format!("{}/authorize?client_id=54249533&", stage.vk.url);
    assert!(url.starts_with(&start), "{url}");
    let redirect =
        form_urlencoded::byte_serialize(format!("{}/blank.html", stage.vk.url).as_bytes()).collect::<String>();
    for parameter in
        [format!("redirect_uri={redirect}"), "response_type=token".into(), "scope=video%2Cgroups%2Cwall".into()]
    {
        assert!(url.split(['?', '&']).any(|pair| pair == parameter), "{parameter} in {url}");
    }

    let token = stage.vk.token(123_456);
    let saved = client.post("/api/v1/vk/token/submit", &json!({"token_data": token.url})).expect(200);
    let again = client.post(SUBMIT, &json!({"token_data": token.url})).expect(200);
    assert_eq!(names(&saved.body), names(&again.body));
    assert_eq!(saved.json()["credential_id"], again.json()["credential_id"]);
    assert_eq!(client.status("vk_123456")["credential_id"], saved.json()["credential_id"]);
}

/// One submit of a fresh owner: what kind of token, what VK says of it, in which words it is pasted, and what comes of it.
type Row = (&'static str, &'static str, &'static str, u16, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // kind,      VK's answer,       pasted ($T: the token, $U: its URL, $V: this VK),     status, error_type, or account
    ("user",      "",                "$U",                                                  200, "vk_123456"),
    ("user",      "",                " \n<$U>\r\n",                                         200, "vk_123456"),
    ("user",      "",                "\"$T\"",                                              200, "vk_123456"),
    ("user",      "",                "#access_token=$T&expires_in=86400&user_id=123456",    200, "vk_123456"),
    ("user",      "",                "access_token=$T",                                     200, "vk_123456"),
    ("user",      "",                r#"{"access_token":"$T","expires_in":86400}"#,         200, "vk_123456"),
    ("user",      "",                "https://oauth.vk.com/blank.html#access_token=$T",     200, "vk_123456"),
    ("user",      "",                "https://oauth.vk.ru/blank.html#access_token=$T",      200, "vk_123456"),
    ("user",      "",                "https://api.vk.com/blank.html#access_token=$T",       200, "vk_123456"),
    ("user",      "",                "https://vk.com/blank.html#access_token=$T",           200, "vk_123456"),
    ("user",      "",                "https://vk.ru/blank.html#access_token=$T",            200, "vk_123456"),
    ("vk_id",     "",                "$T",                                                  200, "vk_123456"),
    ("community", "",                "$U",                                                  200, "vk_club123456"),
    ("community", "",                "$T",                                                  200, "vk_club123456"),
    ("service",   "",                "$T",                                                  200, "vk_app"),
    // Alive, although a right is missing.
    ("user",      "error:7",         "$U",                                                  200, "vk_unverified"),
    ("user",      "error:15",        "$U",                                                  200, "vk_unverified"),
    ("user",      "error:15:scopes", "$U",                                                  200, "vk_unverified"),
    ("user",      "error:1051",      "$U",                                                  200, "vk_unverified"),
    ("user",      "error:30@403",    "$U",                                                  200, "vk_unverified"),
    ("community", "error:27:method", "$U",                                                  200, "vk_unverified"),
    ("service",   "error:28:method", "$T",                                                  200, "vk_app"),
    // Not understood.
    ("user",      "",                "",                                                   400, "invalid_format"),
    ("user",      "",                " \n\t",                                              400, "invalid_format"),
    ("user",      "",                "$V/blank.html",                                       400, "invalid_format"),
    ("user",      "",                "$V/blank.html#expires_in=86400&user_id=1",            400, "invalid_format"),
    ("user",      "",                "https://vk.com.example.org/blank.html#access_token=$T", 400, "invalid_format"),
    ("user",      "",                "https://example.org/blank.html#access_token=$T",      400, "invalid_format"),
    ("user",      "",                "https://oauth.vk.com@example.org/#access_token=$T",   400, "invalid_format"),
    ("user",      "",                "$T $T",                                                400, "invalid_format"),
    ("user",      "",                "$U\n$U",                                               400, "invalid_format"),
    ("user",      "",                "#access_token=$T&access_token=$T",                     400, "invalid_format"),
    ("user",      "",                "#access_token_1=$T&access_token_2=$T",                 400, "invalid_format"),
    ("user",      "",                "$V/blank.html#error=invalid_request&error_description=Security+Error", 400, "invalid_format"),
    ("user",      "",                r#"{"error":"invalid_request"}"#,                     400, "invalid_format"),
    ("user",      "",                r#"["$T"]"#,                                           400, "invalid_format"),
    // Declined.
    ("user",      "",                "$V/blank.html#error=access_denied&error_reason=user_denied&error_description=User%20denied%20your%20request", 400, "access_denied"),
    ("user",      "",                "#error=access_denied&error_description=The+user+or+authorization+server+denied+the+request.", 400, "access_denied"),
    // Bound to another address.
    ("user",      "error:5/1130",    "$U",                                                  400, "ip_mismatch"),
    ("user",      "error:5/1130@401","$T",                                                  400, "ip_mismatch"),
    // Its time is up.
    ("user",      "error:5:expired", "$U",                                                  400, "token_expired"),
    ("user",      "error:1117",      "$T",                                                  400, "token_expired"),
    ("service",   "error:28:expired","$T",                                                  400, "token_expired"),
    // Refused for good.
    ("user",      "error:5:invalid", "$U",                                                  400, "api_error"),
    ("user",      "error:5:session", "$U",                                                  400, "api_error"),
    ("user",      "error:5:blocked", "$U",                                                  400, "api_error"),
    ("user",      "error:8:blocked", "$U",                                                  400, "api_error"),
    ("user",      "error:2",         "$U",                                                  400, "api_error"),
    ("user",      "error:18",        "$U",                                                  400, "api_error"),
    ("user",      "error:3610",      "$U",                                                  400, "api_error"),
    ("user",      "error:100",       "$U",                                                  400, "api_error"),
    ("community", "error:27",        "$U",                                                  400, "api_error"),
    ("service",   "error:28",        "$T",                                                  400, "api_error"),
];

#[test]
fn every_row_of_the_table_holds() {
    let stage = Stage::new();
    for (number, row) in ROWS.iter().enumerate() {
        let (kind, answers, pasted, status, expected) = *row;
        let mut order = json!({"kind": kind, "id": 123_456});
        if !answers.is_empty() {
            order["answers"] = answers.into();
        }
        let token = stage.vk.mint(&order);
        let text = pasted.replace("$U", &token.url).replace("$V", &stage.vk.url).replace("$T", &token.access_token);
        let client = stage.client(&format!("row-{number}"));
        let reply = client.submit(&text);
        assert_eq!(reply.status, status, "{row:?}: {}", reply.body);
        let listed = client.list();
        if status == 200 {
            let saved = reply.json();
            assert_eq!((&saved["account_name"], &saved["verified"]), (&expected.into(), &true.into()), "{row:?}");
            assert_eq!(listed.len(), 1, "{row:?}");
            let handed = client.hand_out(expected).expect(200).json();
            assert_eq!(handed["access_token"], token.access_token, "{row:?}");
        } else {
            assert_eq!(reply.error_type(), expected, "{row:?}");
            assert_eq!(names(&reply.body), ["detail"], "{row:?}");
            let detail = compact(&reply.body);
            let detail = detail.strip_prefix(r#"{"detail":"#).and_then(|rest| rest.strip_suffix('}')).unwrap();
            assert_eq!(names(detail), ["error", "message", "solution", "error_type"], "{row:?}");
            assert!(listed.is_empty(), "{row:?}: {listed:?}");
        }
    }
}

#[test]
fn lifetimes_follow_the_kind_unless_the_text_states_one() {
    let stage = Stage::new();
    #[rustfmt::skip]
    let rows = [
        // kind,      pasted,                                       seconds,        in the message
        ("user",      "$T",                                         Some(86_400),   "(expires in 24h)"),
        ("user",      "#access_token=$T&expires_in=43200",          Some(43_200),   "(expires in 12h)"),
        ("user",      "#access_token=$T&expires_in=864000",         Some(864_000),  "(expires in 240h)"),
        ("user",      "#access_token=$T&expires_in=0&user_id=5",    None,           "(never expires)"),
        ("vk_id",     "$T",                                         Some(3600),     "(expires in 1h)"),
        ("vk_id",     "#access_token=$T&expires_in=5400",           Some(5400),     "(expires in 1h 30m)"),
        ("community", "$T",                                         None,           "(never expires)"),
        ("community", "#access_token_5=$T&expires_in=0",            None,           "(never expires)"),
        ("community", "#access_token_5=$T&expires_in=43200",        Some(43_200),   "(expires in 12h)"),
        ("service",   "$T",                                         None,           "(never expires)"),
    ];
    for (number, row) in rows.into_iter().enumerate() {
        let (kind, pasted, seconds, message) = row;
        let client = stage.client(&format!("lifetime-{number}"));
        let begun = now();
        let token = stage.vk.mint(&json!({"kind": kind, "id": 5}));
        let saved = client.submit(&pasted.replace("$T", &token.access_token)).expect(200).json();
        assert_eq!(saved["message"], format!("VK token saved successfully {message}"), "{row:?}");
        let status = client.get(STATUS).expect(200).json();
        assert_eq!(status["expiry"], saved["expiry"], "{row:?}");
        if let Some(seconds) = seconds {
            expiry(&saved, begun, seconds);
            assert_eq!(status["needs_refresh"], seconds < 7200, "{row:?}");
        } else {
            assert_eq!(saved["expiry"], Value::Null, "{row:?}");
            assert_eq!(status["time_until_expiry"], Value::Null, "{row:?}");
            assert_eq!((&status["needs_refresh"], &status["is_valid"]), (&false.into(), &true.into()), "{row:?}");
        }
        let user = saved["user_id"].as_u64();
        assert_eq!(user, matches!(kind, "user" | "vk_id").then_some(5), "{row:?}");
    }
}

#[test]
fn a_token_of_somebody_else_replaces_nothing() {
    let stage = Stage::new();
    let client = stage.client("changed");
    let kept = stage.vk.token(1);
    client.submit_as("mine", &kept.url).expect(200);
    // Under the name that the account has; as a community's; as a claim that VK contradicts.
    let others = [
        stage.vk.token(2).url,
        stage.vk.mint(&json!({"kind": "community", "id": 1})).url,
        format!("#access_token={}&user_id=1", stage.vk.token(3).access_token),
    ];
    for text in others {
        let refused = client.submit_as("mine", &text).expect(409);
        assert_eq!(refused.error_type(), "owner_changed");
        assert_eq!(client.hand_out("mine").expect(200).json()["access_token"], kept.access_token);
    }
    // While VK does not answer, the pasted word is all there is.
    for (text, status, error_type) in [
        (
            format!("#access_token={}&user_id=2", stage.vk.token_that(2, "http:502").access_token),
            503,
            "provider_unavailable",
        ),
        (stage.vk.token_that(1, "error:14").access_token, 503, "provider_unavailable"),
        (format!("#access_token={}&user_id=1", stage.vk.token_that(1, "empty").access_token), 200, ""),
    ] {
        let reply = client.submit_as("mine", &text);
        assert_eq!((reply.status, reply.error_type().as_str()), (status, error_type), "{}", reply.body);
        if status != 200 {
            assert_eq!(client.hand_out("mine").expect(200).json()["access_token"], kept.access_token);
        }
    }
    assert_eq!(client.list().len(), 1);
}

/// Of neither token it is known whose it is: then the second may be another person's, and the first would be lost.
#[test]
fn of_two_unknown_tokens_neither_replaces_the_other() {
    let stage = Stage::new();
    let client = stage.client("unknown");
    let [first, second] = [1, 2].map(|id| stage.vk.token_that(id, "http:502"));
    let claim = |token: &str, id: u64| format!("#access_token={token}&user_id={id}");
    for (text, status) in [
        (first.access_token.clone(), 200),
        (first.access_token.clone(), 200),
        (second.access_token.clone(), 503),
        (claim(&second.access_token, 2), 503),
    ] {
        let reply = client.submit(&text);
        assert_eq!(reply.status, status, "{}", reply.body);
        let handed = client.hand_out("vk_unverified").expect(200).json();
        assert_eq!(handed["access_token"], first.access_token);
    }
    let client = stage.client("claimed");
    for (text, status) in [(claim(&first.access_token, 1), 200), (claim(&second.access_token, 2), 503)] {
        assert_eq!(client.submit(&text).status, status);
    }
}

#[test]
fn the_plain_answers_have_their_shapes() {
    let stage = Stage::new();
    let client = stage.client("plain");
    client.submit(&stage.vk.token(9).url).expect(200);
    let rows: [(&str, &[&str]); 3] = [
        (TOKEN, &["access_token", "token_type", "expires_at", "scope", "credential_id"]),
        (
            "/api/v1/oauth/vk/token?account_name=vk_9&min_ttl=600&wait=30",
            &["access_token", "token_type", "expires_at", "scope", "credential_id"],
        ),
        ("/api/v1/credentials?provider=vk&state=valid&limit=1&after=0", &["credentials", "next"]),
    ];
    for (path, members) in rows {
        assert_eq!(names(&client.get(path).expect(200).body), members, "{path}");
    }
    let low = client.get("/api/v1/oauth/vk/token?min_ttl=86401").expect(200).json();
    assert_eq!(low["below_min_ttl"], true);

    let nobody = stage.server.client();
    for path in [STATUS, TOKEN, "/api/v1/credentials", "/api/v1/nothing"] {
        let refused = nobody.get(path).expect(401);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
        assert!(refused.header("x-request-id").is_some(), "{path}");
    }
    assert_eq!(nobody.get("/healthz").expect(200).json()["status"], "ok");
    nobody.get("/readyz").expect(200);
    assert!(nobody.get("/openapi.json").expect(200).json()["openapi"].is_string());
}

/// At 2 h 0 m 0 s left a refresh is not needed; one second later it is.
#[test]
fn the_need_to_refresh_begins_in_its_second() {
    let stage = Stage::new();
    let client = stage.client("flip");
    // Again when the machine stood still for one of the two seconds.
    let seen = (0..5).any(|_| both_sides_are_right(&client, &stage));
    assert!(seen, "the machine is too slow to see single seconds");
}

fn both_sides_are_right(client: &grantkeep_tests::harness::http::Client, stage: &Stage) -> bool {
    let saved = client.submit(&stage.vk.token(7).url_for(7202)).expect(200).json();
    let expiry = saved["expiry"].clone();
    let ends_at = (now()..now() + 7210).find(|at| expiry == Timestamp::from_unix(*at).to_string()).unwrap();
    let (mut before, mut after) = (0, 0);
    let deadline = Instant::now() + Duration::from_secs(10);
    while after == 0 && Instant::now() < deadline {
        let asked = now();
        let status = client.get(STATUS).expect(200).json();
        // Only an answer that came within one second of the clock says which second it was made in.
        if asked != now() {
            continue;
        }
        let left = ends_at - asked;
        assert_eq!(status["needs_refresh"], left < 7200, "{left} s left: {status}");
        assert_eq!(status["is_valid"], true);
        let words = if left < 7200 { "1h 59m" } else { "2h 0m" };
        assert_eq!(status["time_until_expiry"], words, "{left} s left");
        before += i32::from(left == 7200);
        after += i32::from(left == 7199);
        if left < 7199 {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    before > 0 && after > 0
}
