//! Holds what people are told about renewal, and the exit code of each error of the API.

use serde_json::json;

use super::*;

fn credential(state: &str, left: &Value, renew_at: &Value) -> Value {
    let expiry = if left.is_null() { Value::Null } else { "2026-01-10T16:30:00Z".into() };
    json!({
        "provider": "acme", "account_name": "anna", "state": state, "expiry": expiry, "time_until_expiry": left,
        "expiry_known": true, "renews": renew_at.is_string(), "renew_at": renew_at,
    })
}

#[test]
fn the_table_says_who_acts_next_and_when() {
    let at = || json!("2026-01-10T16:20:00Z");
    for (state, left, renew_at, expected) in [
        ("valid", json!("0h 48m"), at(), ["0h 48m", "renews itself"]),
        ("refreshing", json!("expired"), at(), ["expired", "renews itself"]),
        ("ambiguous", json!("0h 48m"), at(), ["0h 48m", "-"]),
        ("valid", json!("0h 48m"), Value::Null, ["0h 48m", "-"]),
        ("valid", Value::Null, Value::Null, ["never ends", "-"]),
    ] {
        let credential = credential(state, &left, &renew_at);
        assert_eq!([time_left(&credential), needs_you(&credential)], expected, "{state}");
    }
    let ends = "2026-01-10T16:30:00Z";
    for (why, at, seconds, expected) in [
        ("now", "2026-01-09T00:00:00Z", 86_400, "now"),
        ("ends", ends, 0, "now"),
        ("ends", ends, 3599, "in 59m"),
        ("ends", ends, 86_399, "in 23h"),
        ("renewal_refused", ends, 172_799, "in 47h"),
        ("ends", ends, 172_800, "in 2d"),
        ("ends", "2026-01-10T16:29:59Z", 60, "2026-01-10 16:29"),
    ] {
        let mut credential = credential("valid", &json!("1h 0m"), &Value::Null);
        credential["needs_person_at"] = at.into();
        credential["needs_person_why"] = why.into();
        credential["time_until_expiry_seconds"] = seconds.into();
        assert_eq!(needs_you(&credential), expected, "{why} {seconds}");
    }
    assert_eq!(minute("-"), "-");
    // What a server of an older version does not tell.
    assert_eq!(time_left(&json!({"expiry": "2026-01-10T16:30:00Z", "time_until_expiry": "0h 48m"})), "0h 48m");
    assert_eq!(time_left(&json!({"expiry": null, "expiry_known": false})), "not stated");
}

#[test]
fn a_renewed_token_says_until_when_it_lives() {
    let renewed = |left| renewed(&credential("valid", &left, &Value::Null));
    assert_eq!(renewed(json!("1h 0m")), "acme/anna is renewed; the token lives until 2026-01-10T16:30:00Z, for 1h 0m");
    assert_eq!(renewed(Value::Null), "acme/anna is renewed; the token never ends");
}

#[test]
fn whoever_waits_is_told_what_for() {
    for (state, expected) in [
        ("ambiguous", "login, or wait: it is tried once more at the end"),
        ("refreshing", "wait: it is being renewed"),
        ("unknown", "wait: it is asked again"),
    ] {
        assert_eq!(next_step(state, "wait"), expected);
    }
    assert_eq!(next_step("ambiguous", "login"), "login");
}

#[test]
fn every_end_of_a_renewal_has_its_exit_code() {
    for (status, error_type, code) in [
        (409, "cannot_renew", 3),
        (409, "expired", 3),
        (409, "ambiguous", 4),
        (409, "refreshing", 4),
        (409, "conflict", 1),
        (502, "renewal_refused", 3),
        (502, "client_refused", 2),
        (502, "provider_refused", 1),
        (503, "provider_unavailable", 4),
        (504, "wait_over", 4),
    ] {
        let body = json!({"detail": {"error": "a", "message": "b", "solution": "c", "error_type": error_type}});
        let fault = api_fault(StatusCode::from_u16(status).unwrap(), body.to_string().as_bytes());
        assert_eq!(fault.code(), code, "{status} {error_type}");
    }
    assert_eq!(server_too_slow().code(), 4);
}

#[test]
fn what_a_server_elsewhere_says_does_not_steer_the_terminal() {
    let answer =
        json!({"message": "VK token\u{1b}[2J saved", "account_name": "a\u{9b}31m", "credential_id": "\u{9b}7"});
    assert_eq!(saved("vk", &answer), "VK token\u{fffd}[2J saved\nkept as vk/a\u{fffd}31m (credential 0)");
}
