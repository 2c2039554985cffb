//! Owns the calendar of the forecast, as RFC 5545 has it: an event for each credential that needs a person, with alarms.
//!
//! It names providers and accounts, and never holds a secret. What an account is called can neither end a line nor a value.

use grantkeep_core::{Lifetime, Timestamp};
use grantkeep_keeper::Forecast;

/// Octets of a line, without its end (RFC 5545 §3.1).
const LONGEST_LINE: usize = 75;

/// The calendar. `feed` is the id of its address: events of two addresses are told apart, those of one keep their names.
pub(crate) fn write(forecast: &[Forecast], feed: &str, sandbox: bool, now: Timestamp) -> String {
    let mut text = String::with_capacity(256 + 512 * forecast.len());
    let name = if sandbox { "Grantkeep (sandbox)" } else { "Grantkeep" };
    for content in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        concat!("PRODID:-//Grantkeep//Forecast ", env!("CARGO_PKG_VERSION"), "//EN"),
        "CALSCALE:GREGORIAN",
        // RFC 7986 §5.1 and §5.7, and what programs understood before it.
        &format!("NAME:{name}"),
        &format!("X-WR-CALNAME:{name}"),
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ] {
        line(&mut text, content);
    }
    for needed in forecast {
        event(&mut text, needed, feed, now);
    }
    line(&mut text, "END:VCALENDAR");
    text
}

fn event(text: &mut String, needed: &Forecast, feed: &str, now: Timestamp) {
    let who = format!("{}/{}", needed.provider, needed.account);
    let (summary, description) = match (needed.why, needed.is_now()) {
        (_, true) => (format!("{who} needs you now"), "It cannot be used until somebody acts"),
        ("renewal_lost", _) => (
            format!("{who} may end"),
            "The answer to its renewal was lost. It is tried once more at this time: log in again if that fails, or before",
        ),
        ("renewal_refused", _) => (format!("{who} ends"), "The provider refused to renew it: log in again before"),
        _ => (format!("{who} ends"), "Nothing renews it: log in again before"),
    };
    line(text, "BEGIN:VEVENT");
    line(text, &format!("UID:{}.{feed}@grantkeep", needed.credential));
    line(text, &format!("DTSTAMP:{}", utc(now)));
    if needed.is_now() {
        // On the day of today, whenever that is: an event of last week is seen by nobody.
        line(text, &format!("DTSTART;VALUE=DATE:{}", date(now)));
        line(text, &format!("DTEND;VALUE=DATE:{}", date(now.after(Lifetime::from_hours(24)))));
    } else {
        line(text, &format!("DTSTART:{}", utc(needed.at)));
        line(text, "DURATION:PT15M");
    }
    line(text, &format!("SUMMARY:{}", escape(&summary)));
    let description = format!("{description} (grantkeep status {who})");
    line(text, &format!("DESCRIPTION:{}", escape(&description)));
    line(text, "TRANSP:TRANSPARENT");
    let alarms: &[&str] = if needed.is_now() { &["PT9H"] } else { &["-PT6H", "-PT2H"] };
    for trigger in alarms {
        line(text, "BEGIN:VALARM");
        line(text, "ACTION:DISPLAY");
        line(text, &format!("TRIGGER:{trigger}"));
        line(text, &format!("DESCRIPTION:{}", escape(&summary)));
        line(text, "END:VALARM");
    }
    line(text, "END:VEVENT");
}

/// Writes a line, folded so that no part of it is longer than allowed and no character is cut (RFC 5545 §3.1).
fn line(text: &mut String, content: &str) {
    let mut room = LONGEST_LINE;
    for character in content.chars() {
        if character.len_utf8() > room {
            text.push_str("\r\n ");
            room = LONGEST_LINE - 1;
        }
        text.push(character);
        room -= character.len_utf8();
    }
    text.push_str("\r\n");
}

/// A text as a value (RFC 5545 §3.3.11).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' => escaped.push_str("\\n"),
            character if character.is_control() => {}
            character => escaped.push(character),
        }
    }
    escaped
}

/// `20260111T153000Z`.
fn utc(at: Timestamp) -> String {
    at.to_string().replace(['-', ':'], "")
}

/// `20260111`.
fn date(at: Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().replace('-', "")
}

#[cfg(test)]
mod tests;
