//! Owns the record of requests that tests read: which endpoint, which parameters, in which place. Never a value that could be
//! a secret, only its fingerprint: so a test can say that *this* code was never sent anywhere.

use std::collections::{BTreeMap, VecDeque};

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Serialize;

use crate::ask::Ask;
use crate::seal::fingerprint;

/// So many requests are remembered; all are counted.
const MOST: usize = 1000;

/// So many parameters of one request are.
const MOST_PAIRS: usize = 64;

/// Longest name and value that are kept, in characters.
const LONGEST: usize = 300;

/// Parameters whose values are no secret.
const PLAIN: [&str; 12] = [
    "client_id",
    "client_name",
    "code_challenge_method",
    "grant_type",
    "prompt",
    "redirect_uri",
    "redirect_uris",
    "response_type",
    "scope",
    "scopes",
    "token_type_hint",
    "v",
];

/// One request.
#[derive(Clone, Debug, Serialize)]
struct Entry {
    endpoint: &'static str,
    method: String,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    json: Vec<(String, String)>,
    authorization: Option<String>,
    content_type: Option<String>,
}

/// What was asked so far.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Log {
    /// How often, by endpoint.
    #[serde(rename = "endpoints")]
    counts: BTreeMap<&'static str, u64>,
    requests: VecDeque<Entry>,
}

impl Log {
    /// Notes a request.
    pub(crate) fn note(&mut self, endpoint: &'static str, ask: &Ask) {
        *self.counts.entry(endpoint).or_default() += 1;
        if self.requests.len() >= MOST {
            self.requests.pop_front();
        }
        let scheme = ask.header(AUTHORIZATION.as_str()).map(|value| value.split(' ').next().unwrap_or_default());
        self.requests.push_back(Entry {
            endpoint,
            method: ask.method.to_string(),
            query: shown(ask.query()),
            form: shown(ask.form()),
            json: shown(ask.json_members()),
            authorization: scheme.map(|scheme| match scheme.to_ascii_lowercase() {
                known if known == "basic" || known == "bearer" => known,
                _ => "other".to_owned(),
            }),
            content_type: ask.header(CONTENT_TYPE.as_str()).map(cut),
        });
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How often each endpoint was asked.
    pub(crate) fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

fn shown(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let shown = |(name, value): (String, String)| {
        let is_plain = PLAIN.contains(&name.as_str());
        let value = if is_plain { cut(&value) } else { format!("sha256:{}", fingerprint(&value)) };
        (cut(&name), value)
    };
    pairs.into_iter().take(MOST_PAIRS).map(shown).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
