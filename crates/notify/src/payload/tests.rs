//! The JSON that programs read, for plain messages and hostile names.

use serde_json::{Value, json};

use super::*;
use crate::{
    About, Kind,
    message::tests::{AT, HOSTILE, LINK, digest, expiring, message, news},
};

fn read(message: &Message) -> Value {
    serde_json::from_str(json(message, AT).expose()).unwrap()
}

#[test]
fn one_credential_is_a_list_of_one() {
    let mut event = read(&expiring("masha"));
    let text = event["data"]["text"].take();
    assert!(text.as_str().unwrap().contains(LINK), "{text}");
    let expected = json!({
        "type": "credential.expiring",
        "timestamp": "2026-01-11T15:30:00Z",
        "data": {
            "id": "n_42-a",
            "title": "vk: the token of masha expires in 2h",
            "text": null,
            "credentials": [{
                "kind": "expiring",
                "provider": "vk",
                "account": "masha",
                "server": null,
                "expires_at": "2026-01-11T17:30:00Z",
                "link": LINK,
            }],
        },
    });
    assert_eq!(event, expected);
}

#[test]
fn a_digest_lists_all() {
    let event = read(&digest());
    assert_eq!(event["type"], "credential.digest");
    let kinds: Vec<&Value> = event["data"]["credentials"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["recovered", "expiring", "dead"]);
}

/// Whoever was not there when a token ended tells it late, and not as if it had ended then.
#[test]
fn what_has_ended_says_when() {
    let mut one = news(Kind::Expired, "masha", None, false);
    one.expires_at = Some(Timestamp::from_unix(AT.unix() - 7200));
    let event = read(&message(About::Credential(one)));
    assert_eq!(event["data"]["credentials"][0]["expires_at"], "2026-01-11T13:30:00Z");
    assert_eq!(event["timestamp"], "2026-01-11T15:30:00Z");
}

#[test]
fn names_are_data() {
    for name in HOSTILE {
        let mut one = news(Kind::Dead, name, None, false);
        one.server = Some("a\r\n\"b\u{202e}".to_owned());
        let event = read(&message(About::Credential(one)));
        let credential = &event["data"]["credentials"][0];
        assert_eq!((credential["account"].as_str(), credential["server"].as_str()), (Some(name), Some("a \"b")));
        let title = event["data"]["title"].as_str().unwrap();
        assert!(!title.contains(['\r', '\n', '\u{202e}']) && !title.contains("://"), "{title}");
    }
}
