//! The contract of authorizations and registrations: taken once, ended once, forgotten in time.

use std::sync::Arc;

use grantkeep_core::{
    AuthorizationId, Digest, Flow, NewAuthorization, Progress, Provider, Sealed, Timestamp, Uid,
    authorization::PENDING_FOR,
};

use super::{NOW, account, owner};
use crate::{Registration, Store, StoreFault};

pub(super) async fn suite(store: &Arc<dyn Store>) {
    authorizations_read_back_as_written(&**store).await;
    one_browser_gets_the_ticket(&**store).await;
    one_of_many_claims_gets_it(store).await;
    an_ended_one_stays_ended(&**store).await;
    late_ones_end_and_old_ones_are_forgotten(&**store).await;
    what_was_claimed_at_the_end_is_given_up(&**store).await;
    an_owner_has_a_hundred_under_way_at_most(&**store).await;
    registrations_are_renewed_and_forgotten(&**store).await;
}

pub(super) fn id(number: u8) -> AuthorizationId {
    AuthorizationId::from_random([number; 16])
}

pub(super) fn new(number: u8) -> NewAuthorization {
    NewAuthorization {
        id: id(number),
        uid: Uid([number; 16]),
        owner: owner("attempts"),
        provider: Provider::from_name("acme").unwrap(),
        server: Some("https://id.example.org".into()),
        account: Some(account("имя")),
        flow: Flow::Code,
        state: Some(Digest([number; 32])),
        ticket: Some(Digest([!number; 32])),
        redirect_uri: Some("http://127.0.0.1:8000/callback/acme".into()),
        frozen: "{}".into(),
        secrets: Sealed(vec![7; 64].into()),
        created_at: NOW,
        expires_at: NOW.after(PENDING_FOR),
    }
}

async fn authorizations_read_back_as_written(store: &dyn Store) {
    store.begin(new(1)).await.unwrap();
    let read = store.authorization(&id(1)).await.unwrap().unwrap();
    assert_eq!(format!("{:?}", read.begun), format!("{:?}", new(1)));
    assert_eq!((read.binding, read.progress, read.cause, read.credential), (None, Progress::Pending, None, None));
    assert_eq!(store.authorization_of_state(Digest([1; 32])).await.unwrap().unwrap().begun.id, id(1));
    assert_eq!(store.authorization_of_ticket(Digest([!1; 32])).await.unwrap().unwrap().begun.id, id(1));
    assert!(store.authorization(&id(2)).await.unwrap().is_none());
    assert!(store.authorization_of_state(Digest([2; 32])).await.unwrap().is_none());
    let bare =
        NewAuthorization { server: None, account: None, state: None, ticket: None, redirect_uri: None, ..new(2) };
    store.begin(bare).await.unwrap();
    let read = store.authorization(&id(2)).await.unwrap().unwrap();
    assert_eq!((read.begun.state, read.begun.ticket, read.begun.account), (None, None, None));
    for (number, (flow, _)) in (210_u8..).zip(Flow::ALL) {
        store.begin(NewAuthorization { flow, owner: owner("flows"), ..new(number) }).await.unwrap();
        assert_eq!(store.authorization(&id(number)).await.unwrap().unwrap().begun.flow, flow);
        store.conclude(&id(number), Progress::Failed, None, None).await.unwrap();
    }
}

async fn one_browser_gets_the_ticket(store: &dyn Store) {
    store.begin(new(3)).await.unwrap();
    assert!(!store.bind(&id(3), Digest([5; 32]), NOW.after(PENDING_FOR)).await.unwrap(), "too late");
    assert!(store.bind(&id(3), Digest([5; 32]), NOW).await.unwrap());
    assert!(!store.bind(&id(3), Digest([6; 32]), NOW).await.unwrap());
    assert_eq!(store.authorization(&id(3)).await.unwrap().unwrap().binding, Some(Digest([5; 32])));
}

