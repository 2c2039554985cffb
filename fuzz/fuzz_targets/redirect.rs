//! The reader of pasted text, on any text: it never panics, returns nothing that did not stand in the text in one piece, is not
//! moved by noise around the text, and never picks one of two tokens.

#![no_main]

use grantkeep_core::redirect::{Intake, IntakeFault, LONGEST, Place, Text, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let outcome = read(text, &is_ours);
    noise_changes_nothing(text, &outcome);
    match outcome {
        Ok(intake) => {
            stood_in_the_text(text, &intake);
            takes_no_second_token(text, &intake);
        }
        Err(fault) => assert!(!fault.to_string().is_empty() && !fault.advice().is_empty()),
    }
});

fn is_ours(place: &Place<'_>) -> bool {
    assert!(!place.host.is_empty() && !place.host.contains(['/', '\\', '@', '?', '#']), "no host");
    assert!(place.path.is_empty() || place.path.starts_with('/'), "no path");
    place.host.eq_ignore_ascii_case("oauth.vk.com") && place.path == "/blank.html"
        || place.host == "localhost" && place.port == Some(8000) && place.path == "/callback"
}

fn stood_in_the_text(text: &str, intake: &Intake<'_>) {
    let token = intake.token.expose();
    assert!(!token.is_empty() && token.len() <= text.len());
    assert!(token.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(intake.user_id != Some(0) && intake.community != Some(0));
    match &intake.token {
        Text::Borrowed(token) => {
            let start = token.as_ptr() as usize - text.as_ptr() as usize;
            let before = text[..start].trim_end_matches("%20");
            let after = &text[start + token.len()..];
            assert!(!before.ends_with(char::is_alphanumeric), "its beginning is missing");
            assert!(!after.starts_with(char::is_alphanumeric), "its end is missing");
        }
        Text::Decoded(_) => {
            let from_json = json_strings(text).iter().any(|string| string == token);
            assert!(from_json || unescaped(text).contains(token), "it was not there");
        }
    }
}

/// The top-level strings of a JSON object somewhere in the text.
fn json_strings(text: &str) -> Vec<String> {
    let object = text.find('{').zip(text.rfind('}')).and_then(|(start, end)| text.get(start..=end));
    let object = object.and_then(|object| serde_json::from_str(object).ok());
    let members: serde_json::Map<String, serde_json::Value> = object.unwrap_or_default();
    members.values().filter_map(|value| value.as_str().map(String::from)).collect()
}

/// The text with every percent-escape of visible ASCII undone, by another way than the reader's.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii_graphic() => {
                plain.push(char::from(byte));
                plain.push_str(&part[2..]);
            }
            _ => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    plain
}

fn noise_changes_nothing(text: &str, outcome: &Result<Intake<'_>, IntakeFault>) {
    for (before, after) in [(" \n", "\r\n"), ("\"", "\""), ("<", ">"), ("\u{feff}«", "»\u{200b}")] {
        if text.len() + before.len() + after.len() > LONGEST {
            continue;
        }
        let wrapped = format!("{before}{text}{after}");
        match (outcome, &read(&wrapped, &is_ours)) {
            (Ok(alone), Ok(wrapped)) => assert_eq!(meaning(alone), meaning(wrapped)),
            (Err(alone), Err(wrapped)) => assert_eq!(alone, wrapped),
            _ => panic!("noise made a difference"),
        }
    }
}

fn meaning<'a>(intake: &'a Intake<'_>) -> impl PartialEq + std::fmt::Debug + 'a {
    let state = intake.state.as_ref().map(Text::expose);
    (intake.token.expose(), intake.community, intake.lifetime, intake.user_id, state)
}

/// With another token behind it or before it, none is taken.
fn takes_no_second_token(text: &str, intake: &Intake<'_>) {
    let token = intake.token.expose();
    if text.len() + 32 > LONGEST || json_strings(text).iter().any(|string| string == token) {
        return;
    }
    // A bare token is a name beside a pair: one that ends with `=` would have an empty value and be ignored.
    let is_bare = text.split(token).next().is_some_and(|before| !before.contains('='));
    assert!(is_bare && token.ends_with('=') || read(&format!("{text}#access_token=second"), &is_ours).is_err());
    assert!(read(&format!("{text} #access_token=second"), &is_ours).is_err());
    // Noise at the beginning would become part of a name.
    if !is_bare && text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '#' | '&' | '?')) {
        assert!(read(&format!("#access_token=first&{text}"), &is_ours).is_err());
    }
}
