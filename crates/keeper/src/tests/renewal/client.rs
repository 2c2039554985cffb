//! Tokens of the application itself: got and renewed without anybody; nothing is spent by asking, so nothing is in doubt.

use grantkeep_core::{Flow, Progress, Subject, status::NextAction};

use super::*;

const ROBOT: fn() -> Provider = || Provider::OAuth2(ProviderName::new("robot").unwrap());
const BARE: fn() -> Provider = || Provider::OAuth2(ProviderName::new("bare").unwrap());

impl Stage {
    /// How a login without anybody ends.
    async fn attempt(&self, begin: Begin) -> Attempt {
        let begun = self.keeper.begin(&self.owner, begin).await.unwrap();
        assert!(begun.authorization_url.is_none() && begun.connect_url.is_none() && begun.redirect_uri.is_none());
        assert_eq!(begun.flow, Flow::ClientCredentials);
        for _ in 0..12_000 {
            let attempt = self.keeper.authorization(&self.owner, ROBOT(), &begun.id).await.unwrap();
            if attempt.progress != Progress::Pending {
                return attempt;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("a login does not end");
    }

    async fn robot(&self) -> Credential {
        let attempt = self.attempt(wish(ROBOT())).await;
        assert_eq!((attempt.progress, attempt.cause), (Progress::Done, None));
        self.keeper.get(&self.owner, attempt.credential.unwrap()).await.unwrap()
    }

    /// The grant types that came to the token endpoint, and how often userinfo was asked.
    async fn asked(&self) -> (Vec<String>, usize) {
        let url = format!("{}/sandbox/requests", self.vk.oauth2_url()).parse().unwrap();
        let outgoing = Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers: Vec::new(), body: None };
        let answer = self.keeper.outbound.send(outgoing).await.unwrap();
        let record: Value = serde_json::from_slice(&answer.body).unwrap();
        let all = record["requests"].as_array().unwrap();
        let of = |endpoint: &'static str| all.iter().filter(move |request| request["endpoint"] == endpoint);
        let grant = |request: &Value| {
            let pair = request["form"].as_array()?.iter().find(|pair| pair[0] == "grant_type")?;
            Some(pair[1].as_str()?.to_owned())
        };
        (of("token").filter_map(grant).collect(), of("userinfo").count())
    }
}

#[tokio::test]
async fn an_application_gets_its_token_without_anybody_and_renews_it_ten_times() {
    let stage = Stage::renewing().await;
    let credential = stage.robot().await;
    assert_eq!(credential.account.as_str(), "default");
    assert_eq!((credential.grant.kind, &credential.subject), (TokenKind::OAuth2Client, &Some(Subject::Application)));
    assert_eq!(credential.grant.scope.granted.as_deref(), Some("read write"));
    assert!(credential.grant.refresh_token.is_none() && credential.can_renew());
    // More than is configured is not asked for: nobody would be there to allow it.
    let more = Begin { scope: Some("read admin".to_owned()), ..wish(ROBOT()) };
    assert!(matches!(stage.keeper.begin(&stage.owner, more).await, Err(KeepFault::ScopeNotConfigured)));
    assert_eq!((state_now(&credential).0, credential.check_at), (State::Valid, None));
    assert_eq!((credential.need(clock()), credential.notice_at()), (None, None));
    let mut tokens = std::collections::HashSet::new();
    for round in 1..=10 {
        stage.watch().await;
        assert_eq!(stage.now(&credential).await.grant.generation, round, "nothing is due yet");
        tokens.insert(stage.give(&credential, 600).await.unwrap().access_token.expose().to_owned());
        pass(3500);
        stage.watch().await;
        let renewed = stage.now(&credential).await;
        assert_eq!((renewed.grant.generation, state_now(&renewed).0), (round + 1, State::Valid));
        assert_eq!((renewed.check_at, renewed.grant.refresh_token), (None, None));
    }
    assert_eq!(tokens.len(), 10);
    assert_eq!(stage.asked().await, (vec!["client_credentials".to_owned(); 11], 0));
    // Logging in again changes nothing but the token.
    let again = stage.robot().await;
    assert_eq!((again.id, again.grant.generation), (credential.id, 12));
}

#[tokio::test]
async fn whatever_a_renewal_came_to_it_is_tried_again() {
    let stage = Stage::renewing().await;
    #[rustfmt::skip]
    let rows = [
        // What the server does, what is said of it, and after how long it is tried again.
        ("lost",                          "trying_again", 30),
        ("close",                         "trying_again", 30),
        ("http:503",                      "trying_again", 30),
        ("http:504",                      "trying_again", 30),
        ("set:token_type=mac",            "trying_again", 30),
        ("error:invalid_client@401",      "application_refused", 900),
        ("error:invalid_scope",           "application_refused", 900),
        ("error:access_denied",           "application_refused", 900),
    ];
    for (answer, cause, wait) in rows {
        AHEAD.set(0);
        let credential = stage.robot().await;
        pass(3500);
        stage.token_endpoint(answer).await;
        stage.watch().await;
        let trying = stage.now(&credential).await;
        assert_eq!(state_now(&trying), (State::Refreshing, cause), "{answer}");
        assert_eq!((trying.renewal.trouble, trying.renewal.failures), (None, 1), "{answer}");
        // What lives is handed out; nobody's wish makes another request before its time.
        let before = stage.token_requests().await;
        assert!(stage.give(&credential, 600).await.unwrap().below_min_ttl, "{answer}");
        let sent = stage.token_requests().await - before;
        assert!(sent == 0 || trying.renewal.at.is_some_and(|at| at <= clock()), "{answer}");
        if cause == "application_refused" {
            pass(200);
            for _ in 0..3 {
                let fault = stage.give(&credential, 600).await.unwrap_err();
                assert!(matches!(fault, KeepFault::ClientRefused(_)), "{answer}: nobody can log in: {fault:?}");
            }
            let ended = stage.now(&credential).await;
            assert_eq!(state_now(&ended), (State::Expired, cause), "{answer}");
            assert_eq!(ended.status(clock()).next_action(), NextAction::FixApplication, "{answer}");
        }
        stage.recovers().await;
        // A host that lost an answer is left alone for some seconds by the steady clock.
        for _ in 0..10 {
            pass(wait);
            stage.watch().await;
            if stage.now(&credential).await.grant.generation > credential.grant.generation {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let renewed = stage.now(&credential).await;
        assert_eq!(renewed.grant.generation, credential.grant.generation + 1, "{answer}");
        assert_eq!(state_now(&renewed).0, State::Valid, "{answer}");
    }
}

#[tokio::test]
async fn an_interrupted_renewal_is_done_once_more() {
    let stage = Stage::renewing().await;
    let credential = stage.robot().await;
    pass(3500);
    let now = clock();
    stage.store.lease(&credential, now, now.after(Lifetime::from_seconds(90))).await.unwrap().unwrap();
    pass(91);
    let renewed = stage.keeper.refresh(&stage.owner, credential.id).await.unwrap();
    assert_eq!(
        (renewed.grant.generation, renewed.renewal.trouble, state_now(&stage.robot().await).0),
        (2, None, State::Valid)
    );
}

#[tokio::test]
async fn an_end_that_nobody_states_is_kept_as_such_and_a_refresh_token_is_not_kept() {
    let stage = Stage::renewing().await;
    stage.tell(&stage.vk.oauth2_url(), "/sandbox/settings", json!({"access_token_for": null})).await;
    stage.token_endpoint("set:refresh_token=rt-unasked").await;
    let credential = stage.robot().await;
    assert_eq!((credential.grant.expiry, credential.renewal.at), (Expiry::Unstated, None));
    pass(7 * 3600);
    assert!(!stage.give(&credential, 600).await.unwrap().below_min_ttl);
    let renewed = stage.keeper.refresh(&stage.owner, credential.id).await.unwrap();
    assert_eq!((renewed.grant.generation, renewed.grant.expiry), (2, Expiry::Unstated));
    assert!(credential.grant.refresh_token.is_none() && renewed.grant.refresh_token.is_none());
    let types = stage.asked().await.0;
    assert_eq!(types, ["client_credentials", "client_credentials"]);
}

#[tokio::test]
async fn what_nobody_can_be_asked_about_stays_as_it_is_known() {
    let stage = Stage::renewing().await;
    stage.tell(&stage.vk.oauth2_url(), "/sandbox/settings", json!({"access_token_for": null})).await;
    // One for people, of a server without userinfo, and one for the application: its userinfo knows people alone.
    let person = stage.log_in(wish(BARE()), "auto=allow&person=anna").await;
    stage
        .tell(
            &stage.vk.oauth2_url(),
            "/sandbox/faults",
            json!({"endpoint": "userinfo", "answer": "error:invalid_token@401"}),
        )
        .await;
    for credential in [person, stage.robot().await] {
        assert_eq!(state_now(&credential), (State::Valid, "granted"));
        pass(600);
        stage.keeper.ask_about_due().await.unwrap();
        let checked = stage.keeper.check(&stage.owner, credential.id).await.unwrap();
        assert_eq!((&checked.evidence, checked.check_at), (&credential.evidence, None));
        pass(7 * 3600);
        assert_eq!(state_now(&checked), (State::Valid, "granted"), "{}", credential.provider);
    }
    assert_eq!(stage.asked().await.1, 0);
    assert!(stage.store.due(Due::Check, Timestamp::from_unix(i64::MAX >> 1), 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_withdrawn_token_is_dead_at_its_server_and_gone_here() {
    let stage = Stage::renewing().await;
    let credential = stage.robot().await;
    stage.keeper.revoke(&stage.owner, credential.id).await.unwrap();
    assert_eq!(stage.keeper.get(&stage.owner, credential.id).await.unwrap_err(), KeepFault::NotFound);
    assert_eq!(stage.store.next_due(Due::Renewal, clock()).await.unwrap(), None);
}

#[tokio::test]
async fn an_application_takes_no_persons_place() {
    let stage = Stage::renewing().await;
    let vera = stage.log_in(wish(ACME()), "auto=allow&person=vera").await;
    let token = stage.give(&vera, 0).await.unwrap().access_token;
    let submission = Submission { text: token, account: Some(account("mine")), authorization: None, instance: None };
    let kept = stage.keeper.submit(&stage.owner, ROBOT(), submission).await.unwrap().credential;
    let attempt = stage.attempt(Begin { account: Some(account("mine")), ..wish(ROBOT()) }).await;
    assert_eq!((attempt.progress, attempt.cause.as_deref()), (Progress::Failed, Some("owner_changed")));
    assert_eq!(stage.now(&kept).await.grant.generation, kept.grant.generation);
}

#[tokio::test]
async fn who_is_asked_for_is_for_the_configuration_to_say() {
    let stage = Stage::renewing().await;
    #[rustfmt::skip]
    let rows = [
        (ROBOT(), Some(Flow::Code),              false),
        (ROBOT(), Some(Flow::Device),            false),
        (ROBOT(), Some(Flow::Implicit),          false),
        (ROBOT(), None,                          true),
        (ACME(),  Some(Flow::ClientCredentials), false),
    ];
    for (provider, flow, by_paste) in rows {
        let refused = stage.keeper.begin(&stage.owner, Begin { flow, by_paste, ..wish(provider) }).await.unwrap_err();
        assert_eq!(refused, KeepFault::FlowNotOffered, "{provider} {flow:?}");
    }
    assert!(stage.asked().await.0.is_empty());
    assert!(!stage.keeper.captures("/callback/robot") && stage.keeper.captures("/callback/acme"));
    let view = stage.keeper.providers().into_iter().find(|view| view.provider == ROBOT()).unwrap();
    assert_eq!((view.flows, view.redirect_uri), (vec![Flow::ClientCredentials], None));
    let asked = stage.keeper.test_provider(ROBOT(), None).await.unwrap().asked;
    assert_eq!(asked.iter().map(|probed| probed.what).collect::<Vec<_>>(), ["token"]);
}

#[tokio::test]
async fn a_login_that_comes_to_nothing_says_why_and_keeps_nothing() {
    let stage = Stage::renewing().await;
    for (answer, progress, cause) in [
        ("error:invalid_client@401", Progress::Failed, "invalid_client"),
        ("error:invalid_scope", Progress::Failed, "invalid_scope"),
        ("http:503", Progress::Unknown, "http_503"),
        ("html", Progress::Unknown, "html"),
        ("reset", Progress::Unknown, "broken"),
    ] {
        stage.token_endpoint(answer).await;
        let attempt = stage.attempt(wish(ROBOT())).await;
        assert_eq!((attempt.progress, attempt.cause.as_deref()), (progress, Some(cause)), "{answer}");
        stage.recovers().await;
    }
    assert_eq!(stage.store.count().await.unwrap(), 0);
}
