//! Owns what an answer to a refresh means, and the form in which one waits in the spool.

use grantkeep_core::{
    Answer, Credential, Evidence, Expiry, Grant, Lifetime, NoAnswer, Outcome, Scope, Secret, Subject, Timestamp,
    TokenKind, evidence::OWNER_CHANGED,
};
use grantkeep_mastodon::{self as mastodon, Software};
use grantkeep_oauth::{
    ErrorCode, TokenAnswer, TokenFault,
    token::{self, Stated, Strange},
};
use grantkeep_vk as vk;
use serde::{Deserialize, Serialize};

use super::host::Sign;
use crate::{KeepFault, Keeper};

/// The longest that a server may ask us to wait.
const LONGEST_WAIT: u64 = 3600;

/// What came of a refresh that brought no tokens.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing, because nothing was asked: its host is left alone for so long.
    Closed(Lifetime),
    /// Not now: the refresh token was not taken, so it is not spent.
    Later { cause: Box<str>, after: Option<Lifetime> },
    /// It was sent, and what came of it is not known.
    Lost(Box<str>),
    /// The application is refused; that says nothing about the grant.
    Misconfigured(Box<str>),
    /// The grant is refused.
    Refused(Box<str>),
}

impl Heard {
    /// What it says about the host.
    pub(super) const fn sign(&self) -> Sign {
        match self {
            Self::Misconfigured(_) | Self::Refused(_) => Sign::Answers,
            Self::Closed(_) | Self::Later { .. } => Sign::Declines,
            Self::Lost(_) => Sign::LosesAnswers,
        }
    }

    /// The same of a token of that kind. Where the application asks for itself there is no grant that could be refused: it is the
    /// application.
    pub(super) fn about(self, kind: TokenKind) -> Self {
        match (self, kind) {
            (Self::Refused(cause), TokenKind::OAuth2Client) => Self::Misconfigured(cause),
            (heard, _) => heard,
        }
    }

    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Closed(_) | Self::Later { .. } => "later",
            Self::Lost(_) => "lost",
            Self::Misconfigured(_) => "misconfigured",
            Self::Refused(_) => "refused",
        }
    }

    pub(super) fn cause(&self) -> &str {
        match self {
            Self::Closed(_) => "host_unavailable",
            Self::Later { cause, .. } | Self::Lost(cause) | Self::Misconfigured(cause) | Self::Refused(cause) => cause,
        }
    }

    /// For whoever waits.
    pub(super) fn fault(&self) -> KeepFault {
        match self {
            Self::Refused(cause) => KeepFault::ExchangeRefused(cause.clone()),
            Self::Misconfigured(cause) => KeepFault::ClientRefused(cause.clone()),
            other => KeepFault::ProviderUnavailable(other.cause().into()),
        }
    }
}

/// Reads an answer, or the lack of one. The body decides, in any status (VK refuses with 200).
pub(super) fn hear(answer: Result<Answer, NoAnswer>, is_untyped: bool) -> Result<TokenAnswer, Heard> {
    let answer = answer.map_err(|reason| match reason {
        NoAnswer::Forbidden | NoAnswer::Unreachable => Heard::Later { cause: reason.as_str().into(), after: None },
        NoAnswer::Broken | NoAnswer::Timeout | NoAnswer::TooLarge => Heard::Lost(reason.as_str().into()),
    })?;
    let read = if is_untyped { token::read_untyped } else { token::read };
    read(&answer).map_err(|fault| without_tokens(&fault, &answer))
}

