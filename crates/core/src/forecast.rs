//! Owns the forecast: when a person is next needed for a credential. A pure function of what is known now.

use crate::{Credential, Timestamp, TroubleKind};

/// When a person is needed, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// When. Not later than now where they are needed already.
    pub at: Timestamp,
    /// Why.
    pub why: Why,
}

/// Why a person is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its time is up then, and nothing renews it.
    Ends,
    /// It cannot be used now.
    Now,
    /// A renewal was sent and its answer lost: it is tried once more then, and if that comes to nothing it has ended.
    RenewalLost,
    /// The provider refused to renew it: it ends then.
    RenewalRefused,
}

impl Why {
    /// Every reason with its name in the API.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Ends, "ends"),
        (Self::Now, "now"),
        (Self::RenewalLost, "renewal_lost"),
        (Self::RenewalRefused, "renewal_refused"),
    ];

    /// Name in the API.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(why, _)| *why == self).map_or("", |(_, name)| name)
    }
}

impl Credential {
    /// When a person is next needed, as far as can be told; none: not by the clock.
    pub fn need(&self, now: Timestamp) -> Option<Need> {
        let status = self.status(now);
        if status.state.needs_person() {
            return Some(Need { at: status.since, why: Why::Now });
        }
        let ends_at = self.grant.expiry.at();
        match self.renewal.trouble.as_ref().map(|trouble| trouble.kind) {
            Some(TroubleKind::Refused) => Some(Need { at: ends_at.unwrap_or(now), why: Why::RenewalRefused }),
            // After that moment it is tried like any other, until it is renewed or its state says that it is not.
            Some(TroubleKind::Lost) => ends_at.filter(|at| *at > now).map(|at| Need { at, why: Why::RenewalLost }),
            None if self.renewal.is_misconfigured => ends_at.map(|at| Need { at, why: Why::RenewalRefused }),
            None if self.can_renew() => None,
            None => ends_at.map(|at| Need { at, why: Why::Ends }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Evidence, Expiry, Lifetime, Outcome, Renewal, Sealed, Trouble,
        sample::{self, BEGIN},
    };

    fn after(hours: u64) -> Timestamp {
        BEGIN.after(Lifetime::from_hours(hours))
    }

    fn credential(expiry: Expiry, renews: bool, renewal: Renewal, outcome: Outcome) -> Credential {
        let mut credential = sample::credential(expiry, Evidence::captured(BEGIN).with(outcome, "x", "y", BEGIN));
        credential.grant.refresh_token = renews.then(|| Sealed(Box::default()));
        credential.renewal = renewal;
        credential
    }

    #[test]
    fn a_person_is_needed_when_nothing_else_helps() {
        let day = Expiry::Stated(after(24));
        let trouble =
            |kind| Renewal { trouble: Some(Trouble { kind, cause: "x".into(), since: BEGIN }), ..Renewal::default() };
        let none = Renewal::default;
        #[rustfmt::skip]
        let rows = [
            (credential(day, false, none(), Outcome::Alive),                              Some((after(24), Why::Ends))),
            (credential(Expiry::Never, false, none(), Outcome::Alive),                    None),
            (credential(day, true, none(), Outcome::Alive),                               None),
            (credential(day, true, trouble(TroubleKind::Lost), Outcome::Alive),           Some((after(24), Why::RenewalLost))),
            (credential(day, true, Renewal { failures: 1, is_misconfigured: true, ..none() }, Outcome::Alive), Some((after(24), Why::RenewalRefused))),
            (credential(day, true, trouble(TroubleKind::Refused), Outcome::Alive),        Some((after(24), Why::RenewalRefused))),
            (credential(Expiry::Unstated, true, trouble(TroubleKind::Refused), Outcome::Alive), Some((after(1), Why::RenewalRefused))),
            (credential(day, false, none(), Outcome::Revoked),                            Some((BEGIN, Why::Now))),
            (credential(day, true, none(), Outcome::Revoked),                             Some((BEGIN, Why::Now))),
        ];
        for (credential, expected) in rows {
            let need = credential.need(after(1)).map(|need| (need.at, need.why));
            assert_eq!(need, expected, "{:?}", credential.renewal);
        }
        let over = credential(day, false, none(), Outcome::Alive).need(after(25));
        assert_eq!(over.map(|need| need.why), Some(Why::Now));
        // What is tried once more then is not foretold for a moment that has passed.
        let tried = credential(day, true, trouble(TroubleKind::Lost), Outcome::Alive).need(after(25));
        assert!(tried.is_none_or(|need| need.why == Why::Now), "{tried:?}");
    }
}
