//! What every engine promises about the audit: in order, without gaps, each event bound to the one before it.

use grantkeep_core::{
    Owner, Provider,
    event::{Action, Event, Recorded},
};

use super::{NOW, account, owner};
use crate::Store;

/// Not a hash: shows which one came before, and the number.
fn chain(previous: &[u8; 32], number: i64, _: &Event) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[0] = previous[0] + 1;
    hash[1] = u8::try_from(number).unwrap();
    hash
}

fn event(of: &str, number: i64) -> Event {
    Event {
        at: NOW,
        action: Action::HandOut,
        owner: owner(of),
        provider: Some(Provider::Vk),
        account: Some(account("имя")),
        credential: Some(number),
        actor: "command".into(),
        outcome: "done".into(),
        times: 1,
    }
}

pub(super) async fn suite(store: &dyn Store) {
    assert!(store.recorded(None, 0, 10).await.unwrap().is_empty());
    store.record(Vec::new(), chain).await.unwrap();
    store.record(vec![event("anna", 1), event("boris", 2)], chain).await.unwrap();
    let bare = Event { provider: None, account: None, credential: None, ..event("anna", 0) };
    store.record(vec![bare.clone()], chain).await.unwrap();
    let read = async |owner: Option<&Owner>, after, limit| -> Vec<Recorded> {
        store.recorded(owner, after, limit).await.unwrap().into_iter().collect::<Result<_, _>>().unwrap()
    };
    let all = read(None, 0, 10).await;
    assert_eq!(
        all.iter().map(|it| (it.number, it.hash[0], it.hash[1])).collect::<Vec<_>>(),
        [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    );
    assert_eq!((&all[0].event, &all[2].event), (&event("anna", 1), &bare));
    let annas = read(Some(&owner("anna")), 0, 10).await;
    assert_eq!(annas.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(read(Some(&owner("anna")), 1, 10).await.len(), 1);
    assert_eq!(read(None, 0, 2).await.len(), 2);
}
