//! The words, one line for each case, and what names cannot do to them.

use grantkeep_core::{Lifetime, Provider};

use super::*;
use crate::message::tests::{AT, HOSTILE, LINK, message, news};

fn read(about: About, now: Timestamp) -> (String, String) {
    let text = Text::english(&message(about), now);
    (text.title, text.body.expose().to_owned())
}

#[test]
fn it_says_what_happened_and_what_to_do() {
    let link = format!("\n\nRenew it here:\n{LINK}\n\nThe link works once, and for this account only.");
    let sign_in = "\n\nTo renew it, sign in again with Grantkeep, for example by: grantkeep login vk --account masha";
    #[rustfmt::skip]
    let rows = [
        (Kind::Expiring,  Some(5400), true,  "expires in 1h 30m", format!(", at 2026-01-11 17:00 UTC.{link}")),
        (Kind::Expiring,  Some(5400), false, "expires in 1h 30m", format!(", at 2026-01-11 17:00 UTC.{sign_in}")),
        (Kind::Expiring,  Some(0),    true,  "has expired",       format!(".{link}")),
        (Kind::Expiring,  None,       true,  "expires soon",      format!(".{link}")),
        (Kind::Expired,   None,       true,  "has expired",       format!(".{link}")),
        (Kind::Dead,      Some(5400), true,  "no longer works",   format!(".{link}")),
        (Kind::Dead,      None,       false, "no longer works",   format!(".{sign_in}")),
        (Kind::Recovered, Some(5400), true,  "works again",       ". There is nothing to do.".to_owned()),
    ];
    for (kind, left, has_link, fate, rest) in rows {
        let (title, body) = read(About::Credential(news(kind, "masha", left, has_link)), AT);
        assert_eq!(title, format!("vk: the token of masha {fate}"));
        assert_eq!(body, format!("The vk token of masha {fate}{rest}"));
    }
}

#[test]
fn a_test_is_about_no_token() {
    let (title, body) = read(About::Test, AT);
    assert_eq!(title, "Grantkeep can reach you here");
    assert!(body.starts_with("This is a test."));
}

#[test]
fn the_time_left_is_counted_when_it_is_sent() {
    let about = || About::Credential(news(Kind::Expiring, "masha", Some(7200), false));
    for (minutes, fate) in [(0, "expires in 2h"), (75, "expires in 0h 45m"), (120, "has expired")] {
        let (title, _) = read(about(), AT.after(Lifetime::from_minutes(minutes)));
        assert_eq!(title, format!("vk: the token of masha {fate}"));
    }
}

#[test]
fn a_server_is_named_where_the_account_does_not_tell() {
    let mut one = news(Kind::Dead, "masha", None, false);
    one.provider = Provider::Mastodon;
    one.server = Some("social.example\r\nx".to_owned());
    let (title, body) = read(About::Credential(one), AT);
    assert_eq!(title, "mastodon (social.example x): the token of masha no longer works");
    assert!(body.ends_with("grantkeep login mastodon --account masha"), "{body}");
    for name in ["a b", "$(reboot)", "-x", "a;b", "\u{1f600}", "'"] {
        let (_, body) = read(About::Credential(news(Kind::Dead, name, None, false)), AT);
        assert!(body.ends_with("grantkeep login vk --account THE_SAME_NAME"), "{body}");
    }
}

#[test]
fn a_digest_counts_who_needs_a_person() {
    let digest =
        |kinds: &[Kind]| About::Digest(kinds.iter().map(|kind| news(*kind, kind.as_str(), Some(7200), true)).collect());
    for (kinds, title) in [
        (&[Kind::Dead, Kind::Expiring, Kind::Recovered][..], "2 tokens need you"),
        (&[Kind::Dead, Kind::Recovered], "1 token needs you"),
        (&[Kind::Recovered, Kind::Recovered], "2 tokens work again"),
        (&[Kind::Recovered], "1 token works again"),
    ] {
        assert_eq!(read(digest(kinds), AT).0, title);
    }
    let (_, body) = read(digest(&[Kind::Recovered, Kind::Expiring]), AT);
    let lines = format!("1 token needs you.\n\n- vk: recovered works again\n- vk: expiring expires in 2h\n  {LINK}");
    assert_eq!(body, lines);
}

#[test]
fn a_digest_of_many_is_cut_and_says_so() {
    let all = (0..1000).map(|number| news(Kind::Dead, &format!("{number}{}", "я".repeat(100)), None, true)).collect();
    let (title, body) = read(About::Digest(all), AT);
    assert_eq!(title, "1000 tokens need you");
    assert!(body.len() < 4000, "{}", body.len());
    let shown = body.matches("\n- vk: ").count();
    assert!(shown > 10 && body.ends_with(&format!("\n- and {} more", 1000 - shown)), "{body}");
}

#[test]
fn a_name_cannot_write_a_line_turn_the_text_or_offer_a_link() {
    for name in HOSTILE {
        let (title, body) = read(About::Credential(news(Kind::Dead, name, None, true)), AT);
        assert!(!title.contains(|c: char| c.is_control() || ('\u{2000}'..'\u{2070}').contains(&c)), "{title:?}");
        assert_eq!((body.lines().count(), body.matches("://").count()), (6, 1), "{body:?}");
    }
}
