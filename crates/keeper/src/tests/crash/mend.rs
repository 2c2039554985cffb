//! Owns what is found after a death, what whoever comes next makes of it, and what must hold then.

use grantkeep_core::TroubleKind;

use super::{house::fingerprint, *};

/// As what a token was found after the death of whoever renewed it; the later, the further that one came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    /// As it was before.
    Free,
    /// With a lease or what follows from one, and no answer.
    Leased,
    /// With its answer in the spool.
    Spooled,
    /// Renewed.
    Stored,
}

/// What became of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Came {
    pub(super) found: Found,
    /// How often its refresh token was sent while its access token lived.
    pub(super) sent: u64,
    pub(super) outcome: &'static str,
}

impl Came {
    pub(super) fn alone(self) -> (Found, u64, bool) {
        (self.found, self.sent, self.outcome != NEEDS_PERSON)
    }
}

const NEEDS_PERSON: &str = "ambiguous, then needs a person";

impl House {
    pub(super) async fn now(&self, token: &Token) -> Credential {
        self.stage.keeper.get(&self.stage.owner, token.before.id).await.unwrap()
    }

    pub(super) async fn found(&self, token: &Token) -> Found {
        let now = self.now(token).await;
        if now.grant.generation > token.before.grant.generation {
            return Found::Stored;
        }
        let is_spooled = self.stage.store.spooled().await.unwrap().iter().any(|it| it.entry.credential == now.id);
        match now.renewal.leased_until {
            _ if is_spooled => Found::Spooled,
            None if now.renewal.trouble.is_none() => Found::Free,
            _ => Found::Leased,
        }
    }

