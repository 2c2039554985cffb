//! What every engine promises about renewals: one at a time, the latest token stays, no answer is lost.

use std::sync::Arc;

use grantkeep_core::{
    Credential, Evidence, Lifetime, Outcome, Renewal, Sealed, Subject, Timestamp, TokenKind, Trouble, TroubleKind,
    evidence::OWNER_CHANGED,
};

use super::{NOW, first_due, new, owner};
use crate::{Due, NewSpooled, Store, StoreFault};

pub(super) async fn suite(store: &Arc<dyn Store>) {
    due_ones_come_longest_due_first(&**store).await;
    what_stands_in_the_way_reads_back(&**store).await;
    of_many_at_once_one_renews(store).await;
    a_lease_can_be_taken_over_when_it_is_over(&**store).await;
    a_renewed_token_takes_the_place_of_the_one_it_was_made_from(&**store).await;
    what_a_check_learned_outlives_a_renewal(&**store).await;
    answers_stay_until_they_are_in_their_row(&**store).await;
    a_clock_that_was_ahead_holds_no_lease_longer_than_any(&**store).await;
}

fn at(seconds: u64) -> Timestamp {
    NOW.after(Lifetime::from_seconds(seconds))
}

async fn due_ones_come_longest_due_first(store: &dyn Store) {
    for (name, renew_at) in [("late", Some(at(20))), ("soon", Some(at(10))), ("never", None)] {
        store.insert(crate::NewCredential { renew_at, ..new("renewing", name) }).await.unwrap();
    }
    assert_eq!(first_due(store, Due::Renewal, at(0)).await, Some(at(10)));
    assert!(store.due(Due::Renewal, at(9), 10).await.unwrap().is_empty());
    let due = store.due(Due::Renewal, at(30), 10).await.unwrap();
    assert_eq!(due.iter().map(|it| it.account.as_str()).collect::<Vec<_>>(), ["soon", "late"]);
    assert_eq!(store.due(Due::Renewal, at(30), 1).await.unwrap().len(), 1);
    // What somebody is at is not due.
    let leased = store.lease(&due[0], at(30), at(120)).await.unwrap().unwrap();
    assert_eq!((leased.renewal.leased_until, leased.renewal.fence), (Some(at(120)), 1));
    let due = store.due(Due::Renewal, at(30), 10).await.unwrap();
    assert_eq!(due.iter().map(|it| it.account.as_str()).collect::<Vec<_>>(), ["late"]);
    let later = store.lease(&due[0], at(30), at(150)).await.unwrap().unwrap();
    assert_eq!(first_due(store, Due::Renewal, at(30)).await, Some(at(120)), "when a lease ends");
    store
        .update(Credential { renewal: Renewal { leased_until: None, ..later.renewal.clone() }, ..later })
        .await
        .unwrap();
    assert_eq!(store.due(Due::Renewal, at(120), 10).await.unwrap().len(), 2);
    for credential in store.due(Due::Renewal, at(120), 10).await.unwrap() {
        store.delete(&owner("renewing"), credential.id).await.unwrap();
    }
    assert_eq!(first_due(store, Due::Renewal, at(0)).await, None);
}

async fn a_clock_that_was_ahead_holds_no_lease_longer_than_any(store: &dyn Store) {
    let credential = store.insert(new("renewing", "ahead")).await.unwrap();
    let leased = store.lease(&credential, at(600), at(690)).await.unwrap().unwrap();
    let entry = NewSpooled { leased_until: at(690), ..answer_for(&leased) };
    let spooled = store.spool(entry).await.unwrap();
    store.rethink(at(0)).await.unwrap();
    let after = store.get(&owner("renewing"), credential.id).await.unwrap().unwrap();
    assert_eq!((after.renewal.leased_until, after.revision), (Some(at(90)), leased.revision + 1));
    assert_eq!(store.spooled().await.unwrap()[0].entry.leased_until, at(90));
    store.rethink(at(1)).await.unwrap();
    let again = store.get(&owner("renewing"), credential.id).await.unwrap().unwrap();
    assert_eq!((again.renewal.leased_until, again.revision), (Some(at(90)), after.revision), "it only comes nearer");
    store.unspool(spooled).await.unwrap();
    store.delete(&owner("renewing"), credential.id).await.unwrap();
}

/// During the request a check has told whom it speaks for, or that it speaks for somebody else.
async fn what_a_check_learned_outlives_a_renewal(store: &dyn Store) {
    for changes_owner in [false, true] {
        let mut unverified = new("renewing", "unverified");
        (unverified.subject, unverified.grant.kind) = (None, TokenKind::VkUnknown);
        let leased = store.insert(unverified).await.unwrap();
        let leased = store.lease(&leased, NOW, at(60)).await.unwrap().unwrap();
        let mut renewed = leased.clone();
        renewed.grant.generation = 2;
        renewed.evidence = Evidence::captured(at(20)).with(Outcome::Alive, "renewed", "token_endpoint", at(20));
        let mut checked = leased;
        (checked.subject, checked.grant.kind) = (Some(Subject::User(5)), TokenKind::VkId);
        if changes_owner {
            checked.evidence = checked.evidence.with(Outcome::NeedsHuman, OWNER_CHANGED, "users.get", at(10));
        }
        let checked = store.update(checked).await.unwrap();
        let stored = store.renew(renewed.clone(), None).await.unwrap();
        assert_eq!((&stored.subject, stored.grant.kind), (&checked.subject, checked.grant.kind));
        let evidence = Evidence {
            clear: if changes_owner { checked.evidence.clear } else { renewed.evidence.clear.clone() },
            ..renewed.evidence
        };
        assert_eq!(stored.evidence, evidence);
        let read = store.get(&stored.owner, stored.id).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{stored:?}"));
        store.delete(&stored.owner, stored.id).await.unwrap();
    }
}

