//! Holds the metrics against a strict reader of the exposition format.

use std::collections::{BTreeMap, BTreeSet};

use grantkeep_core::{Provider, Timestamp};

use super::*;

/// Samples by name and labels. Whatever a Prometheus might take in two ways, or not at all, ends the test.
pub(crate) fn read(text: &str) -> BTreeMap<String, f64> {
    let is_name = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        !name.is_empty() && name.bytes().all(plain) && !name.as_bytes()[0].is_ascii_digit()
    };
    assert!(text.ends_with('\n') && !text.contains('\r'), "lines end with a line feed");
    let (mut samples, mut families, mut family) = (BTreeMap::new(), BTreeSet::new(), (String::new(), String::new()));
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, _) = help.split_once(' ').expect("a help has words");
            let kind =
                lines.next().and_then(|line| line.strip_prefix("# TYPE ")?.strip_prefix(name)?.strip_prefix(' '));
            let kind = kind.expect("a type follows its help");
            assert!(is_name(name) && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name.to_owned()), "{name} comes twice");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            family = (name.to_owned(), kind.to_owned());
            continue;
        }
        let (key, value) = line.rsplit_once(' ').expect(line);
        let (name, labels) =
            key.split_once('{').map_or((key, ""), |(name, labels)| (name, labels.strip_suffix('}').expect(line)));
        let suffix = name.strip_prefix(&family.0).expect(line);
        let suffixes: &[&str] = if family.1 == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(is_name(name) && suffixes.contains(&suffix), "{line}");
        let mut seen = BTreeSet::new();
        for label in labels.split("\",").filter(|label| !label.is_empty()) {
            let (label, word) = label.split_once("=\"").expect(line);
            let word = word.trim_end_matches('"');
            assert!(is_name(label) && seen.insert(label), "{line}");
            assert!(!word.is_empty() && word.bytes().all(|byte| !matches!(byte, b'"' | b'\\' | b'\n')), "{line}");
        }
        let value: f64 = value.parse().expect(line);
        assert!(value.is_finite() && samples.insert(key.to_owned(), value).is_none(), "{line}");
    }
    check_histograms(&samples);
    samples
}

/// Buckets only grow, and the last is the count.
fn check_histograms(samples: &BTreeMap<String, f64>) {
    for (key, count) in samples.iter().filter(|(key, _)| key.contains("_count{")) {
        let (name, labels) = key.split_once("_count{").unwrap();
        let labels = labels.strip_suffix('}').unwrap();
        let prefix = format!("{name}_bucket{{{labels},le=\"");
        let mut buckets: Vec<(f64, f64)> = samples
            .iter()
            .filter_map(|(key, value)| {
                let bound = key.strip_prefix(&prefix)?.strip_suffix("\"}")?;
                Some((bound.parse().ok().filter(|bound: &f64| *bound > 0.0)?, *value))
            })
            .collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        assert!(buckets.len() > 5 && buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{key}: {buckets:?}");
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, *count)), "{key}");
        assert!(samples.contains_key(&format!("{name}_sum{{{labels}}}")), "{key}");
    }
}

#[test]
fn what_was_answered_is_counted_by_route_and_class() {
    let requests = Requests::default();
    for (template, status, millis) in [
        (Template::HandOut, 200, 0),
        (Template::HandOut, 204, 3),
        (Template::HandOut, 409, 700),
        (Template::Connect, 303, 1),
        (Template::None, 421, 0),
        (Template::Readyz, 503, 60_000),
    ] {
        requests.answered(template, StatusCode::from_u16(status).unwrap(), Duration::from_millis(millis));
    }
    let mut text = Text(String::new());
    http(&mut text, &requests);
    let samples = read(&text.0);
    let count = |route: &str, class: &str| {
        samples.get(&format!("grantkeep_http_requests_total{{route=\"{route}\",status=\"{class}\"}}")).copied()
    };
    let hand_out = "/api/v1/oauth/{provider}/token";
    assert_eq!([count(hand_out, "2xx"), count(hand_out, "4xx"), count(hand_out, "5xx")], [Some(2.0), Some(1.0), None]);
    assert_eq!([count("/connect/{ticket}", "3xx"), count("-", "4xx")], [Some(1.0), Some(1.0)]);
    assert_eq!(count("/readyz", "5xx"), Some(1.0));
    let bucket = |bound: &str| {
        samples[&format!("grantkeep_http_request_duration_seconds_bucket{{route=\"{hand_out}\",le=\"{bound}\"}}")]
    };
    assert_eq!(["0.001", "0.005", "0.5", "1", "+Inf"].map(bucket), [1.0, 2.0, 2.0, 3.0, 3.0]);
    let sum = samples[&format!("grantkeep_http_request_duration_seconds_sum{{route=\"{hand_out}\"}}")];
    assert!((sum - 0.703).abs() < 1e-9, "{sum}");
}

#[test]
fn very_many_credentials_are_only_counted() {
    let mut census = Census {
        kept: [(Provider::Vk, 3)].into(),
        states: Some([(Provider::Vk, [(State::Valid, 2), (State::Expired, 1)].into())].into()),
        needed: [(Provider::Vk, Timestamp::from_unix(1_768_059_000))].into(),
        outbox: 3,
    };
    let written = |census: &Census| {
        let mut text = Text(String::new());
        credentials(&mut text, census);
        read(&text.0)
    };
    let few = written(&census);
    assert_eq!(few["grantkeep_credentials{provider=\"vk\",state=\"valid\"}"], 2.0);
    assert_eq!(few["grantkeep_credentials{provider=\"vk\",state=\"revoked\"}"], 0.0);
    assert_eq!(few["grantkeep_human_needed_timestamp_seconds{provider=\"vk\"}"], 1_768_059_000.0);
    assert_eq!(few.len(), 3 + State::ALL.len());
    (census.states, census.needed) = (None, BTreeMap::new());
    assert_eq!(
        written(&census).into_iter().collect::<Vec<_>>(),
        [("grantkeep_credentials_kept{provider=\"vk\"}".to_owned(), 3.0), ("grantkeep_outbox_waiting".to_owned(), 3.0)]
    );
}