fn without_tokens(fault: &TokenFault, answer: &Answer) -> Heard {
    let cause: Box<str> = fault.cause().into();
    match fault {
        TokenFault::Refused(refusal) => match refusal.code {
            code if code.is_transient() => Heard::Later { cause, after: retry_after(answer) },
            ErrorCode::InvalidClient | ErrorCode::UnauthorizedClient | ErrorCode::UnsupportedGrantType => {
                Heard::Misconfigured(cause)
            }
            // A code of nobody's, in a status in which no token endpoint refuses (RFC 6749 §5.2; some use 200): whoever stands in
            // front of it, or another service in its place.
            ErrorCode::Other if !matches!(refusal.status, 200 | 400 | 401) => {
                Heard::Later { cause, after: retry_after(answer) }
            }
            _ => Heard::Refused(cause),
        },
        // Who stands in front of the server gave up waiting for it.
        TokenFault::ServerTrouble(504) => Heard::Lost(cause),
        TokenFault::ServerTrouble(_) => Heard::Later { cause, after: retry_after(answer) },
        // Tokens came, but not so that they can be used: the old ones are spent all the same.
        TokenFault::Strange(strange) if looks_granted(*strange, answer) => Heard::Lost(cause),
        // A page, or nothing: nobody who spends refresh tokens answered.
        TokenFault::Strange(_) => Heard::Later { cause, after: None },
    }
}

/// What the answer to a question for nothing says about a host: that it works, unless it says itself that it does not.
pub(super) fn sign_of_question(answer: &Result<Answer, NoAnswer>) -> Sign {
    match answer {
        Ok(answer) if answer.status == 504 => Sign::LosesAnswers,
        Ok(answer) if answer.status >= 500 || answer.status == 429 => Sign::Declines,
        Ok(_) => Sign::Answers,
        Err(NoAnswer::Forbidden | NoAnswer::Unreachable) => Sign::Declines,
        Err(_) => Sign::LosesAnswers,
    }
}

/// Whether there were tokens in an answer that is not understood, in JSON or in a form.
fn looks_granted(strange: Strange, answer: &Answer) -> bool {
    let was_read = matches!(
        strange,
        Strange::TokenCharacter | Strange::TokenTooLong | Strange::TokenType | Strange::TokenTypeMissing
    );
    let name = b"access_token";
    let names_one = strange != Strange::Html && answer.body.windows(name.len()).any(|window| window == name);
    (200..300).contains(&answer.status) && (was_read || names_one)
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3).
fn retry_after(answer: &Answer) -> Option<Lifetime> {
    let value = answer.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(|seconds: u64| Lifetime::from_seconds(seconds.clamp(1, LONGEST_WAIT)))
}

