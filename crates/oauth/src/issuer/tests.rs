//! Which issuers are issuers, and which are the same.

use super::*;

#[test]
fn an_issuer_is_a_secure_url_without_query_and_fragment() {
    for (text, fault) in [
        ("https://id.example", None),
        ("https://id.example/", None),
        ("https://id.example/realms/a", None),
        ("https://id.example:8443", None),
        ("http://127.0.0.1:8002", None),
        ("http://id.example", Some(IssuerFault::Url(EndpointFault::Insecure))),
        ("https://id.example?a=b", Some(IssuerFault::Query)),
        ("https://id.example/#a", Some(IssuerFault::Url(EndpointFault::Fragment))),
        ("https://me@id.example", Some(IssuerFault::Url(EndpointFault::UserInfo))),
        ("id.example", Some(IssuerFault::Url(EndpointFault::NotUrl))),
        ("", Some(IssuerFault::Url(EndpointFault::NotUrl))),
    ] {
        let issuer = Issuer::new(text);
        assert_eq!(issuer.as_ref().err().copied(), fault, "{text}");
        assert!(issuer.is_err() || issuer.is_ok_and(|issuer| issuer.as_str() == text));
    }
}

#[test]
fn issuers_are_compared_byte_by_byte() {
    let home = "https://id.example";
    for (other, exact, slash) in [
        ("https://id.example", true, true),
        ("https://id.example/", false, true),
        ("https://id.example//", false, false),
        ("https://ID.example", false, false),
        ("HTTPS://id.example", false, false),
        ("https://id.example:443", false, false),
        ("https://id.example.", false, false),
        ("https://id.example%2F", false, false),
        ("https://id.example/x", false, false),
        ("http://id.example", false, false),
        ("https://id.exampl\u{435}", false, false),
        ("https://id.example.evil.example", false, false),
        ("", false, false),
    ] {
        assert_eq!(is_same(home, other, Tolerance::Exact), exact, "{other}");
        assert_eq!(is_same(home, other, Tolerance::TrailingSlash), slash, "{other}");
        assert_eq!(is_same(other, home, Tolerance::TrailingSlash), slash, "{other}");
    }
}

#[test]
fn iss_is_required_where_promised_and_never_another() {
    let home = Some("https://id.example");
    let other = Some("https://evil.example");
    for (iss, expected, is_promised, outcome) in [
        (home, home, true, Ok(())),
        (home, home, false, Ok(())),
        (None, home, false, Ok(())),
        (None, home, true, Err(IssuerFault::Missing)),
        (None, None, true, Err(IssuerFault::Missing)),
        (None, None, false, Ok(())),
        (other, home, true, Err(IssuerFault::Mismatch)),
        (other, home, false, Err(IssuerFault::Mismatch)),
        (Some(""), home, false, Err(IssuerFault::Mismatch)),
        (other, None, false, Ok(())),
    ] {
        assert_eq!(check(iss, expected, is_promised, Tolerance::Exact), outcome, "{iss:?} {expected:?} {is_promised}");
    }
}
