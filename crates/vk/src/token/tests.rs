//! Kinds, usual lifetimes and default names of tokens.

use grantkeep_core::redirect::Text;

use super::*;

#[test]
fn a_kind_is_told_by_the_parameter_and_the_prefix() {
    for (token, community, kind) in [
        ("vk1.a.x", None, TokenKind::VkUnknown),
        ("vk1.a.x", Some(7), TokenKind::VkCommunity),
        ("vk2.a.x", None, TokenKind::VkId),
        ("vk2.a.x", Some(7), TokenKind::VkCommunity),
        ("VK2.a.x", None, TokenKind::VkUnknown),
        ("a.vk2.x", None, TokenKind::VkUnknown),
        ("0123abcd", None, TokenKind::VkUnknown),
        ("", None, TokenKind::VkUnknown),
    ] {
        let intake = Intake { token: Text::Borrowed(token), community, lifetime: None, user_id: None, state: None };
        assert_eq!(kind_of(&intake), kind, "{token} {community:?}");
    }
}

#[test]
fn a_lifetime_that_nobody_stated_is_the_usual_one() {
    let now = Timestamp::from_unix(1_000);
    let hours = |hours: i64| Expiry::Assumed(Timestamp::from_unix(1_000 + 3_600 * hours));
    for (kind, expiry) in [
        (TokenKind::VkCommunity, Expiry::Never),
        (TokenKind::VkId, hours(1)),
        (TokenKind::VkService, Expiry::Never),
        (TokenKind::VkUnknown, hours(24)),
        (TokenKind::VkUser, hours(24)),
    ] {
        assert_eq!(usual_expiry(kind, now), expiry, "{kind:?}");
    }
}

#[test]
fn a_user_s_id_is_a_number_that_can_be_kept() {
    for (text, id) in [
        ("1", Some(1)),
        ("1234567890", Some(1_234_567_890)),
        ("9223372036854775807", Some(Subject::LARGEST)),
        ("9223372036854775808", None),
        ("18446744073709551616", None),
        ("0", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("me", None),
        ("", None),
    ] {
        assert_eq!(user_id(text), id, "{text:?}");
    }
}

#[test]
fn an_account_is_named_after_whom_it_speaks_for() {
    for (subject, name) in [
        (Some(Subject::User(123_456)), "vk_123456"),
        (Some(Subject::User(u64::MAX)), "vk_18446744073709551615"),
        (Some(Subject::Community(77)), "vk_club77"),
        (Some(Subject::Application), "vk_app"),
        (None, "vk_unverified"),
    ] {
        assert_eq!(default_account(subject.as_ref()).as_str(), name);
    }
}