/// What is needed of an answer, in the form in which it waits in the spool.
#[derive(Debug)]
pub(super) struct Kept {
    access_token: Secret,
    refresh_token: Option<Secret>,
    device_id: Option<Secret>,
    expiry: Expiry,
    scope: Option<Box<str>>,
    user_id: Option<u64>,
    came_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Written<T> {
    access_token: T,
    refresh_token: Option<T>,
    device_id: Option<T>,
    expiry: WrittenExpiry,
    scope: Option<T>,
    user_id: Option<u64>,
    came_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenExpiry {
    Assumed(i64),
    Never,
    Stated(i64),
    Unstated,
}

impl Kept {
    /// `software` is that of a Mastodon: what a lifetime means is the same as at the login.
    pub(super) fn of(answer: TokenAnswer, kind: TokenKind, software: Option<Software>, now: Timestamp) -> Self {
        let expiry = match (software, answer.lifetime) {
            (Some(software), stated) => mastodon::token::expiry(software, stated, now),
            (None, Stated::For(lifetime)) => Expiry::Stated(now.after(lifetime)),
            (None, Stated::Absent | Stated::Zero) => vk::usual_expiry(kind, now),
        };
        Self {
            access_token: answer.access_token,
            refresh_token: answer.refresh_token.filter(|it| !it.is_empty() && kind != TokenKind::OAuth2Client),
            device_id: answer.device_id,
            expiry,
            scope: answer.scope.map(Into::into),
            user_id: answer.user_id.as_deref().and_then(vk::user_id),
            came_at: now,
        }
    }

    pub(super) const fn came_at(&self) -> Timestamp {
        self.came_at
    }

    pub(super) fn write(&self) -> Secret {
        fn text(secret: &Option<Secret>) -> Option<&str> {
            secret.as_ref().map(Secret::expose)
        }
        let written = Written {
            access_token: self.access_token.expose(),
            refresh_token: text(&self.refresh_token),
            device_id: text(&self.device_id),
            expiry: match self.expiry {
                Expiry::Assumed(at) => WrittenExpiry::Assumed(at.unix()),
                Expiry::Never => WrittenExpiry::Never,
                Expiry::Stated(at) => WrittenExpiry::Stated(at.unix()),
                Expiry::Unstated => WrittenExpiry::Unstated,
            },
            scope: self.scope.as_deref(),
            user_id: self.user_id,
            came_at: self.came_at.unix(),
        };
        let parts = [Some(&self.access_token), self.refresh_token.as_ref(), self.device_id.as_ref()];
        // With room for everything at once: a text that grows leaves copies behind.
        let room = 512 + 2 * parts.into_iter().flatten().map(Secret::len).sum::<usize>();
        let mut bytes = Vec::with_capacity(room + 2 * self.scope.as_ref().map_or(0, |scope| scope.len()));
        serde_json::to_writer(&mut bytes, &written).expect("texts and numbers are JSON");
        Secret::from(String::from_utf8(bytes).expect("JSON is UTF-8"))
    }

    pub(super) fn read(text: &Secret) -> Option<Self> {
        let read: Written<String> = serde_json::from_str(text.expose()).ok()?;
        Some(Self {
            access_token: Secret::from(read.access_token),
            refresh_token: read.refresh_token.map(Secret::from),
            device_id: read.device_id.map(Secret::from),
            expiry: match read.expiry {
                WrittenExpiry::Assumed(at) => Expiry::Assumed(Timestamp::from_unix(at)),
                WrittenExpiry::Never => Expiry::Never,
                WrittenExpiry::Stated(at) => Expiry::Stated(Timestamp::from_unix(at)),
                WrittenExpiry::Unstated => Expiry::Unstated,
            },
            scope: read.scope.map(Into::into),
            user_id: read.user_id,
            came_at: Timestamp::from_unix(read.came_at),
        })
    }

    /// The grant that takes the place of the one before. What the answer does not give stays: an old refresh token where there
    /// is no new one (RFC 6749 §6), the device, the scope.
    pub(super) fn grant(&self, keeper: &Keeper, before: &Credential) -> Result<Grant, KeepFault> {
        let generation = before.grant.generation + 1;
        let seal = |column, secret: &Secret| keeper.seal(&before.owner, before.uid, generation, column, secret);
        let kept = |column, new: &Option<Secret>, old: &Option<grantkeep_core::Sealed>| match (new, old) {
            (Some(new), _) => seal(column, new).map(Some),
            (None, Some(old)) => seal(column, &keeper.open_column(before, column, old)?).map(Some),
            (None, None) => Ok(None),
        };
        let scope = Scope {
            asked: before.grant.scope.asked.clone(),
            granted: self.scope.clone().or_else(|| before.grant.scope.granted.clone()),
        };
        Ok(Grant {
            kind: before.grant.kind,
            access_token: seal("access_token", &self.access_token)?,
            refresh_token: kept("refresh_token", &self.refresh_token, &before.grant.refresh_token)?,
            device_id: kept("device_id", &self.device_id, &before.grant.device_id)?,
            generation,
            expiry: self.expiry,
            scope,
        })
    }

    /// The provider itself has just given the token, which proves that it lives; unless it is for somebody else, as the one before
    /// may have been.
    pub(super) fn evidence(&self, before: &Credential) -> Evidence {
        let captured = Evidence::captured(self.came_at);
        if let Some(reading) = before.evidence.owner_changed() {
            return Evidence { clear: Some(reading.clone()), ..captured };
        }
        match (&before.subject, self.user_id) {
            (Some(Subject::User(kept)), Some(told)) if *kept != told => {
                captured.with(Outcome::NeedsHuman, OWNER_CHANGED, "token_endpoint", self.came_at)
            }
            _ => captured.with(Outcome::Alive, "renewed", "token_endpoint", self.came_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, header: Option<(&str, &str)>, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::try_from(value).unwrap());
        }
        Answer { status, headers, body: body.as_bytes().to_vec().into() }
    }

    #[test]
    fn an_answer_means_what_it_says_in_any_status() {
        let token = r#"{"access_token":"t","token_type":"bearer"}"#;
        assert!(hear(Ok(answer(200, None, token)), false).is_ok());
        #[rustfmt::skip]
        let rows = [
            (400, r#"{"error":"invalid_grant"}"#, "refused", "invalid_grant"),
            (200, r#"{"error":"invalid_grant","error_description":"session is compromised"}"#, "refused", "invalid_grant"),
            (400, r#"{"error":"access_denied"}"#, "refused", "access_denied"),
            (400, r#"{"error":"invalid_scope"}"#, "refused", "invalid_scope"),
            (401, r#"{"error":"invalid_client"}"#, "misconfigured", "invalid_client"),
            (400, r#"{"error":"unauthorized_client"}"#, "misconfigured", "unauthorized_client"),
            (400, r#"{"error":"temporarily_unavailable"}"#, "later", "temporarily_unavailable"),
            (400, r#"{"error":"slow_down"}"#, "later", "slow_down"),
            (500, r#"{"error":"server_error"}"#, "later", "server_error"),
            (200, r#"{"error":"bad_refresh_token"}"#, "refused", "refused_200"),
            (403, r#"{"error":"forbidden by the firewall"}"#, "later", "refused_403"),
            (404, r#"{"error":"Not Found"}"#, "later", "refused_404"),
            (421, r#"{"error":"misdirected"}"#, "later", "refused_421"),
            (500, r#"{"error":"Internal Server Error"}"#, "later", "http_500"),
            (408, "", "later", "http_408"),
            (429, "", "later", "http_429"),
            (503, "", "later", "http_503"),
            (502, "<html>", "later", "http_502"),
            (504, "<html>", "lost", "http_504"),
            (200, "<html>a portal</html>", "later", "html"),
            (200, "", "later", "empty_answer"),
            (302, "", "later", "redirect"),
            (404, "<html>", "later", "html"),
            (200, r#"{"access_token":"t","token_type":"mac"}"#, "lost", "token_type_unsupported"),
            (200, r#"{"refresh_token":"r"}"#, "later", "incomplete_answer"),
        ];
        for (status, body, outcome, cause) in rows {
            let heard = hear(Ok(answer(status, None, body)), false).unwrap_err();
            assert_eq!((heard.as_str(), heard.cause()), (outcome, cause), "{status} {body}");
        }
        for (reason, outcome) in [
            (NoAnswer::Broken, "lost"),
            (NoAnswer::Forbidden, "later"),
            (NoAnswer::Timeout, "lost"),
            (NoAnswer::TooLarge, "lost"),
            (NoAnswer::Unreachable, "later"),
        ] {
            assert_eq!(hear(Err(reason), false).unwrap_err().as_str(), outcome, "{reason}");
        }
    }

    #[test]
    fn tokens_that_came_and_cannot_be_used_are_lost() {
        let (json, form) = ("application/json", "application/x-www-form-urlencoded");
        let long = "t".repeat(token::LONGEST + 1);
        for (content_type, body, outcome, cause) in [
            (json, format!(r#"{{"access_token":"{long}","token_type":"bearer"}}"#), "lost", "token_too_long"),
            (
                json,
                format!(r#"{{"access_token":"t","token_type":"bearer","refresh_token":"{long}"}}"#),
                "lost",
                "token_too_long",
            ),
            (json, r#"{"access\u005ftoken":"t"}"#.to_owned(), "lost", "token_type_unsupported"),
            (json, r#"{"access_token":"t","token_type":"be"#.to_owned(), "lost", "not_understood"),
            (form, "access_token=t&token_type=mac".to_owned(), "lost", "token_type_unsupported"),
            (form, "access_token=t&refresh_token=r&access_token=u".to_owned(), "lost", "duplicate_member"),
            (form, "access%5Ftoken=t%0a&token_type=bearer".to_owned(), "lost", "token_malformed"),
            ("text/html", "access_token=t&token_type=bearer".to_owned(), "lost", "not_understood"),
            ("text/html", "<html>access_token=</html>".to_owned(), "later", "html"),
            (form, "welcome=1".to_owned(), "later", "not_understood"),
        ] {
            let heard = hear(Ok(answer(200, Some(("content-type", content_type)), &body)), false).unwrap_err();
            assert_eq!((heard.as_str(), heard.cause()), (outcome, cause), "{}", &body[..body.len().min(60)]);
        }
    }

    /// What the spool takes of one answer: the CHECK of its table, less what sealing adds.
    #[test]
    fn the_longest_answer_fits_into_the_spool() {
        let most = 256 * 1024 - 33;
        let escaped = |text: &str, bytes: usize| text.repeat(bytes);
        // Each byte as long as it can become in JSON.
        let body = format!(
            r#"{{"access_token":"{}","refresh_token":"{}","device_id":"{}","scope":"{}","token_type":"bearer","user_id":"9223372036854775807"}}"#,
            escaped("\\\\", token::LONGEST),
            escaped("\\u0001", token::LONGEST_REFRESH_TOKEN),
            escaped("\\u0001", 2 * 1024),
            escaped("\\\\", 8 * 1024),
        );
        let granted = hear(Ok(answer(200, None, &body)), false).unwrap();
        assert!(granted.device_id.is_some() && granted.scope.is_some());
        let written = Kept::of(granted, TokenKind::VkId, None, Timestamp::from_unix(i64::MAX)).write();
        assert!((240 * 1024..most).contains(&written.len()), "{}", written.len());
    }

    #[test]
    fn a_server_may_say_when() {
        for (value, seconds) in [("7", Some(7)), ("0", Some(1)), ("99999999", Some(3600)), ("soon", None), ("-1", None)]
        {
            let heard = hear(Ok(answer(503, Some(("retry-after", value)), "")), false).unwrap_err();
            let Heard::Later { after, .. } = heard else { panic!("{heard:?}") };
            assert_eq!(after.map(Lifetime::seconds), seconds, "{value}");
        }
    }

    #[test]
    fn a_renewed_token_lives_as_long_as_one_of_a_login() {
        let now = Timestamp::from_unix(9);
        let in_days = |days: u64| now.after(Lifetime::from_hours(24 * days));
        let hour = now.after(Lifetime::from_hours(1));
        #[rustfmt::skip]
        let rows = [
            // The kind, what a Mastodon is, what is said, when it ends.
            (TokenKind::Mastodon, Some(Software::Pleroma),  Some(3_155_760_000), Expiry::Never),
            (TokenKind::Mastodon, Some(Software::Pixelfed), None,                Expiry::Assumed(in_days(365))),
            (TokenKind::Mastodon, Some(Software::Pleroma),  Some(3600),          Expiry::Stated(hour)),
            (TokenKind::OAuth2,   None,                     Some(3600),          Expiry::Stated(hour)),
            (TokenKind::OAuth2,   None,                     None,                Expiry::Unstated),
            (TokenKind::VkId,     None,                     None,                Expiry::Assumed(hour)),
        ];
        for (kind, software, lifetime, expiry) in rows {
            let stated = lifetime.map_or(String::new(), |seconds: u64| format!(r#","expires_in":{seconds}"#));
            let body = format!(r#"{{"access_token":"t","token_type":"bearer"{stated}}}"#);
            let granted = hear(Ok(answer(200, None, &body)), false).unwrap();
            assert_eq!(Kept::of(granted, kind, software, now).expiry, expiry, "{kind:?} {body}");
        }
    }

    #[test]
    fn what_waits_in_the_spool_reads_back() {
        for expiry in [
            Expiry::Assumed(Timestamp::from_unix(5)),
            Expiry::Never,
            Expiry::Stated(Timestamp::from_unix(6)),
            Expiry::Unstated,
        ] {
            let kept = Kept {
                access_token: "a\"b".into(),
                refresh_token: Some("r".into()),
                device_id: None,
                expiry,
                scope: Some("read write".into()),
                user_id: Some(7),
                came_at: Timestamp::from_unix(9),
            };
            let read = Kept::read(&kept.write()).unwrap();
            assert_eq!(read.access_token.expose(), "a\"b");
            assert_eq!((read.expiry, read.scope, read.user_id), (expiry, kept.scope, Some(7)));
            assert_eq!((read.device_id.is_none(), read.came_at), (true, kept.came_at));
        }
        assert!(Kept::read(&"{}".into()).is_none());
    }
}
