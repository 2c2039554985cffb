//! Owns the metrics: what requests are counted by, and the text that a Prometheus reads (exposition format 0.0.4).
//!
//! A request costs a few atomic additions. No label holds an account, an owner, a key, or anything else that came from outside.

use std::{
    fmt::{Display, Write},
    time::Duration,
};

use grantkeep_core::State;
use grantkeep_keeper::{Census, Counts, Durations, Keeper, Metrics};
use http::StatusCode;

use crate::route::Template;

pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Classes of status codes: what a server of HTTP/1.1 without informational answers gives.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// In milliseconds. An answer from memory takes far less than the first, a renewal up to the last.
const BOUNDS: &[u64] = &[1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

/// What has been answered.
#[derive(Debug)]
pub(crate) struct Requests {
    answers: Counts,
    times: Box<[Durations]>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answers: Counts::new(&Template::ALL, CLASSES),
            times: Template::ALL.iter().map(|_| Durations::new(BOUNDS)).collect(),
        }
    }
}

impl Requests {
    pub(crate) fn answered(&self, template: Template, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(2);
        self.answers.add(template as usize, class.min(CLASSES.len() - 1));
        if let Some(times) = self.times.get(template as usize) {
            times.add(took);
        }
    }
}

/// Everything that is counted. Without a census, what it would tell is left out.
pub(crate) fn write(keeper: &Keeper, requests: &Requests, census: Option<&Census>) -> String {
    let mut text = Text(String::with_capacity(16 * 1024));
    text.family("grantkeep_build_info", "gauge", "Which version runs; always 1");
    text.sample("grantkeep_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    if let Some(census) = census {
        credentials(&mut text, census);
    }
    work(&mut text, keeper.metrics());
    text.family("grantkeep_audit_unwritten", "gauge", "Deeds that are not in the audit yet");
    text.sample("grantkeep_audit_unwritten", &[], keeper.unwritten_deeds());
    http(&mut text, requests);
    text.0
}

fn credentials(text: &mut Text, census: &Census) {
    text.family("grantkeep_outbox_waiting", "gauge", "Notices that a channel does not have yet");
    text.sample("grantkeep_outbox_waiting", &[], census.outbox);
    text.family("grantkeep_credentials_kept", "gauge", "Credentials that are kept");
    for (provider, count) in &census.kept {
        text.sample("grantkeep_credentials_kept", &[("provider", provider.as_str())], count);
    }
    let Some(states) = &census.states else { return };
    text.family(
        "grantkeep_credentials",
        "gauge",
        "Credentials by state; above 100000 they are looked through every ten minutes",
    );
    for (provider, counts) in states {
        // Also those that none is in: an alert must see a count come and go.
        for (state, name) in State::ALL {
            let labels = [("provider", provider.as_str()), ("state", name)];
            text.sample("grantkeep_credentials", &labels, counts.get(&state).unwrap_or(&0));
        }
    }
    let name = "grantkeep_human_needed_timestamp_seconds";
    text.family(
        name,
        "gauge",
        "When a person is next needed; in the past: now. Above 100000 credentials, looked for every ten minutes",
    );
    for (provider, at) in &census.needed {
        text.sample(name, &[("provider", provider.as_str())], at.unix());
    }
}

fn work(text: &mut Text, metrics: &Metrics) {
    let name = "grantkeep_renewals_total";
    text.counts(name, "Renewals that were tried", ["kind", "outcome"], &metrics.renewals);
    let name = "grantkeep_renewal_duration_seconds";
    text.family(name, "histogram", "How long providers took to answer renewals");
    for (kind, times) in Metrics::kinds().iter().zip(&metrics.renewal_times) {
        text.durations(name, ("kind", kind), times);
    }
    text.counts("grantkeep_checks_total", "Providers asked about tokens", ["kind", "outcome"], &metrics.checks);
    text.counts("grantkeep_hand_outs_total", "Tokens asked for", ["", "outcome"], &metrics.hand_outs);
    let name = "grantkeep_authorizations_total";
    text.counts(name, "Logins: begun, and how they ended", ["", "progress"], &metrics.authorizations);
    text.counts("grantkeep_notices_total", "Tries to deliver notices", ["", "outcome"], &metrics.notices);
}

fn http(text: &mut Text, requests: &Requests) {
    let name = "grantkeep_http_requests_total";
    text.family(name, "counter", "Requests that were answered; route - is none");
    for (route, class, count) in requests.answers.each().filter(|(.., count)| *count > 0) {
        text.sample(name, &[("route", route), ("status", class)], count);
    }
    let name = "grantkeep_http_request_duration_seconds";
    text.family(name, "histogram", "How long answers took to make");
    for (route, times) in Template::ALL.iter().zip(&requests.times) {
        // A route that nobody has asked for would be twenty lines of zeros.
        if times.each().any(|(_, count)| count > 0) {
            text.durations(name, ("route", route), times);
        }
    }
}

/// A text in the exposition format.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String does not fail, here and below.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Values of labels are words of ours and names of providers, which need no escapes.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (at, (label, word)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{word}\"", if at == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// A family of counters; the first label is left out where it has no name.
    fn counts(&mut self, name: &str, help: &str, [row_name, column_name]: [&str; 2], counts: &Counts) {
        self.family(name, "counter", help);
        for (row, column, count) in counts.each() {
            let labels = [(row_name, row), (column_name, column)];
            self.sample(name, if row_name.is_empty() { &labels[1..] } else { &labels }, count);
        }
    }

    fn durations(&mut self, name: &str, label: (&str, &str), durations: &Durations) {
        let (buckets, mut count) = (format!("{name}_bucket"), 0);
        for (bound, up_to) in durations.each() {
            #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| (bound as f64 / 1000.0).to_string());
            self.sample(&buckets, &[label, ("le", &bound)], up_to);
            count = up_to;
        }
        self.sample(&format!("{name}_sum"), &[label], durations.sum().as_secs_f64());
        self.sample(&format!("{name}_count"), &[label], count);
    }
}

#[cfg(test)]
pub(crate) mod tests;
