//! Many that end in one moment: they are spread, and the watcher reads what is due and nothing else.

use std::collections::BTreeMap;

use grantkeep_core::{Evidence, Uid, renewal};
use grantkeep_store::NewCredential;
use rusqlite::{Connection, OpenFlags, StatementStatus};
use tokio::task::JoinSet;

use super::*;

const MANY: u32 = 20_000;
const DAY: u64 = 86_400;

/// How many of a moment are stored together: as many as one commit takes.
const TOGETHER: usize = 500;

impl Stage {
    /// Another credential like that one, captured then and with that end.
    pub(super) fn another(
        &self,
        like: &Credential,
        number: u32,
        captured_at: Timestamp,
        expiry: Expiry,
    ) -> NewCredential {
        let uid = Uid(as_random(number));
        let again = |column: &str, sealed: &grantkeep_core::Sealed| {
            let secret = self.keeper.open_column(like, column, sealed).unwrap();
            self.keeper.seal(&like.owner, uid, 1, column, &secret).unwrap()
        };
        let grant = grantkeep_core::Grant {
            access_token: again("access_token", &like.grant.access_token),
            refresh_token: like.grant.refresh_token.as_ref().map(|sealed| again("refresh_token", sealed)),
            device_id: None,
            generation: 1,
            expiry,
            ..like.grant.clone()
        };
        NewCredential {
            uid,
            owner: like.owner.clone(),
            provider: like.provider,
            server: like.server.clone(),
            account: account(&format!("number {number}")),
            subject: like.subject.clone(),
            renew_at: renewal::due_at(expiry, captured_at, uid).filter(|_| grant.refresh_token.is_some()),
            grant,
            evidence: Evidence::captured(captured_at).with(Outcome::Alive, "confirmed", "userinfo", captured_at),
            created_at: captured_at,
            check_at: None,
        }
    }

    pub(super) async fn store_all(&self, all: Vec<NewCredential>) {
        let mut storing = JoinSet::new();
        for new in all {
            if storing.len() >= TOGETHER {
                storing.join_next().await.unwrap().unwrap();
            }
            let store = Arc::clone(&self.store);
            storing.spawn(async move { drop(store.insert(new).await.unwrap()) });
        }
        storing.join_all().await;
    }
}

/// As random as ids are, and the same every time.
fn as_random(number: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (half, part) in bytes.chunks_exact_mut(8).enumerate() {
        let mut mixed = (u64::from(number) * 2 + half as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        part.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
    }
    bytes
}

/// What the watchers ask the database, as it stands in the store: what for, and the statement.
fn asked() -> Vec<(String, String)> {
    let kinds = ["check_at", "renewable_at", "notice_at"];
    let due = kinds.map(|at| {
        let sql = format!("SELECT * FROM credential WHERE due_at <= ?1 AND {at} <= ?1 ORDER BY due_at");
        (at.to_owned(), sql)
    });
    let next = kinds.map(|at| {
        let sql = format!(
            "SELECT min(at) FROM (SELECT min({at}) AS at FROM credential WHERE due_at <= ?1 \
             UNION ALL SELECT min(due_at) FROM credential WHERE due_at > ?1)"
        );
        (format!("next {at}"), sql)
    });
    due.into_iter().chain(next).collect()
}

/// Every statement with how many rows it gave. None of them may walk the table, sort, or work for more than it gives, apart from a
/// glance at the index for whatever else is due.
fn asked_of(path: &std::path::Path, now: Timestamp) -> BTreeMap<String, i32> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let count_due = "SELECT count(*) FROM credential WHERE due_at <= ?1";
    let due: i32 = connection.query_row(count_due, [now.unix()], |row| row.get(0)).unwrap();
    let mut counts = BTreeMap::new();
    for (what, sql) in asked() {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan = plan.query_map([now.unix()], |row| row.get::<_, String>(3)).unwrap();
        let plan: Vec<String> = plan.map(Result::unwrap).collect();
        let mut reads = plan.iter().filter(|step| step.contains("credential"));
        assert!(reads.all(|step| step.starts_with("SEARCH credential USING INDEX credential_due")), "{what}: {plan:?}");
        let mut statement = connection.prepare(&sql).unwrap();
        let mut rows = statement.query([now.unix()]).unwrap();
        let mut count = 0;
        // Nobody reads on beyond what they want.
        while count < 1000 && rows.next().unwrap().is_some() {
            count += 1;
        }
        drop(rows);
        let status = |of| statement.get_status(of);
        let (walked, sorted, steps) =
            (status(StatementStatus::FullscanStep), status(StatementStatus::Sort), status(StatementStatus::VmStep));
        assert_eq!((walked, sorted), (0, 0), "{what}");
        assert!(steps < 100 * (count + 1) + 10 * due, "{what}: {steps} steps for {count} rows of {due}");
        println!("{what}: {count} rows in {steps} steps; {}", plan.join("; "));
        counts.insert(what, count);
    }
    counts
}

