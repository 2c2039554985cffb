//! Owns how the renewal of a grant stands, and when one is due: pure functions of what is known.
//!
//! A grant is renewed in the last fifth of its life, spread by what is random about it, so that many grants of one moment are not
//! renewed in one moment; and never so late that a provider's short absence would cost it.

use crate::{Credential, Expiry, Grant, Lifetime, Timestamp, TokenKind, Uid};

/// However long a token lives, it is renewed no earlier than so long before its end.
const LONGEST_LEAD: Lifetime = Lifetime::from_hours(7 * 24);

/// However short a token lives, it is not renewed by itself sooner than so long after it came. One of 20 s, shorter than any
/// that is known to be given, is still renewed before its end.
pub const LEAST_INTERVAL: Lifetime = Lifetime::from_seconds(15);

/// How the renewal of a grant stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renewal {
    /// When it is to be renewed by itself next, if at all.
    pub at: Option<Timestamp>,
    /// How often in a row it came to nothing for now.
    pub failures: u32,
    /// Whether the provider refused the application itself the last time: that is mended by a person alone.
    pub is_misconfigured: bool,
    /// Until when somebody is renewing it, if anybody is.
    pub leased_until: Option<Timestamp>,
    /// Counts those who took it upon themselves: whoever comes late with an older number is not heard.
    pub fence: i64,
    /// What stands in its way.
    pub trouble: Option<Trouble>,
}

/// What stands in the way of a renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble.
    pub kind: TroubleKind,
    /// Our word for why: `timeout`, `invalid_grant`.
    pub cause: Box<str>,
    /// Since when.
    pub since: Timestamp,
}

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TroubleKind {
    /// The refresh token was sent and the answer lost: it may be spent.
    Lost,
    /// The provider refused the refresh token: a person must log in again before the access token ends.
    Refused,
}

impl TroubleKind {
    /// Every kind with its name in rows.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Lost, "lost"), (Self::Refused, "refused")];

    /// Name in rows.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

impl Credential {
    /// Whether it can be renewed without a person.
    pub fn can_renew(&self) -> bool {
        can_renew(&self.grant, &self.renewal)
    }
}

impl Grant {
    /// Whether something renews it: a refresh token, or the application itself, whose token it is.
    pub fn renews(&self) -> bool {
        self.kind == TokenKind::OAuth2Client || self.refresh_token.is_some()
    }
}

/// Whether a grant can be renewed without a person.
pub(crate) fn can_renew(grant: &Grant, renewal: &Renewal) -> bool {
    let is_refused = renewal.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Refused);
    grant.renews() && !is_refused
}

/// How long before its end a grant that can be renewed is due: a fifth of its life, a week at most.
pub fn lead(expiry: Expiry, captured_at: Timestamp) -> Lifetime {
    let lifetime = expiry.at().map_or(0, |at| at.since(captured_at).seconds());
    LONGEST_LEAD.min(Lifetime::from_seconds(lifetime / 5))
}

