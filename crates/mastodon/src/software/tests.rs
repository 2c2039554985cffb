//! The table, and the names that lead into it.

use super::*;

#[test]
fn names_of_servers_lead_to_their_row() {
    use Named::{Family, Misskey};
    #[rustfmt::skip]
    let table = [
        ("mastodon",      Some(Family(Software::Mastodon))),
        ("Mastodon",      Some(Family(Software::Mastodon))),
        ("hometown",      Some(Family(Software::Mastodon))),
        ("GoToSocial",    Some(Family(Software::GoToSocial))),
        ("iceshrimp",     Some(Family(Software::Sharkey))),
        ("Iceshrimp.NET", Some(Family(Software::IceshrimpNet))),
        ("misskey",       Some(Misskey)),
        ("wordpress",     None),
        ("",              None),
    ];
    for (name, expected) in table {
        assert_eq!(Software::from_nodeinfo(name), expected, "{name}");
    }
}

#[test]
fn versions_say_who_answers() {
    #[rustfmt::skip]
    let table = [
        ("2.7.2 (compatible; Pleroma 2.7.0)",            Some(Software::Pleroma)),
        ("2.7.2 (compatible; Akkoma 3.16.0-0-gabc)",     Some(Software::Akkoma)),
        ("2.8.0 (compatible; Friendica 2024.09)",        Some(Software::Friendica)),
        ("3.5.3 (compatible; Pixelfed 0.11.13)",         Some(Software::Pixelfed)),
        ("4.2.1 (compatible; Iceshrimp.NET/2025.1)",     Some(Software::IceshrimpNet)),
        ("4.0.0 (compatible; Mitra 5.9.2)",              Some(Software::Mitra)),
        ("takahe/0.11.0",                                Some(Software::Takahe)),
        ("4.6.5",                                        None),
        ("4.4.0+glitch",                                 None),
        ("",                                             None),
        ("(compatible;",                                 None),
    ];
    for (version, expected) in table {
        assert_eq!(Software::from_version(version), expected.map(Named::Family), "{version}");
    }
}

#[test]
fn every_row_has_a_name_of_its_own_that_reads_back() {
    for software in Software::ALL {
        assert_eq!(Software::from_name(software.as_str()), Some(software));
    }
    assert_eq!(Software::from_name("mstdn"), None);
}

#[test]
fn tokens_of_most_servers_do_not_end() {
    let now = Timestamp::from_unix(1_000_000);
    let days = |days: u64| Expiry::Assumed(now.after(Lifetime::from_hours(24 * days)));
    for software in Software::ALL {
        let expected = match software {
            Software::Mitra => days(30),
            Software::Pixelfed => days(365),
            _ => Expiry::Never,
        };
        assert_eq!(software.usual_expiry(now), expected, "{software:?}");
    }
}
