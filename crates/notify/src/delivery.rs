//! Owns what became of one try to send a message, and what an HTTP answer says about it in general.

use grantkeep_core::{Answer, Lifetime, NoAnswer};
use http::{HeaderMap, header};

/// The longest time that a receiver can make us wait. What is told so late helps nobody.
const LONGEST_WAIT: Lifetime = Lifetime::from_hours(6);

/// What became of one try. The words are ours, for causes and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Delivered,
    /// The channel is over for good: send nothing there any more.
    Gone,
    /// Not now. Whether the receiver has it may be unknown, so it can come twice, with the same id.
    Later {
        /// How long the receiver wants us to wait at least, if it says so.
        after: Option<Lifetime>,
        /// Why.
        word: &'static str,
    },
    /// A clear no, that stays one until a person mends the configuration or the receiver.
    Refused(&'static str),
}

impl Delivery {
    pub(crate) const fn later(word: &'static str) -> Self {
        Self::Later { after: None, word }
    }

    /// For a try without an answer.
    pub(crate) const fn unanswered(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::Forbidden => Self::Refused("address_not_allowed"),
            reason => Self::later(reason.as_str()),
        }
    }

    /// What an answer's status says where the receiver has no rules of its own.
    pub(crate) fn answered(answer: &Answer) -> Self {
        let word = word(answer.status);
        match answer.status {
            200..=299 => Self::Delivered,
            408 | 425 | 429 | 500.. => Self::Later { after: wait(&answer.headers), word },
            _ => Self::Refused(word),
        }
    }
}

/// Our word for a status that is not success.
pub(crate) const fn word(status: u16) -> &'static str {
    match status {
        400 => "bad_request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        413 => "too_large",
        429 => "throttled",
        _ => match status / 100 {
            3 => "redirected",
            4 => "refused",
            5 => "server_error",
            _ => "unexpected_answer",
        },
    }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3). As a date it is not read: the caller's own delays are long enough.
pub(crate) fn wait(headers: &HeaderMap) -> Option<Lifetime> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(at_most(seconds))
}

/// A wait in seconds that a receiver asks for, within reason.
pub(crate) fn at_most(seconds: u64) -> Lifetime {
    Lifetime::from_seconds(seconds).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let value = retry_after.map(|value| (header::RETRY_AFTER, HeaderValue::from_str(value).unwrap()));
        Answer { status, headers: value.into_iter().collect(), body: Vec::new().into() }
    }

    #[test]
    fn a_status_tells_what_became_of_it() {
        let seconds = |seconds| Some(Lifetime::from_seconds(seconds));
        #[rustfmt::skip]
        let rows = [
            (200, None,                       Delivery::Delivered),
            (204, Some("5"),                  Delivery::Delivered),
            (302, None,                       Delivery::Refused("redirected")),
            (400, None,                       Delivery::Refused("bad_request")),
            (401, None,                       Delivery::Refused("unauthorized")),
            (404, None,                       Delivery::Refused("not_found")),
            (408, None,                       Delivery::Later { after: None, word: "refused" }),
            (410, None,                       Delivery::Refused("refused")),
            (413, None,                       Delivery::Refused("too_large")),
            (429, Some("7"),                  Delivery::Later { after: seconds(7), word: "throttled" }),
            (429, Some("99999999"),           Delivery::Later { after: Some(LONGEST_WAIT), word: "throttled" }),
            (429, Some("-1"),                 Delivery::Later { after: None, word: "throttled" }),
            (503, Some("soon"),               Delivery::Later { after: None, word: "server_error" }),
            (503, Some(" 60 "),               Delivery::Later { after: seconds(60), word: "server_error" }),
            (999, None,                       Delivery::Later { after: None, word: "unexpected_answer" }),
        ];
        for (status, retry_after, expected) in rows {
            assert_eq!(Delivery::answered(&answer(status, retry_after)), expected, "{status} {retry_after:?}");
        }
    }

    #[test]
    fn without_an_answer_it_is_tried_again_unless_our_own_rules_forbid_it() {
        assert_eq!(Delivery::unanswered(NoAnswer::Timeout), Delivery::later("timeout"));
        assert_eq!(Delivery::unanswered(NoAnswer::Unreachable), Delivery::later("unreachable"));
        assert_eq!(Delivery::unanswered(NoAnswer::Forbidden), Delivery::Refused("address_not_allowed"));
    }

    proptest! {
        #[test]
        fn no_receiver_makes_us_wait_for_ever(value in "\\PC{0,20}|[0-9]{1,30}") {
            let Ok(value) = HeaderValue::from_str(&value) else { return Ok(()) };
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, value)]);
            prop_assert!(wait(&headers).is_none_or(|wait| wait <= LONGEST_WAIT));
        }
    }
}
