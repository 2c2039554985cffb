//! What is asked, what servers answer, and how often we ask again.

use grantkeep_core::Payload;

use super::*;
use crate::{Method, sample};

fn describe(answer: &Answer) -> String {
    let answer = match read(answer) {
        Ok(answer) => answer,
        Err(DeviceFault::Strange(Strange::Missing(name))) => return format!("no {name}"),
        Err(fault) => return fault.cause().into_owned(),
    };
    let complete = answer.verification_uri_complete.map_or(String::new(), |url| format!(" ({url})"));
    let (device, user, address) = (answer.device_code.expose(), &answer.user_code, &answer.verification_uri);
    let (interval, lifetime) = (answer.interval.seconds(), answer.lifetime.seconds());
    format!("{device} {user} {address}{complete} {interval}s {lifetime}s")
}

#[test]
#[rustfmt::skip]
fn reads_what_servers_answer() {
    sample::check("device", &[
        ("rfc8628-3.2", "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS WDJB-MJHT https://example.com/device (https://example.com/device?user_code=WDJB-MJHT) 5s 1800s"),
        ("github", "3584d83530557fdd1f46af8289938c8ef79f9dc5 WDJB-MJHT https://github.com/login/device 5s 900s"),
        ("github-form", "3584d8 WDJB-MJHT https://github.com/login/device 5s 900s"),
        ("google", "4/4-GMMhmH GQVQ-JKEC https://www.google.com/device 5s 1800s"),
        ("minimal", "d u http://127.0.0.1:8002/device 5s 600s"),
        ("interval_0", "d u https://a.example/ 1s 600s"),
        ("interval_huge", "d u https://a.example/ 300s 86400s"),
        ("plain_http", "no verification_uri"),
        ("script_address", "no verification_uri"),
        ("bad_complete", "d u https://a.example/ 5s 600s"),
        ("code_with_escape", "no user_code"),
        ("code_long", "no user_code"),
        ("no_device_code", "no device_code"),
        ("unsupported", "unauthorized_client"),
        ("not_there", "html"),
    ], describe);
}

#[test]
fn the_device_code_stands_in_the_body() {
    let endpoint = Endpoint::from_outside("https://id.example/device").unwrap();
    let client = Client { id: "i", secret: None, method: Method::None };
    let code = Secret::from("d");
    let form = |outgoing: &Outgoing| match &outgoing.body {
        Some(Payload::Form(form)) => form.expose().to_owned(),
        _ => panic!("no form"),
    };
    let asked = request(&endpoint, &client, Some("read write"));
    assert_eq!((form(&asked).as_str(), asked.purpose), ("scope=read+write&client_id=i", Purpose::Check));
    let polled = poll(&endpoint, &client, &code);
    let expected = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d&client_id=i";
    assert_eq!((form(&polled).as_str(), polled.purpose), (expected, Purpose::Token));
    assert_eq!(polled.url.query(), None);
}

#[test]
fn a_poll_ends_with_everything_but_pending_and_slow_down() {
    for (status, body, expected) in [
        (400, r#"{"error":"authorization_pending"}"#, "pending"),
        (200, r#"{"error":"authorization_pending","interval":5}"#, "pending"),
        (428, r#"{"error":"authorization_pending"}"#, "pending"),
        (400, r#"{"error":"slow_down"}"#, "slow_down"),
        (429, r#"{"error":"slow_down"}"#, "slow_down"),
        (400, r#"{"error":"access_denied"}"#, "denied"),
        (403, r#"{"error":"access_denied"}"#, "denied"),
        (400, r#"{"error":"expired_token"}"#, "expired"),
        (400, r#"{"error":"invalid_grant"}"#, "failed invalid_grant"),
        (400, r#"{"error":"of_their_own"}"#, "failed refused_400"),
        (502, "<html>", "failed http_502"),
        (200, r#"{"access_token":"a","token_type":"bearer"}"#, "granted a"),
        (200, r#"{"access_token":"a","token_type":"mac"}"#, "failed token_type_unsupported"),
    ] {
        let polled = read_poll(&sample::answer(status, "application/json", body.as_bytes()));
        let said = match polled {
            Polled::Denied => "denied".into(),
            Polled::Expired => "expired".into(),
            Polled::Failed(fault) => format!("failed {}", fault.cause()),
            Polled::Granted(answer) => format!("granted {}", answer.access_token.expose()),
            Polled::Pending => "pending".into(),
            Polled::SlowDown => "slow_down".into(),
        };
        assert_eq!(said, expected, "{status} {body}");
    }
}

#[test]
fn slow_down_is_for_good_and_a_lost_answer_doubles() {
    let lost = || Polled::Failed(TokenFault::ServerTrouble(502));
    let mut pace = Pace::new(Lifetime::from_seconds(5));
    let mut waits = vec![pace.wait().seconds()];
    for polled in [
        Polled::Pending,
        Polled::SlowDown,
        Polled::Pending,
        Polled::SlowDown,
        lost(),
        lost(),
        Polled::Pending,
        lost(),
        Polled::SlowDown,
    ] {
        pace.after(&polled);
        waits.push(pace.wait().seconds());
    }
    assert_eq!(waits, [5, 5, 10, 10, 15, 30, 60, 15, 30, 20]);
    for _ in 0..1000 {
        pace.back_off();
        pace.slow_down();
        pace.back_off();
    }
    assert_eq!(pace.wait(), Pace::LONGEST);
    for (asked, wait) in [(0, 1), (1, 1), (7, 7), (u64::MAX, 300)] {
        assert_eq!(Pace::new(Lifetime::from_seconds(asked)).wait().seconds(), wait);
    }
}
