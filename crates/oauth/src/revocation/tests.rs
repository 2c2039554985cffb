//! What is asked, and what servers answer.

use grantkeep_core::Payload;

use super::*;
use crate::{Method, sample};

#[test]
fn reads_what_servers_answer() {
    let describe =
        |answer: &Answer| read(answer).map_or_else(|fault| fault.cause().into_owned(), |()| "revoked".into());
    sample::check(
        "revocation",
        &[
            ("mastodon", "revoked"),
            ("mastodon-other_client", "unauthorized_client"),
            ("takahe", "revoked"),
            ("vkid", "revoked"),
            ("vkid-invalid_200", "invalid_token"),
            ("plain_ok", "revoked"),
            ("no_content", "revoked"),
            ("rfc7009-unsupported", "unsupported_token_type"),
            ("unavailable", "http_503"),
            ("not_there", "html"),
            ("portal", "html"),
            ("moved", "redirect"),
        ],
        describe,
    );
}

#[test]
fn the_token_stands_in_the_body() {
    let endpoint = Endpoint::from_outside("https://id.example/oauth/revoke").unwrap();
    let (secret, token) = (Secret::from("s"), Secret::from("t"));
    let client = Client { id: "i", secret: Some(&secret), method: Method::Post };
    let vk = [("access_token", "t"), ("token", "other")];
    for (hint, extra, expected) in [
        (None, &[][..], "token=t&client_id=i&client_secret=s"),
        (None, &vk, "token=t&access_token=t&client_id=i&client_secret=s"),
        (Some(Hint::AccessToken), &[], "token=t&token_type_hint=access_token&client_id=i&client_secret=s"),
        (Some(Hint::RefreshToken), &[], "token=t&token_type_hint=refresh_token&client_id=i&client_secret=s"),
    ] {
        let outgoing = request(&endpoint, &client, &token, hint, extra);
        let Some(Payload::Form(form)) = &outgoing.body else { panic!("no form") };
        assert_eq!(form.expose(), expected);
        assert_eq!((outgoing.purpose, outgoing.method.as_str()), (Purpose::Check, "POST"));
        assert_eq!(outgoing.url.as_str(), "https://id.example/oauth/revoke");
    }
}
