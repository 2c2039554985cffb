//! The methods of the emulated API, as VK answers them.

use super::*;

#[test]
fn every_refusal_that_a_method_names_is_a_row() {
    let names = [
        "3",
        "5:expired",
        "5:invalid",
        "5:ip",
        "5:no_token",
        "5:revoked",
        "5:session",
        "6",
        "15",
        "15:no_access",
        "27",
        "27:method",
        "28:expired",
        "28:method",
        "100:group_id",
        "100:group_ids",
        "100:token",
        "100:v",
        "1051",
        "9999",
    ];
    let sources = [include_str!("../method.rs"), include_str!("response.rs")];
    let named = sources.iter().flat_map(|source| source.split("refusal(\"").skip(1));
    for name in named.map(|rest| rest.split_once('"').unwrap().0) {
        assert!(names.contains(&name), "{name} is not in the list above");
    }
    for name in names {
        assert!(Refusal::named(name).is_some(), "{name}");
    }
}

#[test]
fn versions_are_two_numbers() {
    for (text, expected) in
        [("5.199", Some((5, 199))), ("5.131", Some((5, 131))), ("5", None), ("new", None), ("", None)]
    {
        assert_eq!(version(text), expected, "{text}");
    }
}
