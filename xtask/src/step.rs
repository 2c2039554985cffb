//! Named steps: each says its name, how long it took, and on failure what to do.
//!
//! All steps run even when one fails, so that one run tells everything; the failure comes at the end.

use std::fmt;
use std::time::{Duration, Instant};

/// Why something failed, for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What was found, one line each; empty when a tool has already said it.
    pub(crate) findings: Vec<String>,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl Failure {
    pub(crate) fn new(finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { findings: vec![finding.into()], remedy: remedy.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "error: {finding}")?;
        }
        writeln!(f, "what to do: {}", self.remedy)
    }
}

/// What a step found out: a word on what was looked at, or a failure.
pub(crate) type Verdict = Result<String, Failure>;

/// A name and the work behind it.
pub(crate) type Step<'a> = (&'a str, Box<dyn FnOnce() -> Verdict>);

/// Nothing found is a success with `note`; anything else is a failure with `remedy`.
pub(crate) fn judge(findings: Vec<String>, note: String, remedy: &str) -> Verdict {
    if findings.is_empty() { Ok(note) } else { Err(Failure { findings, remedy: remedy.to_owned() }) }
}

/// Runs every step in order.
///
/// # Errors
/// Names the steps that failed; each has told its own story by then.
pub(crate) fn run_all<'a>(title: &str, steps: impl IntoIterator<Item = Step<'a>>) -> Result<(), Failure> {
    let mut failed = Vec::new();
    let mut summary = String::new();
    for (name, step) in steps {
        eprintln!("\n== {title}: {name}");
        let (verdict, took) = timed(step);
        let (word, note) = match verdict {
            Ok(note) => ("ok", note),
            Err(failure) => {
                eprint!("{failure}");
                failed.push(name);
                ("FAILED", format!("see above, under `== {title}: {name}`"))
            }
        };
        let line = format!("{word:<6} {:>6.1} s", took.as_secs_f64());
        eprintln!("{line}");
        summary.push_str(&format!("{line}  {name:<20} {note}\n"));
    }
    eprint!("\n== {title}\n{summary}");
    if failed.is_empty() {
        return Ok(());
    }
    let remedy = format!("mend that; to look again: {}", again(title, &failed));
    Err(Failure::new(format!("{title} failed: {}", failed.join(", ")), remedy))
}

/// The command that repeats the failed steps alone.
fn again(title: &str, failed: &[&str]) -> String {
    match title {
        "ci" => failed.iter().map(|name| format!("`cargo xtask {name}`")).collect::<Vec<_>>().join(", "),
        _ => format!("`cargo xtask {title} {}`", failed.join(" ")),
    }
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch for people; nothing is decided by it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started_at = Instant::now();
    let result = work();
    (result, started_at.elapsed())
}
