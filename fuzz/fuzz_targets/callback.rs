//! The readers of what a browser brings back and of what people paste instead, on any text: they never panic, return nothing that
//! did not stand in the text, are not moved by parameters that nobody knows, and never pick one of two codes.

#![no_main]

use grantkeep_core::redirect::Text;
use grantkeep_oauth::callback::{Callback, CallbackFault, LONGEST, LONGEST_CODE, Outcome, read, read_pasted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let callback = read(text);
    stood_in_the_query(text, &callback);
    if text.len() + 32 <= LONGEST {
        unknown_parameters_change_nothing(text, &callback);
        takes_no_second_code(text, &callback);
    }
    if let Ok(pasted) = read_pasted(text) {
        let code = pasted.code.expose();
        assert!(is_code(code) && pasted.address.is_none_or(|url| url.query().is_none() && url.fragment().is_none()));
        // Every byte of it stood there, itself or escaped.
        assert!(text.contains(code) || text.contains(['%', '+', '\\', '=']), "it was not there");
    }
});

fn is_code(code: &str) -> bool {
    (1..=LONGEST_CODE).contains(&code.len()) && code.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a text is a value of the query, or a text in an object there: a payload is JSON.
fn stood_in(query: &str, text: &str) -> bool {
    form_urlencoded::parse(query.trim_start_matches(['?', '#', '&']).as_bytes()).any(|(_, value)| {
        let object: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(&value);
        match object {
            Ok(members) => value == text || members.values().any(|member| member.as_str() == Some(text)),
            // A number that is too large for this reader, or nesting that is too deep for it, hides the object from it.
            Err(_) => value == text || value.trim_start().starts_with('{'),
        }
    })
}

fn stood_in_the_query(query: &str, callback: &Callback<'_>) {
    let stood = |text: &str| stood_in(query, text);
    assert!(callback.state.as_ref().is_none_or(|state| stood(state.expose())));
    match &callback.outcome {
        Outcome::Code { code, iss, device_id } => {
            assert!(is_code(code.expose()) && stood(code.expose()));
            assert!(iss.as_ref().is_none_or(|iss| stood(iss)));
            assert!(device_id.as_ref().is_none_or(|id| stood(id.expose())));
        }
        Outcome::Error { description: Some(description), .. } => {
            assert!(
                (1..=200).contains(&description.len()) && description.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            );
        }
        Outcome::Wrong(CallbackFault::Duplicate | CallbackFault::TooLong) => assert!(callback.state.is_none()),
        Outcome::Denied { .. } | Outcome::Error { .. } | Outcome::Token | Outcome::Wrong(_) => {}
    }
}

fn meaning(callback: &Callback<'_>) -> String {
    let code = match &callback.outcome {
        Outcome::Code { code, .. } => code.expose(),
        _ => "",
    };
    format!("{:?} {code} {:?}", callback.state.as_ref().map(Text::expose), callback.outcome)
}

fn unknown_parameters_change_nothing(query: &str, callback: &Callback<'_>) {
    assert_eq!(meaning(&read(&format!("{query}&ext_id=1&type=code_v2"))), meaning(callback));
    assert_eq!(meaning(&read(&format!("ext_id=1&{}", query.trim_start_matches(['?', '#', '&'])))), meaning(callback));
}

fn takes_no_second_code(query: &str, callback: &Callback<'_>) {
    if let Outcome::Code { .. } = callback.outcome {
        let doubled = format!("{query}&code=second");
        let doubled = read(&doubled);
        assert!(matches!(doubled.outcome, Outcome::Wrong(CallbackFault::Duplicate)) && doubled.state.is_none());
        assert!(matches!(read(&format!("{query}&error=access_denied")).outcome, Outcome::Wrong(_)));
    }
}
