//! Owns the vocabulary in which errors and outages are asked for, for a fault as for a token: `error:5/1130`, `http:502`, ...
//!
//! One word means the same everywhere; what can be parsed is what the sandbox's page lists.

use std::fmt;

use crate::refusal::Refusal;

/// How a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// As VK does when all is well.
    Alive,
    /// Modifies: errors echo the access token in `request_params`.
    Ancient,
    /// HTTP 200, empty, with the headers that announce a challenge for robots.
    Challenge,
    /// The connection ends in the middle of the answer.
    Cut,
    /// HTTP 200 with nothing in it.
    Empty,
    /// An API error; by default in HTTP 200.
    Error { refusal: &'static Refusal, status: u16 },
    /// Nothing is ever answered.
    Hang,
    /// HTTP 200 with a web page.
    Html,
    /// An HTTP error with a web page.
    Http(u16),
    /// An answer of 64 MiB.
    Huge,
    /// Modifies: error 6 when a token is used more than VK allows in a second.
    RateLimit,
    /// A redirect to another path of the sandbox.
    Redirect(u16),
    /// The connection is reset without an answer.
    Reset,
    /// Modifies: the answer comes that many seconds later.
    Slow(u16),
    /// The answer begins and never ends.
    Stall,
    /// HTTP 200 with JSON that breaks off.
    Truncated,
}

/// Longest `slow:`, in seconds.
const SLOWEST: u16 = 600;

/// Outages and modifiers with what they do, in the words of the page. A number stands where one may be chosen.
pub(crate) static OUTAGES: &[(&str, &str)] = &[
    ("http:502", "HTTP 502 with a web page; any status from 400 to 599"),
    ("html", "HTTP 200, but a web page (VK's “Ошибка 429”) instead of JSON"),
    ("empty", "HTTP 200 and nothing in it"),
    ("truncated", "HTTP 200 and JSON that breaks off in the middle"),
    ("huge", "an answer of 64 MiB"),
    ("hang", "no answer at all"),
    ("stall", "an answer that begins and never ends"),
    ("cut", "the connection closes in the middle of the answer"),
    ("reset", "the connection is reset without an answer"),
    ("redirect:302", "a redirect to /elsewhere/… on this server; 301, 302, 303, 307 or 308"),
    ("challenge", "HTTP 200, empty, with X-Challenge: required"),
    ("slow:5", "the answer comes so many seconds later, up to 600"),
    ("rate_limit", "error 6 over 3 calls a second with one user's or service token, 20 with a community's"),
    ("ancient", "as in old times, errors repeat the access token in request_params"),
    ("alive", "the normal answer, whatever other faults are set after this one"),
];

impl Behaviour {
    /// That error, the way VK sends it.
    pub(crate) const fn error(refusal: &'static Refusal) -> Self {
        Self::Error { refusal, status: 200 }
    }

    /// Whether it changes an answer instead of being one.
    pub(crate) const fn is_modifier(self) -> bool {
        matches!(self, Self::Ancient | Self::RateLimit | Self::Slow(_))
    }

    /// Reads one word; none when it is not in the vocabulary.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let (name, argument) = word.split_once(':').map_or((word, None), |(name, rest)| (name, Some(rest)));
        let number = || argument?.parse::<u16>().ok();
        match (name, argument) {
            ("alive", None) => Some(Self::Alive),
            ("ancient", None) => Some(Self::Ancient),
            ("challenge", None) => Some(Self::Challenge),
            ("cut", None) => Some(Self::Cut),
            ("empty", None) => Some(Self::Empty),
            ("error", Some(refusal)) => Self::parse_error(refusal),
            ("hang", None) => Some(Self::Hang),
            ("html", None) => Some(Self::Html),
            ("http", Some(_)) => number().filter(|status| (400..=599).contains(status)).map(Self::Http),
            ("huge", None) => Some(Self::Huge),
            ("rate_limit", None) => Some(Self::RateLimit),
            ("redirect", None) => Some(Self::Redirect(302)),
            ("redirect", Some(_)) => {
                number().filter(|status| matches!(status, 301..=303 | 307 | 308)).map(Self::Redirect)
            }
            ("reset", None) => Some(Self::Reset),
            ("slow", Some(_)) => number().filter(|seconds| *seconds <= SLOWEST).map(Self::Slow),
            ("stall", None) => Some(Self::Stall),
            ("truncated", None) => Some(Self::Truncated),
            _ => None,
        }
    }

    /// `5/1130`, `5:expired`, with `@401` for another HTTP status than 200.
    fn parse_error(text: &str) -> Option<Self> {
        let (name, status) = text.split_once('@').unwrap_or((text, "200"));
        let status = status.parse().ok().filter(|status| *status == 200 || (400..=599).contains(status))?;
        Some(Self::Error { refusal: Refusal::named(name)?, status })
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alive => f.write_str("alive"),
            Self::Ancient => f.write_str("ancient"),
            Self::Challenge => f.write_str("challenge"),
            Self::Cut => f.write_str("cut"),
            Self::Empty => f.write_str("empty"),
            Self::Error { refusal, status: 200 } => write!(f, "{refusal}"),
            Self::Error { refusal, status } => write!(f, "{refusal}@{status}"),
            Self::Hang => f.write_str("hang"),
            Self::Html => f.write_str("html"),
            Self::Http(status) => write!(f, "http:{status}"),
            Self::Huge => f.write_str("huge"),
            Self::RateLimit => f.write_str("rate_limit"),
            Self::Redirect(status) => write!(f, "redirect:{status}"),
            Self::Reset => f.write_str("reset"),
            Self::Slow(seconds) => write!(f, "slow:{seconds}"),
            Self::Stall => f.write_str("stall"),
            Self::Truncated => f.write_str("truncated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::TABLE;

    #[test]
    fn every_word_on_the_page_parses_and_prints_back() {
        let outages = OUTAGES.iter().map(|(word, _)| (*word).to_owned());
        for word in outages.chain(TABLE.iter().map(ToString::to_string)) {
            let behaviour = Behaviour::parse(&word).unwrap_or_else(|| panic!("{word}"));
            assert_eq!(behaviour.to_string(), word);
        }
    }

    #[test]
    fn words_outside_the_vocabulary_are_refused() {
        for word in [
            "",
            "Alive",
            "error",
            "error:",
            "error:5@99",
            "error:5@x",
            "http",
            "http:200",
            "http:600",
            "slow",
            "slow:601",
            "slow:-1",
            "redirect:304",
            "hang:5",
            "alive:",
            "http:0x1f6",
        ] {
            assert_eq!(Behaviour::parse(word), None, "{word}");
        }
    }

    #[test]
    fn an_error_may_come_in_another_status() {
        assert_eq!(Behaviour::parse("error:5:expired@401").unwrap().to_string(), "error:5:expired@401");
        assert_eq!(Behaviour::parse("error:5:ip@200").unwrap().to_string(), "error:5/1130");
        assert_eq!(Behaviour::parse("redirect").unwrap().to_string(), "redirect:302");
    }
}
