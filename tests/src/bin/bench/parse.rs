//! Owns the parser alone: one VK address, against the libraries that one would otherwise use.

use std::hint::black_box;

use grantkeep_core::redirect;
use url::Url;

use crate::{
    clock::{median, time},
    report::Report,
    seed,
};

const PASSES: u32 = 100_000;

pub(crate) fn run(report: &mut Report) {
    report.part("Reading a pasted VK address: 100,000 times, medians of 7 alternated rounds");
    let pasted =
        format!("https://oauth.vk.com/blank.html#access_token={}&expires_in=86400&user_id=100001", seed::token(1));
    let settings = grantkeep_vk::Settings::default();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        let read = || {
            for _ in 0..PASSES {
                let intake = redirect::read(black_box(&pasted), &|place| settings.is_ours(place)).unwrap();
                black_box(&intake);
            }
        };
        ours.push(time(read).0 as f64 / f64::from(PASSES));
        theirs.push(time(|| (0..PASSES).for_each(|_| with_libraries(&pasted))).0 as f64 / f64::from(PASSES));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    report.figure("url + form_urlencoded", &format!("{theirs:.0} ns"));
    report.figure("grantkeep", &format!("{ours:.0} ns"));
    report.at_most("grantkeep / url + form_urlencoded", ours / theirs, 0.2);
}

/// The same three values, found with `url` and `form_urlencoded`.
fn with_libraries(pasted: &str) {
    let url = Url::parse(black_box(pasted)).unwrap();
    let (mut token, mut expires_in, mut user_id) = (None, None, None);
    for (name, value) in form_urlencoded::parse(url.fragment().unwrap().as_bytes()) {
        match &*name {
            "access_token" => token = Some(value.into_owned()),
            "expires_in" => expires_in = value.parse::<u64>().ok(),
            "user_id" => user_id = value.parse::<u64>().ok(),
            _ => {}
        }
    }
    black_box((token, expires_in, user_id));
}
