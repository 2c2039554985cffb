//! Which ID tokens are believed.

use super::*;

const NOW: i64 = 1_700_000_000;

fn token(header: &str, claims: &str) -> Secret {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    Secret::from(format!("{}.{}.c2ln", part(header), part(claims)))
}

fn read_now(token: &Secret) -> Result<Claims, IdTokenFault> {
    let expected = Expected {
        issuer: "https://id.example",
        tolerance: Tolerance::Exact,
        client_id: "us",
        nonce: Some("n"),
        now: Timestamp::from_unix(NOW),
    };
    read(token, &expected)
}

const RS256: &str = r#"{"alg":"RS256","kid":"1","typ":"JWT"}"#;

/// Claims that are in order, with one of them replaced; `-` takes it away.
fn claims(name: &str, value: &str) -> String {
    let fine = [
        ("iss", "\"https://id.example\""),
        ("sub", "\"248289761001\""),
        ("aud", "\"us\""),
        ("exp", "1700003600"),
        ("iat", "1700000000"),
        ("nonce", "\"n\""),
    ];
    let mut members: Vec<(&str, &str)> = fine.into_iter().filter(|(known, _)| *known != name).collect();
    if value != "-" && !name.is_empty() {
        members.push((name, value));
    }
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn claims_are_checked_as_openid_connect_says() {
    use IdTokenFault::{Audience, Expired, Issuer, Malformed, Missing, Nonce, NotYet};
    for (name, value, fault) in [
        ("", "", None),
        ("iss", "\"https://id.example/\"", Some(Issuer)),
        ("iss", "\"https://evil.example\"", Some(Issuer)),
        ("iss", "[\"https://id.example\"]", Some(Missing("iss"))),
        ("iss", "-", Some(Missing("iss"))),
        ("sub", "-", Some(Missing("sub"))),
        ("sub", "\"\"", Some(Missing("sub"))),
        ("sub", "7", Some(Missing("sub"))),
        ("aud", "-", Some(Missing("aud"))),
        ("aud", "\"them\"", Some(Audience)),
        ("aud", "[]", Some(Audience)),
        ("aud", "[\"us\"]", None),
        ("aud", "[\"them\"]", Some(Audience)),
        ("aud", "[\"us\",\"them\"]", Some(Audience)),
        ("aud", "[\"them\",\"us\"],\"azp\":\"us\"", None),
        ("aud", "[\"us\",\"them\"],\"azp\":\"them\"", Some(Audience)),
        ("aud", "[\"them\"],\"azp\":\"us\"", Some(Audience)),
        ("aud", "7", Some(Audience)),
        ("azp", "\"us\"", None),
        ("azp", "\"them\"", Some(Audience)),
        ("azp", "7", Some(Audience)),
        ("exp", "-", Some(Missing("exp"))),
        ("exp", "1699999940", Some(Expired)),
        ("exp", "1699999941", None),
        ("exp", "0", Some(Expired)),
        ("exp", "-1", Some(Expired)),
        ("exp", "1e300", None),
        ("exp", "\"1700003600\"", Some(Malformed)),
        ("iat", "-", Some(Missing("iat"))),
        ("iat", "1700000060", None),
        ("iat", "1700000061", Some(NotYet)),
        ("iat", "0", None),
        ("nbf", "1700000061", Some(NotYet)),
        ("nbf", "1700000060.5", Some(NotYet)),
        ("nbf", "1600000000", None),
        ("nbf", "true", Some(Malformed)),
        ("nonce", "-", Some(Nonce)),
        ("nonce", "\"m\"", Some(Nonce)),
        ("nonce", "\"n\",\"nonce\":\"n\"", Some(Malformed)),
        ("sub", "\"a\",\"sub\":\"b\"", Some(Malformed)),
        ("unknown", "[[1]]", None),
    ] {
        let result = read_now(&token(RS256, &claims(name, value)));
        assert_eq!(result.as_ref().err().copied(), fault, "{name} {value}");
    }
}

#[test]
fn a_token_says_whom_it_is_about() {
    let claims = claims("preferred_username", "\"j.doe\",\"name\":\"Jane Doe\"");
    let expected =
        Claims { sub: "248289761001".into(), preferred_username: Some("j.doe".into()), name: Some("Jane Doe".into()) };
    assert_eq!(read_now(&token(RS256, &claims)), Ok(expected));
}

#[test]
fn a_nonce_that_was_not_sent_does_not_matter() {
    let expected = Expected {
        issuer: "https://id.example/",
        tolerance: Tolerance::TrailingSlash,
        client_id: "us",
        nonce: None,
        now: Timestamp::from_unix(NOW),
    };
    for value in ["-", "\"m\""] {
        assert!(read(&token(RS256, &claims("nonce", value)), &expected).is_ok(), "{value}");
    }
}

#[test]
fn the_header_must_name_a_signature() {
    use IdTokenFault::{Algorithm, Critical, Malformed};
    for (header, fault) in [
        (RS256, None),
        (r#"{"alg":"ES256"}"#, None),
        (r#"{"alg":"EdDSA"}"#, None),
        (r#"{"alg":"HS256"}"#, None),
        (r#"{"alg":"none"}"#, Some(Algorithm)),
        (r#"{"alg":"None"}"#, Some(Algorithm)),
        (r#"{"alg":""}"#, Some(Algorithm)),
        (r#"{"alg":"rs256"}"#, Some(Algorithm)),
        (r#"{"alg":["RS256"]}"#, Some(Algorithm)),
        (r#"{}"#, Some(Algorithm)),
        (r#"{"alg":"RS256","crit":["b64"]}"#, Some(Critical)),
        (r#"{"alg":"RS256","crit":[]}"#, Some(Critical)),
        (r#"{"alg":"none","alg":"RS256"}"#, Some(Malformed)),
        (r#"["RS256"]"#, Some(Malformed)),
        ("", Some(Malformed)),
    ] {
        assert_eq!(read_now(&token(header, &claims("", ""))).err(), fault, "{header}");
    }
}

#[test]
fn only_the_compact_form_is_a_token() {
    let fine = token(RS256, &claims("", ""));
    let fine = fine.expose();
    let (rest, signature) = fine.rsplit_once('.').unwrap();
    for (text, is_taken) in [
        (fine.to_owned(), true),
        (format!("{rest}."), true),
        (rest.to_owned(), false),
        (format!("{fine}.x"), false),
        (format!("{fine}.x.y"), false),
        (format!(" {fine}"), false),
        (format!("{rest}=.{signature}"), false),
        (fine.replace('.', "\n."), false),
        (format!("{fine}{}", "a".repeat(LONGEST)), false),
        (String::new(), false),
        ("..".to_owned(), false),
        ("….….…".to_owned(), false),
    ] {
        assert_eq!(read_now(&Secret::from(text.as_str())).is_ok(), is_taken, "{text:.80}");
    }
}
