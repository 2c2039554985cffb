//! The readers of answers, on any bytes behind a line with a status and a content type: they never panic, give no token that did
//! not stand in the answer, and speak our own words only. An error is never a success.

#![no_main]

use grantkeep_core::{Answer, Lifetime, Secret};
use grantkeep_oauth::answer::Fault;
use grantkeep_oauth::token::{self, Stated, TokenAnswer};
use grantkeep_oauth::{device, registration, revocation, userinfo};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(answer) = answer(data) else { return };
    for result in [token::read(&answer), token::read_untyped(&answer)] {
        match result {
            Ok(tokens) => check_tokens(&answer, &tokens),
            Err(fault) => check_fault(&fault),
        }
    }
    if let Ok(codes) = device::read(&answer) {
        assert!(matches!(codes.verification_uri.scheme(), "https" | "http") && !codes.user_code.is_empty());
        assert!((1..=300).contains(&codes.interval.seconds()) && codes.lifetime <= Lifetime::from_hours(24));
    }
    device::Pace::new(Lifetime::from_seconds(5)).after(&device::read_poll(&answer));
    for fault in [registration::read(&answer).err(), revocation::read(&answer).err(), userinfo::read(&answer).err()] {
        fault.iter().for_each(check_fault);
    }
});

/// As in `crates/oauth/answers`: a line with the status and the content type, then the body.
fn answer(data: &[u8]) -> Option<Answer> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&data[..end]).ok()?;
    let (status, content_type) = line.split_once(' ').unwrap_or((line, ""));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).ok()?);
    Some(Answer { status: status.parse().ok()?, headers, body: data[end + 1..].to_vec().into() })
}

fn is_visible(token: &Secret) -> bool {
    !token.is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic())
}

fn check_tokens(answer: &Answer, tokens: &TokenAnswer) {
    assert!((200..300).contains(&answer.status));
    assert!(is_visible(&tokens.access_token) && tokens.access_token.len() <= token::LONGEST);
    assert!(tokens.refresh_token.as_ref().is_none_or(|token| token.len() <= token::LONGEST_REFRESH_TOKEN));
    assert!(!matches!(tokens.lifetime, Stated::For(lifetime) if lifetime > Lifetime::LONGEST));
    let token = tokens.access_token.expose();
    let body = String::from_utf8_lossy(&answer.body);
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(body.trim_start_matches('\u{feff}').trim()).unwrap_or_default();
    let in_json = object.values().any(|value| value.as_str() == Some(token));
    let in_form = form_urlencoded::parse(answer.body.trim_ascii()).any(|(_, value)| value == token);
    // A number that is too large for the other reader, or nesting that is too deep for it, hides the object from it.
    assert!(in_json || in_form || object.is_empty() && body.contains(token), "it was not there");
}

fn check_fault(fault: &Fault) {
    let cause = fault.cause();
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    assert!(!cause.is_empty() && cause.len() < 40 && cause.bytes().all(word));
}
