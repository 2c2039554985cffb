//! What counts as registered, by each rule.

use super::*;

const LOOPBACK: &str = "http://127.0.0.1:8000/callback";

#[test]
fn each_rule_matches_as_its_servers_do() {
    use RedirectMatch::{Anything, Doorkeeper5, Exact, ExactButPort, Substring, WithoutQuery};
    for (rule, known, asked, expected) in [
        (Doorkeeper5, LOOPBACK, LOOPBACK, true),
        (Doorkeeper5, LOOPBACK, "http://127.0.0.1:49152/callback", true),
        (Doorkeeper5, LOOPBACK, "http://127.0.0.1/callback", true),
        (Doorkeeper5, LOOPBACK, "http://127.0.0.2:8000/callback", false),
        (Doorkeeper5, LOOPBACK, "http://localhost:8000/callback", false),
        (Doorkeeper5, LOOPBACK, "https://127.0.0.1:8000/callback", false),
        (Doorkeeper5, LOOPBACK, "http://127.0.0.1:8000/callback/", false),
        (Doorkeeper5, LOOPBACK, "http://127.0.0.1:8000/callback?a=1", true),
        (Doorkeeper5, LOOPBACK, "http://127.0.0.1:8000/callback#x", false),
        (Doorkeeper5, "http://127.0.0.1:8000/callback?a=1", LOOPBACK, false),
        (Doorkeeper5, "http://127.0.0.1:8000", "http://127.0.0.1:8000/", true),
        (Doorkeeper5, "http://[::1]:8000/callback", "http://[::1]:9/callback", true),
        (Doorkeeper5, "http://[::1]:8000/callback", LOOPBACK, false),
        (Doorkeeper5, "http://localhost:8000/callback", "http://localhost:9/callback", false),
        (Doorkeeper5, DEFAULT, DEFAULT, true),
        (Doorkeeper5, DEFAULT, OOB[1], false),
        (ExactButPort, LOOPBACK, LOOPBACK, true),
        (ExactButPort, LOOPBACK, "http://127.0.0.1:9/callback", true),
        (ExactButPort, LOOPBACK, "http://127.0.0.1/callback", true),
        (ExactButPort, LOOPBACK, "http://127.0.0.1:9/callback?a=1", false),
        (ExactButPort, "http://127.0.0.1:8000", "http://127.0.0.1:8000/", false),
        (ExactButPort, "http://localhost:8000/callback", "http://localhost:9/callback", false),
        (Exact, LOOPBACK, LOOPBACK, true),
        (Exact, LOOPBACK, "http://127.0.0.1:9/callback", false),
        (Substring, "http://127.0.0.1:8000/callback http://b/", "http://b/", true),
        (Substring, LOOPBACK, "http://127.0.0.1:8000/call", true),
        (Substring, LOOPBACK, "http://127.0.0.1:9/callback", false),
        (WithoutQuery, LOOPBACK, "http://127.0.0.1:8000/callback?a=1", true),
        (WithoutQuery, LOOPBACK, "http://127.0.0.1:9/callback", false),
        (Anything, LOOPBACK, "http://127.0.0.1:1/x", true),
    ] {
        assert_eq!(matches(rule, known, asked), expected, "{rule:?} {known} {asked}");
    }
}

#[test]
fn what_cannot_be_registered_is_named() {
    for (uri, expected) in [
        (LOOPBACK, None),
        ("http://localhost:8000/callback", None),
        ("http://[::1]:8000/callback", None),
        ("https://example.org/callback", None),
        ("org.example.app://callback", None),
        (DEFAULT, None),
        (OOB[1], None),
        ("/callback", Some("Redirect URI must be an absolute URI.")),
        ("app:callback", Some("Redirect URI must be an absolute URI.")),
        ("http://127.0.0.1/#x", Some("Redirect URI cannot contain a fragment.")),
        ("localhost:8080/callback", Some("Redirect URI must specify a scheme.")),
        ("javascript:alert(1)", Some("Redirect URI is forbidden by the server.")),
        ("data:text/html,x", Some("Redirect URI is forbidden by the server.")),
    ] {
        assert_eq!(fault(uri), expected, "{uri}");
    }
}