#[tokio::test]
async fn many_of_one_moment_are_due_one_after_the_other_and_only_those_are_read() {
    let stage = Stage::new().await;
    let token = stage.token(json!({"kind": "user"})).await;
    let mut like = Arc::unwrap_or_clone(stage.submit(&token, Some("mine")).await.unwrap().credential);
    let (owner, uid) = (stage.owner.clone(), like.uid);
    stage.keeper.forget(&owner, like.id).await.unwrap();
    let ends_at = NOW.after(Lifetime::from_seconds(DAY));
    // A hundred that nothing renews, to be checked and told of; all others renew themselves.
    let new = (0..100).map(|number| {
        let check_at = Some(NOW.after(Lifetime::from_seconds(u64::from(number))));
        NewCredential { check_at, ..stage.another(&like, number, NOW, Expiry::Stated(ends_at)) }
    });
    stage.store_all(new.collect()).await;
    like.grant.refresh_token =
        Some(stage.keeper.seal(&owner, uid, like.grant.generation, "refresh_token", &Secret::from("rt")).unwrap());
    let began = steady();
    let new = (100..100 + MANY).map(|number| stage.another(&like, number, NOW, Expiry::Stated(ends_at)));
    stage.store_all(new.collect()).await;
    println!("{MANY} stored in {:?}", began.elapsed());

    let mut all = stage.store.due(Due::Renewal, ends_at, MANY as usize + 1).await.unwrap();
    assert_eq!(all.len(), MANY as usize, "none is due after its end");
    all.sort_by_key(|credential| credential.renewal.at);
    assert!(ends_at.since(all[0].renewal.at.unwrap()).seconds() <= DAY / 5, "not before the last fifth");
    let mut in_minute = BTreeMap::new();
    for credential in &all {
        let left = ends_at.since(credential.renewal.at.unwrap()).seconds();
        assert!((DAY / 20..=DAY / 5).contains(&left), "{left}");
        *in_minute.entry(left / 60).or_insert(0_u32) += 1;
    }
    let (least, most) = (in_minute.values().min().unwrap(), in_minute.values().max().unwrap());
    println!("{} minutes, {least} to {most} in each", in_minute.len());
    // 216 minutes of 93 in the mean; the outermost may be cut.
    let inner: Vec<u32> = in_minute.values().copied().collect();
    let inner = &inner[1..inner.len() - 1];
    assert!(in_minute.len() >= 216 && inner.iter().all(|count| (45..150).contains(count)), "{least} to {most}");

    // A hundred are due: only those are read.
    let hundredth = all[99].renewal.at.unwrap();
    let path = stage.directory.path().join("grantkeep.db");
    let counts = asked_of(&path, hundredth);
    assert!((100..105).contains(&counts["renewable_at"]), "{counts:?}");
    assert_eq!((counts["check_at"], counts["notice_at"]), (100, 100), "{counts:?}");
    // Before anything is due, nothing.
    let counts = asked_of(&path, NOW.before(Lifetime::from_seconds(1)));
    assert_eq!((counts["renewable_at"], counts["check_at"], counts["notice_at"]), (0, 0, 0), "{counts:?}");
    // When all are due to be renewed, those that are to be checked are found among them.
    asked_of(&path, ends_at);
}
