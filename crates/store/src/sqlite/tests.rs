//! What is particular to SQLite: the file, its settings, and what happens when the disk does not play along.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use grantkeep_core::{AuthorizationId, Digest, Flow, Provider, Scope, Subject, Timestamp, notice::Tidings};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::{
    DamagedCredential, DamagedKey, Store,
    contract::{self, account, new, owner},
};

fn open(directory: &TempDir, alone: bool) -> Result<SqliteStore, StoreFault> {
    SqliteStore::open(&Options { path: directory.path().join("grantkeep.db"), alone })
}

#[tokio::test]
async fn keeps_the_contract_alone() {
    let directory = TempDir::new().unwrap();
    contract::suite(Arc::new(open(&directory, true).unwrap())).await;
}

#[tokio::test]
async fn keeps_the_contract_beside_others() {
    let directory = TempDir::new().unwrap();
    contract::suite(Arc::new(open(&directory, false).unwrap())).await;
}

#[tokio::test]
async fn files_are_private_and_settings_hold() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    store.insert(new("me", "one")).await.unwrap();
    for name in ["grantkeep.db", "grantkeep.db-wal", "grantkeep.db-shm"] {
        let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let connection = connection::open_for_writing(&directory.path().join("grantkeep.db")).unwrap();
    for (pragma, expected) in [
        ("synchronous", 2),
        ("secure_delete", 1),
        ("cell_size_check", 1),
        ("temp_store", 2),
        ("journal_size_limit", 64 << 20),
    ] {
        let value: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
        assert_eq!(value, expected, "{pragma}");
    }
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn answered_writes_are_there_after_the_process_is_gone() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let stored = store.insert(new("me", "one")).await.unwrap();
    drop(store); // not closed
    let store = open(&directory, true).unwrap();
    assert!(store.get(&owner("me"), stored.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_heals() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let limit = |pages: u32| {
        store.write(move |connection| {
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok(((), Changes::default()))
        })
    };
    limit(1).await.unwrap(); // clamped by SQLite to the pages that there are
    let mut stored = Vec::new();
    let fault = loop {
        match store.insert(new("me", &stored.len().to_string())).await {
            Ok(credential) => stored.push(credential.id),
            Err(fault) => break fault,
        }
    };
    assert_eq!(fault, StoreFault::Full);
    assert_eq!(store.count().await.unwrap(), stored.len() as u64);
    limit(1_000_000).await.unwrap();
    store.insert(new("me", "again")).await.unwrap();
    assert_eq!(store.count().await.unwrap(), stored.len() as u64 + 1);
}

#[tokio::test]
async fn a_failing_write_takes_no_other_with_it() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let (first, twin, other) =
        tokio::join!(store.insert(new("me", "one")), store.insert(new("me", "one")), store.insert(new("me", "two")));
    assert!(first.is_ok() && other.is_ok());
    assert_eq!(twin.unwrap_err(), StoreFault::Conflict);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_panics_is_undone_and_holds_up_no_other() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let one = store.insert(new("me", "one")).await.unwrap();
    for _ in 0..2 {
        let panicking = store.write(|connection| -> Result<((), Changes), StoreFault> {
            connection.execute("DELETE FROM credential", [])?;
            panic!("a fault of the program");
        });
        assert_eq!(panicking.await.unwrap_err(), StoreFault::Unavailable("a write panicked"));
        let after: Result<(), _> = store.writer.run(Size::Usual, |_| Ok(()), |()| panic!("another one")).await;
        assert_eq!(after.unwrap_err(), StoreFault::Closed);
    }
    assert_eq!(store.count().await.unwrap(), 1);
    let updates = (0..50).map(|number| store.insert(new("me", &number.to_string())));
    for update in updates.collect::<Vec<_>>() {
        update.await.unwrap();
    }
    assert!(store.update(one).await.is_ok());
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_write_has_the_thread_and_the_commit_to_itself() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(&directory, true).unwrap());
    let of_others = Arc::clone(&store);
    let others = tokio::spawn(async move {
        for number in 0..200 {
            of_others.insert(new("me", &number.to_string())).await.unwrap();
        }
    });
    for _ in 0..50 {
        let thread = store.write_long(|_| Ok(std::thread::current().name().map(str::to_owned)));
        assert_eq!(thread.await.unwrap().as_deref(), Some("store-writer"));
        let failing = store.write_long(|connection| {
            connection.execute("DELETE FROM credential", [])?;
            Err::<(), _>(StoreFault::Stale)
        });
        assert_eq!(failing.await.unwrap_err(), StoreFault::Stale);
    }
    others.await.unwrap();
    assert_eq!(store.count().await.unwrap(), 200, "it took no other with it");
}