async fn one_of_many_claims_gets_it(store: &Arc<dyn Store>) {
    store.begin(new(4)).await.unwrap();
    let claims: Vec<_> = (0..100)
        .map(|_| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.claim(&id(4), NOW).await.unwrap() })
        })
        .collect();
    let mut got = 0;
    for claim in claims {
        got += u32::from(claim.await.unwrap());
    }
    assert_eq!(got, 1);
    assert_eq!(store.authorization(&id(4)).await.unwrap().unwrap().progress, Progress::Claimed);
}

async fn an_ended_one_stays_ended(store: &dyn Store) {
    assert!(store.conclude(&id(4), Progress::Done, None, Some(9)).await.unwrap());
    assert!(!store.conclude(&id(4), Progress::Failed, Some("late"), None).await.unwrap());
    assert!(!store.claim(&id(4), NOW).await.unwrap());
    let read = store.authorization(&id(4)).await.unwrap().unwrap();
    assert_eq!((read.progress, read.cause, read.credential), (Progress::Done, None, Some(9)));
    assert_eq!(read.begun.secrets, Sealed(Box::default()), "its secrets are gone");
}

async fn late_ones_end_and_old_ones_are_forgotten(store: &dyn Store) {
    let end = NOW.after(PENDING_FOR);
    assert!(!store.claim(&id(3), end).await.unwrap(), "too late");
    let long_ago = Timestamp::from_unix(0);
    assert_eq!(store.sweep_authorizations(NOW, long_ago).await.unwrap(), 0);
    assert_eq!(store.sweep_authorizations(end, long_ago).await.unwrap(), 3);
    let read = store.authorization(&id(3)).await.unwrap().unwrap();
    assert_eq!((read.progress, read.begun.secrets), (Progress::Expired, Sealed(Box::default())));
    store.sweep_authorizations(end, end).await.unwrap();
    assert!(store.authorization(&id(3)).await.unwrap().is_none());
}

async fn what_was_claimed_at_the_end_is_given_up(store: &dyn Store) {
    store.begin(new(5)).await.unwrap();
    store.begin(new(6)).await.unwrap();
    assert!(store.claim(&id(5), NOW).await.unwrap());
    assert_eq!(store.give_up_claimed("interrupted").await.unwrap(), 1);
    let (given_up, other) = (store.authorization(&id(5)).await.unwrap(), store.authorization(&id(6)).await.unwrap());
    let given_up = given_up.unwrap();
    assert_eq!((given_up.progress, given_up.cause.as_deref()), (Progress::Failed, Some("interrupted")));
    assert_eq!(other.unwrap().progress, Progress::Pending);
}

async fn an_owner_has_a_hundred_under_way_at_most(store: &dyn Store) {
    for number in 100..200 {
        store.begin(NewAuthorization { owner: owner("busy"), ..new(number) }).await.unwrap();
    }
    let further = NewAuthorization { owner: owner("busy"), ..new(200) };
    assert_eq!(store.begin(further.clone()).await.unwrap_err(), StoreFault::TooMany);
    assert!(store.authorization(&id(100)).await.unwrap().is_some(), "none is pushed out");
    store.conclude(&id(100), Progress::Denied, None, None).await.unwrap();
    store.begin(further).await.unwrap();
}

async fn registrations_are_renewed_and_forgotten(store: &dyn Store) {
    let first = Registration {
        server: "mstdn.jp".into(),
        redirect_uri: "http://127.0.0.1:8000/callback/mastodon/mstdn.jp".into(),
        scopes: "read write".into(),
        uid: Uid([1; 16]),
        client_id: "one".into(),
        client_secret: Sealed(vec![7; 64].into()),
        registered_at: NOW,
    };
    store.register(first.clone()).await.unwrap();
    let find = async || store.registration(&first.server, &first.redirect_uri, &first.scopes).await.unwrap();
    assert_eq!(find().await, Some(first.clone()));
    assert_eq!(store.registration(&first.server, &first.redirect_uri, "read").await.unwrap(), None);
    let second = Registration { client_id: "two".into(), ..first.clone() };
    store.register(second.clone()).await.unwrap();
    assert!(!store.unregister(first.clone()).await.unwrap(), "it has been renewed meanwhile");
    assert_eq!(find().await, Some(second.clone()));
    assert!(store.unregister(second).await.unwrap());
    assert_eq!(find().await, None);
}
