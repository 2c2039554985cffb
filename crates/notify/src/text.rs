//! Owns the words: what a person reads, in English, plain text without any markup.
//!
//! It says what happened, what to do, and gives the link. Time is counted from `now`, so that a message which was delayed is still true.

use std::fmt::Write;

use grantkeep_core::{Secret, Timestamp};

use crate::{About, Kind, Message, News, clean};

/// Longest body, in bytes: ntfy makes a file of more than 4096, Telegram refuses more than 4096 UTF-16 units.
const LONGEST: usize = 3500;

/// What a person reads.
#[derive(Debug)]
pub struct Text {
    /// One line.
    pub title: String,
    /// Some lines. Holds the links, so it is a secret.
    pub body: Secret,
}

impl Text {
    /// A message in English, as of `now`.
    pub fn english(message: &Message, now: Timestamp) -> Self {
        let (title, body) = match &message.about {
            About::Credential(news) => one(news, now),
            About::Digest(all) => many(all, now),
            About::Test => (
                "Grantkeep can reach you here".to_owned(),
                "This is a test. What is about your tokens will come this way.".to_owned(),
            ),
        };
        Self { title, body: Secret::from(body) }
    }
}

fn one(news: &News, now: Timestamp) -> (String, String) {
    let (provider, account) = (provider(news), clean::name(news.account.as_str()));
    let kind = news.kind_at(now);
    let fate = fate(kind, news, now);
    let mut body = format!("The {provider} token of {account} {fate}");
    if let (Kind::Expiring, Some(expires_at)) = (kind, news.expires_at) {
        let _ = write!(body, ", at {}", clock(expires_at));
    }
    body.push('.');
    body.push_str(match (kind, &news.link) {
        (Kind::Recovered, _) => " There is nothing to do.",
        (_, Some(_)) => "\n\nRenew it here:\n",
        (_, None) => "\n\nTo renew it, sign in again with Grantkeep, for example by: ",
    });
    match (kind, &news.link) {
        (Kind::Recovered, _) => {}
        (_, Some(link)) => {
            body.push_str(link.expose());
            body.push_str("\n\nThe link works once, and for this account only.");
        }
        (_, None) => {
            let _ = write!(body, "grantkeep login {} --account {}", news.provider, for_a_shell(news.account.as_str()));
        }
    }
    (format!("{provider}: the token of {account} {fate}"), body)
}

/// A name as it can stand in a command that somebody copies: another's name may have anything in it.
fn for_a_shell(name: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.@-:".contains(&byte);
    if name.bytes().all(is_plain) && !name.starts_with('-') { name } else { "THE_SAME_NAME" }
}

fn many(all: &[News], now: Timestamp) -> (String, String) {
    let needy = all.iter().filter(|news| news.kind != Kind::Recovered).count();
    let title = match (needy, all.len()) {
        (0, 1) => "1 token works again".to_owned(),
        (0, all) => format!("{all} tokens work again"),
        (1, _) => "1 token needs you".to_owned(),
        (needy, _) => format!("{needy} tokens need you"),
    };
    let mut body = format!("{title}.\n");
    for (index, news) in all.iter().enumerate() {
        let fate = fate(news.kind_at(now), news, now);
        let mut line = format!("\n- {}: {} {fate}", provider(news), clean::name(news.account.as_str()));
        if let (Some(link), false) = (&news.link, news.kind == Kind::Recovered) {
            line.push_str("\n  ");
            line.push_str(link.expose());
        }
        if body.len() + line.len() > LONGEST {
            let _ = write!(body, "\n- and {} more", all.len() - index);
            break;
        }
        body.push_str(&line);
    }
    (title, body)
}

/// The second half of a sentence about a token.
fn fate(kind: Kind, news: &News, now: Timestamp) -> String {
    match (kind, news.expires_at) {
        (Kind::Dead, _) => "no longer works".to_owned(),
        (Kind::Expired, _) => "has expired".to_owned(),
        (Kind::Expiring, None) => "expires soon".to_owned(),
        (Kind::Expiring, Some(expires_at)) => format!("expires in {}", expires_at.since(now).brief()),
        (Kind::Recovered, _) => "works again".to_owned(),
    }
}

fn provider(news: &News) -> String {
    match &news.server {
        Some(server) => format!("{} ({})", news.provider, clean::name(server)),
        None => news.provider.to_string(),
    }
}

/// An instant as a person reads it.
fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
