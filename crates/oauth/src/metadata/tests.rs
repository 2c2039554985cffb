//! Where metadata is looked for, and what is believed of it.

use proptest::prelude::*;

use super::*;
use crate::sample::{self, enough};

fn home() -> Issuer {
    Issuer::new("https://id.example").unwrap()
}

/// A result on one line: flags and what is away from home.
fn describe(result: &Result<Metadata, MetadataFault>) -> String {
    let metadata = match result {
        Ok(metadata) => metadata,
        Err(MetadataFault::Answer(fault)) => return fault.cause().into_owned(),
        Err(MetadataFault::Endpoint(name, fault)) => return format!("{name} {fault:?}"),
        Err(MetadataFault::Issuer) => return "other issuer".into(),
        Err(MetadataFault::Missing(name)) => return format!("no {name}"),
    };
    let optional = [
        ("device", metadata.device_authorization_endpoint.is_some()),
        ("registration", metadata.registration_endpoint.is_some()),
        ("revocation", metadata.revocation_endpoint.is_some()),
        ("userinfo", metadata.userinfo_endpoint.is_some()),
        ("iss", metadata.iss_parameter),
    ];
    let mut said = vec![metadata.issuer.clone()];
    said.extend(optional.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name.to_owned()));
    said.extend(metadata.takes_s256().map(|takes| if takes { "S256" } else { "no-S256" }.to_owned()));
    said.extend([true, false].map(|has_secret| metadata.method(has_secret).map_or("-", Method::as_str).to_owned()));
    said.extend(metadata.elsewhere().iter().map(|name| format!("away:{name}")));
    said.extend(metadata.scopes_supported.as_ref().map(|scopes| format!("[{}]", scopes.join(" "))));
    said.join(" ")
}

#[test]
#[rustfmt::skip]
fn reads_what_servers_say_about_themselves() {
    let read = |answer: &Answer| describe(&read(answer, &home(), Tolerance::Exact));
    sample::check("metadata", &[
        ("mastodon-4.6", "other issuer"),
        ("mastodon-4.2", "html"),
        ("akkoma-garbage", "refused_200"),
        ("akkoma-page", "html"),
        ("rfc8414-3.2", "other issuer"),
        ("oidc_provider", "https://id.example device registration revocation userinfo iss S256 client_secret_basic none"),
        ("google", "https://id.example device revocation userinfo S256 client_secret_basic - away:token_endpoint away:device_authorization_endpoint away:revocation_endpoint away:userinfo_endpoint"),
        ("hollo", "https://id.example S256 client_secret_basic none [read write]"),
        ("other_issuer", "other issuer"),
        ("issuer_slash", "other issuer"),
        ("issuer_case", "other issuer"),
        ("issuer_port", "other issuer"),
        ("issuer_missing", "no issuer"),
        ("issuer_twice", "duplicate_member"),
        ("plain_http", "token_endpoint Insecure"),
        ("plain_http_localhost", "token_endpoint Insecure"),
        ("loopback", "https://id.example userinfo client_secret_basic none away:token_endpoint away:userinfo_endpoint"),
        ("user_info", "authorization_endpoint UserInfo"),
        ("fragment", "revocation_endpoint Fragment"),
        ("relative", "userinfo_endpoint NotUrl"),
        ("script", "authorization_endpoint NotUrl"),
        ("unused_plain_http", "https://id.example client_secret_basic none"),
        ("no_token_endpoint", "no token_endpoint"),
        ("no_authorization_endpoint", "no authorization_endpoint"),
        ("client_only", "https://id.example client_secret_post -"),
        ("endpoint_number", "no token_endpoint"),
        ("only_plain", "https://id.example no-S256 - -"),
        ("lists_strange", "https://id.example client_secret_basic none [read]"),
        ("list_of_issuers", "not_understood"),
        ("unavailable", "http_503"),
        ("moved", "redirect"),
    ], read);
}

#[test]
fn the_slash_of_mastodon_is_tolerated_where_asked() {
    let (strict, lenient) = (Tolerance::Exact, Tolerance::TrailingSlash);
    for (file, tolerance, is_taken) in [
        ("mastodon-4.6", strict, false),
        ("mastodon-4.6", lenient, true),
        ("issuer_slash", lenient, true),
        ("other_issuer", lenient, false),
        ("issuer_case", lenient, false),
    ] {
        assert_eq!(read(&sample::file("metadata", file), &home(), tolerance).is_ok(), is_taken, "{file}");
    }
}

