//! Owns the vocabulary in which odd behaviour is asked for, the same for every provider: `http:502`, `set:expires_in=0`, ...
//!
//! A word either stands in the place of an answer or changes the one that the provider gives ([`Behaviour::is_modifier`]). What
//! can be parsed is what the pages list, in [`OUTAGES`] and [`EDITS`]. An address in a word is refused when it could lead to
//! somebody's server: only addresses that are not public, and names that are reserved for examples.
//!
//! - Outages: `alive`, `bomb`, `close`, `cut`, `empty`, `endless`, `hang`, `html`, `http:STATUS`, `huge`, `lost`,
//!   `redirect[:STATUS[:URL]]`, `reset`, `slow:SECONDS`, `stall`, `trickle`, `truncated`.
//! - Changes: `as:PERSON`, `drop:NAME`, `error:CODE[@STATUS]`, `form`, `grant:SCOPES`, `set:NAME=VALUE` (JSON, or text as it
//!   stands), `status:STATUS`, `twice:NAME`. They change members of a JSON answer, or parameters of a redirect.

use std::fmt;

use serde_json::Value;

use crate::fault::Word;
use crate::target;

/// How a request is answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Behaviour {
    /// As it should be.
    Alive,
    /// Changes: what is granted belongs to that person, whoever allowed it.
    As(String),
    /// 10 GiB of white space in 10 MiB of gzip.
    Bomb,
    /// The connection closes without an answer, before anything was done.
    Close,
    /// The connection ends in the middle of the answer.
    Cut,
    /// Changes: without that member or parameter.
    Drop(String),
    /// HTTP 200 with nothing in it.
    Empty,
    /// An answer that goes on and on.
    Endless,
    /// An OAuth error.
    Error { code: String, status: Option<u16> },
    /// Changes: a form instead of JSON.
    Form,
    /// Changes: no more rights than these are granted.
    Grant(String),
    /// Nothing is ever answered.
    Hang,
    /// HTTP 200 with a web page.
    Html,
    /// An HTTP error with a web page.
    Http(u16),
    /// An answer of 64 MiB.
    Huge,
    /// Changes: everything is done, and then the connection is reset without an answer.
    Lost,
    /// A redirect, to `/elsewhere/…` on this server if to nowhere else.
    Redirect { status: u16, to: Option<String> },
    /// The connection is reset without an answer, before anything was done.
    Reset,
    /// Changes: with that member or parameter.
    Set(String, Value),
    /// Changes: the answer comes that many seconds later.
    Slow(u16),
    /// The answer begins and never ends.
    Stall,
    /// Changes: in that HTTP status.
    Status(u16),
    /// Changes: the answer comes byte by byte.
    Trickle,
    /// HTTP 200 with JSON that breaks off.
    Truncated,
    /// Changes: that member or parameter comes twice.
    Twice(String),
}

/// Longest `slow:`, in seconds.
const SLOWEST: u16 = 600;

/// What any answer of any provider can be made to suffer. A number stands where one may be chosen.
pub(crate) static OUTAGES: &[(&str, &str)] = &[
    ("http:502", "HTTP 502 with a web page; any status from 400 to 599"),
    ("html", "HTTP 200, but a web page instead of JSON"),
    ("empty", "HTTP 200 and nothing in it"),
    ("truncated", "HTTP 200 and JSON that breaks off in the middle"),
    ("huge", "an answer of 64 MiB"),
    ("endless", "an answer that goes on and on"),
    ("bomb", "10 GiB in 10 MiB of gzip"),
    ("hang", "no answer at all"),
    ("stall", "an answer that begins and never ends"),
    ("cut", "the connection closes in the middle of the answer"),
    ("close", "the connection closes without an answer; nothing was done"),
    ("reset", "the connection is reset without an answer"),
    ("lost", "everything is done, but the connection is reset before the answer"),
    ("redirect:302", "a redirect to /elsewhere/… on this server; 301, 302, 303, 307 or 308"),
    ("slow:5", "the answer comes so many seconds later, up to 600"),
    ("trickle", "the answer comes a byte at a time, ten in a second"),
    ("alive", "the normal answer, whatever other faults are set after this one"),
];

