//! The table of shapes, read and compared, and kept equal to the seeds of the fuzz target.

mod property;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::*;

/// The places of shapes.txt.
fn is_ours(place: &Place<'_>) -> bool {
    let host = place.host.to_ascii_lowercase();
    let is_vk = ["oauth.vk.com", "oauth.vk.ru", "api.vk.com", "vk.com", "vk.ru"].contains(&host.as_str());
    is_vk && matches!(place.port, None | Some(443)) && place.path == "/blank.html"
        || host == "localhost" && place.port == Some(8000) && place.path == "/callback"
}

/// Cases of shapes.txt: the line, the input, what is expected.
fn shapes() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let lines = include_str!("shapes.txt").lines().skip_while(|line| !line.starts_with("-- "));
    lines.filter_map(|line| {
        let (input, expected) = line.rsplit_once("=> ")?;
        Some((line, unescaped(input.trim_end_matches(' ')), expected))
    })
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let (escape, after) = after.split_at(1);
        rest = after;
        plain.push(match escape {
            "0" => '\0',
            "n" => '\n',
            "r" => '\r',
            "s" => ' ',
            "t" => '\t',
            "u" => {
                let (digits, after) = after[1..].split_once('}').unwrap();
                rest = after;
                char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap()
            }
            _ => escape.chars().next().filter(|&c| c == '\\').unwrap(),
        });
    }
    plain + rest
}

/// What was read, in the notation of shapes.txt.
fn noted(read: &Result<Intake<'_>, IntakeFault>) -> String {
    let intake = match read {
        Ok(intake) => intake,
        Err(fault) => return format!("! {fault:?}"),
    };
    let mut note = intake.token.expose().to_owned();
    match intake.lifetime {
        Some(Stated::For(lifetime)) => write!(note, " for {}", lifetime.seconds()).unwrap(),
        Some(Stated::Never) => note.push_str(" never"),
        None => {}
    }
    for (word, number) in [("user", intake.user_id), ("community", intake.community)] {
        if let Some(number) = number {
            write!(note, " {word} {number}").unwrap();
        }
    }
    if let Some(state) = &intake.state {
        write!(note, " state {}", state.expose()).unwrap();
    }
    if matches!(intake.token, Text::Decoded(_)) {
        note.push_str(" decoded");
    }
    note
}

#[test]
fn every_shape_is_read_as_the_table_says() {
    let wrong: Vec<String> = shapes()
        .map(|(line, input, expected)| (line, noted(&read(&input, &is_ours)), expected))
        .filter(|(_, noted, expected)| noted != expected)
        .map(|(line, noted, _)| format!("{line}\n    read as: {noted}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_shows_every_fault_but_the_one_of_length() {
    let shown: Vec<&str> = shapes().filter_map(|(_, _, expected)| expected.strip_prefix("! ")).collect();
    for fault in IntakeFault::ALL {
        assert!(fault == IntakeFault::TooLong || shown.contains(&format!("{fault:?}").as_str()), "{fault:?}");
    }
}

#[test]
fn reads_16_kib_and_refuses_one_byte_more() {
    let longest = "x".repeat(LONGEST);
    assert_eq!(noted(&read(&longest, &is_ours)), longest);
    assert_eq!(noted(&read(&(longest + " "), &is_ours)), "! TooLong");
}

#[test]
fn hostile_texts_of_full_length_do_no_harm() {
    for piece in
        ["&", "#", "?", "=", "%", "%20", ".", "\".", "{\"a\":", "[", "a b", "access_token=", "vk1.", "/", "\\", "…"]
    {
        for text in
            [piece.repeat(LONGEST / piece.len()), format!("{{\"error\":{}", piece.repeat(LONGEST / piece.len() - 16))]
        {
            let _ = read(&text, &is_ours);
        }
    }
}

#[test]
fn asks_about_the_place_as_it_is_written() {
    let asked = |text: &str| {
        let seen = std::cell::RefCell::new(Vec::new());
        let is_ours = |place: &Place<'_>| {
            seen.borrow_mut().push(format!("{} {:?} {}", place.host, place.port, place.path));
            true
        };
        let _ = read(text, &is_ours);
        seen.into_inner().join(", ")
    };
    for (text, places) in [
        ("https://OAuth.vk.com:8443/Blank%2Ehtml?a=b#access_token=x", "OAuth.vk.com Some(8443) /Blank%2Ehtml"),
        ("http://[::1]:8000/callback#access_token=x", "[::1] Some(8000) /callback"),
        ("http://[::1]/#access_token=x", "[::1] None /"),
        ("https://vk.com", "vk.com None "),
        ("vk.com/x", "vk.com None /x"),
        ("https://a@vk.com/", ""),
        ("https://a:1@vk.com/", ""),
        ("access_token=https://vk.com/", ""),
        ("{\"access_token\":\"https://vk.com/\"}", ""),
    ] {
        assert_eq!(asked(text), places, "{text}");
    }
}

#[test]
fn faults_say_what_is_wrong_and_what_to_do() {
    for fault in IntakeFault::ALL {
        let (says, advice) = (fault.to_string(), fault.advice());
        assert!(!says.ends_with('.') && says.starts_with(char::is_lowercase), "{says}");
        assert!(advice.ends_with('.') && advice.starts_with(char::is_uppercase), "{advice}");
    }
}

#[test]
fn debug_shows_nothing_of_the_token_or_the_state() {
    let intake = read("#access_token=vk1.a.hidden&state=%68idden", &is_ours).unwrap();
    assert!(!format!("{intake:?}").contains("hidden"));
}

/// The seeds are files, because that is what the fuzzer reads. `GRANTKEEP_WRITE_SEEDS=1` makes them anew from the table.
#[test]
fn fuzz_seeds_are_the_inputs_of_the_table() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/redirect");
    let wanted: BTreeMap<PathBuf, String> =
        shapes().map(|(_, input, _)| (directory.join(format!("{:016x}", fingerprint(&input))), input)).collect();
    if std::env::var_os("GRANTKEEP_WRITE_SEEDS").is_some() {
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        wanted.iter().for_each(|(path, input)| std::fs::write(path, input).unwrap());
    }
    let entries = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let stored: BTreeMap<PathBuf, String> =
        entries.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    assert!(stored == wanted, "run: GRANTKEEP_WRITE_SEEDS=1 cargo test -p grantkeep-core fuzz_seeds");
}

/// FNV-1a: names a seed by its content, so that a new case changes no other file.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
