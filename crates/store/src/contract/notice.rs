//! What every engine promises about notices: both written or neither, in order, and links that are spent once.

use std::sync::Arc;

use grantkeep_core::{
    Digest, Expiry, Lifetime, NewAuthorization, Progress, Timestamp, Uid,
    notice::{Stage, Tidings, Told},
};

use super::{NOW, attempt, new, owner};
use crate::{Due, NewNotice, RenewalTicket, Store, StoreFault};

pub(super) async fn suite(store: &Arc<dyn Store>) {
    what_is_told_is_written_down_with_it(&**store).await;
    of_one_credential_nothing_overtakes(&**store).await;
    of_many_at_once_one_spends_a_link(store).await;
}

fn at(seconds: u64) -> Timestamp {
    NOW.after(Lifetime::from_seconds(seconds))
}

fn notice(credential: i64, tidings: Tidings) -> NewNotice {
    NewNotice {
        message: format!("n_{credential}"),
        channel: "mail".to_owned(),
        owner: owner("told"),
        credential,
        tidings,
        at: at(0),
        expires_at: Some(at(100)),
    }
}

pub(crate) fn about(credential: &grantkeep_core::Credential, tidings: Tidings) -> NewNotice {
    NewNotice { owner: credential.owner.clone(), ..notice(credential.id, tidings) }
}

async fn what_is_told_is_written_down_with_it(store: &dyn Store) {
    let mut fresh = new("told", "soon");
    fresh.grant.expiry = Expiry::Stated(at(48 * 3600));
    let credential = store.insert(fresh).await.unwrap();
    let day_before = at(24 * 3600);
    assert!(!store.due(Due::Notice, at(24 * 3600 - 1), 100).await.unwrap().iter().any(|it| it.id == credential.id));
    assert!(store.due(Due::Notice, day_before, 100).await.unwrap().iter().any(|it| it.id == credential.id));

    let told = Told { generation: 1, stage: Stage::Day, at: Some(day_before) };
    let stored = store.tell(
        grantkeep_core::Credential { told, ..credential.clone() },
        vec![notice(credential.id, Tidings::Expiring)],
    );
    let stored = stored.await.unwrap();
    let read = store.get(&credential.owner, credential.id).await.unwrap().unwrap();
    assert_eq!((read.told, read.revision), (told, stored.revision));
    assert!(!store.due(Due::Notice, day_before, 100).await.unwrap().iter().any(|it| it.id == credential.id));
    assert_eq!(store.outbox_waiting().await.unwrap(), 1);

    // An older revision writes neither.
    let late = store.tell(credential.clone(), vec![notice(credential.id, Tidings::Dead)]).await;
    assert_eq!(late.unwrap_err(), StoreFault::Stale);
    // Nor does one of which a notice cannot be stored.
    let told = Told { stage: Stage::Over, ..told };
    let unfit = NewNotice { message: "n".repeat(5_000_000), ..notice(credential.id, Tidings::Dead) };
    let unfit = vec![notice(credential.id, Tidings::Dead), unfit];
    let unfit = store.tell(grantkeep_core::Credential { told, ..read.clone() }, unfit).await;
    assert_eq!(unfit.unwrap_err(), StoreFault::Unstorable);
    let again = store.get(&credential.owner, credential.id).await.unwrap().unwrap();
    assert_eq!((again.told, again.revision), (read.told, read.revision));
    let queued = store.outbox("mail", at(0), 10).await.unwrap();
    assert_eq!(queued.iter().map(|it| &it.notice).collect::<Vec<_>>(), [&notice(credential.id, Tidings::Expiring)]);

    // A clock that was set back.
    store.rethink(at(0)).await.unwrap();
    assert!(store.due(Due::Notice, at(0), 100).await.unwrap().iter().any(|it| it.id == credential.id));
    assert!(store.outbox("other", at(0), 10).await.unwrap().is_empty());
    store.outbox_for_only(vec!["mail".to_owned()]).await.unwrap();
    assert_eq!(store.outbox_waiting().await.unwrap(), 1);
    store.outbox_for_only(vec!["other".to_owned()]).await.unwrap();
    assert_eq!(store.outbox_waiting().await.unwrap(), 0);
    store.delete(&credential.owner, credential.id).await.unwrap();
}