/// When a grant is to be renewed: within its lead, and not in the last quarter of that. Where in it follows from `uid` alone, so
/// that it is the same however often it is computed. One that hardly lives is renewed later, after its end perhaps: it would be
/// renewed all the time.
pub fn due_at(expiry: Expiry, captured_at: Timestamp, uid: Uid) -> Option<Timestamp> {
    let ends_at = expiry.at()?;
    let lead = lead(expiry, captured_at).seconds();
    let [a, b, c, d, ..] = uid.0;
    let chance = u64::from(u32::from_be_bytes([a, b, c, d]));
    let last = (lead / 4).max(1);
    let earlier = last + lead.saturating_sub(last) * chance / u64::from(u32::MAX);
    Some(ends_at.before(Lifetime::from_seconds(earlier)).max(captured_at.after(LEAST_INTERVAL)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Sealed, sample};

    const BEGIN: Timestamp = Timestamp::from_unix(1_768_059_000);

    fn ends(seconds: u64) -> Expiry {
        Expiry::Stated(BEGIN.after(Lifetime::from_seconds(seconds)))
    }

    #[test]
    fn what_renews_a_grant_is_a_refresh_token_or_the_application_itself() {
        #[rustfmt::skip]
        let rows = [
            // The kind, whether there is a refresh token, what stands in the way, whether it can be renewed.
            (TokenKind::OAuth2,       false, None,                       false),
            (TokenKind::OAuth2,       true,  None,                       true),
            (TokenKind::OAuth2,       true,  Some(TroubleKind::Lost),    true),
            (TokenKind::OAuth2,       true,  Some(TroubleKind::Refused), false),
            (TokenKind::OAuth2Client, false, None,                       true),
            (TokenKind::VkService,    false, None,                       false),
        ];
        for (kind, has_refresh_token, trouble, expected) in rows {
            let refresh_token = has_refresh_token.then(|| Sealed(Box::default()));
            let grant = Grant { refresh_token, ..sample::grant(kind, ends(3600)) };
            let trouble = trouble.map(|kind| Trouble { kind, cause: "x".into(), since: BEGIN });
            assert_eq!(can_renew(&grant, &Renewal { trouble, ..Renewal::default() }), expected, "{kind:?}");
        }
    }

    #[test]
    fn the_lead_is_a_fifth_and_a_week_at_most() {
        for (lifetime, seconds) in [(0, 0), (4, 0), (60, 12), (3600, 720), (86_400, 17_280), (31_536_000, 604_800)] {
            assert_eq!(lead(ends(lifetime), BEGIN).seconds(), seconds, "{lifetime}");
        }
        assert!(lead(Expiry::Never, BEGIN).is_zero());
    }

    #[test]
    fn many_of_one_moment_are_spread() {
        let expiry = ends(86_400);
        let mut moments: Vec<u64> = (0_u32..1000)
            .map(|number| {
                let mut uid = [0; 16];
                uid[..4].copy_from_slice(&(number * (u32::MAX / 999)).to_be_bytes());
                let due_at = due_at(expiry, BEGIN, Uid(uid)).unwrap();
                expiry.at().unwrap().since(due_at).seconds()
            })
            .collect();
        moments.sort_unstable();
        assert_eq!((moments[0], moments[999]), (4320, 17_279));
        let gap = moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(gap <= 14, "{gap}");
    }

    #[test]
    fn a_hundred_thousand_of_one_moment_never_come_faster_than_a_host_is_asked() {
        // As random as ids are, and the same every time.
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let expiry = ends(86_400);
        let mut in_second = std::collections::HashMap::new();
        for _ in 0..100_000 {
            let mut uid = [0; 16];
            uid[..8].copy_from_slice(&next().to_be_bytes());
            *in_second.entry(due_at(expiry, BEGIN, Uid(uid)).unwrap()).or_insert(0_u32) += 1;
        }
        let (first, last) = (in_second.keys().min().unwrap(), in_second.keys().max().unwrap());
        assert!(last.since(*first).seconds() > 12_900);
        assert!(expiry.at().unwrap().since(*last).seconds() >= 4320, "none is left to the last moment");
        assert!(in_second.values().all(|count| *count < 50), "{:?}", in_second.values().max());
    }

    proptest! {
        #[test]
        fn a_grant_is_due_within_its_life_and_never_at_once(
            lifetime in prop_oneof![0_u64..100, 0_u64..10_000_000_000], uid in any::<[u8; 16]>(),
        ) {
            let expiry = ends(lifetime);
            let (due_at, ends_at) = (due_at(expiry, BEGIN, Uid(uid)).unwrap(), expiry.at().unwrap());
            // A token that has just come is not due, however short it lives: it would be renewed for ever.
            let earliest = BEGIN.after(LEAST_INTERVAL);
            prop_assert!(due_at >= earliest && due_at <= ends_at.max(earliest));
        }
    }
}
