//! Tokens that carry what they are, and survive nothing that is altered.

use super::*;

fn claims(kind: Kind) -> Claims {
    Claims {
        kind,
        subject: 100_001,
        scope: Scope(270_352),
        issued_at: Timestamp::from_unix(1_768_145_400),
        expires_in: Lifetime::from_hours(24),
        address: None,
        answers: None,
        answers_after: Lifetime::from_seconds(0),
        session: 0,
    }
}

const KINDS: [Kind; 4] = [Kind::Community, Kind::Service, Kind::User, Kind::VkId];

#[test]
fn a_token_says_what_was_put_into_it() {
    let bare = KINDS.map(claims);
    let full = KINDS.map(|kind| Claims {
        subject: u64::MAX,
        scope: Scope(u32::MAX),
        expires_in: Lifetime::LONGEST,
        address: Some("2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap()),
        answers: Behaviour::of_method("error:5:expired_ancient@401"),
        answers_after: Lifetime::from_minutes(1),
        session: u64::MAX,
        ..claims(kind)
    });
    for claims in bare.into_iter().chain(full) {
        let token = claims.mint().unwrap();
        assert_eq!(Claims::read(token.expose()).as_ref(), Some(&claims));
    }
}

#[test]
fn tokens_look_like_vks() {
    for _ in 0..200 {
        for (kind, prefix) in [(Kind::User, "vk1.a."), (Kind::Community, "vk1.a."), (Kind::VkId, "vk2.a.")] {
            let token = claims(kind).mint().unwrap();
            let text = token.expose().strip_prefix(prefix).unwrap();
            assert!((198..=220).contains(&token.len()), "{}", token.len());
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }
    }
    let key = claims(Kind::Service).mint().unwrap();
    assert!(key.expose().bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()));
}

#[test]
fn two_tokens_of_the_same_claims_differ() {
    let [one, two] = [claims(Kind::User).mint().unwrap(), claims(Kind::User).mint().unwrap()];
    assert_ne!(one.expose(), two.expose());
}

#[test]
fn a_changed_or_cut_token_is_not_understood() {
    let token = claims(Kind::User).mint().unwrap();
    let token = token.expose();
    for end in 0..token.len() {
        assert_eq!(Claims::read(&token[..end]), None, "cut at {end}");
    }
    let swapped = token.replacen("vk1.", "vk2.", 1);
    let longer = format!("{token}A");
    for text in
        ["", "vk1.a.", "vk1.a.!!!", "é", "vk1.a.é", "00", "abc", "ffffffffffffffffffffffffffffffff", &swapped, &longer]
    {
        assert_eq!(Claims::read(text), None, "{text}");
    }
    let mut broken = token.to_owned();
    let last = broken.pop().unwrap();
    broken.insert(20, last);
    assert_eq!(Claims::read(&broken), None);
}

#[test]
fn zero_means_without_end() {
    let endless = Claims { expires_in: Lifetime::from_seconds(0), ..claims(Kind::User) };
    assert_eq!(endless.expires_at(), None);
    assert_eq!(claims(Kind::User).expires_at(), Some(Timestamp::from_unix(1_768_145_400 + 86_400)));
}
