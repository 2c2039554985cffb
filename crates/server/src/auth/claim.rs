//! Owns the claims of a JWT as they are read and written. RFC 7519 §4; lenient only where other systems' tokens differ.

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// The `aud` of keys that we issue; only those can be revoked here.
pub(super) const AUDIENCE: &str = "grantkeep";

/// The claims that count. A name that stands twice is a fault of the typed reader (RFC 7519 §4).
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) exp: NumericDate,
    pub(super) nbf: Option<NumericDate>,
    pub(super) iat: Option<NumericDate>,
    #[serde(default)]
    pub(super) aud: Words,
    #[serde(default)]
    pub(super) jti: Words,
    #[serde(default)]
    pub(super) scope: Words,
    #[serde(default)]
    pub(super) providers: Words,
}

/// Seconds since the epoch; RFC 7519 §2 allows fractions.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumericDate(pub(super) i64);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A float that is too large, too small or not a number saturates; none of that is a moment near now.
        #[expect(clippy::cast_possible_truncation, reason = "saturates, as wanted")]
        f64::deserialize(deserializer).map(|seconds| Self(seconds as i64))
    }
}

/// One text, several, or something that is none of our business.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Words {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
    Other(IgnoredAny),
}

impl Words {
    pub(super) fn one(&self) -> Option<&str> {
        match self {
            Self::One(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_or_has(&self, word: &str) -> bool {
        match self {
            Self::One(text) => text == word,
            Self::Several(texts) => texts.iter().any(|text| text == word),
            Self::None | Self::Other(_) => false,
        }
    }

    /// Space separated words, as RFC 8693 §4.2 has them in `scope`; other systems send a list.
    pub(super) fn joined(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::Several(texts) => texts.join(" "),
            Self::None | Self::Other(_) => String::new(),
        }
    }
}

/// The claims of a key that we issue.
#[derive(Debug, Serialize)]
pub(super) struct Issued<'a> {
    pub(super) sub: &'a str,
    pub(super) aud: &'static str,
    pub(super) jti: &'a str,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) providers: Option<&'a str>,
}

/// The header members that count.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    /// Whether there are extensions that must be understood: we understand none (RFC 7515 §4.1.11).
    #[serde(default, rename = "crit", deserialize_with = "is_there")]
    pub(super) has_crit: bool,
}

/// Whatever stands there, even null.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
