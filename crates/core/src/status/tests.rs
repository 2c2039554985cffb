//! The truth table of states, and what must hold between its rows.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::{Expiry, Scope, Sealed, TokenKind, Trouble, evidence::OWNER_CHANGED, sample};

const CAPTURED: Timestamp = Timestamp::from_unix(1_768_059_000); // 2026-01-10T15:30:00Z

fn grant(expiry: Expiry) -> Grant {
    sample::grant(TokenKind::VkUser, expiry)
}

fn later(hours: u64, minutes: u64, seconds: u64) -> Timestamp {
    CAPTURED.after(Lifetime::from_seconds(hours * 3600 + minutes * 60 + seconds))
}

fn knowing(outcomes: &[(Outcome, u64)]) -> Evidence {
    outcomes.iter().fold(Evidence::captured(CAPTURED), |evidence, (outcome, minutes)| {
        evidence.with(*outcome, outcome.as_str(), "users.get", later(0, *minutes, 0))
    })
}

fn owner_changed(evidence: Evidence) -> Evidence {
    evidence.with(Outcome::NeedsHuman, OWNER_CHANGED, "users.get", later(0, 5, 0))
}

#[test]
fn fewer_scopes_than_asked_are_said_while_the_token_is_good() {
    let scope = Scope { asked: Some("read write".into()), granted: Some("read".into()) };
    let reduced = Grant { scope, ..grant(Expiry::Stated(later(24, 0, 0))) };
    let none = Renewal::default();
    let state =
        |outcomes: &[(Outcome, u64)], hours| assess(&reduced, &knowing(outcomes), &none, later(hours, 0, 0)).state;
    assert_eq!(state(&[(Outcome::Alive, 0)], 1), State::ScopeReduced);
    assert_eq!(state(&[], 1), State::ScopeReduced);
    assert_eq!(state(&[(Outcome::Revoked, 0)], 1), State::Revoked);
    assert_eq!(state(&[(Outcome::Alive, 0)], 23), State::Expiring);
    assert_eq!(state(&[(Outcome::Alive, 0)], 24), State::Expired);
}

fn row(table: &mut String, moment: &str, status: &Status<'_>) {
    let valid = status.is_valid.map_or("null".to_owned(), |valid| valid.to_string());
    writeln!(
        table,
        "  {moment:<20} {:<15} is_valid={valid:<5} needs_refresh={:<5} since={} {:<19} {}",
        status.state.as_str(),
        status.needs_refresh,
        status.since,
        status.next_action().as_str(),
        status.cause,
    )
    .unwrap();
}

