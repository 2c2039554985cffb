//! Renewals at everything that the sandbox plays: one request for each due token, and nothing lost whatever happens.

use std::{cell::Cell, time::Duration};

use grantkeep_core::{Flow, Renewal, TroubleKind};
use grantkeep_store::NewSpooled;
use tokio::sync::Semaphore;

mod client;
mod once;
mod slow;
mod spool;

use super::{
    login::{ACME, today, wish},
    *,
};

thread_local! {
    /// How far this test's clock is ahead; its runtime has one thread.
    static AHEAD: Cell<u64> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    today().after(Lifetime::from_seconds(AHEAD.get()))
}

fn pass(seconds: u64) {
    AHEAD.set(AHEAD.get() + seconds);
}

impl Stage {
    async fn renewing() -> Self {
        AHEAD.set(0);
        Self::at(clock).await
    }

    async fn tell(&self, base: &str, path: &str, body: Value) {
        let url = format!("{base}{path}").parse().unwrap();
        let method = if body.is_null() { Method::DELETE } else { Method::POST };
        let body = (!body.is_null()).then(|| Payload::Json(Secret::from(body.to_string())));
        let outgoing = Outgoing { purpose: Purpose::Check, method, url, headers: Vec::new(), body };
        let status = self.keeper.outbound.send(outgoing).await.unwrap().status;
        assert!(status < 300, "{path}: {status}");
    }

    /// How the plain server's token endpoint answers from now on.
    async fn token_endpoint(&self, answer: &str) {
        let fault = json!({"endpoint": "token", "answer": answer});
        self.tell(&self.vk.oauth2_url(), "/sandbox/faults", fault).await;
    }

    async fn recovers(&self) {
        self.tell(&self.vk.oauth2_url(), "/sandbox/faults", Value::Null).await;
    }

    /// How many requests have reached the plain server's token endpoint.
    async fn token_requests(&self) -> u64 {
        self.requests("token").await
    }

    pub(super) async fn requests(&self, endpoint: &str) -> u64 {
        let url = format!("{}/sandbox/requests", self.vk.oauth2_url()).parse().unwrap();
        let outgoing = Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers: Vec::new(), body: None };
        let answer = self.keeper.outbound.send(outgoing).await.unwrap();
        let counts: Value = serde_json::from_slice(&answer.body).unwrap();
        counts["endpoints"][endpoint].as_u64().unwrap_or(0)
    }

    async fn renewable(&self) -> Credential {
        let credential = self.log_in(wish(ACME()), "auto=allow&person=anna").await;
        assert!(credential.can_renew() && credential.renewal.at.is_some());
        credential
    }

    async fn now(&self, of: &Credential) -> Credential {
        self.keeper.get(&self.owner, of.id).await.unwrap()
    }

    /// Lets the watcher do what is due, and waits until it is done.
    async fn watch(&self) {
        self.keeper.begin_due(&Arc::new(Semaphore::new(64)), &mut HashSet::new()).await.unwrap();
        for _ in 0..12_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            if self.keeper.beginning.is_empty() {
                return;
            }
        }
        panic!("a renewal does not end");
    }

    async fn give(&self, of: &Credential, min_ttl: u64) -> Result<HandOut, KeepFault> {
        let wanted = Wanted {
            owner: &self.owner,
            provider: of.provider,
            account: Some(&of.account),
            min_ttl: Lifetime::from_seconds(min_ttl),
            wait: Duration::from_secs(20),
        };
        self.keeper.hand_out(wanted).await
    }
}

fn state_now(credential: &Credential) -> (State, &str) {
    let status = credential.status(clock());
    (status.state, credential.status(clock()).cause.to_owned().leak())
}

#[tokio::test]
async fn a_token_is_renewed_ten_times_in_a_row_and_its_grant_lives() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    for round in 1..=10 {
        stage.watch().await;
        assert_eq!(stage.now(&credential).await.grant.generation, round, "nothing is due yet");
        pass(3500);
        stage.watch().await;
        let renewed = stage.now(&credential).await;
        assert_eq!(renewed.grant.generation, round + 1);
        assert_eq!(state_now(&renewed).0, State::Valid);
    }
    assert!(stage.keeper.check(&stage.owner, credential.id).await.unwrap().evidence.is_confirmed());
}

