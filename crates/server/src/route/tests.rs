//! Holds the map of paths against every path and method, and against what is documented.

use serde_json::Value;

use super::*;
use crate::document::OPENAPI;

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

fn find(method: &str, path: &str) -> Result<Route, Fault> {
    Route::find(&method.parse().unwrap(), path)
}

/// `Healthz`, or why there is none.
fn found(method: &str, path: &str) -> String {
    find(method, path).map_or_else(|fault| fault.error_type().to_owned(), |route| format!("{route:?}"))
}

#[test]
fn finds_each_route_by_its_path_and_alias() {
    for (method, path, expected) in [
        ("GET", "/api/v1/oauth/vk/authorize/implicit", "AuthorizeImplicit"),
        ("POST", "/api/v1/oauth/vk/token/submit", "Submit(Vk)"),
        ("POST", "/api/v1/vk/token/submit", "Submit(Vk)"),
        ("GET", "/api/v1/oauth/vk/token/status", "TokenStatus(Vk)"),
        ("GET", "/api/v1/vk/token/status", "TokenStatus(Vk)"),
        ("GET", "/api/v1/oauth/vk/token", "HandOut(Vk)"),
        ("GET", "/api/v1/credentials", "Credentials"),
        ("GET", "/api/v1/credentials/42", "Credential(42)"),
        ("DELETE", "/api/v1/credentials/42", "ForgetCredential(42)"),
        ("POST", "/api/v1/credentials/42/check", "CheckCredential(42)"),
        ("POST", "/api/v1/credentials/42/refresh", "RefreshCredential(42)"),
        ("POST", "/api/v1/credentials/42/revoke", "RevokeCredential(42)"),
        ("POST", "/api/v1/oauth/mastodon/authorize", "Authorize(Mastodon)"),
        ("POST", "/api/v1/oauth/acme/token/submit", r#"Submit(OAuth2("acme"))"#),
        ("GET", "/api/v1/providers", "Providers"),
        ("GET", "/api/v1/audit", "Audit"),
        ("GET", "/api/v1/forecast", "Forecast"),
        ("GET", "/calendar/abc.ics", r#"Feed("abc")"#),
        ("GET", "/metrics", "Metrics"),
        ("POST", "/local/audit/verify", "VerifyAudit"),
        ("POST", "/local/calendar", "CalendarAddress"),
        ("POST", "/api/v1/providers/vk/test", "TestProvider(Vk)"),
        ("GET", "/connect/abc", "Connect"),
        ("POST", "/connect/abc", "Spend"),
        ("GET", "/docs", "Docs"),
        ("GET", "/healthz", "Healthz"),
        ("GET", "/openapi.json", "Document"),
        ("GET", "/readyz", "Readyz"),
        ("POST", "/local/examine", "Examine"),
        ("GET", "/local/keys", "Keys"),
        ("POST", "/local/keys", "IssueKey"),
        ("DELETE", "/local/keys/k_1", r#"RevokeKey("k_1")"#),
    ] {
        assert_eq!(found(method, path), expected, "{method} {path}");
        if method == "GET" {
            assert_eq!(found("HEAD", path), expected, "HEAD {path}");
        }
    }
}

#[test]
fn tells_which_methods_a_path_answers() {
    for (path, allowed) in [
        ("/api/v1/oauth/vk/authorize/implicit", "GET, HEAD"),
        ("/api/v1/oauth/vk/token/submit", "POST"),
        ("/api/v1/vk/token/submit", "POST"),
        ("/api/v1/oauth/vk/token/status", "GET, HEAD"),
        ("/api/v1/vk/token/status", "GET, HEAD"),
        ("/api/v1/oauth/vk/token", "GET, HEAD"),
        ("/api/v1/credentials", "GET, HEAD"),
        ("/api/v1/credentials/42", "GET, HEAD, DELETE"),
        ("/api/v1/credentials/42/check", "POST"),
        ("/api/v1/credentials/42/refresh", "POST"),
        ("/api/v1/credentials/42/revoke", "POST"),
        ("/api/v1/oauth/vk/authorize", "POST"),
        ("/api/v1/oauth/vk/authorizations/a_00000000000000000000000000000000", "GET, HEAD, DELETE"),
        ("/api/v1/providers", "GET, HEAD"),
        ("/api/v1/providers/vk/test", "POST"),
        ("/api/v1/audit", "GET, HEAD"),
        ("/api/v1/forecast", "GET, HEAD"),
        ("/calendar/abc.ics", "GET, HEAD"),
        ("/metrics", "GET, HEAD"),
        ("/local/audit/verify", "POST"),
        ("/local/calendar", "POST"),
        ("/connect/abc", "GET, HEAD, POST"),
        ("/docs", "GET, HEAD"),
        ("/done/a_00000000000000000000000000000000", "GET, HEAD"),
        (Asset::Style.path(), "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
        ("/readyz", "GET, HEAD"),
        ("/local/examine", "POST"),
        ("/local/keys", "GET, HEAD, POST"),
        ("/local/keys/k_1", "DELETE"),
    ] {
        for method in METHODS {
            let expected = !allowed.split(", ").any(|known| known == method);
            let refused = find(method, path).err();
            assert_eq!(refused, expected.then_some(Fault::MethodNotAllowed(allowed)), "{method} {path}");
        }
    }
}

#[test]
fn knows_no_other_path() {
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v2/credentials",
        "/API/v1/credentials",
        "/api/v1/Credentials",
        "/api/v1/credentials;x=1",
        "/api/v1/credentials/1/renew",
        "/api/v1/credentials/1/check/2",
        "/api/v1/vk",
        "/api/v1/vk/token",
        "/api/v1/vk/authorize/implicit",
        "/api/v1/oauth/vk",
        "/api/v1/oauth/vk/token/other",
        "/api/v1/oauth/vk/authorizations",
        "/api/v1/providers/vk",
        "/api/v1/providers/vk/test/x",
        "/api/v1/oauth/github/authorize/implicit",
        "/api/v1/oauth/vk/authorize/implicit/x",
        "/a/b/c/d/e/f/g",
        "/a/b/c/d/e/f/g/h/i/j",
        "/assets",
        "/assets/style.css",
        "/assets/style-0000000000000000.css",
        "/calendar",
        "/calendar/abc",
        "/calendar/abc.ics/x",
        "/local/audit",
        "/callback",
        "/callback/vk",
        "/connect",
        "/connect/abc/def",
        "/docs/index.html",
        "/done",
        "/done/abc",
        "/done/a_0000000000000000000000000000000G",
        "/openapi",
        "/healthz%20",
        "/health%7a",
        "/local",
        "/local/keys/k_1/x",
        "/favicon.ico",
    ] {
        for method in METHODS {
            assert_eq!(found(method, path), "not_found", "{method} {path}");
        }
    }
}

#[test]
fn a_path_without_a_providers_name_names_no_provider() {
    for name in ["VK", "vk ", "vk%20", "..", "{provider}", "вк", "-", ""] {
        for (method, rest) in [("GET", "token"), ("GET", "token/status"), ("POST", "token/submit"), ("PUT", "token")] {
            let path = format!("/api/v1/oauth/{name}/{rest}");
            assert_eq!(found(method, &path), "provider_not_found", "{method} {path}");
        }
    }
}

#[test]
fn an_id_that_is_no_id_is_one_that_nobody_has() {
    for (id, expected) in [
        ("0", Some(0)),
        ("1", Some(1)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("18446744073709551617", None),
        ("99999999999999999999999999", None),
        ("-1", None),
        ("-0", None),
        ("+1", None),
        ("1.0", None),
        ("1.5", None),
        ("1e3", None),
        ("0x10", None),
        ("1a", None),
        ("1%20", None),
        ("%31", None),
        ("1;x=1", None),
        ("1,2", None),
        ("1_000", None),
        ("١", None),
        ("１", None),
        ("Ⅷ", None),
        ("null", None),
        ("*", None),
        ("{id}", None),
        ("00000000-0000-0000-0000-000000000001", None),
    ] {
        let path = format!("/api/v1/credentials/{id}");
        let expected = expected.map_or(Err(Fault::NoSuchCredential), |id| Ok(Route::Credential(id)));
        assert_eq!(find("GET", &path), expected, "{id}");
        let known = expected.is_ok();
        for (method, path) in [
            ("DELETE", path.clone()),
            ("POST", format!("{path}/check")),
            ("POST", format!("{path}/refresh")),
            ("POST", format!("{path}/revoke")),
        ] {
            assert_eq!(find(method, &path).is_ok(), known, "{method} {path}");
        }
    }
}

#[test]
fn an_authorization_that_has_no_id_of_ours_is_one_that_nobody_has() {
    let good = "a_0123456789abcdef0123456789abcdef";
    for id in [good, "1", "a_", "a_0123456789ABCDEF0123456789ABCDEF", "b_0123456789abcdef0123456789abcdef", "%61"] {
        let fault = find("GET", &format!("/api/v1/oauth/vk/authorizations/{id}")).err();
        assert_eq!(fault, (id != good).then_some(Fault::NoSuchAuthorization), "{id}");
    }
}

/// A path of the kind that the documented one stands for.
fn concrete(path: &str) -> String {
    path.replace("{id}", "42")
        .replace("{provider}", "vk")
        .replace("{authorization_id}", "a_0123456789abcdef0123456789abcdef")
        .replace("{ticket}", "abc")
}

/// Where redirects arrive is for the keeper to say: those paths are no part of this map.
fn mapped() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    DOCUMENTED.into_iter().filter(|(path, _)| !path.starts_with("/callback/"))
}

#[test]
fn what_is_documented_is_what_there_is() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    paths.sort_unstable();
    assert_eq!(paths, DOCUMENTED.map(|(path, _)| path), "the document and DOCUMENTED name the same paths");

    for (path, methods) in DOCUMENTED {
        let item = document["paths"][path].as_object().unwrap();
        let mut described: Vec<String> = item.keys().map(|method| method.to_uppercase()).collect();
        described.retain(|method| METHODS.contains(&method.as_str()));
        described.sort_unstable();
        let mut expected: Vec<&str> = methods.to_vec();
        expected.sort_unstable();
        assert_eq!(described, expected, "{path}");

        if path.starts_with("/callback/") {
            continue;
        }
        let concrete = concrete(path);
        for method in METHODS {
            // HEAD goes with GET and is not described by itself.
            let expected = methods.contains(if method == "HEAD" { &"GET" } else { &method });
            assert_eq!(find(method, &concrete).is_ok(), expected, "{method} {path}");
        }
    }
}

#[test]
fn who_may_is_what_the_document_says() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    for (path, methods) in mapped() {
        let concrete = concrete(path);
        for method in methods {
            let operation = &document["paths"][path][method.to_lowercase()];
            let said: Vec<&str> = operation["security"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|one| one["key"].as_array().unwrap())
                .map(|permission| permission.as_str().unwrap())
                .collect();
            let expected = match find(method, &concrete).unwrap().access() {
                Access::Browser | Access::Everybody | Access::Feed => vec![],
                Access::May(needed) => vec![needed.word()],
                Access::Local => panic!("{path} is documented, but only answered beside the data directory"),
            };
            assert_eq!(said, expected, "{method} {path}");
            let has_body = operation.get("requestBody").is_some();
            let route = find(method, &concrete).unwrap();
            assert_eq!(has_body, route.takes_body() || route == Route::Spend, "{method} {path}");
            let needs_body =
                operation["requestBody"]["required"] == true || operation["requestBody"]["$ref"].is_string();
            assert_eq!(needs_body, route.takes_body() && !route.may_go_without(), "{method} {path}");
        }
    }
}

#[test]
fn a_log_line_names_the_documented_path() {
    for (path, methods) in mapped() {
        let route = find(methods[0], &concrete(path)).unwrap();
        let canonical = path.replace("/api/v1/vk/", "/api/v1/oauth/{provider}/");
        assert_eq!(route.template().as_str(), canonical);
    }
}
