//! What an authorize URL looks like, and what it never takes.

use super::*;
use crate::Verifier;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// The query of a request with fixed required fields.
fn query(endpoint: &str, scope: Option<&str>, state: Option<&str>, extra: &[(&str, &str)]) -> String {
    let endpoint = Endpoint::new(url(endpoint)).unwrap();
    let request = Authorize {
        endpoint: &endpoint,
        client_id: "1",
        redirect_uri: "https://a.example/b?c=d",
        display: None,
        scope,
        response_type: ResponseType::Token,
        state,
        challenge: None,
        extra,
    };
    let url = request.url();
    assert_eq!((url.host_str(), url.path(), url.fragment()), (Some("id.example"), "/authorize", None));
    url.query().unwrap().to_owned()
}

/// The endpoint's own query, scope, state, further parameters, and the query that comes of them.
type Row<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [(&'a str, &'a str)], String);

const REDIRECT: &str = "redirect_uri=https%3A%2F%2Fa.example%2Fb%3Fc%3Dd";

#[test]
fn parameters_stand_once_and_ours_win() {
    let at = "https://id.example/authorize";
    let plain = format!("client_id=1&{REDIRECT}&response_type=token");
    #[rustfmt::skip]
    let table: [Row<'_>; 12] = [
        ("", None, None, &[], plain.clone()),
        ("", Some("a b,c"), None, &[], format!("client_id=1&{REDIRECT}&scope=a+b%2Cc&response_type=token")),
        ("", None, Some("s&t=u#v"), &[], format!("{plain}&state=s%26t%3Du%23v")),
        ("", None, None, &[("v", "5.199"), ("x", "ю")], format!("{plain}&v=5.199&x=%D1%8E")),
        ("", None, None, &[("v", "1"), ("v", "2")], format!("{plain}&v=1")),
        ("", None, None, &[("client_id", "2"), ("redirect_uri", "evil"), ("response_type", "code")], plain.clone()),
        ("", None, None, &[("state", "x"), ("scope", "all"), ("code_challenge", "x"), ("code_challenge_method", "plain")], plain.clone()),
        ("", None, None, &[("display", "page")], format!("{plain}&display=page")),
        ("?tenant=x%2fy", None, None, &[], format!("tenant=x%2fy&{plain}")),
        ("?tenant=x", None, None, &[("tenant", "y")], format!("tenant=x&{plain}")),
        ("?client_id=2&t&&cl%69ent_id=3", None, None, &[], format!("t&{plain}")),
        ("?state=own", None, Some("ours"), &[], format!("{plain}&state=ours")),
    ];
    for (own, scope, state, extra, expected) in table {
        assert_eq!(query(&format!("{at}{own}"), scope, state, extra), expected, "{own} {scope:?} {state:?} {extra:?}");
    }
}

#[test]
fn display_stands_after_the_redirect_uri() {
    let endpoint = Endpoint::under(&url("https://id.example"), "authorize");
    let request = Authorize {
        endpoint: &endpoint,
        client_id: "1",
        redirect_uri: "x",
        display: Some("page"),
        scope: Some("s"),
        response_type: ResponseType::Token,
        state: None,
        challenge: None,
        extra: &[("display", "popup"), ("v", "1")],
    };
    let expected =
        "https://id.example/authorize?client_id=1&redirect_uri=x&display=page&scope=s&response_type=token&v=1";
    assert_eq!(request.url().as_str(), expected);
}

#[test]
fn a_challenge_goes_with_its_method() {
    let endpoint = Endpoint::under(&url("https://id.example"), "authorize");
    let challenge = Verifier::from_random([7; 32]).challenge();
    let request = Authorize {
        endpoint: &endpoint,
        client_id: "1",
        redirect_uri: "http://127.0.0.1:8000/callback/acme",
        display: None,
        scope: Some("read"),
        response_type: ResponseType::Code,
        state: Some("s"),
        challenge: Some(&challenge),
        extra: &[("code_challenge_method", "plain"), ("prompt", "consent")],
    };
    let expected = format!(
        "https://id.example/authorize?client_id=1&redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fcallback%2Facme&scope=read\
         &response_type=code&state=s&code_challenge={}&code_challenge_method=S256&prompt=consent",
        challenge.as_str()
    );
    assert_eq!(request.url().as_str(), expected);
}
