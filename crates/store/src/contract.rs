//! The contract suite: what every engine must do, whatever it is made of. Each engine's tests call [`suite`].

use std::sync::Arc;

use grantkeep_core::{
    Account, Evidence, Expiry, Grant, Lifetime, Outcome, Owner, Provider, Scope, Sealed, Subject, Timestamp, TokenKind,
    Uid,
};

mod attempt;
mod event;
mod notice;
mod renewal;

use crate::{ApiKey, Due, Listing, NewCredential, Store, StoreFault, id_of};

const NOW: Timestamp = Timestamp::from_unix(1_768_059_000);

pub(crate) fn owner(name: &str) -> Owner {
    Owner::new(name).unwrap()
}

pub(crate) fn account(name: &str) -> Account {
    Account::new(name).unwrap()
}

pub(crate) fn new(owner_name: &str, account_name: &str) -> NewCredential {
    let mut uid = [0; 16];
    for (slot, byte) in uid.iter_mut().zip(owner_name.bytes().chain([b'/']).chain(account_name.bytes())) {
        *slot = byte;
    }
    NewCredential {
        uid: Uid(uid),
        owner: owner(owner_name),
        provider: Provider::Vk,
        server: None,
        account: account(account_name),
        subject: Some(Subject::User(u64::MAX)),
        grant: Grant {
            kind: TokenKind::VkUser,
            access_token: Sealed(vec![7; 64].into()),
            refresh_token: None,
            device_id: None,
            generation: 1,
            expiry: Expiry::Stated(NOW),
            scope: Scope::default(),
        },
        evidence: Evidence::captured(NOW).with(Outcome::Alive, "confirmed", "users.get", NOW).with(
            Outcome::Unclear,
            "timeout",
            "users.get",
            NOW,
        ),
        created_at: NOW,
        check_at: None,
        renew_at: None,
    }
}

/// Every promise of [`Store`], on an empty store.
pub(crate) async fn suite(store: Arc<dyn Store>) {
    what_is_due_for_one_thing_is_not_for_another(&*store).await;
    rows_read_back_as_written(&*store).await;
    the_latest_stored_is_found_without_a_name(&*store).await;
    a_write_from_an_old_revision_fails(&*store).await;
    a_replacement_may_absorb_another(&*store).await;
    a_renamed_one_is_found_by_its_new_name_only(&*store).await;
    owners_do_not_see_each_other(&*store).await;
    listings_go_page_by_page(&*store).await;
    due_ones_come_longest_due_first(&*store).await;
    attempt::suite(&store).await;
    notice::suite(&store).await;
    renewal::suite(&store).await;
    event::suite(&*store).await;
    keys_are_listed_and_revoked(&*store).await;
    the_first_data_key_stays(&*store).await;
    writers_at_once_are_all_answered(&store).await;
    one_of_two_inserts_at_once_conflicts(&store).await;
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    store.probe().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(store.insert(new("late", "one")).await.unwrap_err(), StoreFault::Closed);
}

async fn rows_read_back_as_written(store: &dyn Store) {
    let variants = [
        (Some(Subject::User(5)), Expiry::Stated(NOW), TokenKind::VkUser),
        (Some(Subject::Community(7)), Expiry::Never, TokenKind::VkCommunity),
        (Some(Subject::Application), Expiry::Never, TokenKind::VkService),
        (None, Expiry::Assumed(NOW), TokenKind::VkUnknown),
        (Some(Subject::Person("109348@mstdn.jp".into())), Expiry::Never, TokenKind::Mastodon),
    ];
    for (number, (subject, expiry, kind)) in variants.into_iter().enumerate() {
        let mut written = new("reader", &format!("имя {number} 🙂"));
        written.subject = subject;
        written.grant.expiry = expiry;
        written.grant.kind = kind;
        if number > 1 {
            written.evidence = Evidence::captured(NOW);
        }
        if number > 3 {
            written.server = Some("mstdn.jp".into());
            written.grant.refresh_token = Some(Sealed(vec![8; 64].into()));
            written.grant.device_id = Some(Sealed(vec![9; 64].into()));
            written.grant.scope = Scope { asked: Some("read write".into()), granted: Some("read".into()) };
        }
        let stored = store.insert(written.clone()).await.unwrap();
        let read = store.get(&written.owner, stored.id).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{stored:?}"));
        assert_eq!((read.subject, read.grant, read.server), (written.subject, written.grant, written.server));
        assert_eq!(store.insert(new("reader", read.account.as_str())).await.unwrap_err(), StoreFault::Conflict);
    }
}

