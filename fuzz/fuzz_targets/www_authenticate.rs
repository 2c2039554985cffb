//! The reader of `WWW-Authenticate`, on any bytes: it never panics, ends, and gives nothing that did not stand in the header.

#![no_main]

use grantkeep_oauth::challenge::{bearer_error, parse};
use http::{HeaderMap, HeaderValue, header::WWW_AUTHENTICATE};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let has = |wanted: &[u8]| wanted.is_empty() || data.windows(wanted.len()).any(|window| window == wanted);
    let unescaped: Vec<u8> = data.iter().copied().filter(|byte| *byte != b'\\').collect();
    for challenge in parse(data) {
        assert!(!challenge.scheme.is_empty() && has(challenge.scheme.as_bytes()));
        for (name, value) in &challenge.parameters {
            assert!(!name.is_empty() && has(name.as_bytes()));
            let value = value.replace('\\', "");
            let is_whole = unescaped.windows(value.len().max(1)).any(|window| window == value.as_bytes());
            assert!(value.is_empty() || value.contains('\u{fffd}') || is_whole);
        }
    }
    // Each line is a header of its own.
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        headers.extend(HeaderValue::from_bytes(line).map(|value| (WWW_AUTHENTICATE, value)));
    }
    let lower = data.to_ascii_lowercase();
    let says = |word: &[u8]| lower.windows(word.len()).any(|window| window == word);
    assert!(bearer_error(&headers).is_none() || says(b"bearer") && says(b"error"));
});
