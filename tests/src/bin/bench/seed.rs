//! Owns the data that is measured on: credentials as the program writes them, sealed with a real key.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use grantkeep_core::{
    Account, Evidence, Expiry, Grant, Lifetime, Outcome, Owner, Provider, Scope, Secret, Subject, Timestamp, TokenKind,
    Uid,
};
use grantkeep_keeper::unlock;
use grantkeep_seal::{MasterKey, Place, Sealer};
use grantkeep_store::{NewCredential, Options, SqliteStore, Store};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rusqlite::{Connection, params};
use serde_json::json;
use tempfile::TempDir;

use crate::role::JWT_SECRET;

/// As many rows as one server is made for.
pub(crate) const MANY: usize = 1_000_000;

/// A row for the bare engine, and its values: uid, account, token, number, owner.
pub(crate) const COLUMNS: &str = "uid, revision, owner, provider, account, stored_order, subject_kind, subject_id, token_kind, \
     access_token, generation, expires_at, expiry_source, captured_at, clear_outcome, clear_cause, clear_asked, clear_since, \
     clear_at, created_at";
pub(crate) const VALUES: &str = "?1, 1, ?5, 'vk', ?2, ?4 + 1, 'user', ?4, 'vk_user', ?3, 1, 1800000000, 'stated', 1790000000, \
     'alive', 'confirmed', 'users.get', 1790000000, 1790000000, 1790000000";

pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap())
}

pub(crate) fn open(directory: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(&Options { path: directory.join("grantkeep.db"), alone: false }).unwrap())
}

/// A token of the usual length.
pub(crate) fn token(number: usize) -> String {
    format!("vk1.a.{number:0>212}")
}

pub(crate) fn owner(number: usize) -> Owner {
    Owner::new(&format!("owner-{number}")).unwrap()
}

pub(crate) fn account(number: usize) -> Account {
    Account::new(&format!("vk_{}", 100_000 + number)).unwrap()
}

pub(crate) fn credential(sealer: &Sealer, owner: Owner, number: usize) -> NewCredential {
    let mut uid = Uid([0; 16]);
    uid.0[..8].copy_from_slice(&number.to_be_bytes());
    let place = Place { table: "credential", column: "access_token", owner: &owner, uid, generation: 1 };
    let access_token = sealer.seal(&place, &Secret::from(token(number))).unwrap();
    let now = now();
    let expiry = Expiry::Stated(now.after(Lifetime::from_hours(24)));
    NewCredential {
        uid,
        account: account(number),
        owner,
        provider: Provider::Vk,
        server: None,
        subject: Some(Subject::User(number as u64)),
        grant: Grant {
            kind: TokenKind::VkUser,
            access_token,
            refresh_token: None,
            device_id: None,
            generation: 1,
            expiry,
            scope: Scope::default(),
        },
        evidence: Evidence::captured(now).with(Outcome::Alive, "confirmed", "users.get", now),
        created_at: now,
        check_at: None,
        renew_at: None,
    }
}

/// What seals in a directory, by the master key that the program finds there.
pub(crate) async fn sealer(directory: &Path, store: &dyn Store) -> Sealer {
    let path = directory.join("master.key");
    let master = |_| -> Result<MasterKey, ()> {
        if let Ok(text) = fs::read_to_string(&path) {
            return Ok(MasterKey::from_base64(&Secret::from(text)).unwrap());
        }
        let master = MasterKey::generate().unwrap();
        fs::write(&path, master.to_base64().expose()).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        Ok(master)
    };
    unlock(store, master, now()).await.unwrap()
}

/// A data directory with `owners` × `accounts` credentials; account numbers go on from owner to owner.
pub(crate) async fn directory(directory: &Path, owners: usize, accounts: usize) {
    let store = open(directory);
    let sealer = Arc::new(sealer(directory, &*store).await);
    let writers = (0..64).map(|writer| {
        let (store, sealer) = (Arc::clone(&store), Arc::clone(&sealer));
        tokio::spawn(async move {
            for number in (writer..owners * accounts).step_by(64) {
                store.insert(credential(&sealer, owner(number / accounts), number)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    store.close().await.unwrap();
}

/// A connection to the database with the settings of the program's own.
pub(crate) fn raw(directory: &Path) -> Connection {
    let connection = Connection::open(directory.join("grantkeep.db")).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.pragma_update(None, "secure_delete", "ON").unwrap();
    connection
}

/// A directory with that many rows of 1,000 owners, written in one transaction. Each has its moments in every index that something
/// is found by when it is due; none is due today.
pub(crate) fn filled(rows: usize) -> TempDir {
    let directory = TempDir::new().unwrap();
    drop(open(directory.path()));
    let mut connection = raw(directory.path());
    let sql =
        format!("INSERT INTO credential ({COLUMNS}, check_at, renew_at, notice_at) VALUES ({VALUES}, ?6, ?6, ?6)");
    let tomorrow = now().unix() + 86_400;
    let transaction = connection.transaction().unwrap();
    for number in 0..rows {
        let mut statement = transaction.prepare_cached(&sql).unwrap();
        let (uid, account) = (u128::try_from(number).unwrap().to_be_bytes(), format!("vk_{number}"));
        let (owner, number) = (format!("owner-{}", number % 1000), number as i64);
        statement.execute(params![uid, account, vec![7_u8; 251], number, owner, tomorrow + number]).unwrap();
    }
    transaction.commit().unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    directory
}

/// A JWT as a host application would make it.
pub(crate) fn jwt(owner: &Owner) -> String {
    let claims = json!({"sub": owner.as_str(), "exp": now().unix() + 86_400, "scope": "status submit token"});
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(JWT_SECRET.as_bytes())).unwrap()
}
