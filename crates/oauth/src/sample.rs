//! Owns the answers that are kept as files in `answers/`: a line with the status and the content type, then the body.

use std::path::PathBuf;

use grantkeep_core::Answer;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use proptest::prelude::ProptestConfig;

/// How many cases a property is tried on. Failures are not kept in a file: they become cases of a table.
pub(crate) fn enough() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) }
}

/// An answer.
pub(crate) fn answer(status: u16, content_type: &str, body: &[u8]) -> Answer {
    let mut headers = HeaderMap::new();
    if !content_type.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
    }
    Answer { status, headers, body: body.to_vec().into() }
}

/// An answer of JSON with status 200.
pub(crate) fn json(body: &str) -> Answer {
    answer(200, "application/json", body.as_bytes())
}

fn folder(kind: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "answers", kind].iter().collect()
}

/// The answer in `answers/<kind>/<name>.http`.
pub(crate) fn file(kind: &str, name: &str) -> Answer {
    let bytes = std::fs::read(folder(kind).join(format!("{name}.http"))).unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let line = std::str::from_utf8(&bytes[..end]).unwrap();
    let (status, content_type) = line.split_once(' ').unwrap_or((line, ""));
    let body = &bytes[end + 1..];
    answer(status.parse().unwrap(), content_type, body.strip_suffix(b"\n").unwrap_or(body))
}

/// Checks what every file of a kind comes to; each must be in the table, and in the table only once.
pub(crate) fn check(kind: &str, table: &[(&str, &str)], describe: impl Fn(&Answer) -> String) {
    let files = std::fs::read_dir(folder(kind)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.map(|name| name.strip_suffix(".http").unwrap().to_owned()).collect();
    let mut names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    files.sort();
    names.sort();
    assert_eq!(files, names);
    for (name, expected) in table {
        assert_eq!(describe(&file(kind, name)), *expected, "{name}");
    }
}