async fn what_stands_in_the_way_reads_back(store: &dyn Store) {
    let mut credential = store.insert(new("renewing", "trouble")).await.unwrap();
    for kind in [TroubleKind::Lost, TroubleKind::Refused] {
        let trouble = Some(Trouble { kind, cause: "timeout".into(), since: at(5) });
        credential.renewal = Renewal { at: Some(at(7)), failures: 3, trouble, ..Renewal::default() };
        credential = store.update(credential).await.unwrap();
        let read = store.get(&owner("renewing"), credential.id).await.unwrap().unwrap();
        assert_eq!(read.renewal, credential.renewal);
    }
    store.delete(&owner("renewing"), credential.id).await.unwrap();
}

async fn of_many_at_once_one_renews(store: &Arc<dyn Store>) {
    let credential = store.insert(new("renewing", "one of many")).await.unwrap();
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (store, credential) = (Arc::clone(store), credential.clone());
            tokio::spawn(async move { store.lease(&credential, NOW, at(60)).await.unwrap().is_some() })
        })
        .collect();
    let mut got = 0;
    for one in tries {
        got += usize::from(one.await.unwrap());
    }
    assert_eq!(got, 1);
    let leased = store.get(&owner("renewing"), credential.id).await.unwrap().unwrap();
    assert_eq!((leased.renewal.fence, leased.revision), (1, credential.revision + 1));
    // Memory has learnt of it.
    let found = store.find(&owner("renewing"), leased.provider, Some(&leased.account)).await.unwrap().unwrap();
    assert_eq!(found.credential.revision, leased.revision);
}

async fn a_lease_can_be_taken_over_when_it_is_over(store: &dyn Store) {
    let credential = store.insert(new("renewing", "taken over")).await.unwrap();
    let first = store.lease(&credential, NOW, at(60)).await.unwrap().unwrap();
    assert!(store.lease(&first, at(59), at(200)).await.unwrap().is_none());
    assert!(store.lease(&credential, at(60), at(200)).await.unwrap().is_none(), "it was read before the other lease");
    let mut other = first.clone();
    other.grant.generation = 2;
    assert!(store.lease(&other, at(60), at(200)).await.unwrap().is_none(), "another token");
    assert!(store.extend_lease(credential.id, first.renewal.fence, at(90)).await.unwrap());
    let longer = store.get(&owner("renewing"), credential.id).await.unwrap().unwrap();
    assert_eq!(longer.renewal.leased_until, Some(at(90)));
    let second = store.lease(&longer, at(90), at(200)).await.unwrap().unwrap();
    assert_eq!(second.renewal.fence, 2);
    assert!(!store.extend_lease(credential.id, first.renewal.fence, at(300)).await.unwrap());
}

async fn a_renewed_token_takes_the_place_of_the_one_it_was_made_from(store: &dyn Store) {
    let credential = store.insert(new("renewing", "renewed")).await.unwrap();
    let leased = store.lease(&credential, NOW, at(60)).await.unwrap().unwrap();
    let mut renewed = leased.clone();
    renewed.grant.generation = 2;
    renewed.grant.access_token = Sealed(vec![9; 64].into());
    renewed.renewal = Renewal { at: Some(at(500)), ..Renewal::default() };
    // It may have got another name, or have been checked, meanwhile.
    let checked = store.update(grantkeep_core::Credential { account: super::account("name"), ..leased }).await.unwrap();
    let stored = store.renew(renewed.clone(), None).await.unwrap();
    assert_eq!((stored.account.as_str(), stored.grant.generation), ("name", 2));
    assert_eq!((stored.renewal.leased_until, stored.renewal.fence), (None, 1));
    assert_eq!(stored.revision, checked.revision + 1);
    let read = store.get(&owner("renewing"), credential.id).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{stored:?}"));
    // The same once more, and one of a row that is gone.
    assert_eq!(store.renew(renewed.clone(), None).await.unwrap_err(), StoreFault::Stale);
    store.delete(&owner("renewing"), credential.id).await.unwrap();
    assert_eq!(store.renew(renewed, None).await.unwrap_err(), StoreFault::Stale);
}

pub(crate) fn answer_for(credential: &Credential) -> NewSpooled {
    NewSpooled {
        credential: credential.id,
        owner: credential.owner.clone(),
        uid: credential.uid,
        generation: 1,
        leased_until: at(60),
        answer: Sealed(vec![5; 64].into()),
        spooled_at: NOW,
    }
}

async fn answers_stay_until_they_are_in_their_row(store: &dyn Store) {
    let credential = store.insert(new("renewing", "spooled")).await.unwrap();
    let entry = answer_for(&credential);
    let first = store.spool(entry.clone()).await.unwrap();
    let second = store.spool(NewSpooled { generation: 2, ..entry.clone() }).await.unwrap();
    let spooled = store.spooled().await.unwrap();
    assert_eq!(spooled.iter().map(|it| it.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(format!("{:?}", spooled[0].entry), format!("{entry:?}"));
    let mut renewed = credential;
    renewed.grant.generation = 2;
    store.renew(renewed, Some(first)).await.unwrap();
    assert_eq!(store.spooled().await.unwrap().len(), 1);
    store.unspool(second).await.unwrap();
    assert!(store.spooled().await.unwrap().is_empty());
}
