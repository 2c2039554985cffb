//! The shape of a state, and its digest.

use super::*;

#[test]
fn a_state_is_43_unreserved_characters_and_never_shown() {
    for byte in 0..=u8::MAX {
        let state = State::from_random([byte; 32]);
        let text = state.secret().expose();
        assert_eq!(text.len(), 43);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(state.digest(), digest(text));
        assert!(!format!("{state:?}").contains(text));
    }
}

#[test]
fn the_digest_is_sha_256() {
    let empty = [
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
        0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ];
    assert_eq!(digest(""), Digest(empty));
    assert_ne!(digest("a"), digest("b"));
    assert_eq!(format!("{:?}", digest("a")), "Digest(…)");
}
