//! What token endpoints answer, one line each, and what they are asked.

use grantkeep_core::{Lifetime, Payload};
use http::header::{ACCEPT, AUTHORIZATION};
use proptest::prelude::*;
use proptest::sample::select;
use url::Url;

use super::*;
use crate::sample::{self, enough};
use crate::{Method, Verifier};

/// A result on one line.
fn describe(result: &Result<TokenAnswer, TokenFault>) -> String {
    let answer = match result {
        Ok(answer) => answer,
        Err(TokenFault::Strange(Strange::Missing(name))) => return format!("no {name}"),
        Err(fault) => return fault.cause().into_owned(),
    };
    let secret = |name: &str, secret: &Option<Secret>| secret.as_ref().map(|text| format!("{name}={}", text.expose()));
    let text = |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name}={text}"));
    let lifetime = match answer.lifetime {
        Stated::Absent => None,
        Stated::For(lifetime) => Some(format!("{}s", lifetime.seconds())),
        Stated::Zero => Some("zero".into()),
    };
    let parts = [
        Some(answer.access_token.expose().to_owned()),
        (answer.token_type == TokenType::Unstated).then(|| "unstated".into()),
        lifetime,
        secret("refresh", &answer.refresh_token),
        answer.scope.as_ref().map(|scope| format!("[{scope}]")),
        answer.created_at.map(|at| format!("at={}", at.unix())),
        secret("id_token", &answer.id_token),
        text("user", &answer.user_id),
        secret("device", &answer.device_id),
        secret("state", &answer.state),
        text("me", &answer.me),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[test]
#[rustfmt::skip]
fn reads_what_servers_answer() {
    sample::check("token", &[
        ("mastodon-code", "ZA-Yj3aBD8U8Cm7lKUp-lm9O9BmDgdhHzDeqsY8tlL0 [read write follow push] at=1573979017"),
        ("mastodon-invalid_client", "invalid_client"),
        ("mastodon-invalid_grant", "invalid_grant"),
        ("mastodon-invalid_grant_de", "invalid_grant"),
        ("mastodon-invalid_request", "invalid_request"),
        ("mastodon-invalid_scope", "invalid_scope"),
        ("mastodon-unsupported_grant", "unsupported_grant_type"),
        ("mastodon-too_many", "http_429"),
        ("mastodon-gone", "refused_410"),
        ("gotosocial-app", "MTNMODYTYWMTZWQ5ZC0ZODG3LTG0NMMTZJQ4NZRINMQYMTG1 7200s [read] at=1700000000"),
        ("gotosocial-invalid_client", "invalid_client"),
        ("gotosocial-invalid_scope", "invalid_scope"),
        ("gotosocial-no_user_agent", "refused_418"),
        ("akkoma-code", "5mZXR2kMQOa5Ng-4lQnuGg 3153600000s refresh=2DYBhJpUgqOAO1W9 [read write follow] at=1700000000 me=https://akkoma.example/users/me"),
        ("akkoma-invalid", "refused_400"),
        ("akkoma-bad_request", "http_500"),
        ("akkoma-throttled", "http_429"),
        ("akkoma-unconfirmed", "refused_403"),
        ("pixelfed-code", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIxIn0.c2ln 31536000s refresh=def50200aa at=1738555506"),
        ("pixelfed-code_old", "eyJ0eXAiOiJKV1QifQ.e30.c2ln 1296000s refresh=def50200bb at=1700000000"),
        ("pixelfed-invalid_grant", "invalid_grant"),
        ("pixelfed-login", "redirect"),
        ("friendica-code", "f4f9a4d9b5b1 [read write] at=1700000000 me=https://friendica.example/profile/me"),
        ("friendica-invalid", "invalid_grant"),
        ("friendica-unsupported", "refused_403"),
        ("mitra-code", "n1Jq0wRZ7rXH 2592000s [read write] at=1700000000"),
        ("mitra-not_found", "refused_404"),
        ("hollo-code", "hollo-6l1cQ3^x [read write] at=1700000000"),
        ("hollo-invalid", "invalid_token"),
        ("takahe-code", "aY0Pz [read write follow push] at=1700000000"),
        ("takahe-invalid_bearer", "refused_400"),
        ("takahe-invalid_grant_type", "refused_400"),
        ("takahe-crash", "http_500"),
        ("snac-code", "5c1f0b6f2d at=1700000000"),
        ("snac-empty_400", "refused_400"),
        ("snac-empty_401", "refused_401"),
        ("iceshrimp-invalid", "refused_401"),
        ("sharkey-invalid", "refused_401"),
        ("vk-code", "token_type_unsupported"),
        ("vk-offline", "token_type_unsupported"),
        ("vk-groups", "no access_token"),
        ("vk-invalid_grant", "invalid_grant"),
        ("vk-invalid_client", "invalid_client"),
        ("vk-captcha", "refused_401"),
        ("vkid-code", "vk2.a.access 3600s refresh=vk2.a.refresh [vkid.personal_info groups] id_token=eyJhbGciOiJSUzI1NiJ9.e30.c2ln user=1234567890 state=Nn0qM9"),
        ("vkid-code_device", "vk2.a.access 3600s [vkid.personal_info] user=1 device=dev-1"),
        ("vkid-compromised_200", "invalid_grant"),
        ("vkid-device_id", "invalid_request"),
        ("vkid-slow_down", "slow_down"),
        ("vkid-server_error", "server_error"),
        ("github-form", "gho_16C7e42F292c6912E7710c838347Ae178B4a [repo,gist]"),
        ("github-form_error", "refused_200"),
        ("github-json", "gho_16C7e42F292c6912E7710c838347Ae178B4a [repo,gist]"),
        ("github-error_200", "refused_200"),
        ("github-html", "html"),
        ("facebook-text", "token_type_unsupported"),
        ("facebook-nested", "refused_400"),
        ("google-code", "ya29.a0Af 3599s refresh=1//0g [https://www.googleapis.com/auth/userinfo.profile openid] id_token=eyJhbGciOiJSUzI1NiJ9.e30.c2ln"),
        ("google-nested", "refused_401"),
        ("gitlab-code", "de6780bc506a 7200s refresh=8257e65c97 [api] at=1607635748"),
        ("azure-v1", "eyJ0.e30.c2ln 3599s"),
        ("twitch-scope_list", "rfx2uswqe8l4g1mkagrvg5tv0ks3 14124s refresh=5b93chm6hdve [channel:moderate chat:edit]"),
        ("slack-bot", "token_type_unsupported"),
        ("slack-invalid_code", "refused_200"),
        ("keycloak-code", "eyJ1.e30.c2ln 300s refresh=eyJ2.e30.c2ln [email profile]"),
        ("keycloak-unauthorized_client", "unauthorized_client"),
        ("django-code", "jVqMO4B8s2 36000s refresh=AdLZcKpM [read write]"),
        ("oidc_provider-invalid_grant", "invalid_grant"),
        ("rfc6749-4.1.4", "token_type_unsupported"),
        ("rfc6749-5.1_mac", "token_type_unsupported"),
        ("odd-dpop", "token_type_unsupported"),
        ("odd-type_number", "token_type_unsupported"),
        ("odd-type_upper", "a"),
        ("odd-type_empty", "token_type_unsupported"),
        ("odd-error_null", "a"),
        ("odd-error_empty", "a"),
        ("odd-error_false", "a"),
        ("odd-error_true", "refused_200"),
        ("odd-error_and_token", "invalid_grant"),
        ("odd-token_twice", "duplicate_member"),
        ("odd-token_twice_escaped", "duplicate_member"),
        ("odd-token_twice_form", "duplicate_member"),
        ("odd-unknown_twice", "a"),
        ("odd-token_null", "no access_token"),
        ("odd-token_empty", "no access_token"),
        ("odd-token_number", "no access_token"),
        ("odd-token_newline", "token_malformed"),
        ("odd-token_space", "token_malformed"),
        ("odd-token_cyrillic", "token_malformed"),
        ("odd-token_escaped", "a/b"),
        ("odd-form_feed", "a/b"),
        ("odd-nested_token", "no access_token"),
        ("odd-array", "not_understood"),
        ("odd-null", "not_understood"),
        ("odd-string", "not_understood"),
        ("odd-truncated", "not_understood"),
        ("odd-two_objects", "not_understood"),
        ("odd-nan", "not_understood"),
        ("odd-huge_number", "not_understood"),
        ("odd-huge_unknown", "a"),
        ("odd-deep_unknown", "a"),
        ("odd-deep_known", "not_understood"),
        ("odd-wide_known", "not_understood"),
        ("odd-bom", "a"),
        ("odd-utf16", "not_understood"),
        ("odd-json_as_html", "a"),
        ("odd-form_as_json", "not_understood"),
        ("odd-form_as_html", "not_understood"),
        ("odd-form_untyped", "not_understood"),
        ("odd-html_200", "html"),
        ("odd-html_403", "html"),
        ("odd-empty_200", "empty_answer"),
        ("odd-blank_200", "empty_answer"),
        ("odd-text_200", "not_understood"),
        ("odd-text_403", "not_understood"),
        ("odd-object_400", "refused_400"),
        ("odd-object_404", "not_understood"),
        ("odd-bad_gateway", "http_502"),
        ("odd-unavailable", "temporarily_unavailable"),
        ("odd-timeout_408", "http_408"),
        ("odd-moved", "redirect"),
        ("odd-user_id_huge", "a"),
        ("odd-scope_strange", "a"),
        ("odd-scope_object", "a"),
    ], |answer| describe(&read(answer)));
}

#[test]
fn a_missing_type_is_taken_only_where_the_caller_says_so() {
    for (name, expected) in [
        ("vk-code", "533bacf01e11f55b536a565b57531ac114461ae8736d6506a3 unstated 43200s user=66748"),
        ("vk-offline", "533bacf01e11f55b536a565b57531ac114461ae8736d6506a3 unstated zero user=66748"),
        ("facebook-text", "EAAC|x unstated"),
        ("odd-type_empty", "a unstated"),
        ("odd-type_upper", "a"),
        ("odd-type_number", "token_type_unsupported"),
        ("odd-dpop", "token_type_unsupported"),
        ("rfc6749-5.1_mac", "token_type_unsupported"),
    ] {
        assert_eq!(describe(&read_untyped(&sample::file("token", name))), expected, "{name}");
    }
}

/// Sizes are undefined (RFC 6749), but what is read is also kept.
#[test]
fn what_is_kept_is_not_longer_than_there_is_room_for() {
    let said = |name: &str, length: usize| {
        let token = if name == "access_token" { "" } else { r#""access_token":"t","# };
        let text = "a".repeat(length);
        describe(&read(&sample::json(&format!(r#"{{{token}"token_type":"bearer","{name}":"{text}"}}"#))))
    };
    for (name, longest, before, behind, longer) in [
        ("access_token", 64 * 1024, "", "", "token_too_long"),
        ("device_id", 2 * 1024, "t device=", "", "token_too_long"),
        ("refresh_token", 16 * 1024, "t refresh=", "", "token_too_long"),
        // An odd scope costs no token.
        ("scope", 8 * 1024, "t [", "]", "t"),
    ] {
        assert!(said(name, longest) == format!("{before}{}{behind}", "a".repeat(longest)), "{name}");
        assert_eq!(said(name, longest + 1), longer, "{name}");
    }
    // These are looked at and not kept.
    for name in ["id_token", "state"] {
        assert!(said(name, 200 * 1024).len() > 200 * 1024, "{name}");
    }
    let form = format!("access_token={}&token_type=bearer", "%61".repeat(64 * 1024));
    for (form, expected) in
        [(format!("{form}&x=y"), 64 * 1024), (form.replacen("%61", "aa", 1), "token_too_long".len())]
    {
        let answer = sample::answer(200, "application/x-www-form-urlencoded", form.as_bytes());
        assert_eq!(describe(&read(&answer)).len(), expected);
    }
}

#[test]
fn lifetimes_are_cut_and_never_panic() {
    let longest = Lifetime::LONGEST.seconds();
    for (written, expected) in [
        ("3600", Stated::For(Lifetime::from_seconds(3600))),
        ("\"3600\"", Stated::For(Lifetime::from_seconds(3600))),
        ("\" 3600 \"", Stated::For(Lifetime::from_seconds(3600))),
        ("3600.9", Stated::For(Lifetime::from_seconds(3600))),
        ("\"3600.9\"", Stated::For(Lifetime::from_seconds(3600))),
        ("36e2", Stated::For(Lifetime::from_seconds(3600))),
        ("0", Stated::Zero),
        ("0.0", Stated::Zero),
        ("-0", Stated::Zero),
        ("\"0\"", Stated::Zero),
        ("0.5", Stated::For(Lifetime::from_seconds(0))),
        ("1e-9", Stated::For(Lifetime::from_seconds(0))),
        ("-1", Stated::Absent),
        ("-0.5", Stated::Absent),
        ("-9223372036854775808", Stated::Absent),
        ("-1e300", Stated::Absent),
        ("\"-1\"", Stated::Absent),
        ("\"-3600\"", Stated::Absent),
        ("\"-1e999\"", Stated::Absent),
        ("3153600000", Stated::For(Lifetime::from_seconds(3_153_600_000))),
        ("9223372036854775808", Stated::For(Lifetime::from_seconds(longest))),
        ("18446744073709551616", Stated::For(Lifetime::from_seconds(longest))),
        ("1e300", Stated::For(Lifetime::from_seconds(longest))),
        ("\"1e999\"", Stated::For(Lifetime::from_seconds(longest))),
        ("\"NaN\"", Stated::Absent),
        ("\"inf\"", Stated::Absent),
        ("\"-infinity\"", Stated::Absent),
        ("\"never\"", Stated::Absent),
        ("\"\"", Stated::Absent),
        ("\"1 h\"", Stated::Absent),
        ("null", Stated::Absent),
        ("true", Stated::Absent),
        ("[3600]", Stated::Absent),
        ("{\"seconds\":3600}", Stated::Absent),
    ] {
        let body = format!(r#"{{"access_token":"a","token_type":"bearer","expires_in":{written}}}"#);
        assert_eq!(read(&sample::json(&body)).unwrap().lifetime, expected, "{written}");
    }
}

#[test]
fn instants_come_in_seconds_milliseconds_and_dates() {
    for (written, expected) in [
        ("1700000000", Some(1_700_000_000)),
        ("\"1700000000\"", Some(1_700_000_000)),
        ("1700000000.75", Some(1_700_000_000)),
        ("1700000000999", Some(1_700_000_000)),
        ("\"1700000000999\"", Some(1_700_000_000)),
        ("100000000000", Some(100_000_000_000)),
        ("100000000001", Some(100_000_000)),
        ("1e300", Some(253_402_300_799)),
        ("\"2023-11-14T22:13:20Z\"", Some(1_700_000_000)),
        ("\"2023-11-14T22:13:20.000000Z\"", Some(1_700_000_000)),
        ("\"2023-11-15T01:13:20+03:00\"", Some(1_700_000_000)),
        ("\"2023-11-15T01:13:20+0300\"", Some(1_700_000_000)),
        ("\"2023-11-14T22:13:20\"", Some(1_700_000_000)),
        ("\"2023-11-14 22:13:20\"", Some(1_700_000_000)),
        ("\"2023-13-14T22:13:20Z\"", None),
        ("\"+262142-12-31T23:59:59Z\"", None),
        ("\"yesterday\"", None),
        ("\"\"", None),
        ("0", None),
        ("-5", None),
        ("null", None),
        ("{}", None),
    ] {
        let body = format!(r#"{{"access_token":"a","token_type":"bearer","created_at":{written}}}"#);
        assert_eq!(read(&sample::json(&body)).unwrap().created_at.map(Timestamp::unix), expected, "{written}");
    }
}

fn endpoint() -> Endpoint {
    Endpoint::new(Url::parse("https://example.com/oauth/token").unwrap()).unwrap()
}

/// The body of a request.
fn body(outgoing: &Outgoing) -> &str {
    match &outgoing.body {
        Some(Payload::Form(form)) => form.expose(),
        other => panic!("no form: {other:?}"),
    }
}

fn header<'a>(outgoing: &'a Outgoing, name: &http::HeaderName) -> Option<&'a http::HeaderValue> {
    outgoing.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[test]
fn the_exchange_is_form_encoded_with_the_credentials_in_the_body() {
    let (secret, code) = (Secret::from("your_client_secret"), Secret::from("AUTHENTICATION_CODE"));
    let client = Client { id: "your_client_id", secret: Some(&secret), method: Method::Post };
    let outgoing = exchange(&endpoint(), &client, &code, Some("http://localhost:8000/callback"), None, &[]);
    assert_eq!((outgoing.purpose, outgoing.method.as_str()), (Purpose::Token, "POST"));
    assert_eq!(outgoing.url.as_str(), "https://example.com/oauth/token");
    assert_eq!(header(&outgoing, &ACCEPT).unwrap(), "application/json");
    assert_eq!(header(&outgoing, &AUTHORIZATION), None);
    assert_eq!(
        body(&outgoing),
        "grant_type=authorization_code&code=AUTHENTICATION_CODE&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fcallback\
         &client_id=your_client_id&client_secret=your_client_secret"
    );
}

#[test]
fn credentials_stand_in_one_place() {
    let (secret, code) = (Secret::from("s:%+ü"), Secret::from("c"));
    let verifier = Verifier::from_kept(Secret::from("v"));
    let with_id = "grant_type=authorization_code&code=c&code_verifier=v&client_id=i%3Ad";
    let with_both = format!("{with_id}&client_secret=s%3A%25%2B%C3%BC");
    let without = "grant_type=authorization_code&code=c&code_verifier=v";
    for (method, secret, expected_body, expected_header) in [
        (Method::Post, Some(&secret), with_both.as_str(), None),
        (Method::Post, None, with_id, None),
        (Method::None, Some(&secret), with_id, None),
        (Method::None, None, with_id, None),
        (Method::Basic, None, with_id, None),
        (Method::Basic, Some(&secret), without, Some("Basic aSUzQWQ6cyUzQSUyNSUyQiVDMyVCQw==")),
    ] {
        let client = Client { id: "i:d", secret, method };
        let outgoing = exchange(&endpoint(), &client, &code, None, Some(&verifier), &[]);
        let authorization = header(&outgoing, &AUTHORIZATION);
        assert_eq!((body(&outgoing), authorization.map(|v| v.to_str().unwrap())), (expected_body, expected_header));
        assert!(authorization.is_none_or(http::HeaderValue::is_sensitive));
        assert_eq!(outgoing.url.query(), None);
        let shown = format!("{outgoing:?}");
        assert!(!shown.contains("aSUz") && !shown.contains("%25"), "{shown}");
    }
}

#[test]
fn further_parameters_never_replace_those_of_the_protocol() {
    let client = Client { id: "i", secret: None, method: Method::None };
    let (code, token) = (Secret::from("c"), Secret::from("r"));
    let extra = [
        ("v", "5.199"),
        ("v", "1"),
        ("client_id", "evil"),
        ("client_secret", "x"),
        ("code_verifier", "x"),
        ("grant_type", "password"),
        ("scope", "all"),
        ("device_id", "d"),
    ];
    let exchange = exchange(&endpoint(), &client, &code, None, None, &extra);
    assert_eq!(body(&exchange), "grant_type=authorization_code&code=c&v=5.199&device_id=d&client_id=i");
    let refresh = refresh(&endpoint(), &client, &token, None, &extra);
    assert_eq!(body(&refresh), "grant_type=refresh_token&refresh_token=r&v=5.199&device_id=d&client_id=i");
    let credentials =
        client_credentials(&endpoint(), &client, Some("read write"), &[("redirect_uri", "x"), ("a", "b")]);
    assert_eq!(body(&credentials), "grant_type=client_credentials&scope=read+write&a=b&client_id=i");
}

/// What answers are made of, well-formed and not.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        8 => select(vec![
            "{", "}", "[", "]", ":", ",", "\"access_token\":", "\"a.b-c\"", "\"token_type\":\"bearer\"", "\"error\":",
            "\"invalid_grant\"", "\"expires_in\":", "3600", "-1", "1e300", "\"scope\":", "null", "true", "{}", "[]", "\"created_at\":",
            "access_token=", "token_type=bearer", "&", "=", "%", "%41", "+", "\\u0061", "\"", "<", " ", "\n", "\u{feff}",
        ]).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    let loose = prop::collection::vec(scrap.clone(), 0..16).prop_map(|scraps| scraps.concat());
    let member = select(vec![
        "\"token_type\":\"bearer\"",
        "\"token_type\":\"mac\"",
        "\"error\":null",
        "\"error\":\"invalid_grant\"",
        "\"expires_in\":-1e300",
        "\"expires_in\":\"1e9\"",
        "\"scope\":[\"a\",[]]",
        "\"created_at\":\"2023-11-14T22:13:20Z\"",
        "\"x\":{\"access_token\":\"evil\"}",
        "\"refresh_token\":\"\\u0061\"",
        "\"user_id\":18446744073709551616",
        "\"access_token\":\"second\"",
        "\"x\"",
    ]);
    let object = (prop::collection::vec(member, 0..5), "[!-~]{1,20}", any::<prop::sample::Index>());
    let object = object.prop_map(|(mut members, token, at)| {
        let token = format!("\"access_token\":{}", serde_json::to_string(&token).unwrap());
        members.insert(at.index(members.len() + 1), &token);
        format!("{{{}}}", members.join(","))
    });
    let form = (loose.clone(), "[!-~]{1,20}").prop_map(|(rest, token)| {
        let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        format!("access_token={token}&token_type=bearer&{rest}")
    });
    prop_oneof![2 => loose, 2 => object, 1 => form]
}

/// Every text that a body says: top-level members of JSON, values of a form.
fn said(body: &str) -> Vec<String> {
    let json = body.trim_start_matches('\u{feff}').trim();
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(json).ok();
    let members = object.into_iter().flatten().filter_map(|(_, value)| value.as_str().map(String::from));
    members.chain(form_urlencoded::parse(body.trim().as_bytes()).map(|(_, value)| value.into_owned())).collect()
}

/// A member that we do not know, with any value.
fn unknown() -> impl Strategy<Value = (String, String)> {
    let value =
        select(vec!["1", "-1.5e9", "null", "true", "\"x\"", "[]", "[1,[2]]", "{}", "{\"access_token\":\"evil\"}"]);
    ("x_[a-z]{0,8}", value.prop_map(String::from))
}

proptest! {
    #![proptest_config(enough())]

    #[test]
    fn never_panics_and_never_invents(
        body in scraps(),
        status in select(vec![200_u16, 201, 302, 400, 401, 403, 500]),
        content_type in select(vec!["", "application/json", "text/plain", "text/html", "application/x-www-form-urlencoded"]),
    ) {
        let answer = sample::answer(status, content_type, body.as_bytes());
        for result in [read(&answer), read_untyped(&answer)] {
            let Ok(answer) = result else { continue };
            prop_assert!((200..300).contains(&status));
            let token = answer.access_token.expose();
            prop_assert!(token.bytes().all(|byte| byte.is_ascii_graphic()) && !token.is_empty());
            prop_assert!(said(&body).iter().any(|text| text == token), "{body:?} gave {token:?}");
        }
    }

    #[test]
    fn never_panics_on_bytes(body in prop::collection::vec(any::<u8>(), 0..200), status in any::<u16>()) {
        let answer = sample::answer(status, "text/plain", &body);
        drop(read(&answer));
        drop(read_untyped(&answer));
    }

    #[test]
    fn unknown_members_change_nothing(
        members in prop::sample::subsequence(vec![
            "\"access_token\":\"a\"", "\"token_type\":\"Bearer\"", "\"expires_in\":\"5\"", "\"scope\":[\"r\",\"w\"]",
            "\"refresh_token\":\"b\"", "\"created_at\":1700000000", "\"error\":\"invalid_grant\"", "\"user_id\":7",
        ], 0..8),
        unknown in prop::collection::vec((unknown(), any::<prop::sample::Index>()), 1..5),
    ) {
        let mut more: Vec<String> = members.iter().map(|member| (*member).to_owned()).collect();
        for ((name, value), at) in unknown {
            let at = at.index(more.len() + 1);
            more.insert(at, format!("\"{name}\":{value}"));
        }
        let object = |members: &str| sample::json(&format!("{{{members}}}"));
        let alone = describe(&read_untyped(&object(&members.join(","))));
        prop_assert_eq!(alone, describe(&read_untyped(&object(&more.join(",")))));
    }

    #[test]
    fn what_is_sent_is_what_was_given(code in "\\PC{1,40}", redirect in "http://127\\.0\\.0\\.1:[0-9]{1,5}/[ -~]{0,20}") {
        let code_sent = Secret::from(code.as_str());
        let client = Client { id: "i", secret: None, method: Method::None };
        let outgoing = exchange(&endpoint(), &client, &code_sent, Some(&redirect), None, &[]);
        let pairs: Vec<(String, String)> = form_urlencoded::parse(body(&outgoing).as_bytes()).into_owned().collect();
        let value = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        prop_assert_eq!(value("code"), Some(code.as_str()));
        prop_assert_eq!(value("redirect_uri"), Some(redirect.as_str()));
        prop_assert_eq!(pairs.len(), 4);
    }
}