#[tokio::test]
async fn many_who_want_it_at_once_cause_one_request() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    let before = stage.token_requests().await;
    pass(3500);
    let wanting = (0..50).map(|_| stage.give(&credential, 600));
    let mut wanting: Vec<_> = wanting.map(Box::pin).collect();
    let mut tokens = std::collections::HashSet::new();
    for one in &mut wanting {
        tokens.insert(one.await.unwrap().access_token.expose().to_owned());
    }
    assert_eq!(tokens.len(), 1);
    assert_eq!(stage.token_requests().await - before, 1);
    assert_eq!(stage.now(&credential).await.grant.generation, 2);
}

#[tokio::test]
async fn a_fresh_token_is_not_renewed_for_whoever_wants_more_than_there_is() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    let before = stage.token_requests().await;
    let handed = stage.give(&credential, 86_400).await.unwrap();
    assert!(handed.below_min_ttl);
    assert_eq!(stage.token_requests().await, before);
}

#[tokio::test]
async fn an_old_refresh_token_stays_where_no_new_one_comes() {
    let stage = Stage::renewing().await;
    stage.tell(&stage.vk.oauth2_url(), "/sandbox/settings", json!({"rotation": "none"})).await;
    let credential = stage.renewable().await;
    for generation in 2..=3 {
        pass(3500);
        stage.watch().await;
        let renewed = stage.now(&credential).await;
        assert!(renewed.grant.generation == generation && renewed.can_renew());
    }
}

#[tokio::test]
async fn trouble_that_passes_costs_nothing() {
    let stage = Stage::renewing().await;
    for answer in ["http:503", "http:429", "html", "empty", "error:temporarily_unavailable"] {
        // The sandbox has the real clock, and does not like tokens from the future.
        AHEAD.set(0);
        let credential = stage.renewable().await;
        pass(3500);
        stage.token_endpoint(answer).await;
        let begun = clock();
        stage.watch().await;
        let trying = stage.now(&credential).await;
        assert_eq!(state_now(&trying), (State::Refreshing, "trying_again"), "{answer}");
        assert!(trying.renewal.at.unwrap().since(begun).seconds() >= 2, "{answer}: a second may be over at once");
        assert_eq!((trying.grant.generation, trying.renewal.failures), (credential.grant.generation, 1), "{answer}");
        // What lives is handed out, and nobody's wish makes another request before its time.
        let before = stage.token_requests().await;
        assert!(stage.give(&credential, 600).await.unwrap().below_min_ttl, "{answer}");
        let sent = stage.token_requests().await - before;
        assert!(sent == 0 || trying.renewal.at.is_some_and(|at| at <= clock()), "{answer}");
        stage.recovers().await;
        pass(30);
        stage.watch().await;
        assert_eq!(stage.now(&credential).await.grant.generation, credential.grant.generation + 1, "{answer}");
    }
}

#[tokio::test]
async fn an_expired_token_is_not_handed_out_while_its_provider_is_away() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    pass(4000);
    stage.token_endpoint("http:503").await;
    let fault = stage.give(&credential, 600).await.unwrap_err();
    assert!(matches!(fault, KeepFault::ProviderUnavailable(_)), "{fault:?}");
    stage.recovers().await;
    pass(30);
    assert!(!stage.give(&credential, 600).await.unwrap().below_min_ttl);
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_the_live_token_is_kept_to_its_end() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    pass(3500);
    stage.token_endpoint("lost").await;
    stage.watch().await;
    let lost = stage.now(&credential).await;
    assert_eq!((state_now(&lost).0, lost.grant.generation), (State::Ambiguous, 1));
    stage.recovers().await;
    let before = stage.token_requests().await;
    stage.watch().await;
    assert!(stage.give(&credential, 0).await.is_ok() && stage.give(&credential, 600).await.unwrap().below_min_ttl);
    assert_eq!(stage.token_requests().await, before, "the spent token is not sent again while the other lives");
    // When it has ended there is nothing to lose: here it had been spent, and the server says so.
    pass(300);
    stage.watch().await;
    let refused = stage.now(&credential).await;
    assert_eq!(refused.renewal.trouble.as_ref().map(|it| it.kind), Some(TroubleKind::Refused));
    // One question without a token: whether the server answers again.
    assert_eq!(stage.token_requests().await, before + 2);
    assert!(matches!(stage.give(&credential, 0).await.unwrap_err(), KeepFault::Unusable(_)));
}