#[test]
fn truth_table() {
    use Outcome::{
        AccountBlocked, Alive, AppBlocked, Expired, Misconfigured, NeedsHuman, OtherAddress, Revoked, Unclear,
    };
    let evidences = [
        ("nothing asked", knowing(&[])),
        ("no clear answer", knowing(&[(Unclear, 0)])),
        ("alive", knowing(&[(Alive, 0)])),
        ("alive, then no clear answer", knowing(&[(Alive, 0), (Unclear, 5)])),
        ("revoked", knowing(&[(Alive, 0), (Revoked, 5)])),
        ("revoked, then no clear answer", knowing(&[(Revoked, 0), (Unclear, 5)])),
        ("revoked, then alive", knowing(&[(Revoked, 0), (Alive, 5)])),
        ("expired", knowing(&[(Expired, 0)])),
        ("other address", knowing(&[(OtherAddress, 0)])),
        ("needs human", knowing(&[(NeedsHuman, 0)])),
        ("misconfigured", knowing(&[(Misconfigured, 0)])),
        ("app blocked", knowing(&[(AppBlocked, 0)])),
        ("account blocked", knowing(&[(AccountBlocked, 0)])),
        ("owner changed", owner_changed(knowing(&[(Alive, 0)]))),
    ];
    let day = Expiry::Stated(later(24, 0, 0));
    let moments = [
        ("never ends, 1 h old", Expiry::Never, later(1, 0, 0)),
        ("never ends, 7 h old", Expiry::Never, later(7, 0, 0)),
        ("23 h 0 m 0 s left", day, later(1, 0, 0)),
        ("2 h 0 m 0 s left", Expiry::Stated(later(3, 0, 0)), later(1, 0, 0)),
        ("1 h 59 m 59 s left", Expiry::Stated(later(3, 0, 0)), later(1, 0, 1)),
        ("0 h 0 m 1 s left", Expiry::Stated(later(3, 0, 0)), later(2, 59, 59)),
        ("0 s left", day, later(24, 0, 0)),
        ("1 h over", day, later(25, 0, 0)),
    ];
    let mut table = String::new();
    let none = Renewal::default();
    for (known, evidence) in &evidences {
        writeln!(table, "{known}").unwrap();
        for (moment, expiry, now) in &moments {
            row(&mut table, moment, &assess(&grant(*expiry), evidence, &none, *now));
        }
    }
    // One that something renews: an hour long.
    let trouble = |kind, cause: &str| Some(Trouble { kind, cause: cause.into(), since: later(0, 50, 0) });
    let renewals = [
        ("nothing in its way", Renewal::default()),
        ("being renewed", Renewal { leased_until: Some(later(9, 0, 0)), ..Renewal::default() }),
        ("tried in vain", Renewal { failures: 3, ..Renewal::default() }),
        ("application refused", Renewal { failures: 3, is_misconfigured: true, ..Renewal::default() }),
        ("answer lost", Renewal { failures: 1, trouble: trouble(TroubleKind::Lost, "timeout"), ..Renewal::default() }),
        ("refused", Renewal { trouble: trouble(TroubleKind::Refused, "invalid_grant"), ..Renewal::default() }),
    ];
    let grant = Grant { refresh_token: Some(Sealed(Box::default())), ..grant(Expiry::Stated(later(1, 0, 0))) };
    let shown = ["alive", "revoked", "expired", "owner changed"];
    for (known, evidence) in evidences.iter().filter(|(known, _)| shown.contains(known)) {
        for (stands, renewal) in &renewals {
            writeln!(table, "renewable, {known}, {stands}").unwrap();
            for (moment, now) in [
                ("0 h 59 m left", later(0, 1, 0)),
                ("0 h 12 m left", later(0, 48, 0)),
                ("0 h 11 m 59 s left", later(0, 48, 1)),
                ("0 s left", later(1, 0, 0)),
                ("1 h over", later(2, 0, 0)),
                ("6 h over", later(7, 0, 0)),
            ] {
                row(&mut table, moment, &assess(&grant, evidence, renewal, now));
            }
        }
    }
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/status/table.txt"), &table).unwrap();
        return;
    }
    assert_eq!(table, include_str!("table.txt"), "run with UPDATE_SNAPSHOTS=1 and read the difference");
}

#[test]
fn names_of_states_are_distinct_and_read_back() {
    for (state, name) in State::ALL {
        assert_eq!((state.as_str(), State::from_name(name)), (name, Some(state)));
    }
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let outcome = prop::sample::select(Outcome::ALL.map(|(outcome, _)| outcome).to_vec());
    (prop::collection::vec((outcome, 0_u64..600), 0..6), any::<bool>()).prop_map(|(mut outcomes, is_strangers)| {
        outcomes.sort_by_key(|(_, minutes)| *minutes);
        let evidence = knowing(&outcomes);
        if is_strangers { owner_changed(evidence) } else { evidence }
    })
}

fn any_expiry() -> impl Strategy<Value = Expiry> {
    prop_oneof![
        Just(Expiry::Never),
        (0_u64..200_000).prop_map(|seconds| Expiry::Stated(later(0, 0, seconds))),
        (0_u64..200_000).prop_map(|seconds| Expiry::Assumed(later(0, 0, seconds))),
    ]
}

fn any_renewal() -> impl Strategy<Value = Renewal> {
    let kinds = prop::option::of(prop::sample::select(TroubleKind::ALL.map(|(kind, _)| kind).to_vec()));
    let lease = prop::option::of(0_u64..300_000);
    (kinds, lease, 0_u32..4, any::<bool>()).prop_map(|(kind, lease, failures, is_misconfigured)| Renewal {
        failures: failures.max(u32::from(kind.is_some() || is_misconfigured)),
        is_misconfigured,
        leased_until: lease.map(|seconds| later(0, 0, seconds)),
        trouble: kind.map(|kind| Trouble { kind, cause: "x".into(), since: later(0, 10, 0) }),
        ..Renewal::default()
    })
}

