//! Holds the calendar against RFC 5545: its lines, its values, and what a program reads out of them.

use grantkeep_core::{Account, Provider};

use super::*;

const NOW: Timestamp = Timestamp::from_unix(1_768_059_000);

fn needed(credential: i64, account: &str, hours: u64, why: &'static str) -> Forecast {
    let at = NOW.after(Lifetime::from_hours(hours));
    Forecast { at, credential, provider: Provider::Vk, account: Account::new(account).unwrap(), why }
}

/// The lines as a program reads them: unfolded.
pub(crate) fn unfolded(text: &str) -> Vec<String> {
    assert!(text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= LONGEST_LINE && !line.contains(['\r', '\n']), "{line}");
    }
    text.replace("\r\n ", "").trim_end().split("\r\n").map(str::to_owned).collect()
}

#[test]
fn every_credential_has_an_event_with_alarms() {
    let forecast = [needed(7, "my_vk", 0, "now"), needed(8, "b", 24, "ends"), needed(9, "c", 48, "renewal_lost")];
    let lines = unfolded(&write(&forecast, "k_1", false, NOW));
    let ends = [lines.first(), lines.last()].map(|line| line.unwrap().as_str());
    assert_eq!(ends, ["BEGIN:VCALENDAR", "END:VCALENDAR"]);
    let all = |name: &str| -> Vec<&str> {
        lines.iter().filter(|line| line.starts_with(name)).map(|line| &line[name.len()..]).collect()
    };
    assert_eq!(all("UID:"), ["7.k_1@grantkeep", "8.k_1@grantkeep", "9.k_1@grantkeep"]);
    assert_eq!(all("DTSTART"), [";VALUE=DATE:20260110", ":20260111T153000Z", ":20260112T153000Z"]);
    assert_eq!(all("DTEND;VALUE=DATE:"), ["20260111"]);
    assert_eq!(all("TRIGGER:"), ["PT9H", "-PT6H", "-PT2H", "-PT6H", "-PT2H"]);
    assert_eq!(all("SUMMARY:"), ["vk/my_vk needs you now", "vk/b ends", "vk/c may end"]);
    assert_eq!(all("DESCRIPTION:")[2], "Nothing renews it: log in again before (grantkeep status vk/b)");
    let lost = "The answer to its renewal was lost. It is tried once more at this time: log in again if that fails\\, or before (grantkeep status vk/c)";
    assert_eq!(all("DESCRIPTION:")[5], lost);
    for (begin, count) in [("VEVENT", 3), ("VALARM", 5), ("VCALENDAR", 1)] {
        assert_eq!(
            (all(&format!("BEGIN:{begin}")).len(), all(&format!("END:{begin}")).len()),
            (count, count),
            "{begin}"
        );
    }
    assert_eq!(all("DTSTAMP:"), ["20260110T153000Z"; 3]);
}

#[test]
fn a_hostile_name_ends_neither_a_line_nor_a_value() {
    let name = "a\\b;c,d\u{2028}:END:VEVENT";
    let long = "имя🙂".repeat(25);
    let lines = unfolded(&write(&[needed(1, name, 24, "ends"), needed(2, &long, 24, "ends")], "k_1", true, NOW));
    let summaries: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("SUMMARY:")).collect();
    assert_eq!(summaries, ["vk/a\\\\b\\;c\\,d\u{2028}:END:VEVENT ends", &format!("vk/{long} ends")]);
    assert_eq!(lines.iter().filter(|line| *line == "END:VEVENT").count(), 2);
    assert!(lines.contains(&"X-WR-CALNAME:Grantkeep (sandbox)".to_owned()));
}