async fn the_latest_stored_is_found_without_a_name(store: &dyn Store) {
    let anna = owner("latest");
    assert!(store.find(&anna, Provider::Vk, None).await.unwrap().is_none());
    let first = store.insert(new("latest", "first")).await.unwrap();
    let found = store.find(&anna, Provider::Vk, None).await.unwrap().unwrap();
    assert_eq!((found.credential.id, found.only), (first.id, true));
    let second = store.insert(new("latest", "second")).await.unwrap();
    let found = store.find(&anna, Provider::Vk, None).await.unwrap().unwrap();
    assert_eq!((found.credential.id, found.only), (second.id, false));
    let first = store.update(first).await.unwrap();
    assert_eq!(store.find(&anna, Provider::Vk, None).await.unwrap().unwrap().credential.id, second.id);
    store.replace(first.clone(), None).await.unwrap();
    assert_eq!(store.find(&anna, Provider::Vk, None).await.unwrap().unwrap().credential.id, first.id);
    let named = store.find(&anna, Provider::Vk, Some(&account("second"))).await.unwrap().unwrap();
    assert_eq!(named.credential.id, second.id);
    assert!(store.find(&anna, Provider::Vk, Some(&account("Second"))).await.unwrap().is_none());
}

async fn a_write_from_an_old_revision_fails(store: &dyn Store) {
    let read = store.insert(new("stale", "one")).await.unwrap();
    let mut newer = read.clone();
    newer.check_at = Some(Timestamp::from_unix(9_000_000_000));
    let newer = store.update(newer).await.unwrap();
    assert_eq!(newer.revision, read.revision + 1);
    assert_eq!(store.update(read.clone()).await.unwrap_err(), StoreFault::Stale);
    assert_eq!(store.replace(read, None).await.unwrap_err(), StoreFault::Stale);
    let found = store.find(&owner("stale"), Provider::Vk, None).await.unwrap().unwrap();
    assert_eq!((found.credential.revision, found.credential.check_at), (newer.revision, newer.check_at));
}

async fn a_replacement_may_absorb_another(store: &dyn Store) {
    let kept = store.insert(new("merge", "vk_5")).await.unwrap();
    let temporary = store.insert(new("merge", "vk_unverified")).await.unwrap();
    let moved_on = store.update(temporary.clone()).await.unwrap();
    assert_eq!(store.replace(kept.clone(), Some(Box::new(temporary))).await.unwrap_err(), StoreFault::Stale);
    assert_eq!(store.find(&owner("merge"), Provider::Vk, None).await.unwrap().unwrap().credential.id, moved_on.id);
    store.replace(kept.clone(), Some(Box::new(moved_on))).await.unwrap();
    let found = store.find(&owner("merge"), Provider::Vk, None).await.unwrap().unwrap();
    assert_eq!((found.credential.id, found.only), (kept.id, true));
    assert!(store.find(&owner("merge"), Provider::Vk, Some(&account("vk_unverified"))).await.unwrap().is_none());
}

