//! A refresh token is not risked while there is something to lose, and nothing is renewed all the time.

use grantkeep_core::{evidence::OWNER_CHANGED, renewal::LEAST_INTERVAL};
use grantkeep_store::StoreFault;

use super::*;

#[tokio::test]
async fn a_token_that_hardly_lives_is_not_renewed_all_the_time() {
    let stage = Stage::renewing().await;
    for lifetime in ["1", "0.5", "-1", "14"] {
        stage.token_endpoint(&format!("set:expires_in={lifetime}")).await;
        let credential = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
        let renewed = stage.keeper.refresh(&stage.owner, credential.id).await.unwrap();
        for of in [credential, renewed] {
            let earliest = of.evidence.captured_at.after(LEAST_INTERVAL);
            assert!(of.renewal.at.is_none_or(|at| at >= earliest), "{lifetime}: {:?}", of.renewal.at);
        }
    }
}

#[tokio::test]
async fn a_lost_answer_costs_nothing_while_the_token_lives_of_which_nobody_said_when_it_ends() {
    let stage = Stage::renewing().await;
    stage.token_endpoint("drop:expires_in").await;
    let credential = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
    assert_eq!((credential.grant.expiry, credential.renewal.at), (Expiry::Unstated, None));
    stage.token_endpoint("lost").await;
    stage.keeper.refresh(&stage.owner, credential.id).await.unwrap_err();
    stage.recovers().await;
    let lost = stage.now(&credential).await;
    assert_eq!((state_now(&lost).0, lost.renewal.at), (State::Ambiguous, None));
    let before = stage.token_requests().await;
    for _ in 0..3 {
        pass(86_400);
        stage.watch().await;
        let fault = stage.keeper.refresh(&stage.owner, credential.id).await.unwrap_err();
        assert_eq!(fault, KeepFault::Unusable(State::Ambiguous));
        assert!(stage.give(&credential, 600).await.is_ok());
    }
    assert_eq!(stage.token_requests().await, before);
    // Called dead, it has nothing to lose.
    stage.called_dead(&credential).await;
    stage.watch().await;
    assert!(stage.token_requests().await > before);
    let refused = stage.now(&credential).await;
    assert_eq!(refused.renewal.trouble.map(|it| it.kind), Some(TroubleKind::Refused));
}

#[tokio::test]
async fn a_renewal_does_not_make_a_strangers_token_good_again() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    let evidence = credential.evidence.clone().with(Outcome::NeedsHuman, OWNER_CHANGED, "userinfo", clock());
    stage.store.update(Credential { evidence, ..credential.clone() }).await.unwrap();
    let strangers = async |about: &str| {
        assert_eq!(state_now(&stage.now(&credential).await), (State::NeedsHuman, "owner_changed"), "{about}");
        assert_eq!(stage.give(&credential, 0).await.unwrap_err(), KeepFault::Unusable(State::NeedsHuman), "{about}");
    };
    pass(3500);
    strangers("due").await;
    stage.watch().await;
    assert_eq!(stage.now(&credential).await.grant.generation, 2);
    strangers("renewed").await;
    // Nobody is named.
    let fault = json!({"endpoint": "userinfo", "answer": "error:invalid_token@401"});
    stage.tell(&stage.vk.oauth2_url(), "/sandbox/faults", fault).await;
    stage.keeper.check(&stage.owner, credential.id).await.unwrap();
    strangers("called dead").await;
    stage.recovers().await;
    // The right person is.
    stage.keeper.check(&stage.owner, credential.id).await.unwrap();
    assert_eq!(state_now(&stage.now(&credential).await).0, State::Valid);
    assert!(stage.give(&credential, 0).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_jumps_while_an_answer_is_on_its_way_makes_no_second_request() {
    let stage = Stage::renewing().await;
    let credential = stage.renewable().await;
    pass(3500);
    let before = stage.token_requests().await;
    stage.token_endpoint("slow:1").await;
    let wanted = Wanted {
        owner: &stage.owner,
        provider: credential.provider,
        account: Some(&credential.account),
        min_ttl: Lifetime::from_seconds(600),
        wait: Duration::from_millis(300),
    };
    assert!(stage.keeper.hand_out(wanted).await.unwrap().below_min_ttl, "the answer is not there yet");
    // Over the lease, and over the token's end.
    pass(3600);
    let handed = stage.give(&credential, 0).await;
    assert_eq!(stage.token_requests().await - before, 1);
    assert_eq!(stage.now(&credential).await.grant.generation, 2);
    assert!(handed.is_ok(), "{handed:?}");
}

#[tokio::test]
async fn nothing_is_taken_or_sent_once_closing_has_begun() {
    let stage = Stage::renewing().await;
    let (under_way, late) = (
        stage.renewable().await,
        stage.log_in(Begin { account: Some(account("late")), ..wish(ACME()) }, "auto=allow&person=anna").await,
    );
    stage.token_endpoint("slow:1").await;
    let before = stage.token_requests().await;
    let (keeper, owner) = (Arc::clone(&stage.keeper), stage.owner.clone());
    let renewing = tokio::spawn(async move { keeper.refresh(&owner, under_way.id).await });
    while stage.token_requests().await == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let closing = stage.keeper.close();
    tokio::pin!(closing);
    tokio::select! {
        biased;
        _ = &mut closing => panic!("a renewal is under way"),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    let fault = stage.keeper.refresh(&stage.owner, late.id).await.unwrap_err();
    assert_eq!(fault, KeepFault::Store(StoreFault::Closed));
    assert_eq!(stage.now(&late).await.renewal, late.renewal);
    closing.await.unwrap();
    assert_eq!(renewing.await.unwrap().unwrap().grant.generation, 2);
    assert_eq!(stage.token_requests().await - before, 1);
}
