//! What may be an endpoint.

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn refuses_an_endpoint_with_a_fragment() {
    for text in ["https://id.example/authorize#x", "https://id.example/authorize?a=b#", "https://id.example/#"] {
        assert_eq!(Endpoint::new(url(text)), Err(EndpointFault::Fragment), "{text}");
    }
}

#[test]
fn an_endpoint_stands_under_its_base() {
    for (base, expected) in [
        ("https://id.example", "https://id.example/authorize"),
        ("https://id.example/", "https://id.example/authorize"),
        ("http://127.0.0.1:8001/vk/", "http://127.0.0.1:8001/vk/authorize"),
        ("https://id.example/a?b=c#d", "https://id.example/a/authorize"),
    ] {
        assert_eq!(Endpoint::under(&url(base), "authorize").url().as_str(), expected, "{base}");
    }
}

#[test]
fn an_endpoint_from_outside_is_safe_to_send_a_secret_to() {
    use EndpointFault::{Fragment, Insecure, NotUrl, UserInfo};
    for (text, fault) in [
        ("https://id.example/token", None),
        ("https://id.example:8443/token?tenant=a", None),
        ("HTTPS://ID.example/token", None),
        ("http://127.0.0.1:8002/token", None),
        ("http://127.1/token", None),
        ("http://[::1]:8002/token", None),
        ("http://id.example/token", Some(Insecure)),
        ("http://localhost:8002/token", Some(Insecure)),
        ("http://127.0.0.1.evil.example/", Some(Insecure)),
        ("http://10.0.0.1/token", Some(Insecure)),
        ("http://[::ffff:127.0.0.1]/token", Some(Insecure)),
        ("http://0.0.0.0/token", Some(Insecure)),
        ("ftp://127.0.0.1/token", Some(Insecure)),
        ("https://me@id.example/", Some(UserInfo)),
        ("https://id.example:x@evil.example/", Some(UserInfo)),
        ("https://:x@evil.example/", Some(UserInfo)),
        ("https://id.example/#", Some(Fragment)),
        ("javascript:alert(1)", Some(NotUrl)),
        ("data:text/html,x", Some(NotUrl)),
        ("/token", Some(NotUrl)),
        ("//id.example/token", Some(NotUrl)),
        ("https://", Some(NotUrl)),
        ("id.example/token", Some(NotUrl)),
        ("", Some(NotUrl)),
    ] {
        assert_eq!(Endpoint::from_outside(text).err(), fault, "{text}");
    }
}