#[test]
fn foreign_and_newer_databases_are_refused_untouched() {
    for (sql, expected) in [
        ("CREATE TABLE theirs (x)", StoreFault::NotOurs),
        ("PRAGMA application_id = 7", StoreFault::NotOurs),
        (
            "PRAGMA application_id = 1198680883; PRAGMA user_version = 99",
            StoreFault::Newer { found: 99, known: migration::SCHEMA },
        ),
    ] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("grantkeep.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        assert_eq!(open(&directory, true).unwrap_err(), expected);
    }
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("grantkeep.db"), "this is not a database, it is a letter").unwrap();
    assert_eq!(open(&directory, true).unwrap_err(), StoreFault::NotOurs);
}

#[test]
fn many_first_starts_at_once_all_succeed() {
    for _ in 0..20 {
        let directory = TempDir::new().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| open(&directory, false).unwrap());
            }
        });
    }
}

#[tokio::test]
async fn a_damaged_row_is_named_and_harms_no_other() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let damaged = store.insert(new("me", "one")).await.unwrap();
    let fine = store.insert(new("me", "two")).await.unwrap();
    let outside = Connection::open(directory.path().join("grantkeep.db")).unwrap();
    outside.execute("UPDATE credential SET token_kind = 'vk_ghost' WHERE id = ?1", [damaged.id]).unwrap();
    let named = DamagedCredential {
        id: damaged.id,
        column: "token_kind",
        provider: Some(Provider::Vk),
        account: Some(account("one")),
    };
    assert_eq!(store.get(&owner("me"), damaged.id).await.unwrap_err(), StoreFault::from(named.clone()));
    assert!(store.get(&owner("me"), fine.id).await.unwrap().is_some());
    let me = owner("me");
    let listing = Listing { owner: &me, provider: None, after: 0, limit: 10 };
    for rows in [store.scan(0, 10).await.unwrap(), store.list(listing).await.unwrap()] {
        let ids: Vec<_> = rows.into_iter().map(|row| row.map(|it| it.id)).collect();
        assert_eq!(ids, [Err(named.clone()), Ok(fine.id)]);
    }
    // Nor does it stand in the way of what else is due, though it has been due for longer and one is all that is wanted.
    let now = fine.created_at;
    outside.execute("UPDATE credential SET check_at = id, renew_at = id, notice_at = id", []).unwrap();
    for what in [Due::Check, Due::Renewal, Due::Notice] {
        let due = store.due(what, now, 1).await.unwrap();
        assert_eq!(due.iter().map(|it| it.id).collect::<Vec<_>>(), [fine.id]);
    }
    // What still reads of it is told, and it can be removed by its owner alone, for another of that name.
    outside.execute("UPDATE credential SET provider = '' WHERE id = ?1", [damaged.id]).unwrap();
    assert!(store.delete(&owner("you"), damaged.id).await.unwrap().is_none());
    let removed = store.delete(&me, damaged.id).await.unwrap().unwrap().unwrap_err();
    assert_eq!((removed.provider, removed.account), (None, Some(account("one"))));
    assert!(store.delete(&me, damaged.id).await.unwrap().is_none());
    assert!(store.find(&me, Provider::Vk, Some(&account("one"))).await.unwrap().is_none(), "memory has it still");
    store.insert(new("me", "one")).await.unwrap();
}