async fn a_renamed_one_is_found_by_its_new_name_only(store: &dyn Store) {
    let mut credential = store.insert(new("rename", "vk_unverified")).await.unwrap();
    let by_name = async |name: &str| store.find(&owner("rename"), Provider::Vk, Some(&account(name))).await.unwrap();
    assert!(by_name("vk_unverified").await.is_some());
    credential.account = account("vk_5");
    let credential = store.update(credential).await.unwrap();
    assert!(by_name("vk_unverified").await.is_none());
    assert_eq!(by_name("vk_5").await.unwrap().credential.id, credential.id);
    let mut other = store.insert(new("rename", "other")).await.unwrap();
    other.account = account("vk_5");
    assert_eq!(store.update(other).await.unwrap_err(), StoreFault::Conflict);
}

async fn owners_do_not_see_each_other(store: &dyn Store) {
    let hers = store.insert(new("anna", "same")).await.unwrap();
    let his = store.insert(new("boris", "same")).await.unwrap();
    assert!(store.get(&owner("boris"), hers.id).await.unwrap().is_none());
    assert!(store.delete(&owner("boris"), hers.id).await.unwrap().is_none());
    assert_eq!(store.find(&owner("boris"), Provider::Vk, None).await.unwrap().unwrap().credential.id, his.id);
    assert_eq!(store.delete(&owner("anna"), hers.id).await.unwrap().unwrap().unwrap().uid, hers.uid);
    assert!(store.delete(&owner("anna"), hers.id).await.unwrap().is_none());
    assert!(store.find(&owner("anna"), Provider::Vk, Some(&account("same"))).await.unwrap().is_none());
    let again = store.insert(new("anna", "same")).await.unwrap();
    assert!(again.id > his.id, "an id is never used twice");
}

