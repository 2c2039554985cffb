//! The table of hostile URLs: no request leaves for any of them, whatever the rules allow besides.

use grantkeep_core::NoAnswer;

use super::{check, stage, stage::Canary};
use crate::{AddressFault, Client, Rules, check_url};

const TABLE: &str = include_str!("hostile.txt");

/// Reason and URL of each line.
fn table(port: u16) -> Vec<(&'static str, String)> {
    let port = port.to_string();
    let signs = [
        ("{port}", port.as_str()),
        ("{tab}", "\t"),
        ("{lf}", "\n"),
        ("{cr}", "\r"),
        ("{nul}", "\0"),
        ("{shy}", "\u{ad}"),
        ("{zwsp}", "\u{200b}"),
    ];
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &'static str| {
        let (reason, url) = line.split_once(' ').unwrap();
        (reason, signs.iter().fold(url.to_owned(), |url, (name, sign)| url.replace(name, sign)))
    };
    lines.map(entry).collect()
}

fn verdict(url: &str, rules: &Rules) -> &'static str {
    let Ok(url) = url.parse() else { return "unparsable" };
    match check_url(&url, rules) {
        Ok(()) => "resolves",
        Err(AddressFault::Credentials) => "credentials",
        Err(AddressFault::Inside) => "inside",
        Err(AddressFault::Name) => "name",
        Err(AddressFault::Plain) => "plain",
        Err(AddressFault::Port) => "port",
        Err(AddressFault::Scheme) => "scheme",
        Err(AddressFault::Unnamed) => "unnamed",
    }
}

/// Rules that name something else than the table does.
fn busy_rules() -> Rules {
    let mut rules = Rules::default();
    for entry in ["gts.lan", "10.77.0.5", "[fd77::1]:3000", "mstdn.jp:1"] {
        rules.allow(entry.parse().unwrap());
    }
    for base in ["http://127.0.0.1:1", "http://localhost:1", "https://mstdn.jp", "https://localhost.example.com"] {
        rules.configured(&base.parse().unwrap());
    }
    rules
}

#[test]
fn each_is_refused_for_its_reason() {
    let table = table(40_000);
    assert!(table.len() >= 300, "{}", table.len());
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(reason, url)| {
            let verdicts = [verdict(url, &Rules::default()), verdict(url, &busy_rules())];
            (verdicts != [*reason; 2]).then(|| format!("{url:?} is {verdicts:?}, not {reason}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn no_request_leaves_for_any_of_them() {
    let canary = Canary::start();
    let mut confined = busy_rules();
    confined.nothing_else();
    for (what, rules) in [("no rules", Rules::default()), ("rules", busy_rules()), ("confined", confined)] {
        let client = Client { lookup: stage::everything_is_here(), ..Client::new(rules) };
        for (reason, url) in table(canary.port) {
            let Ok(url) = url.parse() else { continue };
            let expected = match reason {
                "resolves" if what != "confined" => NoAnswer::Unreachable,
                _ => NoAnswer::Forbidden,
            };
            assert_eq!(client.send(check(&url)).await.unwrap_err(), expected, "{what}: {url}");
        }
        assert_eq!(canary.hits(), 0, "{what}");
        assert!(client.usual.anywhere.get().is_none(), "{what}");
        assert_eq!(client.usual.public.get().is_some(), what != "confined", "the resolver was asked");
    }
}
