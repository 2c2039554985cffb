//! Requests of the bot, what may stand in them, and what the Bot API answers.

use grantkeep_core::Lifetime;
use http::HeaderMap;

use super::*;
use crate::message::tests::{AT, HOSTILE, LINK, body_of, expiring};

const TOKEN: &str = "123456:AA-s3cret_s3cret";

fn telegram(chat: &str) -> Result<Telegram, ChannelFault> {
    Telegram::new(None, Secret::from(TOKEN), chat)
}

#[test]
fn the_bot_says_it_as_plain_text_without_a_preview() {
    let request = telegram("-1001234").unwrap().request(&expiring("masha"), AT);
    assert_eq!(request.url.as_str(), format!("https://api.telegram.org/bot{TOKEN}/sendMessage"));
    let body = body_of(request);
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("vk: the token of masha expires in 2h\n\n") && text.contains(LINK), "{text}");
    assert_eq!((&body["chat_id"], &body["link_preview_options"]), (&json!(-1001234), &json!({ "is_disabled": true })));
    assert_eq!((body.get("parse_mode"), body.get("entities")), (None, None));
}

#[test]
fn markup_in_names_stays_text() {
    for name in HOSTILE {
        let body = body_of(telegram("@me").unwrap().request(&expiring(name), AT));
        let text = body["text"].as_str().unwrap();
        assert_eq!((body.get("parse_mode"), text.matches("https://").count()), (None, 1), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{200b}']), "{text}");
    }
}

#[test]
fn a_chat_is_a_number_or_a_name() {
    for (chat, good) in [
        ("1", true),
        ("-100123", true),
        ("@channel_1", true),
        ("", false),
        ("@", false),
        ("channel", false),
        ("@a/b", false),
        ("1.5", false),
    ] {
        assert_eq!(telegram(chat).is_ok(), good, "{chat}");
    }
}

#[test]
fn a_token_cannot_change_the_path() {
    for token in ["", "1", "1:", ":a", "1:a/../b", "1:a?b", "1:a#b", "a:b", "1:a b", "1:a\n", "1:a%2f"] {
        let found = Telegram::new(None, Secret::from(token), "1").err();
        assert_eq!(found, Some(ChannelFault::Token), "{token}");
    }
}

#[test]
fn what_telegram_says_is_not_what_a_proxy_says() {
    let later = |after: Option<u64>, word| Delivery::Later { after: after.map(Lifetime::from_seconds), word };
    for (status, body, expected) in [
        (200, r#"{"ok":true,"result":{"message_id":1}}"#, Delivery::Delivered),
        (200, "<html>", later(None, "unexpected_answer")),
        (200, r#"{"ok":false}"#, later(None, "unexpected_answer")),
        (400, r#"{"ok":false,"error_code":400,"description":"chat not found"}"#, Delivery::Refused("bad_request")),
        (401, r#"{"ok":false,"error_code":401}"#, Delivery::Refused("unauthorized")),
        (403, r#"{"ok":false,"error_code":403}"#, Delivery::Refused("forbidden")),
        (403, "<html>blocked", later(None, "unexpected_answer")),
        (404, r#"{"ok":false,"error_code":404}"#, Delivery::Refused("not_found")),
        (429, r#"{"ok":false,"error_code":429,"parameters":{"retry_after":35}}"#, later(Some(35), "throttled")),
        (429, r#"{"ok":false}"#, later(None, "throttled")),
        (502, "<html>", later(None, "server_error")),
    ] {
        let answer = Answer { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec().into() };
        assert_eq!(Telegram::read(Ok(answer)), expected, "{status} {body}");
    }
}

#[test]
fn the_token_does_not_show_itself() {
    assert!(!format!("{:?}", telegram("1").unwrap()).contains("s3cret"));
}
