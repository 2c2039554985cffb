//! Owns when a person is told about a credential, and what. A pure function of what is known now and of what they have been told,
//! so that neither a restart nor a clock that was set loses a notice or repeats one.

use crate::{Credential, Lifetime, State, Timestamp, forecast::Why, status::gives_up_at};

/// How long before its end a person is told of it.
pub const AHEAD: [Lifetime; 3] = [Lifetime::from_hours(24), Lifetime::from_hours(6), Lifetime::from_hours(2)];

/// How far a person has been told about a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Not at all.
    #[default]
    Nothing,
    /// That it ends within a day.
    Day,
    /// That it ends within six hours.
    SixHours,
    /// That it ends within two hours.
    TwoHours,
    /// That it is over.
    Over,
}

impl Stage {
    /// Every stage with its name in rows.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Nothing, "nothing"),
        (Self::Day, "day"),
        (Self::SixHours, "six_hours"),
        (Self::TwoHours, "two_hours"),
        (Self::Over, "over"),
    ];

    /// Name in rows.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(stage, _)| *stage == self).map_or("", |(_, name)| name)
    }

    /// The stage of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(stage, _)| *stage)
    }
}

/// What a person has been told about a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Of which of its tokens.
    pub generation: i64,
    /// How far. Of one token it only goes on, whatever the clock does, until the token works again.
    pub stage: Stage,
    /// When that was last thought about.
    pub at: Option<Timestamp>,
}

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tidings {
    /// The provider does not accept it any more, or wants a person.
    Dead,
    /// Its time is up.
    Expired,
    /// Its time will be up soon, and nothing renews it.
    Expiring,
    /// It works again.
    Recovered,
}

impl Tidings {
    /// All of them with their names in rows.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Dead, "dead"),
        (Self::Expired, "expired"),
        (Self::Expiring, "expiring"),
        (Self::Recovered, "recovered"),
    ];

    /// Name in rows.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(tidings, _)| *tidings == self).map_or("", |(_, name)| name)
    }

    /// Those of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(tidings, _)| *tidings)
    }
}

impl Credential {
    /// What there is to tell now, and what a person has been told after that.
    pub fn notice(&self, now: Timestamp) -> (Option<Tidings>, Told) {
        let after = |stage| Told { generation: self.grant.generation, stage, at: Some(now) };
        let Some(stage) = self.stage(now) else { return (None, Told { at: Some(now), ..self.told }) };
        match (self.told.stage, stage) {
            (Stage::Over, Stage::Over) => (None, after(Stage::Over)),
            (_, Stage::Over) if self.status(now).state == State::Expired => (Some(Tidings::Expired), after(stage)),
            (_, Stage::Over) => (Some(Tidings::Dead), after(stage)),
            (Stage::Over, _) => (Some(Tidings::Recovered), after(stage)),
            (before, _) => {
                // Of a newer token nothing has been told. That the older one did not end after all is not said.
                let is_same = self.told.generation == self.grant.generation;
                let before = if is_same { before } else { Stage::Nothing };
                ((stage > before).then_some(Tidings::Expiring), after(stage.max(before)))
            }
        }
    }

    /// When there will next be something to tell, by what is known now. Not later than now where there is already.
    pub fn notice_at(&self) -> Option<Timestamp> {
        let trouble = self.renewal.trouble.as_ref().map(|trouble| trouble.since);
        let readings = [self.told.at, self.evidence.checked_at(), trouble];
        let known_at = readings.into_iter().flatten().fold(self.evidence.captured_at, Timestamp::max);
        let end = self.grant.expiry.at();
        let ahead = self.thresholds().filter_map(|(_, ahead)| Some(end?.before(ahead)));
        let moments = ahead.chain(self.certain_at()).filter(|at| *at > known_at).chain([known_at]);
        moments.filter(|at| self.notice(*at).0.is_some()).min()
    }

    /// How far a person should have been told. None: nobody knows yet, so nothing is said.
    fn stage(&self, now: Timestamp) -> Option<Stage> {
        let state = self.status(now).state;
        let works = matches!(state, State::Expiring | State::Refreshing | State::ScopeReduced | State::Valid);
        let need = self.need(now);
        match need {
            Some(need) if need.why == Why::Now => self.is_certain(now).then_some(Stage::Over),
            _ if self.told.stage == Stage::Over && !works => None,
            Some(need) => {
                let left = need.at.since(now);
                let reached = self.thresholds().filter(|(_, ahead)| left <= *ahead).map(|(stage, _)| stage);
                Some(reached.max().unwrap_or_default())
            }
            None => Some(Stage::Nothing),
        }
    }

