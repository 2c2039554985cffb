//! Owns the answers on file, for the tests of this crate: `answers/<server>/<what>`.

use std::path::{Path, PathBuf};

use grantkeep_core::{Answer, NoAnswer, Outgoing, Payload};
use http::{HeaderMap, HeaderValue, header};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("answers")
}

/// An answer without headers.
pub(crate) fn answer(status: u16, body: &[u8]) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_vec().into() }
}

/// An answer as a line of a table writes it: a status (200 if none is named), a file, `bearer:<code>` for the challenge with
/// that code, `to:<url>` for a redirect; or the reason why there is none.
pub(crate) fn parse(text: &str) -> Result<Answer, NoAnswer> {
    let mut parsed = answer(200, b"");
    for word in text.split_whitespace() {
        if let Some(code) = word.strip_prefix("bearer:") {
            let challenge =
                format!(r#"Bearer realm="Doorkeeper", error="{code}", error_description="The access token""#);
            parsed.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_str(&challenge).unwrap());
        } else if let Some(location) = word.strip_prefix("to:") {
            parsed.headers.insert(header::LOCATION, HeaderValue::from_str(location).unwrap());
        } else if let Ok(status) = word.parse() {
            parsed.status = status;
        } else if word.contains('/') {
            parsed.body = std::fs::read(directory().join(word)).unwrap_or_else(|_| panic!("{word} is stored")).into();
        } else {
            return Err(match word {
                "broken" => NoAnswer::Broken,
                "forbidden" => NoAnswer::Forbidden,
                "timeout" => NoAnswer::Timeout,
                "too_large" => NoAnswer::TooLarge,
                "unreachable" => NoAnswer::Unreachable,
                _ => panic!("{word} is no answer"),
            });
        }
    }
    Ok(parsed)
}

/// The body of a request.
pub(crate) fn form_of(outgoing: &Outgoing) -> &str {
    match &outgoing.body {
        Some(Payload::Form(form)) => form.expose(),
        other => panic!("not a form: {other:?}"),
    }
}

/// Every file under a directory.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn every_stored_answer_is_in_a_table() {
    let (mut sources, mut answers) = (Vec::new(), Vec::new());
    files(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    files(&directory(), &mut answers);
    let tables: String = sources.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for path in answers {
        let name = path.strip_prefix(directory()).unwrap().to_str().unwrap().to_owned();
        assert!(tables.contains(&name), "{name} is in no table");
    }
}
