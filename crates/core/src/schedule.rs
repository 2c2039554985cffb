//! Owns when a provider is asked about a token by ourselves: soon where it has given no clear answer, once more a few minutes after
//! a token came in, rarely after that.
//!
//! Nothing here is ever in the past. Where in its span a moment lies follows from what is random about the credential, so that
//! many of one moment are not asked about in one moment.

use crate::{Evidence, Expiry, Lifetime, Outcome, Timestamp, Uid};

const FIRST_RETRY_AFTER: Lifetime = Lifetime::from_seconds(30);
const LAST_RETRY_AFTER: Lifetime = Lifetime::from_hours(1);

/// A person answers slower than a server recovers.
const PERSON_RETRY_AFTER: Lifetime = Lifetime::from_minutes(5);

/// A token that is bound to an address passes at first, and no longer some minutes later.
const FIRST_LOOK: (Lifetime, Lifetime) = (Lifetime::from_minutes(1), Lifetime::from_minutes(5));

/// Before an alarm a second reading must say the same.
const SECOND_LOOK: (Lifetime, Lifetime) = (Lifetime::from_minutes(4), Lifetime::from_minutes(6));

/// Once a day is enough to learn of a withdrawal before an upload does.
const DAILY: (Lifetime, Lifetime) = (Lifetime::from_hours(22), Lifetime::from_hours(26));

/// In its last hours more depends on a token that nothing renews.
const HOURLY: (Lifetime, Lifetime) = (Lifetime::from_minutes(50), Lifetime::from_minutes(70));
const LAST_HOURS: (Lifetime, Lifetime) = (Lifetime::from_hours(6), Lifetime::from_hours(7));

/// Our word for a provider that has no way to be asked.
pub const NOBODY_TO_ASK: &str = "nobody_to_ask";

/// When to ask again by ourselves, if at all. `renews`: whether something renews the token, so that nothing
/// depends on its last hours.
pub fn next_check(evidence: &Evidence, expiry: Expiry, renews: bool, uid: Uid, now: Timestamp) -> Option<Timestamp> {
    let latest = evidence.latest().filter(|latest| &*latest.cause != NOBODY_TO_ASK)?;
    let is_over = expiry.at().is_some_and(|at| at <= now);
    let lasted = now.since(latest.since);
    let wait = match latest.outcome {
        _ if is_over => return None,
        Outcome::Unclear => lasted.clamp(FIRST_RETRY_AFTER, LAST_RETRY_AFTER),
        Outcome::Misconfigured | Outcome::NeedsHuman => lasted.clamp(PERSON_RETRY_AFTER, LAST_RETRY_AFTER),
        Outcome::Alive if latest.at == evidence.captured_at => between(FIRST_LOOK, uid),
        Outcome::Alive if renews => between(DAILY, uid),
        Outcome::Alive => match expiry.at().map(|at| at.since(now).seconds()) {
            None => between(DAILY, uid),
            Some(left) => match left.saturating_sub(between(LAST_HOURS, uid).seconds()) {
                0 => between(HOURLY, uid),
                // Not so late that its last hours have begun meanwhile.
                before => between(DAILY, uid).min(Lifetime::from_seconds(before)),
            },
        },
        // Said once.
        _ if latest.at == latest.since => between(SECOND_LOOK, uid),
        // It may be taken back: a blocked account is restored, an application mended.
        Outcome::AccountBlocked | Outcome::AppBlocked | Outcome::OtherAddress => between(DAILY, uid),
        Outcome::Expired | Outcome::Revoked => return None,
    };
    let at = now.after(wait);
    expiry.at().is_none_or(|ends_at| at < ends_at).then_some(at)
}