    /// Those that lie within the token's life: the end of one of an hour is not announced a day ahead.
    fn thresholds(&self) -> impl Iterator<Item = (Stage, Lifetime)> {
        let lifetime = self.grant.expiry.at().map(|at| at.since(self.evidence.captured_at));
        let all = [Stage::Day, Stage::SixHours, Stage::TwoHours].into_iter().zip(AHEAD);
        all.filter(move |(_, ahead)| lifetime.is_none_or(|lifetime| lifetime > *ahead))
    }

    /// One reading is no alarm: an account may be locked for a minute, a server may be mistaken. The clock needs no second look.
    fn is_certain(&self, now: Timestamp) -> bool {
        let is_past = self.certain_at().is_some_and(|at| at <= now);
        is_past || self.evidence.clear.as_ref().is_some_and(|clear| clear.at > clear.since)
    }

    /// When its time is up. What is tried on is given the time for that.
    fn certain_at(&self) -> Option<Timestamp> {
        if self.can_renew() { gives_up_at(&self.grant, &self.evidence, &self.renewal) } else { self.grant.expiry.at() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Evidence, Expiry, Outcome, Sealed, Trouble, TroubleKind,
        sample::{self, BEGIN},
    };

    const fn told(generation: i64, stage: Stage) -> Told {
        Told { generation, stage, at: None }
    }

    fn hour(hours: u64) -> Timestamp {
        BEGIN.after(Lifetime::from_hours(hours))
    }

    fn with(expiry: Expiry, readings: &[(Outcome, u64)]) -> Credential {
        let evidence = readings.iter().fold(Evidence::captured(BEGIN), |evidence, (outcome, hours)| {
            evidence.with(*outcome, "x", "y", hour(*hours))
        });
        sample::credential(expiry, evidence)
    }

    fn ending(hours: u64) -> Credential {
        with(Expiry::Stated(hour(hours)), &[(Outcome::Alive, 0)])
    }

    fn renewing(trouble: Option<TroubleKind>) -> Credential {
        let mut credential = ending(24);
        credential.grant.refresh_token = Some(Sealed(Box::default()));
        credential.renewal.failures = u32::from(trouble.is_some());
        credential.renewal.trouble = trouble.map(|kind| Trouble { kind, cause: "x".into(), since: BEGIN });
        credential
    }

    fn misconfigured() -> Credential {
        let mut credential = tried_in_vain();
        credential.renewal.is_misconfigured = true;
        credential
    }

    fn tried_in_vain() -> Credential {
        let mut credential = renewing(None);
        credential.renewal.failures = 1;
        credential
    }

    #[test]
    fn a_person_is_told_once_of_each_stage() {
        use Outcome::{Alive, OtherAddress, Revoked, Unclear};
        let no = Told::default();
        #[rustfmt::skip]
        let rows = [
            // A token of a day: 6 h and 2 h before, and when it is over.
            (ending(24), no,                          0,  None,                    Stage::Nothing),
            (ending(24), no,                          17, None,                    Stage::Nothing),
            (ending(24), no,                          18, Some(Tidings::Expiring), Stage::SixHours),
            (ending(24), told(1, Stage::SixHours),    19, None,                    Stage::SixHours),
            (ending(24), told(1, Stage::SixHours),    22, Some(Tidings::Expiring), Stage::TwoHours),
            (ending(24), told(1, Stage::TwoHours),    24, Some(Tidings::Expired),  Stage::Over),
            (ending(24), told(1, Stage::Over),        99, None,                    Stage::Over),
            // Whoever was down meanwhile tells the latest alone.
            (ending(24), no,                          23, Some(Tidings::Expiring), Stage::TwoHours),
            (ending(24), no,                          30, Some(Tidings::Expired),  Stage::Over),
            // A clock that was set back repeats nothing; one that was ahead is taken back.
            (ending(24), told(1, Stage::TwoHours),    1,  None,                    Stage::TwoHours),
            (ending(24), told(1, Stage::Over),        1,  Some(Tidings::Recovered), Stage::Nothing),
            // Of a newer token nothing has been told yet.
            (ending(24), told(0, Stage::TwoHours),    1,  None,                    Stage::Nothing),
            (ending(24), told(0, Stage::TwoHours),    18, Some(Tidings::Expiring), Stage::SixHours),
            (ending(24), told(0, Stage::Over),        1,  Some(Tidings::Recovered), Stage::Nothing),
            (ending(24), told(0, Stage::Over),        25, None,                    Stage::Over),
            // Longer and shorter lives.
            (ending(48), no,                          24, Some(Tidings::Expiring), Stage::Day),
            (ending(1),  no,                          0,  None,                    Stage::Nothing),
            (ending(1),  no,                          1,  Some(Tidings::Expired),  Stage::Over),
            (with(Expiry::Never, &[(Alive, 0)]), no,  99_999, None,                Stage::Nothing),
            // Two readings before an alarm; what is not known is not told.
            (with(Expiry::Never, &[(Revoked, 1)]), no,                                       2, None, Stage::Nothing),
            (with(Expiry::Never, &[(Revoked, 1), (Revoked, 2)]), no,                         2, Some(Tidings::Dead), Stage::Over),
            (with(Expiry::Never, &[(OtherAddress, 1), (OtherAddress, 2)]), no,               2, Some(Tidings::Dead), Stage::Over),
            (with(Expiry::Never, &[(Revoked, 1), (Revoked, 2)]), told(1, Stage::Over),       3, None, Stage::Over),
            (with(Expiry::Never, &[(Revoked, 1), (Revoked, 2), (Alive, 3)]), told(1, Stage::Over), 3, Some(Tidings::Recovered), Stage::Nothing),
            (with(Expiry::Never, &[(Alive, 0), (Unclear, 1)]), no,                           99, None, Stage::Nothing),
            (with(Expiry::Never, &[(Alive, 0), (Unclear, 1)]), told(1, Stage::Over),         99, None, Stage::Over),
            (with(Expiry::Never, &[]), told(0, Stage::Over),                                 1,  None, Stage::Over),
            // What renews itself is announced when that is refused.
            (renewing(None), no,                           23, None,                    Stage::Nothing),
            (renewing(Some(TroubleKind::Refused)), no,     17, None,                    Stage::Nothing),
            (renewing(Some(TroubleKind::Refused)), no,     18, Some(Tidings::Expiring), Stage::SixHours),
            // What is tried once more at the end is given the time for it.
            (renewing(Some(TroubleKind::Lost)), told(1, Stage::TwoHours),  24, None,             Stage::TwoHours),
            (renewing(Some(TroubleKind::Lost)), told(1, Stage::TwoHours),  30, Some(Tidings::Expired), Stage::Over),
            (misconfigured(), no,                          17, None,                    Stage::Nothing),
            (misconfigured(), no,                          18, Some(Tidings::Expiring), Stage::SixHours),
            (misconfigured(), told(1, Stage::TwoHours),    24, Some(Tidings::Expired),  Stage::Over),
            (tried_in_vain(), no,                          29, None,                    Stage::Nothing),
            (tried_in_vain(), no,                          30, Some(Tidings::Expired),  Stage::Over),
        ];
        for (mut credential, before, hours, tidings, stage) in rows {
            credential.told = before;
            let (found, after) = credential.notice(hour(hours));
            let about = format!("{before:?} after {hours} h: {:?}", credential.evidence);
            assert_eq!((found, after.stage), (tidings, stage), "{about}");
            credential.told = after;
            assert_eq!(credential.notice(hour(hours)).0, None, "twice: {about}");
            assert!(credential.notice_at().is_none_or(|at| at > hour(hours)), "again at once: {about}");
        }
    }

    #[test]
    fn the_next_moment_is_that_of_the_next_notice() {
        let mut token = ending(24);
        let mut moments = Vec::new();
        while let Some(at) = token.notice_at() {
            assert_eq!(token.notice(at.before(Lifetime::from_seconds(1))).0, None);
            let (tidings, after) = token.notice(at);
            token.told = after;
            moments.push((at.since(BEGIN).seconds() / 3600, tidings.unwrap()));
        }
        assert_eq!(moments, [(18, Tidings::Expiring), (22, Tidings::Expiring), (24, Tidings::Expired)]);
        assert_eq!(renewing(None).notice_at(), None);
        let dead = with(Expiry::Never, &[(Outcome::Revoked, 1), (Outcome::Revoked, 2)]);
        assert_eq!(dead.notice_at(), Some(hour(2)), "at once");
        let mut again = with(Expiry::Never, &[(Outcome::Alive, 3)]);
        again.told = told(1, Stage::Over);
        assert_eq!(again.notice_at(), Some(hour(3)), "at once");
    }

    proptest! {
        #[test]
        fn whatever_the_clock_does_no_end_is_announced_twice(
            lifetime in 1_u64..100,
            clock in prop::collection::vec(0_u64..200, 1..50),
        ) {
            let mut token = ending(lifetime);
            let mut announced = Vec::new();
            for hours in clock {
                let (tidings, after) = token.notice(hour(hours));
                match tidings {
                    Some(Tidings::Recovered) => {
                        prop_assert!(hours < lifetime);
                        announced.clear();
                    }
                    Some(_) => {
                        prop_assert!(!announced.contains(&after.stage));
                        announced.push(after.stage);
                    }
                    None => {}
                }
                prop_assert!(tidings == Some(Tidings::Recovered) || after.stage >= token.told.stage);
                token.told = after;
            }
        }
    }
}