#[tokio::test]
async fn nobody_is_woken_for_a_row_that_is_known_to_be_damaged() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let damaged = store.insert(new("me", "one")).await.unwrap();
    let fine = store.insert(new("me", "two")).await.unwrap();
    let outside = Connection::open(directory.path().join("grantkeep.db")).unwrap();
    outside.execute("UPDATE credential SET check_at = 10 * id, renew_at = 10 * id, notice_at = 10 * id", []).unwrap();
    outside.execute("UPDATE credential SET token_kind = 'vk_ghost' WHERE id = ?1", [damaged.id]).unwrap();
    let (now, later) = (Timestamp::from_unix(15), Timestamp::from_unix(10 * fine.id));
    for what in [Due::Check, Due::Renewal, Due::Notice] {
        assert!(store.due(what, now, 10).await.unwrap().is_empty());
        assert_eq!(store.next_due(what, now).await.unwrap(), Some(later));
        assert_eq!(store.due(what, later, 10).await.unwrap().len(), 1);
        assert_eq!(store.next_due(what, later).await.unwrap(), Some(later), "the other one is due");
    }
}

#[tokio::test]
async fn a_reader_outlives_a_damaged_row() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let damaged = store.insert(new("me", "one")).await.unwrap();
    let outside = Connection::open(directory.path().join("grantkeep.db")).unwrap();
    outside.execute("UPDATE credential SET token_kind = 'vk_ghost'", []).unwrap();
    assert!(matches!(store.get(&owner("me"), damaged.id).await, Err(StoreFault::Damaged(_))));
    assert_eq!(store.readers.idle(), 1);
    store.read(|_| Err::<(), _>(StoreFault::Unavailable("damaged"))).await.unwrap_err();
    assert_eq!(store.readers.idle(), 0);
}

