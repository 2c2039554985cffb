//! Whom servers name.

use http::header::AUTHORIZATION;

use super::*;
use crate::sample;

fn describe(answer: &Answer) -> String {
    match read(answer) {
        Ok(UserInfo { sub, preferred_username, name }) => {
            [Some(sub), preferred_username, name].map(|part| part.unwrap_or_else(|| "-".into())).join(" | ")
        }
        Err(UserInfoFault::Strange(Strange::Missing(name))) => format!("no {name}"),
        Err(fault) => fault.cause().into_owned(),
    }
}

#[test]
fn reads_what_servers_answer() {
    sample::check(
        "userinfo",
        &[
            ("oidc-5.3.2", "248289761001 | j.doe | Jane Doe"),
            ("mastodon", "https://mstdn.example/users/alice | alice | Alice"),
            ("github", "583231 | octocat | The Octocat"),
            ("gitea", "7 | me | -"),
            ("only_sub", "a | - | -"),
            ("no_sub", "no sub"),
            ("sub_and_id", "a | - | -"),
            ("sub_with_newline", "no sub"),
            ("invalid_token", "invalid_token"),
            ("signed", "not_understood"),
            ("vkid-invalid_200", "invalid_token"),
        ],
        describe,
    );
}

#[test]
fn the_token_stands_in_a_header() {
    let endpoint = Endpoint::from_outside("https://id.example/me?v=1").unwrap();
    let outgoing = request(&endpoint, &Secret::from("t.o-k"));
    let (_, token) = outgoing.headers.iter().find(|(name, _)| *name == AUTHORIZATION).unwrap();
    assert!(token.is_sensitive() && token == "Bearer t.o-k");
    assert_eq!((outgoing.method.as_str(), outgoing.url.as_str()), ("GET", "https://id.example/me?v=1"));
    assert!(outgoing.body.is_none() && !format!("{outgoing:?}").contains("t.o-k"));
    let broken = request(&endpoint, &Secret::from("t\r\nX-Evil: 1"));
    assert!(broken.headers.iter().all(|(name, _)| *name != AUTHORIZATION));
}
