//! The error table, held against the answers on file.

use super::*;

#[test]
fn the_message_tells_the_variants_of_a_code_apart() {
    #[rustfmt::skip]
    let table = [
        (5, Some(1130), "", OtherAddress),
        (5, Some(1130), "User authorization failed: access_token has expired.", OtherAddress),
        (5, None, "USER AUTHORIZATION FAILED: ACCESS_TOKEN WAS GIVEN TO ANOTHER IP ADDRESS.", OtherAddress),
        (5, Some(1131), "User authorization failed: access_token was given to another ip address.", OtherAddress),
        (5, Some(1131), "User authorization failed: invalid session.", Dead),
        (5, None, "User authorization failed: access_token has expired", Expired),
        (5, None, "User authorization failed.", Dead),
        (5, None, "", Dead),
        (5, None, "токен истёк", Dead),
        (5, None, "Captcha needed", Dead),
        (7, Some(1130), "access_token was given to another ip address", Alive),
        (8, None, "application is BLOCKED", AppBlocked),
        (8, None, "Invalid request: user is blocked", Configuration),
        (10, Some(1130), "access_token has expired", Transient),
        (14, None, "access_token has expired", NeedsPerson),
        (15, Some(1130), "user is blocked", Alive),
        (27, None, "Group authorization failed: invalid access_token", Dead),
        (28, None, "Application authorization failed: invalid access_token", Dead),
    ];
    for (code, subcode, message, class) in table {
        assert_eq!(ApiFault::new(code, subcode, message).class, class, "{code} {subcode:?} {message:?}");
    }
}

#[test]
fn an_unknown_code_says_nothing() {
    for code in [0, 11, 12, 19, 22, 26, 33, 1130, 1133, 12345, u32::MAX] {
        let fault = ApiFault::new(code, Some(1130), "access_token has expired. user is blocked. method is unavailable");
        assert_eq!((fault.class, fault.class.outcome()), (Unknown, Outcome::Unclear), "{code}");
    }
}

#[test]
fn a_cause_is_made_of_numbers_alone() {
    assert_eq!(ApiFault::new(10, None, "Internal server error").cause(), "vk_10");
    assert_eq!(ApiFault::new(5, Some(1130), "access_token").cause(), "vk_5_1130");
}

#[test]
fn lines_are_in_order_and_each_can_be_reached() {
    for pair in TABLE.windows(2) {
        let [(before, when, _), (code, ..)] = pair else { continue };
        assert_eq!(before == code, !matches!(when, Always), "the lines of {before} end with the one that always holds");
        assert!(before <= code, "{code} stands after {before}");
    }
}

#[test]
fn every_code_has_a_stored_answer() {
    let answers = concat!(env!("CARGO_MANIFEST_DIR"), "/answers");
    let names: Vec<String> =
        std::fs::read_dir(answers).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    for (code, ..) in TABLE {
        let prefixes = [format!("error_{code}."), format!("error_{code}_")];
        assert!(names.iter().any(|name| prefixes.iter().any(|prefix| name.starts_with(prefix))), "{code}");
    }
}