#[tokio::test]
async fn what_is_damaged_beside_the_credentials_harms_no_other() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, true).unwrap();
    let credentials = [store.insert(new("me", "one")).await.unwrap(), store.insert(new("you", "two")).await.unwrap()];
    let now = credentials[0].created_at;
    for (credential, key) in credentials.iter().zip(["k_1", "k_2"]) {
        store.spool(contract::renewal::answer_for(credential)).await.unwrap();
        for tidings in [Tidings::Expiring, Tidings::Dead] {
            let current = store.get(&credential.owner, credential.id).await.unwrap().unwrap();
            store.tell(current, vec![contract::notice::about(credential, tidings)]).await.unwrap();
        }
        store.add_key(contract::key(key)).await.unwrap();
        store.revoke_key(key, now).await.unwrap();
    }
    store.add_key(contract::key("k_3")).await.unwrap();
    let outside = Connection::open(directory.path().join("grantkeep.db")).unwrap();
    let damage = "UPDATE spool SET owner = '' WHERE id = 1; UPDATE outbox SET owner = '' WHERE id = 1; \
         UPDATE credential SET provider = 'NOT A NAME' WHERE id = 2; UPDATE api_key SET owner = '' WHERE id = 'k_1'; \
         UPDATE api_key SET permissions = CAST(x'ff' AS TEXT) WHERE id = 'k_3'";
    outside.execute_batch(damage).unwrap();

    let spooled = store.spooled().await.unwrap();
    assert_eq!(spooled.iter().map(|it| it.entry.credential).collect::<Vec<_>>(), [2]);
    assert_eq!(store.spooled().await.unwrap().len(), 1);
    let left: i64 = outside.query_row("SELECT count(*) FROM spool", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 2, "what could still be a token is not thrown away");
    let queued = async || {
        let queued = store.outbox("mail", now, 10).await.unwrap();
        queued.iter().map(|it| (it.id, it.notice.tidings)).collect::<Vec<_>>()
    };
    assert_eq!(queued().await, [(3, Tidings::Expiring)]);
    assert_eq!(queued().await, [(2, Tidings::Dead), (3, Tidings::Expiring)], "it holds up those after it");
    outside.execute("UPDATE outbox SET channel = CAST(x'ff' AS TEXT) WHERE id = 3", []).unwrap();
    store.outbox_for_only(vec!["mail".to_owned()]).await.unwrap();
    assert_eq!(store.outbox_waiting().await.unwrap(), 2);
    assert_eq!(store.count_by_provider().await.unwrap(), [(Provider::Vk, 1)]);
    let keys: Vec<_> = store.keys().await.unwrap().into_iter().map(|row| row.map(|key| key.id)).collect();
    let damaged = |id: &str, column| Err(DamagedKey { id: id.to_owned(), column });
    assert_eq!(keys, [damaged("k_1", "owner"), Ok("k_2".to_owned()), damaged("k_3", "permissions")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_never_answers_with_what_was_before_an_answered_write() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(&directory, true).unwrap());
    let mut credential = store.insert(new("me", "one")).await.unwrap();
    let reading = Arc::clone(&store);
    let reader = tokio::spawn(async move {
        for _ in 0..20_000 {
            reading.find(&owner("me"), Provider::Vk, None).await.unwrap().unwrap();
            tokio::task::yield_now().await;
        }
    });
    while !reader.is_finished() {
        credential = store.update(credential).await.unwrap();
        let found = store.find(&owner("me"), Provider::Vk, None).await.unwrap().unwrap();
        assert_eq!(found.credential.revision, credential.revision);
    }
    reader.await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_brought_up_to_date_with_all_its_rows() {
    let directory = TempDir::new().unwrap();
    let mut first = Connection::open(directory.path().join("grantkeep.db")).unwrap();
    migration::only_up_to(1, &mut first);
    first
        .execute_batch(
            "INSERT INTO credential (uid, revision, owner, provider, account, stored_order, subject_kind, subject_id, \
             token_kind, access_token, generation, captured_at, created_at) VALUES \
             (zeroblob(16), 3, 'me', 'vk', 'old', 1, 'user', 5, 'vk_user', zeroblob(64), 2, 7, 7), \
             (zeroblob(16), 1, 'me', 'vk', 'gone', 1, 'user', 6, 'vk_user', zeroblob(64), 1, 7, 7); \
             DELETE FROM credential WHERE account = 'gone'",
        )
        .unwrap();
    drop(first);
    let store = open(&directory, true).unwrap();
    let found = store.find(&owner("me"), Provider::Vk, Some(&account("old"))).await.unwrap().unwrap();
    let (kept, grant) = (&found.credential, &found.credential.grant);
    assert_eq!((kept.id, kept.revision, &kept.subject, &kept.server), (1, 3, &Some(Subject::User(5)), &None));
    assert_eq!((grant.generation, &grant.refresh_token, &grant.scope), (2, &None, &Scope::default()));
    assert_eq!(store.due(Due::Notice, kept.created_at, 10).await.unwrap().len(), 1, "thought about once");
    assert_eq!(store.insert(new("me", "new")).await.unwrap().id, 3, "an id is never given twice");
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_login_under_way_goes_on_after_the_schema_was_brought_up_to_date() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("grantkeep.db");
    let mut third = Connection::open(&path).unwrap();
    migration::only_up_to(3, &mut third);
    let insert = "INSERT INTO authorization (id, uid, owner, provider, flow, state, frozen, secrets, progress, created_at, expires_at) \
         VALUES (?1, zeroblob(16), 'me', 'acme', 'code', zeroblob(32), '{}', zeroblob(64), 'pending', 7, 607)";
    let id = AuthorizationId::from_random([7; 16]);
    third.execute(insert, [id.as_str()]).unwrap();
    drop(third);
    let store = open(&directory, true).unwrap();
    let found = store.authorization_of_state(Digest([0; 32])).await.unwrap().unwrap();
    assert_eq!((found.begun.id, found.begun.flow, found.begun.expires_at.unix()), (id.clone(), Flow::Code, 607));
    assert!(store.claim(&id, Timestamp::from_unix(8)).await.unwrap());
    let twice = Connection::open(&path).unwrap().execute(insert, ["a_another"]);
    assert!(twice.is_err(), "one authorization for each state");
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
}