async fn of_one_credential_nothing_overtakes(store: &dyn Store) {
    let one = store.insert(new("told", "one")).await.unwrap();
    let other = store.insert(new("told", "other")).await.unwrap();
    let first = store.tell(one.clone(), vec![notice(one.id, Tidings::Expired)]).await.unwrap();
    store.tell(first, vec![notice(one.id, Tidings::Recovered)]).await.unwrap();
    store.tell(other.clone(), vec![notice(other.id, Tidings::Dead)]).await.unwrap();
    let told = async |now| {
        let queued = store.outbox("mail", now, 10).await.unwrap();
        queued.into_iter().map(|it| (it.id, it.notice.tidings, it.tries)).collect::<Vec<_>>()
    };
    let queued = told(at(0)).await;
    assert_eq!(queued.iter().map(|it| it.1).collect::<Vec<_>>(), [Tidings::Expired, Tidings::Dead]);
    store.outbox_try(vec![queued[0].0], 1, at(60)).await.unwrap();
    assert_eq!(told(at(59)).await.iter().map(|it| it.1).collect::<Vec<_>>(), [Tidings::Dead]);
    assert_eq!(store.next_outbox().await.unwrap(), Some(at(0)));
    let queued = told(at(60)).await;
    assert_eq!(queued.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(Tidings::Dead, 0), (Tidings::Expired, 1)]);
    let ids: Vec<i64> = queued.iter().map(|it| it.0).collect();
    store.outbox_group(ids.clone(), "n_many".to_owned()).await.unwrap();
    assert!(store.outbox("mail", at(60), 10).await.unwrap().iter().all(|it| it.notice.message == "n_many"));
    store.outbox_remove(ids).await.unwrap();
    let last = told(at(60)).await;
    assert_eq!(last.iter().map(|it| it.1).collect::<Vec<_>>(), [Tidings::Recovered]);
    store.outbox_remove(vec![last[0].0]).await.unwrap();
    assert_eq!((store.next_outbox().await.unwrap(), store.outbox_waiting().await.unwrap()), (None, 0));
    for credential in [one, other] {
        store.delete(&credential.owner, credential.id).await.unwrap();
    }
}

async fn of_many_at_once_one_spends_a_link(store: &Arc<dyn Store>) {
    let ticket = |number, until| RenewalTicket {
        ticket: Digest([number; 32]),
        owner: owner("told"),
        credential: 1,
        uid: Uid([1; 16]),
        expires_at: at(until),
    };
    store.add_renewal_tickets(vec![ticket(1, 10), ticket(2, 100)], at(0)).await.unwrap();
    assert_eq!(store.renewal_ticket(Digest([1; 32])).await.unwrap(), Some(ticket(1, 10)));
    let login = |number| NewAuthorization { owner: owner("told"), ..attempt::new(number) };
    let beginning: Vec<_> = (220..240)
        .map(|number| {
            let (store, new, link) = (Arc::clone(store), login(number), ticket(1, 10));
            tokio::spawn(async move { (number, store.begin_by_link(new, link).await.unwrap()) })
        })
        .collect();
    let mut begun = 0;
    for one in beginning {
        let (number, has_link) = one.await.unwrap();
        begun += u32::from(has_link);
        let is_there = store.authorization(&attempt::id(number)).await.unwrap().is_some();
        assert_eq!(is_there, has_link, "without the link nothing is left behind");
        store.conclude(&attempt::id(number), Progress::Failed, None, None).await.unwrap();
    }
    assert_eq!(begun, 1);
    assert_eq!(store.renewal_ticket(Digest([1; 32])).await.unwrap(), None);
    // Those that are over are forgotten with the next ones.
    store.add_renewal_tickets(vec![ticket(3, 300)], at(100)).await.unwrap();
    assert_eq!(store.renewal_ticket(Digest([2; 32])).await.unwrap(), None);
    assert!(store.begin_by_link(login(240), ticket(3, 300)).await.unwrap());
    assert!(!store.begin_by_link(login(241), ticket(3, 300)).await.unwrap());
    store.conclude(&attempt::id(240), Progress::Failed, None, None).await.unwrap();
}