/// What the answers of OAuth endpoints can be made to say.
pub(crate) static EDITS: &[(&str, &str)] = &[
    ("error:invalid_grant@400", "that error; the status is 400 if none is named"),
    ("redirect:307:http://127.0.0.1:9/token", "a redirect to that address, which must not be a public one"),
    ("as:boris", "what is granted belongs to that person, whoever allowed it"),
    ("grant:read", "no more rights than these are granted"),
    ("set:expires_in=\"3600\"", "that member of the answer, or parameter of the redirect; JSON, or text as it stands"),
    ("drop:expires_in", "without that member or parameter"),
    ("twice:state", "that member or parameter comes twice"),
    ("form", "a form instead of JSON"),
    ("status:200", "the answer in that HTTP status"),
];

impl Word for Behaviour {
    fn is_modifier(&self) -> bool {
        matches!(
            self,
            Self::As(_)
                | Self::Drop(_)
                | Self::Form
                | Self::Grant(_)
                | Self::Lost
                | Self::Set(..)
                | Self::Slow(_)
                | Self::Status(_)
                | Self::Trickle
                | Self::Twice(_)
        )
    }

    fn parse(word: &str) -> Option<Self> {
        let (name, argument) = word.split_once(':').map_or((word, None), |(name, rest)| (name, Some(rest)));
        match argument {
            None => Self::bare(name),
            Some(argument) => Self::with(name, argument).or_else(|| Self::edit(name, argument)),
        }
    }
}

impl Behaviour {
    /// Whether only an endpoint of OAuth can do that, and nothing that a token itself could be made to say.
    pub(crate) fn is_about_oauth(&self) -> bool {
        matches!(
            self,
            Self::As(_)
                | Self::Drop(_)
                | Self::Error { .. }
                | Self::Form
                | Self::Grant(_)
                | Self::Redirect { to: Some(_), .. }
                | Self::Set(..)
                | Self::Status(_)
                | Self::Twice(_)
        )
    }

    fn bare(name: &str) -> Option<Self> {
        Some(match name {
            "alive" => Self::Alive,
            "bomb" => Self::Bomb,
            "close" => Self::Close,
            "cut" => Self::Cut,
            "empty" => Self::Empty,
            "endless" => Self::Endless,
            "form" => Self::Form,
            "hang" => Self::Hang,
            "html" => Self::Html,
            "huge" => Self::Huge,
            "lost" => Self::Lost,
            "redirect" => Self::Redirect { status: 302, to: None },
            "reset" => Self::Reset,
            "stall" => Self::Stall,
            "trickle" => Self::Trickle,
            "truncated" => Self::Truncated,
            _ => return None,
        })
    }

    fn with(name: &str, argument: &str) -> Option<Self> {
        match name {
            "http" => number(argument).filter(|status| (400..=599).contains(status)).map(Self::Http),
            "redirect" => {
                let (status, to) = argument.split_once(':').map_or((argument, None), |(status, to)| (status, Some(to)));
                let status = number(status).filter(|status| matches!(status, 301..=303 | 307 | 308))?;
                to.is_none_or(target::is_harmless).then(|| Self::Redirect { status, to: to.map(str::to_owned) })
            }
            "slow" => number(argument).filter(|seconds| *seconds <= SLOWEST).map(Self::Slow),
            "status" => number(argument).filter(|status| (200..=599).contains(status)).map(Self::Status),
            _ => None,
        }
    }

