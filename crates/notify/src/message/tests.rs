//! Messages that the tests of all channels send, and what a request carries.

use grantkeep_core::{Account, Lifetime, Outgoing, Payload, Provider, Secret, Timestamp};
use serde_json::Value;

use super::*;

/// 2026-01-11T15:30:00Z.
pub(crate) const AT: Timestamp = Timestamp::from_unix(1_768_145_400);

pub(crate) const LINK: &str = "https://keep.example.org/connect/t1cket";

pub(crate) const HOSTILE: [&str; 4] =
    ["a*_[]()`~b", "<b onload=x>&\"'", "\u{202e}\u{2066}turned\u{200b}", "https://evil.example/renew"];

pub(crate) fn news(kind: Kind, account: &str, left: Option<u64>, link: bool) -> News {
    News {
        kind,
        provider: Provider::Vk,
        account: Account::new(account).unwrap(),
        server: None,
        expires_at: left.map(|left| AT.after(Lifetime::from_seconds(left))),
        link: link.then(|| Secret::from(LINK)),
    }
}

pub(crate) fn message(about: About) -> Message {
    Message { id: MessageId::new("n_42-a").unwrap(), at: AT, about }
}

/// Two hours left, with a link.
pub(crate) fn expiring(account: &str) -> Message {
    message(About::Credential(news(Kind::Expiring, account, Some(7200), true)))
}

pub(crate) fn digest() -> Message {
    let all = [Kind::Recovered, Kind::Expiring, Kind::Dead].map(|kind| news(kind, kind.as_str(), Some(7200), true));
    message(About::Digest(all.into()))
}

/// The JSON in a request.
pub(crate) fn body_of(request: Outgoing) -> Value {
    let Some(Payload::Json(body)) = request.body else { panic!("no JSON") };
    serde_json::from_str(body.expose()).unwrap()
}

#[test]
fn ids_can_be_part_of_anything() {
    let long = "a".repeat(64);
    for id in ["a", "01J-x_Y", &long] {
        assert_eq!(MessageId::new(id).unwrap().as_str(), id);
    }
    let longer = "a".repeat(65);
    for id in ["", "a.b", "a b", "a\r\n", "é", "a/b", &longer] {
        assert_eq!(MessageId::new(id), None, "{id:?}");
    }
}

#[test]
fn a_delayed_message_does_not_promise_time_that_is_over() {
    let soon = news(Kind::Expiring, "a", Some(7200), false);
    for (later, kind) in [(0, Kind::Expiring), (7199, Kind::Expiring), (7200, Kind::Expired), (9000, Kind::Expired)] {
        assert_eq!(soon.kind_at(AT.after(Lifetime::from_seconds(later))), kind, "{later}");
    }
    let worked = news(Kind::Recovered, "a", Some(60), false);
    assert_eq!(worked.kind_at(AT.after(Lifetime::from_hours(1))), Kind::Recovered);
}

#[test]
fn no_link_shows_itself() {
    assert!(!format!("{:?}", expiring("a")).contains("t1cket"));
}