#[tokio::test]
async fn a_request_that_was_not_processed_is_made_up_for_after_the_end() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    pass(3500);
    stage.token_endpoint("close").await;
    stage.watch().await;
    assert_eq!(state_now(&stage.now(&credential).await).0, State::Ambiguous);
    stage.recovers().await;
    pass(300);
    stage.watch().await;
    let renewed = stage.now(&credential).await;
    assert_eq!((state_now(&renewed).0, renewed.grant.generation), (State::Valid, 2));
    assert_eq!(renewed.renewal.trouble, None);
}

#[tokio::test]
async fn a_refused_refresh_needs_a_person_while_the_token_still_lives() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    pass(3500);
    stage.token_endpoint("error:invalid_grant").await;
    stage.watch().await;
    let refused = stage.now(&credential).await;
    assert_eq!(state_now(&refused), (State::Expiring, "invalid_grant"));
    assert!(!refused.can_renew() && refused.renewal.at.is_none());
    stage.recovers().await;
    assert!(stage.give(&credential, 600).await.unwrap().below_min_ttl);
    // Logging in again mends it.
    let again = stage.renewable().await;
    assert_eq!((again.id, again.renewal.trouble.clone()), (credential.id, None));
}

#[tokio::test]
async fn vk_id_and_the_kin_of_mastodon_are_renewed_too() {
    let stage = Stage::renewing().await;
    let vk = Begin { flow: Some(Flow::VkId), ..wish(Provider::Vk) };
    let mut credentials = vec![stage.log_in(vk, "auto=allow").await];
    for (name, url) in stage.vk.mastodons() {
        if ["akkoma", "pixelfed"].contains(&name) {
            let begin = Begin { instance: Some(url.to_string()), ..wish(Provider::Mastodon) };
            credentials.push(stage.log_in(begin, "auto=allow&person=anna").await);
        }
    }
    for credential in credentials {
        for _ in 0..3 {
            let now = stage.now(&credential).await;
            let renewed = stage.keeper.refresh(&stage.owner, now.id).await;
            let renewed = renewed.unwrap_or_else(|fault| panic!("{}: {fault}", credential.account));
            assert_eq!(renewed.grant.generation, now.grant.generation + 1, "{}", credential.account);
            assert!(renewed.can_renew() && renewed.evidence.is_confirmed());
        }
        let checked = stage.keeper.check(&stage.owner, credential.id).await.unwrap();
        assert!(checked.evidence.is_confirmed(), "{}: {:?}", credential.account, checked.evidence);
    }
}

#[tokio::test]
async fn a_lease_without_a_word_is_ambiguous_and_an_answer_in_the_spool_is_not_lost() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    let leased = |stage: &Stage, of: Credential| {
        let (store, now) = (Arc::clone(&stage.store), clock());
        async move { store.lease(&of, now, now.after(Lifetime::from_seconds(90))).await.unwrap() }
    };
    // The process ended before the answer came.
    pass(3500);
    leased(&stage, credential.clone()).await.unwrap();
    stage.watch().await;
    assert_eq!(state_now(&stage.now(&credential).await).0, State::Refreshing, "somebody may still be at it");
    pass(91);
    let before = stage.token_requests().await;
    stage.watch().await;
    assert_eq!(state_now(&stage.now(&credential).await), (State::Ambiguous, "interrupted"));
    assert_eq!(stage.token_requests().await, before);
    // The process ended after the answer was in the spool.
    let again = stage.renewable().await;
    pass(3500);
    let leased = leased(&stage, again.clone()).await.unwrap();
    let answer = json!({"access_token": "at-from-the-spool", "refresh_token": "rt", "device_id": null,
        "expiry": {"stated": clock().unix() + 3600}, "scope": null, "user_id": null, "came_at": clock().unix()});
    let entry = NewSpooled {
        credential: again.id,
        owner: stage.owner.clone(),
        uid: again.uid,
        generation: again.grant.generation,
        leased_until: leased.renewal.leased_until.unwrap(),
        answer: stage
            .keeper
            .seal(&stage.owner, again.uid, again.grant.generation, "renewed", &Secret::from(answer.to_string()))
            .unwrap(),
        spooled_at: clock(),
    };
    stage.store.spool(entry).await.unwrap();
    stage.keeper.recover().await.unwrap();
    assert_eq!(stage.now(&again).await.grant.generation, again.grant.generation, "whoever asked may still be at it");
    pass(91);
    stage.keeper.recover().await.unwrap();
    let renewed = stage.now(&again).await;
    assert_eq!(renewed.grant.generation, again.grant.generation + 1);
    assert_eq!(stage.give(&again, 0).await.unwrap().access_token.expose(), "at-from-the-spool");
    assert!(stage.store.spooled().await.unwrap().is_empty());
    assert_eq!(renewed.renewal, Renewal { at: renewed.renewal.at, fence: renewed.renewal.fence, ..Renewal::default() });
}

