//! The reader of a server's metadata, on any bytes: it never panics, and believes nothing of another issuer and no endpoint that a
//! secret must not be sent to.

#![no_main]

use grantkeep_core::Answer;
use grantkeep_oauth::{Endpoint, Issuer, Tolerance, metadata};
use libfuzzer_sys::fuzz_target;

const ISSUER: &str = "https://id.example";

fuzz_target!(|data: &[u8]| {
    // The seeds have a line with a status and a content type before the body.
    let body = data.iter().position(|byte| *byte == b'\n').map_or(data, |end| &data[end + 1..]);
    let Ok(issuer) = Issuer::new(ISSUER) else { return };
    for tolerance in [Tolerance::Exact, Tolerance::TrailingSlash] {
        let answer = Answer { status: 200, headers: Default::default(), body: body.to_vec().into() };
        let Ok(found) = metadata::read(&answer, &issuer, tolerance) else { continue };
        let is_lenient = tolerance == Tolerance::TrailingSlash;
        assert!(found.issuer == ISSUER || is_lenient && found.issuer == format!("{ISSUER}/"));
        let endpoints = [
            found.authorization_endpoint.as_ref(),
            Some(&found.token_endpoint),
            found.device_authorization_endpoint.as_ref(),
            found.registration_endpoint.as_ref(),
            found.revocation_endpoint.as_ref(),
            found.userinfo_endpoint.as_ref(),
        ];
        assert!(endpoints.into_iter().flatten().all(is_secure));
        assert!(found.elsewhere().len() <= 6);
        assert!(
            found.scopes_supported.iter().flatten().all(|scope| scope.bytes().all(|byte| matches!(byte, b' '..=b'~')))
        );
    }
    if let Some(issuer) = std::str::from_utf8(data).ok().and_then(|text| Issuer::new(text).ok()) {
        for address in metadata::addresses(issuer.url()) {
            assert!(address.origin() == issuer.url().origin() && address.path().contains("/.well-known/"));
        }
    }
});

fn is_secure(endpoint: &Endpoint) -> bool {
    let url = endpoint.url();
    let host = url.host_str().unwrap_or_default();
    let is_loopback = host == "[::1]" || host.starts_with("127.");
    (url.scheme() == "https" || url.scheme() == "http" && is_loopback)
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !host.is_empty()
}