    /// What a server does when it starts, and then until nothing is left to do.
    pub(super) async fn work(&self) {
        self.stage.keeper.recover().await.unwrap();
        self.stage.keeper.begin_due(&Arc::new(Semaphore::new(64)), &mut HashSet::new()).await.unwrap();
        for _ in 0..30_000 {
            if self.stage.keeper.beginning.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("a renewal does not end");
    }

    pub(super) async fn is_handed_out(&self, token: &Token) -> Result<String, KeepFault> {
        let wanted = Wanted {
            owner: &self.stage.owner,
            provider: token.before.provider,
            account: Some(&token.before.account),
            min_ttl: Lifetime::from_seconds(0),
            wait: Duration::from_secs(30),
        };
        Ok(self.stage.keeper.hand_out(wanted).await?.access_token.expose().to_owned())
    }

    /// It was renewed once, its server takes it, and its refresh token is the newest of a grant that lives.
    pub(super) async fn lives(&mut self, number: usize, about: &str) {
        let token = &self.tokens[number];
        let now = self.now(token).await;
        assert_eq!(now.grant.generation, token.before.grant.generation + 1, "{about}: {:?}", now.renewal);
        assert_eq!(now.status(clock()).state, State::Valid, "{about}");
        let secrets = self.secrets(&now);
        assert!(secrets[0] != token.secrets[0] && secrets[1] != token.secrets[1], "{about}");
        assert_eq!(self.is_handed_out(token).await.unwrap(), secrets[0], "{about}");
        let (keeper, owner) = (&self.stage.keeper, &self.stage.owner);
        assert!(keeper.check(owner, now.id).await.unwrap().evidence.is_confirmed(), "{about}");
        let again = keeper.refresh(owner, now.id).await;
        let again = again.unwrap_or_else(|fault| panic!("{about}: {fault}"));
        let newest = self.secrets(&again);
        assert_eq!(self.sent(&fingerprint(&secrets[1])).await, 1, "{about}");
        self.tokens[number].secrets.extend(secrets.into_iter().chain(newest));
    }

    /// It is said to be unclear, and why; what lives of it is handed out, and nothing more is sent.
    pub(super) async fn is_unclear(&self, token: &Token, about: &str) {
        let now = self.now(token).await;
        let status = now.status(clock());
        assert_eq!((status.state, status.cause), (State::Ambiguous, "interrupted"), "{about}");
        assert_eq!(now.grant.generation, token.before.grant.generation, "{about}");
        assert_eq!(self.is_handed_out(token).await.unwrap(), token.secrets[0], "{about}");
        let checked = self.stage.keeper.check(&self.stage.owner, now.id).await.unwrap();
        assert!(checked.evidence.is_confirmed(), "{about}");
    }

    pub(super) async fn is_sound(&self, about: &str) {
        let health = self.stage.keeper.examine().await.unwrap();
        assert_eq!((health.damage, health.sealed_shut, health.writable), (vec![], vec![], true), "{about}");
        assert_eq!(health.credentials, self.tokens.len() as u64, "{about}");
        assert_eq!(self.stage.keeper.verify_audit().await.unwrap().broken_at, None, "{about}");
        assert!(self.stage.store.spooled().await.unwrap().is_empty(), "{about}");
        let names = self.files.iter().any(|file| file.contains("number "));
        assert!(names || self.files.is_empty(), "{about}: names stand there as they are");
        for token in &self.tokens {
            assert_eq!(self.now(token).await.renewal.leased_until, None, "{about}");
            for secret in &token.secrets {
                assert!(!self.files.iter().any(|file| file.contains(secret.as_str())), "{about}: in plain");
            }
        }
    }

    pub(super) async fn all_found(&self) -> Vec<Found> {
        let mut all = Vec::new();
        for token in &self.tokens {
            all.push(self.found(token).await);
        }
        all
    }

    /// Whoever has a lease may still be at it, so only what has none is renewed.
    pub(super) async fn mend_what_is_free(&self, about: &str) {
        let mut expected = Vec::new();
        for (token, found) in self.tokens.iter().zip(self.all_found().await) {
            let is_over = self.now(token).await.renewal.leased_until.is_none_or(|until| until <= clock());
            expected.push(match found {
                Found::Free => Found::Stored,
                Found::Spooled if is_over => Found::Stored,
                found => found,
            });
        }
        self.work().await;
        assert_eq!(self.all_found().await, expected, "{about}");
    }

    /// When no lease holds any more: all is well in the end, or it is said why not.
    pub(super) async fn mend(&mut self, found: Vec<Found>, about: &str) -> Vec<Came> {
        AHEAD.set(AHEAD.get() + LEASE);
        self.work().await;
        let mut sent = Vec::new();
        for (number, found) in found.iter().enumerate() {
            sent.push(self.sent(&self.tokens[number].fingerprint).await);
            if *found == Found::Leased {
                self.is_unclear(&self.tokens[number], about).await;
                assert!(sent[number] <= 1, "{about}");
            } else {
                self.lives(number, about).await;
                assert_eq!(sent[number], 1, "{about}");
            }
        }
        // The live access token has ended: there is nothing to lose any more.
        AHEAD.set(OVER);
        self.work().await;
        let mut came = Vec::new();
        for ((token, found), sent) in self.tokens.iter().zip(found).zip(sent) {
            let outcome = self.outcome(token, found, sent, about).await;
            came.push(Came { found, sent, outcome });
        }
        self.is_sound(about).await;
        came
    }

    /// How it stands after the end of the access token that was due.
    pub(super) async fn outcome(&self, token: &Token, found: Found, sent: u64, about: &str) -> &'static str {
        let now = self.now(token).await;
        if found != Found::Leased {
            assert_eq!(now.status(clock()).state, State::Valid, "{about}");
            return if found == Found::Spooled { "from the spool" } else { "renewed" };
        }
        assert_eq!(self.sent(&token.fingerprint).await, sent + 1, "{about}: risked once more");
        match now.renewal.trouble.as_ref().map(|it| (it.kind, &*it.cause)) {
            None => {
                assert_eq!(now.grant.generation, token.before.grant.generation + 1, "{about}");
                assert!(self.is_handed_out(token).await.is_ok(), "{about}");
                "ambiguous, then renewed"
            }
            Some((TroubleKind::Refused, "invalid_grant")) if sent == 1 => {
                assert!(now.status(clock()).state.needs_person(), "{about}");
                NEEDS_PERSON
            }
            other => panic!("{about}: {other:?}"),
        }
    }
}
