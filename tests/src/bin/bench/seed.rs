//! Owns the data that is measured on: credentials as the program writes them, sealed with a real key.

use std::{path::Path, sync::Arc};

use grantkeep_core::{
    Account, Evidence, Expiry, Grant, Lifetime, Outcome, Owner, Provider, Scope, Secret, Subject, Timestamp, TokenKind,
    Uid,
};
use grantkeep_keeper::unlock;
use grantkeep_seal::{MasterKey, Place, Sealer};
use grantkeep_store::{NewCredential, Options, SqliteStore, Store};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::role::JWT_SECRET;

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

/// A data directory with `owners` × `accounts` credentials; account numbers go on from owner to owner.
pub(crate) async fn directory(directory: &Path, owners: usize, accounts: usize) {
    let store = open(directory);
    let master = MasterKey::generate().unwrap();
    std::fs::write(directory.join("master.key"), master.to_base64().expose()).unwrap();
    std::fs::set_permissions(directory.join("master.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let sealer = Arc::new(unlock(&*store, |_| Ok::<_, ()>(master), now()).await.unwrap());
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

/// A JWT as a host application would make it.
pub(crate) fn jwt(owner: &Owner) -> String {
    let claims = json!({"sub": owner.as_str(), "exp": now().unix() + 86_400, "scope": "status submit token"});
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(JWT_SECRET.as_bytes())).unwrap()
}
