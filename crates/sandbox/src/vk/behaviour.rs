//! Owns what VK's answers can be made to be: the errors of its API, what only VK does, and what every provider suffers.
//!
//! One word means the same everywhere, for a fault as for a token: `error:5/1130`, `http:502`, ... What can be parsed is what
//! the sandbox's page lists.

use std::fmt;

use super::refusal::Refusal;
use crate::behaviour::Behaviour as Common;
use crate::fault::Word;

/// How a call is answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Behaviour {
    /// Modifies: errors echo the access token in `request_params`.
    Ancient,
    /// HTTP 200, empty, with the headers that announce a challenge for robots.
    Challenge,
    /// As any provider's.
    Common(Common),
    /// An API error; by default in HTTP 200.
    Error { refusal: &'static Refusal, status: u16 },
    /// Modifies: error 6 when a token is used more than VK allows in a second.
    RateLimit,
}

/// What only VK does, in the words of the page.
pub(crate) static RULES: &[(&str, &str)] = &[
    ("challenge", "HTTP 200, empty, with X-Challenge: required"),
    ("rate_limit", "error 6 over 3 calls a second with one user's or service token, 20 with a community's"),
    ("ancient", "as in old times, errors repeat the access token in request_params"),
];

impl Word for Behaviour {
    fn is_modifier(&self) -> bool {
        match self {
            Self::Ancient | Self::RateLimit => true,
            Self::Challenge | Self::Error { .. } => false,
            Self::Common(common) => common.is_modifier(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "ancient" => return Some(Self::Ancient),
            "challenge" => return Some(Self::Challenge),
            "rate_limit" => return Some(Self::RateLimit),
            _ => {}
        }
        let error = word.strip_prefix("error:").and_then(Self::parse_error);
        error.or_else(|| Common::parse(word).map(Self::Common))
    }
}

impl Behaviour {
    /// That error, the way VK sends it.
    pub(crate) const fn error(refusal: &'static Refusal) -> Self {
        Self::Error { refusal, status: 200 }
    }

    /// Reads a word for a method of the API.
    pub(crate) fn of_method(word: &str) -> Option<Self> {
        Self::parse(word).filter(|behaviour| match behaviour {
            Self::Common(common) => !common.is_about_oauth(),
            Self::Ancient | Self::Challenge | Self::Error { .. } | Self::RateLimit => true,
        })
    }

    /// Reads a word for an endpoint of OAuth.
    pub(crate) fn of_endpoint(word: &str) -> Option<Self> {
        Self::parse(word).filter(|behaviour| matches!(behaviour, Self::Common(_)))
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
            Self::Ancient => f.write_str("ancient"),
            Self::Challenge => f.write_str("challenge"),
            Self::Common(common) => write!(f, "{common}"),
            Self::Error { refusal, status: 200 } => write!(f, "{refusal}"),
            Self::Error { refusal, status } => write!(f, "{refusal}@{status}"),
            Self::RateLimit => f.write_str("rate_limit"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::{EDITS, OUTAGES};
    use crate::vk::refusal::TABLE;

    #[test]
    fn every_word_on_the_page_parses_and_prints_back() {
        let outages = OUTAGES.iter().chain(RULES).map(|(word, _)| (*word).to_owned());
        for word in outages.chain(TABLE.iter().map(ToString::to_string)) {
            let behaviour = Behaviour::of_method(&word).unwrap_or_else(|| panic!("{word}"));
            assert_eq!(behaviour.to_string(), word);
        }
    }

    #[test]
    fn what_is_about_oauth_is_no_answer_of_a_method() {
        for (word, _) in EDITS {
            assert_eq!(Behaviour::of_method(word), None, "{word}");
            assert!(Behaviour::of_endpoint(word).is_some(), "{word}");
        }
        for word in ["error:5:expired", "rate_limit", "challenge"] {
            assert_eq!(Behaviour::of_endpoint(word), None, "{word}");
        }
    }

    #[test]
    fn words_outside_the_vocabulary_are_refused() {
        for word in
            ["", "Alive", "error", "error:", "error:5@99", "error:5@x", "error:77", "http:200", "slow:601", "alive:"]
        {
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
