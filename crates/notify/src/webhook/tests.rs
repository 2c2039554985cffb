//! Signatures against the published vector, the headers of each try, and the outcomes.

use grantkeep_core::{Lifetime, Payload};
use http::{HeaderMap, header};

use super::*;
use crate::message::tests::{AT, expiring};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn secret(text: &str) -> SigningSecret {
    SigningSecret::new(&Secret::from(text)).unwrap()
}

fn webhook(old: Option<&str>) -> Webhook {
    Webhook::new("https://app.example.org/hook?key=s3cret".parse().unwrap(), secret(SECRET), old.map(secret)).unwrap()
}

/// The vector that the reference libraries of Standard Webhooks test their `sign` with.
#[test]
fn signs_as_the_reference_libraries_do() {
    let signature = secret(SECRET).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn secrets_are_whsec_and_24_to_64_bytes() {
    let of = |length| format!("whsec_{}", BASE64_STANDARD.encode(vec![7; length]));
    for (text, good) in [
        (of(24), true),
        (of(32), true),
        (of(64), true),
        (of(23), false),
        (of(65), false),
        (of(32).replace("whsec_", ""), false),
        (of(32).replace("whsec_", "whpk_"), false),
        ("whsec_".to_owned(), false),
        (format!("{}!", of(32)), false),
        (format!("{}\n", of(32)), false),
    ] {
        assert_eq!(SigningSecret::new(&Secret::from(text.clone())).err().is_none(), good, "{text}");
    }
}

#[test]
fn every_try_is_signed_for_its_own_time_by_every_active_secret() {
    let message = expiring("masha");
    for (now, old) in [(AT, None), (AT.after(Lifetime::from_hours(3)), Some(OLD))] {
        let request = webhook(old).request(&message, now);
        let Some(Payload::Json(body)) = request.body else { panic!("no JSON") };
        let headers = HeaderMap::from_iter(request.headers);
        assert_eq!(headers["webhook-id"], "n_42-a");
        let timestamp = now.unix().to_string();
        assert_eq!(headers["webhook-timestamp"], timestamp);
        let signed = |text| secret(text).sign("n_42-a", &timestamp, body.expose());
        let expected: Vec<String> = [Some(SECRET), old].into_iter().flatten().map(signed).collect();
        assert_eq!(headers["webhook-signature"], expected.join(" "));
    }
}

#[test]
fn a_signature_holds_for_one_id_time_and_body() {
    let sign = |id, time, body| secret(SECRET).sign(id, time, body);
    let genuine = sign("a", "1", "{}");
    for other in [sign("b", "1", "{}"), sign("a", "2", "{}"), sign("a", "1", "{ }"), secret(OLD).sign("a", "1", "{}")] {
        assert_ne!(other, genuine);
    }
}

#[test]
fn only_success_and_gone_end_the_tries() {
    let answer = |status, retry_after: Option<&'static str>| {
        let headers = retry_after.map(|value| (header::RETRY_AFTER, HeaderValue::from_static(value)));
        Ok(Answer { status, headers: headers.into_iter().collect(), body: b"<script>".to_vec().into() })
    };
    let later = |after: Option<u64>, word| Delivery::Later { after: after.map(Lifetime::from_seconds), word };
    for (answer, expected) in [
        (answer(200, None), Delivery::Delivered),
        (answer(202, None), Delivery::Delivered),
        (answer(301, None), later(None, "redirected")),
        (answer(400, None), later(None, "bad_request")),
        (answer(401, None), later(None, "unauthorized")),
        (answer(404, Some("9")), later(Some(9), "not_found")),
        (answer(410, None), Delivery::Gone),
        (answer(429, Some("120")), later(Some(120), "throttled")),
        (answer(500, None), later(None, "server_error")),
        (Err(NoAnswer::Broken), later(None, "broken")),
        (Err(NoAnswer::Forbidden), Delivery::Refused("address_not_allowed")),
    ] {
        let shown = format!("{answer:?}");
        assert_eq!(Webhook::read(answer), expected, "{shown}");
    }
}

#[test]
fn nothing_secret_shows_itself() {
    let shown = format!("{:?}", webhook(Some(OLD)));
    for hidden in ["s3cret", "MfKQ", "AAEC"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
