//! How a client shows itself.

use proptest::prelude::*;

use super::*;
use crate::sample::enough;

#[test]
fn methods_have_two_names() {
    for (name, method) in [
        ("basic", Some(Method::Basic)),
        ("client_secret_basic", Some(Method::Basic)),
        ("post", Some(Method::Post)),
        ("client_secret_post", Some(Method::Post)),
        ("none", Some(Method::None)),
        ("client_secret_jwt", None),
        ("Basic", None),
        ("", None),
    ] {
        assert_eq!(Method::from_name(name), method, "{name}");
    }
    for (method, name, _) in Method::ALL {
        assert_eq!(method.as_str(), name);
    }
}

/// What a server makes of the header (RFC 6749 §2.3.1).
fn decoded(value: &HeaderValue) -> (String, String) {
    let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
    let pair = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    let (id, secret) = pair.split_once(':').unwrap();
    let part =
        |text: &str| form_urlencoded::parse(text.as_bytes()).next().map_or(String::new(), |(name, _)| name.into());
    (part(id), part(secret))
}

#[test]
fn basic_credentials_are_form_encoded_before_base64() {
    for (id, secret, expected) in [
        // RFC 6749 §2.3.1.
        ("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"),
        ("a:b", "c%d+e f", "Basic YSUzQWI6YyUyNWQlMkJlK2Y="),
        ("", "", "Basic Og=="),
    ] {
        let value = basic(id, &Secret::from(secret));
        assert_eq!(value.to_str().unwrap(), expected);
        assert_eq!(decoded(&value), (id.to_owned(), secret.to_owned()));
        assert!(value.is_sensitive());
        assert_eq!(format!("{value:?}"), "Sensitive");
    }
}

proptest! {
    #![proptest_config(enough())]

    #[test]
    fn basic_credentials_come_back(id in any::<String>(), secret in any::<String>()) {
        prop_assert_eq!(decoded(&basic(&id, &Secret::from(secret.as_str()))), (id, secret));
    }
}