fn between((least, most): (Lifetime, Lifetime), uid: Uid) -> Lifetime {
    let [.., c, d] = uid.0;
    let chance = u64::from(u16::from_be_bytes([c, d]));
    let span = most.seconds() - least.seconds();
    Lifetime::from_seconds(least.seconds() + span * chance / u64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEGIN: Timestamp = Timestamp::from_unix(1_768_059_000);

    fn at(seconds: u64) -> Timestamp {
        BEGIN.after(Lifetime::from_seconds(seconds))
    }

    fn knowing(outcomes: &[(Outcome, u64)]) -> Evidence {
        outcomes.iter().fold(Evidence::captured(BEGIN), |evidence, (outcome, seconds)| {
            evidence.with(*outcome, outcome.as_str(), "users.get", at(*seconds))
        })
    }

    #[test]
    fn asks_as_rarely_as_the_last_answer_allows() {
        use Outcome::{AccountBlocked, Alive, Expired, NeedsHuman, Revoked, Unclear};
        let (day, never) = (Expiry::Stated(at(86_400)), Expiry::Never);
        #[rustfmt::skip]
        let rows = [
            // What was read, when it ends, whether it renews, now, the next look.
            (knowing(&[]),                                   day,   false, 0,      None),
            (knowing(&[(Unclear, 0)]),                       day,   false, 0,      Some(30)),
            (knowing(&[(Unclear, 0)]),                       day,   false, 30,     Some(60)),
            (knowing(&[(Unclear, 0)]),                       day,   false, 600,    Some(1200)),
            (knowing(&[(Unclear, 0)]),                       day,   false, 40_000, Some(43_600)),
            (knowing(&[(Unclear, 0)]),                       day,   false, 86_000, None),
            (knowing(&[(Unclear, 0)]),                       never, false, 86_000, Some(89_600)),
            (knowing(&[(NeedsHuman, 0)]),                    day,   false, 0,      Some(300)),
            (knowing(&[(Alive, 0)]),                         day,   false, 0,      Some(60)),
            (knowing(&[(Alive, 0)]),                         day,   true,  0,      Some(60)),
            (knowing(&[(Alive, 0), (Alive, 60)]),            day,   true,  60,     Some(79_260)),
            (knowing(&[(Alive, 0), (Alive, 79_260)]),        day,   true,  79_260, None),
            (knowing(&[(Alive, 0), (Alive, 60)]),            never, false, 60,     Some(79_260)),
            (knowing(&[(Alive, 0), (Alive, 60)]),            day,   false, 60,     Some(64_800)),
            (knowing(&[(Alive, 0), (Alive, 64_800)]),        day,   false, 64_800, Some(67_800)),
            (knowing(&[(Alive, 0), (Alive, 79_260)]),        day,   false, 79_260, Some(82_260)),
            (knowing(&[(Alive, 0), (Alive, 85_000)]),        day,   false, 85_000, None),
            (knowing(&[(Revoked, 0)]),                       day,   false, 0,      Some(240)),
            (knowing(&[(Revoked, 0), (Revoked, 240)]),       day,   false, 240,    None),
            (knowing(&[(AccountBlocked, 0), (AccountBlocked, 240)]), never, false, 240, Some(79_440)),
            (knowing(&[(Expired, 0)]),                       day,   false, 86_400, None),
        ];
        for (evidence, expiry, renews, now, expected) in rows {
            let next = next_check(&evidence, expiry, renews, Uid([0; 16]), at(now));
            assert_eq!(next, expected.map(at), "{:?} at {now}", evidence.latest());
        }
        let nobody = Evidence::captured(BEGIN).with(Outcome::Unclear, NOBODY_TO_ASK, "userinfo", BEGIN);
        assert_eq!(next_check(&nobody, never, false, Uid([0; 16]), at(0)), None);
    }

    proptest! {
        #[test]
        fn a_look_is_never_in_the_past_nor_after_the_end(
            which in prop::sample::select(Outcome::ALL.map(|(outcome, _)| outcome).to_vec()),
            read in 0_u64..200_000, ends in 0_u64..400_000, later in 0_u64..200_000, renews: bool, uid in any::<[u8; 16]>(),
        ) {
            let (evidence, expiry) = (knowing(&[(which, read)]), Expiry::Stated(at(ends)));
            let now = at(read + later);
            if let Some(next) = next_check(&evidence, expiry, renews, Uid(uid), now) {
                prop_assert!(next > now && next < at(ends));
            }
        }
    }
}