async fn listings_go_page_by_page(store: &dyn Store) {
    let lister = owner("lister");
    for number in 0..5 {
        store.insert(new("lister", &number.to_string())).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let listing = Listing { owner: &lister, provider: Some(Provider::Vk), after, limit: 2 };
        let page = store.list(listing).await.unwrap();
        let Some(last) = page.last() else { break };
        after = id_of(last);
        seen.extend(page.iter().flatten().map(|credential| credential.account.to_string()));
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
}

async fn due_ones_come_longest_due_first(store: &dyn Store) {
    let at = Timestamp::from_unix;
    for (name, check_at) in [("b", Some(at(20))), ("a", Some(at(10))), ("c", Some(at(30))), ("never", None)] {
        store.insert(NewCredential { check_at, ..new("due", name) }).await.unwrap();
    }
    assert_eq!(first_due(store, Due::Check, at(0)).await, Some(at(10)));
    let due = store.due(Due::Check, at(20), 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.account.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    for credential in due {
        store.update(grantkeep_core::Credential { check_at: None, ..credential }).await.unwrap();
    }
    assert_eq!(first_due(store, Due::Check, at(0)).await, Some(at(30)));
}

/// As a watcher finds it: from moment to moment, never past one at which something is due.
async fn first_due(store: &dyn Store, what: Due, mut now: Timestamp) -> Option<Timestamp> {
    assert!(store.due(what, now, 1).await.unwrap().is_empty());
    loop {
        let next = store.next_due(what, now).await.unwrap()?;
        assert!(next > now, "nothing was due");
        let just_before = Timestamp::from_unix(next.unix() - 1);
        assert!(store.due(what, just_before, 1).await.unwrap().is_empty(), "missed");
        if !store.due(what, next, 1).await.unwrap().is_empty() {
            return Some(next);
        }
        now = next;
    }
}

async fn what_is_due_for_one_thing_is_not_for_another(store: &dyn Store) {
    let at = |seconds| NOW.after(Lifetime::from_seconds(seconds));
    let ends_at = Expiry::Stated(at(48 * 3600));
    let moments = [("none", None, None), ("check", Some(at(50)), None), ("renewal", None, Some(at(70)))];
    for (name, check_at, renew_at) in moments.into_iter().chain([("both", Some(at(90)), Some(at(60)))]) {
        let mut fresh = NewCredential { check_at, renew_at, ..new("apart", name) };
        fresh.grant.expiry = ends_at;
        store.insert(fresh).await.unwrap();
    }
    let names = async |what, now| {
        let due = store.due(what, now, 10).await.unwrap();
        due.iter().map(|it| it.account.to_string()).collect::<Vec<_>>()
    };
    for (now, check, renewal) in [
        (49, &[][..], &[][..]),
        (50, &["check"], &[]),
        (60, &["check"], &["both"]),
        (70, &["check"], &["both", "renewal"]),
        // Of two that are due at once, the one first that has been due for anything longer.
        (90, &["check", "both"], &["both", "renewal"]),
    ] {
        assert_eq!(
            (names(Due::Check, at(now)).await, names(Due::Renewal, at(now)).await),
            (owned(check), owned(renewal))
        );
        assert_eq!(names(Due::Notice, at(now)).await, owned(&[]), "a day before the end at the earliest");
    }
    let day_before = at(24 * 3600);
    assert_eq!(names(Due::Notice, day_before).await.len(), 4);
    // What is due is looked at again; what is due for another thing does not hide its next moment.
    assert!(store.next_due(Due::Check, at(50)).await.unwrap().unwrap() <= at(50));
    assert_eq!(first_due(store, Due::Renewal, at(55)).await, Some(at(60)));
    assert_eq!(first_due(store, Due::Notice, at(95)).await, Some(day_before));
    for credential in store.due(Due::Notice, day_before, 10).await.unwrap() {
        store.delete(&owner("apart"), credential.id).await.unwrap();
    }
    for what in [Due::Check, Due::Renewal, Due::Notice] {
        assert!(store.due(what, day_before, 10).await.unwrap().is_empty());
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

async fn keys_are_listed_and_revoked(store: &dyn Store) {
    let key = ApiKey {
        id: "k1".into(),
        owner: owner("me"),
        permissions: "status submit".into(),
        providers: Some("vk".into()),
        issued_at: NOW,
        expires_at: NOW,
        revoked_at: None,
    };
    store.add_key(key.clone()).await.unwrap();
    assert_eq!(store.keys().await.unwrap(), vec![key.clone()]);
    assert!(!store.revoke_key("k2", NOW).await.unwrap());
    assert!(store.revoke_key("k1", NOW).await.unwrap());
    let later = Timestamp::from_unix(NOW.unix() + 9);
    assert!(store.revoke_key("k1", later).await.unwrap());
    assert_eq!(store.keys().await.unwrap(), [ApiKey { revoked_at: Some(NOW), ..key }]);
}

async fn the_first_data_key_stays(store: &dyn Store) {
    assert!(store.data_keys().await.unwrap().is_empty());
    store.add_first_data_key(1, vec![1; 60], NOW).await.unwrap();
    store.add_first_data_key(1, vec![2; 60], NOW).await.unwrap();
    assert_eq!(store.data_keys().await.unwrap(), [(1, vec![1; 60])]);
}

async fn writers_at_once_are_all_answered(store: &Arc<dyn Store>) {
    let before = store.count().await.unwrap();
    let writers = (0..64).map(|writer| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            for number in 0..10 {
                let mut stored = store.insert(new(&format!("w{writer}"), &number.to_string())).await.unwrap();
                stored.check_at = None;
                store.update(stored).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let count = store.count().await.unwrap();
    let counted = store.count_by_provider().await.unwrap();
    assert_eq!((count, counted.iter().map(|(_, count)| count).sum()), (before + 640, before + 640), "{counted:?}");
}

async fn one_of_two_inserts_at_once_conflicts(store: &Arc<dyn Store>) {
    let (left, right) = tokio::join!(store.insert(new("twins", "same")), store.insert(new("twins", "same")));
    let outcomes = [left.map(|_| ()), right.map(|_| ())];
    assert!(outcomes.contains(&Ok(())) && outcomes.contains(&Err(StoreFault::Conflict)), "{outcomes:?}");
}