/// Between events a state only ever moves along this line.
fn age(state: State) -> u8 {
    match state {
        State::ScopeReduced | State::Valid | State::Unverified => 0,
        State::Ambiguous | State::Expiring | State::Refreshing => 1,
        State::Unknown => 2,
        State::NeedsHuman | State::IpMismatch => 3,
        State::Expired => 4,
        State::Revoked | State::AppBlocked | State::AccountBlocked => 5,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_state_is_monotone_in_time_between_events(
        evidence in any_evidence(), expiry in any_expiry(), renewal in any_renewal(), has_refresh_token: bool,
        first in 0_u64..300_000, wait in 0_u64..300_000,
    ) {
        // The end of a lease is an event.
        let renewal = Renewal { leased_until: None, ..renewal };
        let grant = Grant { refresh_token: has_refresh_token.then(|| Sealed(Box::default())), ..grant(expiry) };
        let before = assess(&grant, &evidence, &renewal, later(10, 0, first));
        let after = assess(&grant, &evidence, &renewal, later(10, 0, first + wait));
        // What is due is renewed whatever was said of the old token, short of its end.
        let is_helped = after.state == State::Refreshing && age(before.state) < age(State::Expired);
        prop_assert!(age(before.state) <= age(after.state) || is_helped, "{before:?} then {after:?}");
        prop_assert!(before.left >= after.left);
        prop_assert!(!before.needs_refresh || after.needs_refresh || is_helped, "{before:?} then {after:?}");
    }

    #[test]
    fn whatever_is_known_the_row_of_its_state_holds(
        evidence in any_evidence(), expiry in any_expiry(), renewal in any_renewal(), has_refresh_token: bool,
        is_reduced: bool, seconds in 0_u64..300_000,
    ) {
        let now = later(0, 0, seconds);
        let scope = Scope { asked: is_reduced.then(|| "read write".into()), granted: is_reduced.then(|| "read".into()) };
        let grant =
            Grant { refresh_token: has_refresh_token.then(|| Sealed(Box::default())), scope, ..grant(expiry) };
        let status = assess(&grant, &evidence, &renewal, now);
        let lives = expiry.at().is_none_or(|at| at > now);
        let says_over = evidence.clear.as_ref().is_some_and(|reading| reading.outcome == Outcome::Expired);
        // As the documentation has it: whether it is valid, and whether it needs a refresh; none where that goes by the time left.
        let (is_valid, needs_refresh) = match status.state {
            State::Valid => (Some(true), Some(false)),
            State::ScopeReduced | State::Unverified => (Some(true), None),
            State::Expiring => (Some(true), Some(true)),
            State::Refreshing => (Some(lives && !says_over), Some(false)),
            State::Ambiguous => (Some(lives), Some(true)),
            State::Unknown => (None, Some(true)),
            _ => (Some(false), Some(true)),
        };
        prop_assert_eq!(status.is_valid, is_valid, "{:?}", status);
        prop_assert!(needs_refresh.is_none_or(|needs| needs == status.needs_refresh), "{:?}", status);
        prop_assert!(!status.cause.is_empty(), "{:?}", status);
    }

    #[test]
    fn a_strangers_token_is_never_valid(
        evidence in any_evidence(), expiry in any_expiry(), renewal in any_renewal(), has_refresh_token: bool,
        seconds in 0_u64..300_000,
    ) {
        let grant = Grant { refresh_token: has_refresh_token.then(|| Sealed(Box::default())), ..grant(expiry) };
        let evidence = owner_changed(evidence);
        let status = assess(&grant, &evidence, &renewal, later(0, 0, seconds));
        prop_assert_eq!(status.is_valid, Some(false));
        prop_assert!(matches!(status.state, State::Expired | State::NeedsHuman), "{:?}", status);
    }

    #[test]
    fn nothing_is_valid_after_its_expiry(evidence in any_evidence(), expiry in any_expiry(), seconds in 0_u64..300_000) {
        let now = later(0, 0, seconds);
        let (grant, none) = (grant(expiry), Renewal::default());
        let status = assess(&grant, &evidence, &none, now);
        if expiry.at().is_some_and(|at| at <= now) {
            prop_assert_eq!(status.is_valid, Some(false));
            prop_assert!(status.needs_refresh);
        }
        prop_assert!(status.since <= now.max(later(10, 0, 0)));
    }
}
