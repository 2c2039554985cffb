//! Headers of servers and of the standards.

use http::HeaderValue;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::sample::enough;

/// Challenges on one line: `Scheme name=value name=value; Scheme`.
fn describe(value: &[u8]) -> String {
    let parameter = |(name, value): &(String, String)| format!(" {name}={value}");
    let challenge = |challenge: &Challenge| {
        let parameters: String = challenge.parameters.iter().map(parameter).collect();
        format!("{}{parameters}", challenge.scheme)
    };
    parse(value).iter().map(challenge).collect::<Vec<_>>().join("; ")
}

#[test]
#[rustfmt::skip]
fn reads_several_challenges_in_one_header() {
    for (value, expected) in [
        ("", ""),
        ("Bearer", "Bearer"),
        // RFC 9110 §11.6.1.
        (r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#, r#"Basic realm=simple; Newauth realm=apps type=1 title=Login to "apps""#),
        (r#"Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple""#, r#"Newauth realm=apps type=1 title=Login to "apps"; Basic realm=simple"#),
        // RFC 6750 §3.
        (r#"Bearer realm="example""#, "Bearer realm=example"),
        (r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#, "Bearer realm=example error=invalid_token error_description=The access token expired"),
        (r#"Bearer realm="Doorkeeper", error="invalid_token", error_description="The access token is invalid""#, "Bearer realm=Doorkeeper error=invalid_token error_description=The access token is invalid"),
        ("Bearer error=invalid_token", "Bearer error=invalid_token"),
        ("bearer ERROR = \"invalid_token\" , scope = \"a b\"", "bearer ERROR=invalid_token scope=a b"),
        ("Negotiate, Basic realm=a", "Negotiate; Basic realm=a"),
        ("Negotiate YII=, Bearer error=\"x\"", "Negotiate; Bearer error=x"),
        ("Negotiate abc", "Negotiate"),
        ("DPoP algs=\"ES256\", Bearer, Basic realm=x", "DPoP algs=ES256; Bearer; Basic realm=x"),
        (",, Bearer ,,, a=b ,,", "Bearer a=b"),
        ("Bearer a=\"b,c=d\", e=f", "Bearer a=b,c=d e=f"),
        ("Bearer a=\"\\\"\\\\\"", "Bearer a=\"\\"),
        ("Bearer a=\"open, b=c", "Bearer a=open, b=c"),
        ("Bearer a=\"open\\", "Bearer a=open"),
        ("Bearer a=", "Bearer"),
        ("Bearer a=,b=c", "Bearer b=c"),
        ("Bearer b=c,a=,d=e", "Bearer b=c a= d=e"),
        ("Bearer a=\"x\"b=c", "Bearer a=x b=c"),
        ("=a", "a"),
        ("\"a\"", "a"),
        ("Bearer\terror=\"x\"", "Bearer error=x"),
    ] {
        assert_eq!(describe(value.as_bytes()), expected, "{value}");
    }
}

#[test]
fn the_error_is_that_of_a_bearer_challenge() {
    use BearerError::{InsufficientScope, InvalidRequest, InvalidToken, Other};
    for (values, expected) in [
        (&[][..], None),
        (&["Bearer"][..], None),
        (&["Bearer realm=\"error\""], None),
        (&["Bearer realm=\"a\", error=\"invalid_token\""], Some(InvalidToken)),
        (&["BEARER Error=insufficient_scope"], Some(InsufficientScope)),
        (&["Bearer error=\"invalid_request\""], Some(InvalidRequest)),
        (&["Bearer error=\"of_their_own\""], Some(Other)),
        (&["Bearer error=\"\""], Some(Other)),
        (&["Basic error=\"invalid_token\""], None),
        (&["DPoP error=\"invalid_token\", Bearer"], None),
        (&["Basic realm=\"x\"", "Bearer error=\"invalid_token\""], Some(InvalidToken)),
        (&["Bearer", "Bearer error=\"invalid_token\""], Some(InvalidToken)),
        (&["Bearer realm=\"a, Bearer error=invalid_token\""], None),
    ] {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
        }
        assert_eq!(bearer_error(&headers), expected, "{values:?}");
    }
}

#[test]
fn a_header_is_read_up_to_8_kib() {
    let long = format!("Bearer realm=\"{}\", error=\"invalid_token\"", "a".repeat(LONGEST));
    assert_eq!(parse(long.as_bytes()).len(), 1);
    assert_eq!(parse(long.as_bytes())[0].parameter("error"), None);
}

proptest! {
    #![proptest_config(enough())]

    #[test]
    fn never_panics_and_never_invents(scraps in prop::collection::vec(select(vec![
        "Bearer", "Basic", "error", "=", "\"", "invalid_token", ",", " ", "\t", "\\", "a", "YII==", "\u{e9}", "\0", "realm=\"x\"",
    ]), 0..20)) {
        let value = scraps.concat();
        let unescaped = value.replace('\\', "");
        for challenge in parse(value.as_bytes()) {
            prop_assert!(value.contains(&challenge.scheme) && !challenge.scheme.is_empty());
            for (name, said) in &challenge.parameters {
                prop_assert!(value.contains(name.as_str()) && !name.is_empty());
                prop_assert!(unescaped.contains(&said.replace(['\\', '\u{fffd}'], "")), "{value:?} gave {said:?}");
            }
        }
    }

    #[test]
    fn never_panics_on_bytes(value in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(parse(&value));
    }

    #[test]
    fn a_quoted_string_comes_back(realm in "[ -~]{0,40}", code in "[a-z_]{1,20}") {
        let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
        let value = format!("Basic realm=\"{quoted}\", Bearer realm=\"{quoted}\", error=\"{code}\"");
        let challenges = parse(value.as_bytes());
        prop_assert_eq!(challenges.len(), 2);
        prop_assert_eq!(challenges[1].parameter("REALM"), Some(realm.as_str()));
        prop_assert_eq!(challenges[1].parameter("error"), Some(code.as_str()));
    }
}