impl Stage {
    /// The provider says that the token is dead, and works as ever otherwise.
    async fn called_dead(&self, credential: &Credential) -> Credential {
        let fault = json!({"endpoint": "userinfo", "answer": "error:invalid_token@401"});
        self.tell(&self.vk.oauth2_url(), "/sandbox/faults", fault).await;
        let dead = self.keeper.check(&self.owner, credential.id).await.unwrap();
        assert_eq!(state_now(&dead).0, State::Revoked);
        self.recovers().await;
        dead
    }
}

#[tokio::test]
async fn a_token_that_is_dead_before_its_time_is_renewed_if_its_grant_lives() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    stage.called_dead(&credential).await;
    stage.watch().await;
    let renewed = stage.now(&credential).await;
    assert_eq!((state_now(&renewed).0, renewed.grant.generation), (State::Valid, 2));
    // A server that calls every token dead is not asked for one after the other.
    for _ in 0..3 {
        stage.called_dead(&credential).await;
        stage.watch().await;
    }
    assert_eq!(stage.now(&credential).await.grant.generation, 2);
}

#[tokio::test]
async fn whoever_wants_a_token_that_was_called_dead_gets_the_next() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    stage.called_dead(&credential).await;
    let handed = stage.give(&credential, 0).await.unwrap();
    assert_eq!((handed.credential_id, stage.now(&credential).await.grant.generation), (credential.id, 2));
}

#[tokio::test]
async fn what_comes_for_a_forgotten_credential_is_withdrawn_at_the_provider() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    stage.token_endpoint("slow:6").await;
    let (keeper, owner, id) = (Arc::clone(&stage.keeper), stage.owner.clone(), credential.id);
    let renewing = tokio::spawn(async move { keeper.refresh(&owner, id).await });
    while stage.token_requests().await < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stage.keeper.forget(&stage.owner, credential.id).await.unwrap();
    assert_eq!(stage.requests("revoke").await, 0);
    assert!(matches!(renewing.await.unwrap(), Err(KeepFault::NotFound)));
    assert!(stage.requests("revoke").await > 0);
    assert!(stage.store.spooled().await.unwrap().is_empty());
    // One that is revoked waits for the newer tokens, and withdraws those.
    stage.recovers().await;
    let credential = stage.renewable().await;
    stage.token_endpoint("slow:6").await;
    let before = stage.token_requests().await;
    let (keeper, owner, id) = (Arc::clone(&stage.keeper), stage.owner.clone(), credential.id);
    let renewing = tokio::spawn(async move { keeper.refresh(&owner, id).await });
    while stage.token_requests().await == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stage.keeper.revoke(&stage.owner, credential.id).await.unwrap();
    assert_eq!(renewing.await.unwrap().unwrap().grant.generation, credential.grant.generation + 1);
}

/// As long, in seconds, as the store waits for a lock that another process has.
const BUSY_FOR: u64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn what_came_to_nothing_is_written_down_although_the_database_is_busy() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    stage.token_endpoint("slow:1").await;
    stage.token_endpoint("http:503").await;
    let before = stage.token_requests().await;
    let (keeper, owner, id) = (Arc::clone(&stage.keeper), stage.owner.clone(), credential.id);
    let renewing = tokio::spawn(async move { keeper.refresh(&owner, id).await });
    while stage.token_requests().await == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Longer than anybody waits for it.
    let other = rusqlite::Connection::open(stage.directory.path().join("grantkeep.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    tokio::time::sleep(Duration::from_secs(BUSY_FOR + 2)).await;
    other.execute_batch("COMMIT").unwrap();
    assert!(renewing.await.unwrap().is_err());
    let now = stage.now(&credential).await;
    assert_eq!((now.renewal.trouble, now.renewal.failures, now.renewal.leased_until), (None, 1, None));
}