    fn edit(name: &str, argument: &str) -> Option<Self> {
        let parameter = || is_name(argument).then(|| argument.to_owned());
        Some(match name {
            "as" => Self::As(parameter()?),
            "drop" => Self::Drop(parameter()?),
            "error" => {
                let (code, status) = argument.split_once('@').map_or((argument, None), |(code, at)| (code, Some(at)));
                let status = match status {
                    Some(status) => Some(number(status).filter(|status| (200..=599).contains(status))?),
                    None => None,
                };
                // A code that is all digits is one of VK's API.
                let is_code = is_name(code) && !code.bytes().all(|byte| byte.is_ascii_digit());
                Self::Error { code: is_code.then(|| code.to_owned())?, status }
            }
            "grant" => Self::Grant(argument.to_owned()),
            "set" => {
                let (member, value) = argument.split_once('=').filter(|(member, _)| is_name(member))?;
                let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
                let is_harmless = value.as_str().is_none_or(|text| !text.contains("://") || target::is_harmless(text));
                Self::Set(is_harmless.then(|| member.to_owned())?, value)
            }
            "twice" => Self::Twice(parameter()?),
            _ => return None,
        })
    }
}

/// The name of a member, a parameter, a person or an error.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn number(digits: &str) -> Option<u16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alive => f.write_str("alive"),
            Self::As(person) => write!(f, "as:{person}"),
            Self::Bomb => f.write_str("bomb"),
            Self::Close => f.write_str("close"),
            Self::Cut => f.write_str("cut"),
            Self::Drop(name) => write!(f, "drop:{name}"),
            Self::Empty => f.write_str("empty"),
            Self::Endless => f.write_str("endless"),
            Self::Error { code, status: None } => write!(f, "error:{code}"),
            Self::Error { code, status: Some(status) } => write!(f, "error:{code}@{status}"),
            Self::Form => f.write_str("form"),
            Self::Grant(scopes) => write!(f, "grant:{scopes}"),
            Self::Hang => f.write_str("hang"),
            Self::Html => f.write_str("html"),
            Self::Http(status) => write!(f, "http:{status}"),
            Self::Huge => f.write_str("huge"),
            Self::Lost => f.write_str("lost"),
            Self::Redirect { status, to: None } => write!(f, "redirect:{status}"),
            Self::Redirect { status, to: Some(to) } => write!(f, "redirect:{status}:{to}"),
            Self::Reset => f.write_str("reset"),
            Self::Set(name, value) => write!(f, "set:{name}={value}"),
            Self::Slow(seconds) => write!(f, "slow:{seconds}"),
            Self::Stall => f.write_str("stall"),
            Self::Status(status) => write!(f, "status:{status}"),
            Self::Trickle => f.write_str("trickle"),
            Self::Truncated => f.write_str("truncated"),
            Self::Twice(name) => write!(f, "twice:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_on_the_pages_parses_and_prints_back() {
        for (word, _) in OUTAGES.iter().chain(EDITS) {
            let behaviour = Behaviour::parse(word).unwrap_or_else(|| panic!("{word}"));
            assert_eq!(behaviour.to_string(), *word);
        }
    }

    #[test]
    fn words_outside_the_vocabulary_are_refused() {
        for word in [
            "",
            "Alive",
            "alive:",
            "error",
            "error:",
            "error:5",
            "error:x@99",
            "http",
            "http:200",
            "http:600",
            "http:0x1f6",
            "slow",
            "slow:601",
            "slow:-1",
            "redirect:304",
            "redirect:307:https://id.vk.ru/",
            "redirect:307:http://8.8.8.8/",
            "redirect:307:",
            "hang:5",
            "set:x",
            "set:=1",
            "set:token_endpoint=\"https://login.vk.com/x\"",
            "drop:",
            "status:99",
        ] {
            assert_eq!(Behaviour::parse(word), None, "{word}");
        }
    }

    #[test]
    fn values_are_json_or_text() {
        for (word, expected) in [
            ("set:expires_in=-5", Value::from(-5)),
            ("set:expires_in=\"5\"", Value::from("5")),
            ("set:scope=read write", Value::from("read write")),
            ("set:iss=https://other.example", Value::from("https://other.example")),
            ("set:x=", Value::from("")),
            ("set:x=null", Value::Null),
        ] {
            let Some(Behaviour::Set(_, value)) = Behaviour::parse(word) else { panic!("{word}") };
            assert_eq!(value, expected);
        }
    }
}
