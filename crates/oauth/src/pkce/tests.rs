//! The example of the standard, and the shape.

use super::*;

#[test]
fn the_challenge_is_that_of_rfc_7636_appendix_b() {
    let bytes = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
        240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let verifier = Verifier::from_random(bytes);
    assert_eq!(verifier.secret().expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let kept = Verifier::from_kept(Secret::from(verifier.secret().expose()));
    assert_eq!(kept.challenge(), verifier.challenge());
}

#[test]
fn a_verifier_is_unreserved_and_never_shown() {
    for byte in 0..=u8::MAX {
        let verifier = Verifier::from_random([byte; 32]);
        let text = verifier.secret().expose();
        assert_eq!(text.len(), 43);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert!(!format!("{verifier:?}").contains(text));
    }
}