#[test]
fn the_example_of_rfc_8414_is_read() {
    let issuer = Issuer::new("https://server.example.com").unwrap();
    let metadata = read(&sample::file("metadata", "rfc8414-3.2"), &issuer, Tolerance::Exact).unwrap();
    assert_eq!(
        metadata.authorization_endpoint.as_ref().unwrap().url().as_str(),
        "https://server.example.com/authorize"
    );
    assert_eq!(metadata.token_endpoint.url().as_str(), "https://server.example.com/token");
    assert_eq!(metadata.registration_endpoint.as_ref().unwrap().url().path(), "/register");
    assert_eq!(metadata.response_types_supported.as_ref().unwrap(), &["code", "code token"]);
    assert_eq!(metadata.code_challenge_methods_supported, None);
    assert_eq!((metadata.method(true), metadata.method(false)), (Some(Method::Basic), None));
    assert!(metadata.elsewhere().is_empty());
}

#[test]
fn metadata_is_looked_for_in_two_places() {
    for (issuer, first, second) in [
        // RFC 8414 §3.1, §5; OpenID Connect Discovery 1.0 §4.1.
        (
            "https://example.com",
            "https://example.com/.well-known/oauth-authorization-server",
            "https://example.com/.well-known/openid-configuration",
        ),
        (
            "https://example.com/",
            "https://example.com/.well-known/oauth-authorization-server",
            "https://example.com/.well-known/openid-configuration",
        ),
        (
            "https://example.com/issuer1",
            "https://example.com/.well-known/oauth-authorization-server/issuer1",
            "https://example.com/issuer1/.well-known/openid-configuration",
        ),
        (
            "http://127.0.0.1:8002/realms/a%2Fb/",
            "http://127.0.0.1:8002/.well-known/oauth-authorization-server/realms/a%2Fb",
            "http://127.0.0.1:8002/realms/a%2Fb/.well-known/openid-configuration",
        ),
    ] {
        let found = addresses(Issuer::new(issuer).unwrap().url());
        assert_eq!(found.each_ref().map(Url::as_str), [first, second], "{issuer}");
        let outgoing = request(&found[0]);
        assert_eq!((outgoing.method.as_str(), outgoing.purpose, outgoing.url.as_str()), ("GET", Purpose::Check, first));
    }
}

#[test]
fn the_next_address_is_tried_only_where_nothing_was_found() {
    for (file, tries_next) in [
        ("mastodon-4.2", true),
        ("akkoma-garbage", true),
        ("akkoma-page", true),
        ("moved", true),
        ("no_token_endpoint", true),
        ("unavailable", false),
        ("other_issuer", false),
        ("plain_http", false),
    ] {
        let fault = read(&sample::file("metadata", file), &home(), Tolerance::Exact).unwrap_err();
        assert_eq!(fault.tries_next(), tries_next, "{file}");
    }
}

proptest! {
    #![proptest_config(enough())]

    #[test]
    fn only_secure_endpoints_of_the_right_issuer_are_taken(
        members in Just(vec![
            "\"issuer\":\"https://id.example\"", "\"authorization_endpoint\":\"https://id.example/a\"",
            "\"token_endpoint\":\"https://id.example/t\"", "\"token_endpoint\":\"http://id.example/t\"",
            "\"userinfo_endpoint\":\"http://[::1]:1/u\"", "\"revocation_endpoint\":\"https://u@id.example/\"",
            "\"device_authorization_endpoint\":null", "\"scopes_supported\":[\"a\"]", "\"issuer\":\"https://evil.example\"", "\"x\":[{}]",
        ]).prop_shuffle(),
        count in 0_usize..11,
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = format!("{{{}}}", members[..count].join(","));
        for body in [&whole[..], &whole[..cut.index(whole.len())]] {
            let Ok(metadata) = read(&sample::json(body), &home(), Tolerance::Exact) else { continue };
            prop_assert_eq!(&metadata.issuer, "https://id.example");
            prop_assert_eq!(metadata.token_endpoint.url().scheme(), "https");
            for wrong in ["http://id", "u@id", "evil"] {
                prop_assert!(!body.contains(wrong), "{body}");
            }
            let required = ["\"issuer\"", "\"authorization_endpoint\"", "\"token_endpoint\""];
            prop_assert!(body == whole && required.iter().all(|name| body.contains(name)), "{body}");
        }
    }
}
